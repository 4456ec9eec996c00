"""Lesson 11's experiment: a threshold, its spikes, and how many of them a drive brings."""

import functools
import math

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.teaching.figure import INPUT, PREDICTION, VOLTAGE, presenting
from leakyedu.teaching.lab import Lab, Preset, Slider

DURATION = 100  # ms
PAUSE = 2.0  # ms; the refractory period of the second curve
DRIVES = torch.arange(8, 31, 2, dtype=torch.float64) / 10  # 1 V, which brings no spike, among them


def fire(i: float, tau: float, dt: float, steps: int) -> tuple[list[float], list[int]]:
    r"""Run one stage with threshold and reset by Euler's steps, from 0 under a constant drive.

    .. math::
        v \leftarrow v + \frac{\Delta t}{\tau} (i - v), \qquad
        v \ge 1 \, \text{V}: \text{ spike}, \; v \leftarrow 0

    Args:
        i: the drive in volt.
        tau: time constant in second.
        dt: length of a step in second.
        steps: number of steps.

    Returns:
        The voltage after each step, before a reset, in volt; and the steps that spike, counted from 1,
        so that a spike is at ``step * dt``.
    """
    # Plain numbers: a spike decides what the next step starts from, so no operation runs over all steps.
    v, voltages, spikes = 0.0, [], []
    for step in range(1, steps + 1):
        v = v + dt / tau * (i - v)
        voltages.append(v)
        if v >= 1:
            spikes.append(step)
            v = 0.0
    return voltages, spikes


def steps_to_spike(i: Tensor, tau: float, dt: float) -> Tensor:
    r"""Return after how many of Euler's steps from 0 a drive brings a spike.

    .. math::
        v_n = i \, (1 - (1 - \Delta t / \tau)^n) \ge 1 \, \text{V} \quad\text{first at}\quad
        n = \left\lceil \frac{\ln(1 - 1 / i)}{\ln(1 - \Delta t / \tau)} \right\rceil

    Args:
        i: drives in volt, of any shape.
        tau: time constant in second.
        dt: length of a step in second, below ``tau``.

    Returns:
        Whole numbers of the shape of ``i``, infinite where the drive brings no spike: up to 1 V.
    """
    steps = torch.log1p(-1 / i.clamp(min=1)) / math.log1p(-dt / tau)
    return torch.where(i > 1, steps.ceil(), math.inf)


def time_to_spike(i: Tensor, tau: float) -> Tensor:
    r"""Return when a drive brings the first spike, and each next one after the last, without a step.

    .. math::
        T = \tau \, \ln \frac{i}{i - 1 \, \text{V}}

    Its inverse is the rate: the f-I curve.

    Args:
        i: drives in volt, of any shape.
        tau: time constant in second.

    Returns:
        Seconds, of the shape of ``i``, infinite where the drive brings no spike: up to 1 V.

    Source: Gerstner et al., *Neuronal Dynamics* (2014), section 1.3.
    """
    return -tau * torch.log1p(-1 / i.clamp(min=1))


def view(
    trace: Axes, curve: Axes, i: float, tau: float, dt: float, time: float, *, prediction: float | None = None
) -> str:
    """Draw voltage and spikes up to ``time``, and rates over drives; times in ms."""
    until = time + 1e-9
    trace.axhline(1, color=INPUT, linewidth=1, linestyle=":")
    for (t, v, spikes), height, color, look in (
        (_exact_trace(i, tau), 1.75, INPUT, {"linewidth": 3.5, "alpha": 0.4}),
        (_trace(i, tau, dt), 1.95, VOLTAGE, {"linewidth": 1.2}),
    ):
        trace.plot(t[t <= until], v[t <= until], color=color, **look)
        spikes = spikes[spikes <= until]
        trace.plot(spikes, torch.full_like(spikes, height), "|", color=color, markersize=7)
    trace.set(xlim=(0, 1.02 * DURATION), ylim=(-0.1, 2.1), xlabel="time (ms)", ylabel="voltage v (V)")
    trace.set_yticks([0, 0.5, 1, 1.75, 1.95], ["0", "0.5", "threshold 1", "exact spikes", "spikes"])

    drive = torch.tensor(i, dtype=torch.float64)
    measured, theory = (float(x) for x in _rates(drive, tau, dt))
    near_rheobase = 1 + torch.logspace(-6, math.log10(2), 200, dtype=torch.float64)
    drives = torch.cat([torch.tensor([0.0, 1.0], dtype=torch.float64), near_rheobase])
    exact = _rates(drives, tau, dt)[1]
    curve.plot(drives, exact, color=INPUT, linewidth=2, label="exact")
    if not presenting():  # large letters leave room for the names of the other curves
        pause = {"linestyle": "--", "linewidth": 1.2, "label": f"pause of {PAUSE:g} ms"}
        curve.plot(drives, _with_pause(exact), color=INPUT, **pause)
    if i > 1:
        curve.plot(
            [0, 4], [0, 4 * theory / i], color=INPUT, linestyle=":", linewidth=1.2, label="in proportion"
        )
    curve.plot(DRIVES, _rates(DRIVES, tau, dt)[0], "o", color=VOLTAGE, fillstyle="none", label="in steps")
    curve.plot([i], [measured], "D", color=VOLTAGE, markersize=7, label="this drive")
    if 2 * i <= 3:
        double = float(_rates(2 * drive, tau, dt)[0])
        curve.plot(
            [2 * i], [double], "D", color=VOLTAGE, fillstyle="none", markersize=8, label="twice this drive"
        )
    top = 700 if presenting() else 520  # above all curves there is room for their names
    # From 0 on: a rate in proportion begins there.
    curve.set(xlim=(0, 3.15), ylim=(-15, top), xlabel="drive i (V)", ylabel="rate (Hz)")

    spikes = int((_trace(i, tau, dt)[2] <= until).sum())
    sentence = f"{spikes} spike{'s' * (spikes != 1)} up to {time:g} ms"
    if i > 1:
        late = float(dt * steps_to_spike(drive, tau, dt) - time_to_spike(drive, tau))
        sentence += (
            f": in steps of {dt:.3g} ms the rate is {measured:.3g} Hz, in theory {theory:.3g} Hz. "
            f"The first spike is {abs(late):.3g} ms too {'late' if late > 0 else 'early'}. "
            f"With a pause of {PAUSE:g} ms after each spike, theory says {_with_pause(theory):.3g} Hz."
        )
    else:
        sentence += f" and 0 Hz: a drive of {i:.3g} V does not take the voltage to the threshold of 1 V."
    if prediction is not None:
        line = {"linestyle": (0, (6, 2, 1, 2)), "linewidth": 1.8, "label": "your prediction"}
        curve.plot([i - 0.5, i + 0.5], [prediction, prediction], color=PREDICTION, **line)
        sentence += f" You predicted {prediction:.3g} Hz"
        sentence += "." if 0 <= prediction <= top else ", which is outside of the picture."
    close = {"labelspacing": 0.1, "handlelength": 1.2, "handletextpad": 0.4} if presenting() else {}
    curve.legend(loc="upper left", frameon=False, fontsize=9, **close)
    return sentence


