r"""Lesson 7's experiment: which part of a drive a leaky integrator lets through.

The membrane alone has no synapse, ``tau_syn_inv = 0``: it follows the drive itself.
"""

import math

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.methods import euler
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.teaching.figure import INPUT, VOLTAGE, mark_prediction, presenting
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider

DURATION = 0.2  # in second: twenty membrane time constants, after which the start is forgotten
# Numbers rather than tensors, which every formula below takes as they are.
STAGES = {
    "membrane": LIParameters(0.0, 100.0, 0.0),
    "synapse and membrane": LIParameters(200.0, 100.0, 0.0),
}
CURVE = torch.logspace(0, math.log10(600), 121, dtype=torch.float64)  # in hertz

ABOVE_LEGEND = 0.38  # of the height: where the line of a prediction begins


def continuous_transfer(frequencies: Tensor, p: LIParameters) -> Tensor:
    r"""Return what the differential equations make of an oscillation.

    .. math::
        H(f) = \frac{1}{(1 + i \omega \tau_\text{mem}) (1 + i \omega \tau_\text{syn})}, \qquad
        \omega = 2 \pi f

    Args:
        frequencies: in hertz, of any shape.
        p: parameters, numbers; without a synapse (``tau_syn_inv = 0``) its factor is 1.

    Returns:
        Complex numbers of that shape: their size is the gain, their angle the phase.
    """
    omega = 2j * math.pi * frequencies
    h = 1 / (1 + omega / p.tau_mem_inv)
    return h / (1 + omega / p.tau_syn_inv) if p.tau_syn_inv else h


def euler_transfer(frequencies: Tensor, p: LIParameters, dt: float) -> Tensor:
    r"""Return what Euler's steps make of an oscillation.

    .. math::
        H(f) = \frac{M_{vi}}{z - M_{vv}} \cdot \frac{\Delta t \, \tau_\text{syn}^{-1} \, z}{z - M_{ii}},
        \qquad z = e^{2 \pi i f \Delta t}

    Args:
        frequencies: in hertz, of any shape; beyond ``1 / (2 dt)`` they repeat those below.
        p: parameters, numbers; without a synapse (``tau_syn_inv = 0``) its factor is 1.
        dt: length of a step in second.

    Returns:
        Complex numbers of that shape.
    """
    z = torch.exp(2j * math.pi * dt * frequencies)
    v_from_v, v_from_i, i_from_i = map(float, euler(p, dt))
    h = v_from_i / (z - v_from_v)
    return h * dt * p.tau_syn_inv * z / (z - i_from_i) if p.tau_syn_inv else h


def cut_off(p: LIParameters) -> float:
    r"""Return the frequency at which the gain has fallen to :math:`1 / \sqrt 2`.

    .. math::
        (1 + \omega^2 \tau_\text{mem}^2) (1 + \omega^2 \tau_\text{syn}^2) = 2

    Args:
        p: parameters, numbers; without a synapse (``tau_syn_inv = 0``) its factor is 1.

    Returns:
        The cut-off in hertz.
    """
    tau_mem, tau_syn = 1 / p.tau_mem_inv, 1 / p.tau_syn_inv if p.tau_syn_inv else 0.0
    total, product = tau_mem**2 + tau_syn**2, (tau_mem * tau_syn) ** 2
    # This form of the root holds without a synapse too, where the product is 0.
    return math.sqrt(2 / (total + math.sqrt(total**2 + 4 * product))) / (2 * math.pi)


def drive_of(kind: str, frequency: float, dt: float) -> Tensor:
    r"""Return a drive of twice :math:`T` = 200 ms, the first half for the start to be forgotten.

    .. math::
        \cos(2 \pi f t), \qquad
        \cos \Bigl( 2 \pi \frac{f}{2 T} (t \bmod T)^2 \Bigr), \qquad
        \frac{1}{\sqrt{2 K}} \sum_{k=1}^{K} \cos \Bigl( 2 \pi \frac{k}{T} t + \varphi_k \Bigr)

    Args:
        kind: ``"sine"``; ``"chirp"``, which sweeps from 0 to ``frequency`` in each half; or ``"noise"``,
            which holds each multiple of ``1 / T`` up to there with the same amplitude and a random phase.
        frequency: :math:`f` in hertz.
        dt: length of a step in second.

    Returns:
        The drive at the start of each step in volt, of shape ``(2 * steps,)``.
    """
    steps = round(DURATION / dt)
    n = torch.arange(2 * steps, dtype=torch.float64)
    if kind == "sine":
        return torch.cos(2 * math.pi * frequency * dt * n)
    if kind == "chirp":
        return torch.cos(math.pi * frequency * dt / steps * (n % steps) ** 2)
    multiples = torch.arange(1, _highest_multiple(frequency, steps, dt) + 1, dtype=torch.float64)
    generator = torch.Generator().manual_seed(7)
    phases = 2 * math.pi * torch.rand(41, generator=generator, dtype=torch.float64)[: len(multiples)]
    waves = torch.cos(2 * math.pi / steps * torch.outer(n, multiples) + phases)
    return waves.sum(1) / math.sqrt(2 * len(multiples))


def respond(drive: Tensor, p: LIParameters, dt: float) -> Tensor:
    r"""Return the voltage that follows a drive from rest on, by Euler's steps.

    .. math::
        x_n = I_n \, \Delta t \, / \, \tau_\text{syn}, \qquad \text{without a synapse} \quad
        x_n = I_n - I_{n-1}

    Args:
        drive: :math:`I` in volt, of shape ``(steps,)``.
        p: parameters, numbers.
        dt: length of a step in second.

    Returns:
        Voltages in volt at the times of the drive, of shape ``(steps,)``; the first of them is at rest.
    """
    rest = drive.new_zeros(1)
    jumps = drive * dt * p.tau_syn_inv if p.tau_syn_inv else drive.diff(prepend=rest)
    # Element n of simulate is one step later than its input.
    return torch.cat([rest, simulate(jumps, p=p, dt=dt).v[:-1]])


def measure(kind: str, frequency: float, drive: Tensor, v: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    r"""Measure in the second half of a recording what became of the oscillations in the drive.

    .. math::
        H(f) = \hat v(f) \, / \, \hat I(f)

    A sine is fitted, since its periods need not fill the recording; chirp and noise repeat, so that a
    Fourier transform splits them without loss.

    Args:
        kind: as for :func:`drive_of`.
        frequency: as for :func:`drive_of`.
        drive: in volt, of shape ``(2 * steps,)``.
        v: the response in volt, likewise.
        dt: length of a step in second.

    Returns:
        Frequencies in hertz, below ``1 / (2 dt)``, and complex numbers of the same shape, at most 12.
    """
    steps = len(drive) // 2
    both = torch.stack([drive, v], 1)[steps:]
    if kind == "sine":
        seen = abs(frequency - round(frequency * dt) / dt)
        angle = 2 * math.pi * seen * dt * torch.arange(steps, 2 * steps, dtype=torch.float64)
        waves = torch.stack([angle.cos(), angle.sin()], 1)
        # At the Nyquist frequency the second wave is 0, but for rounding.
        cosine, minus = torch.linalg.lstsq(waves, both, rcond=1e-9).solution
        spectrum, frequencies = torch.complex(cosine, -minus)[None], torch.tensor([seen], dtype=torch.float64)
    else:
        highest = _highest_multiple(frequency, steps, dt)
        k = torch.logspace(0, math.log10(highest), 12, dtype=torch.float64).round().long().unique()
        spectrum, frequencies = torch.fft.rfft(both, dim=0)[k], k / (steps * dt)
    return frequencies, spectrum[:, 1] / spectrum[:, 0]


def _highest_multiple(frequency: float, steps: int, dt: float) -> int:
    """Return which multiple of 1 / T is the last one up to a frequency that steps can tell apart."""
    return max(1, math.floor(min(frequency, 0.5 / dt) * steps * dt + 1e-9))


def view(
    time: Axes,
    gain: Axes,
    kind: str,
    frequency: float,
    dt: float,
    stages: str,
    *,
    prediction: float | None = None,
) -> str:
    """Draw drive and voltage, and the gain at each frequency; ``frequency`` in Hz, ``dt`` in ms."""
    p, step, nyquist = STAGES[stages], dt / 1000, 500 / dt
    drive = drive_of(kind, frequency, step)
    v = respond(drive, p, step)
    frequencies, h = measure(kind, frequency, drive, v, step)

    half = len(drive) // 2
    t = dt * torch.arange(half, dtype=torch.float64)
    time.axhline(0, color=INPUT, linewidth=0.8)
    time.plot(t, drive[half:], color=INPUT, linewidth=1, drawstyle="steps-post", label="drive")
    time.plot(t, v[half:], color=VOLTAGE, linewidth=2, label="v")
    # Above the axes, where no drive crosses it.
    time.legend(
        frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9, borderaxespad=0.1
    )
    time.set(xlabel="time (ms)", ylabel="drive and voltage v (V)")
    time.set(xlim=(0, 1000 * DURATION), ylim=(-1.7, 1.7))

    gain.set(xscale="log", yscale="log", xlim=(1, 600), ylim=(1e-3, 2))
    gain.set(xlabel="frequency (Hz)", ylabel="gain")
    for axis in (gain.xaxis, gain.yaxis):
        axis.set_major_formatter("{x:g}")  # exponents would be too small to read
    below = torch.cat([CURVE[nyquist > CURVE], torch.tensor([nyquist], dtype=torch.float64)])
    gain.plot(CURVE, continuous_transfer(CURVE, p).abs(), color=INPUT, linewidth=2.5, alpha=0.8)
    gain.plot(below, euler_transfer(below, p, step).abs(), color=VOLTAGE, linestyle="--", linewidth=1.5)
    # A ring: where the curves part, it shows which of them runs through it.
    gain.plot(frequencies, h.abs(), "o", color=VOLTAGE, markersize=7, fillstyle="none")
    corner = cut_off(p)
    gain.plot([corner, corner, 1], [0.1, math.sqrt(0.5), math.sqrt(0.5)], color=INPUT, linewidth=0.8)
    cut = "cut-off" if presenting() else f"cut-off {corner:.3g} Hz"  # large letters leave it no room
    names = "continuous", "Euler", "measured", cut
    for line, name in zip(gain.get_lines(), names, strict=True):
        line.set_label(name)
    gain.legend(frameon=False, loc="lower left", fontsize=9)

    sentence = _describe(kind, frequency, frequencies, h, p, step)
    if prediction is None:
        return sentence
    words = f" You predicted a cut-off of {prediction:.3g} Hz"
    return sentence + mark_prediction(gain, prediction, words, bottom=ABOVE_LEGEND)


def _describe(kind: str, frequency: float, frequencies: Tensor, h: Tensor, p: LIParameters, dt: float) -> str:
    gains, lags = h.abs().tolist(), (-h.angle().rad2deg() % 360).tolist()
    first, last = float(frequencies[0]), float(frequencies[-1])
    of_euler = float(euler_transfer(frequencies[-1], p, dt).abs())
    continuous = float(continuous_transfer(frequencies[-1], p).abs())
    sentence = ""
    if frequency > 0.5 / dt:
        sentence = (
            f"Steps of {1000 * dt:.3g} ms cannot tell {frequency:.3g} Hz from {last:.3g} Hz. "
            if kind == "sine"
            else f"Steps of {1000 * dt:.3g} ms hold nothing beyond {0.5 / dt:.3g} Hz. "
        )
    if len(gains) == 1:
        sentence += (
            f"At {last:.3g} Hz v lags by {lags[0]:.3g} degrees and the measured gain is {gains[0]:.3g}"
        )
    else:
        sentence += (
            f"In the {kind}, from {first:.3g} to {last:.3g} Hz, the lag of v goes from {lags[0]:.3g} to "
            f"{lags[-1]:.3g} degrees and the measured gain from {gains[0]:.3g} to {gains[-1]:.3g}"
        )
    return (
        f"{sentence}; Euler's curve says {of_euler:.3g}, the continuous one {continuous:.3g}. "
        f"The continuous gain falls to 0.707 at the cut-off, {cut_off(p):.3g} Hz."
    )


LAB = Lab(
    view,
    panes=2,
    kind=Menu("input", ("sine", "chirp", "noise"), "sine"),
    frequency=Slider("frequency (Hz)", low=1.0, high=200.0, step=1.0, start=40.0),
    dt=Slider("dt (ms)", low=0.1, high=4.0, step=0.1, start=1.0),
    stages=Menu("stages", tuple(STAGES), "membrane"),
    asked={"kind": None, "frequency": None, "dt": None},  # of the continuous membrane, whatever drives it
    presets=(
        Preset(
            "5 Hz",
            "At 5 Hz the voltage follows: nearly as high, a little late.",
            {"frequency": 5.0, "dt": 0.1},
        ),
        Preset(
            "16 Hz",
            "At 16 Hz about 0.7 of the swing is left: 1/(2 pi tau_mem), not 1/tau_mem.",
            {"frequency": 16.0, "dt": 0.1},
        ),
        Preset(
            "160 Hz",
            "At 160 Hz a tenth is left. What is fast is not ignored: it is averaged.",
            {"frequency": 160.0, "dt": 0.1},
        ),
        Preset(
            "Two stages",
            "A synapse before the membrane: the gain falls twice as steeply.",
            {"frequency": 160.0, "dt": 0.1, "stages": "synapse and membrane"},
        ),
        Preset(
            "Noise",
            "All frequencies at once: each point of one recording lies on the curve.",
            {"kind": "noise", "frequency": 200.0, "dt": 0.1},
        ),
        Preset(
            "Steps of 4 ms",
            "Steps of 4 ms cannot tell 200 Hz from 50 Hz: the point stands at 50 Hz.",
            {"frequency": 200.0, "dt": 4.0},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