def _rates(i: Tensor, tau: float, dt: float) -> tuple[Tensor, Tensor]:
    """Return the rates in hertz, in steps and exact; times in ms."""
    return 1000 / (dt * steps_to_spike(i, tau, dt)), 1000 / time_to_spike(i, tau)


def _with_pause(rate: Tensor | float) -> Tensor | float:
    r"""Return what is left of a rate :math:`1/T` in hertz after a pause: :math:`1 / (T + t_\text{ref})`."""
    return rate / (1 + PAUSE / 1000 * rate)


@functools.lru_cache(maxsize=4)
def _trace(i: float, tau: float, dt: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return times, voltages with each reset as a second point, and times of spikes, all in steps and ms."""
    voltages, spikes = fire(i, tau / 1000, dt / 1000, math.floor(DURATION / dt + 1e-9))
    t = dt * torch.arange(len(voltages) + 1, dtype=torch.float64)
    v = torch.tensor([0.0, *voltages], dtype=torch.float64)
    spikes = dt * torch.tensor(spikes, dtype=torch.float64)
    t, order = torch.cat([t, spikes]).sort(stable=True)
    return t, torch.cat([v, torch.zeros_like(spikes)])[order], spikes


@functools.lru_cache(maxsize=4)
def _exact_trace(i: float, tau: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return what :func:`_trace` does, without a step."""
    interval = float(time_to_spike(torch.tensor(i, dtype=torch.float64), tau))
    fires = interval < DURATION
    interval = interval if fires else float(DURATION)
    starts = interval * torch.arange(math.ceil(DURATION / interval), dtype=torch.float64)[:, None]
    since = torch.linspace(0, interval, 60, dtype=torch.float64)
    v = (-i * torch.expm1(-since / tau)).expand(len(starts), -1)
    return (starts + since).flatten(), v.flatten(), starts[1:, 0] if fires else starts[:0, 0]


LAB = Lab(
    view,
    panes=2,
    i=Slider("drive i (V)", low=0.5, high=3.0, step=0.01, start=1.5),
    tau=Slider("tau (ms)", low=5, high=20, step=1, start=10),
    dt=Slider("dt (ms)", low=0.05, high=2.0, step=0.05, start=2.0),
    time=Slider("time (ms)", low=0, high=DURATION, step=2, start=DURATION, plays=True),
    asked={"dt": 0.1},  # so short that it is the neuron's rate, not that of the steps
    presets=(
        Preset(
            "1 V",
            "At 1 V it comes ever closer to the threshold and never spikes.",
            {"i": 1.0, "dt": 0.1},
        ),
        Preset("1.02 V", "0.02 V more, and it spikes.", {"i": 1.02, "dt": 0.1}),
        Preset(
            "1.5 V", "1.5 V: each rise is a copy of the first. 91 spikes a second.", {"i": 1.5, "dt": 0.1}
        ),
        Preset(
            "3 V",
            "Twice the current brings more than twice the rate.",
            {"i": 3.0, "dt": 0.1},
        ),
        Preset(
            "Steps of 2 ms",
            "Steps of 2 ms: the first spike comes early, and 91 spikes a second become 100.",
            {"i": 1.5, "dt": 2.0},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
