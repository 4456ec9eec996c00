"""Lesson 7's figures: two arrows that turn, a drive with its voltage, and gain and phase over the frequency."""

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from torch import Tensor

from leakyedu.model import check_dt
from leakyedu.teaching.drawings import INK, arc, arrow, between, frame, new_drawing, stroke, write
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    LINE_STYLES,
    VOLTAGE,
    capital,
    digits,
    mark_curve,
    mark_prediction,
    new_axes,
    new_figure,
    presenting,
)

ABOVE_NUMBER = 0.15  # of the height: where the line of a prediction begins, above the number of the cut-off
# A synapse leads to i, both stages to v; exact steps lie close to Euler's.
COLORS = {"synapse": CURRENT, "both": VOLTAGE, "membrane": INK, "exact": INK}


def drive_and_voltage(
    drive: Tensor, v: Tensor, dt: float = 0.001, *, since: float = 0.0, axes: Axes | None = None
) -> tuple[Figure, str]:
    """Draw a drive and the voltage that follows it over time.

    Args:
        drive: in volt, of shape ``(time,)``; element ``n`` is drawn at ``n * dt``.
        v: the voltage at the same times, likewise.
        dt: length of a step in second.
        since: the sentence is about what happens from then on, in second.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says between which values both go, and the mean of ``v``.

    Raises:
        ValueError: if the two have not the same shape ``(time,)``, or ``since`` is not one of their times.
    """
    drive, v = (x.detach().cpu().double() for x in (drive, v))
    if drive.ndim != 1 or drive.shape != v.shape:
        raise ValueError(
            f"drive and v must have the same shape (time,), got {tuple(drive.shape)} and {tuple(v.shape)}. "
            "Choose one neuron, as in v[:, 0]."
        )
    check_dt(dt)
    first = round(since / dt)
    if not 0 <= first < len(v):
        raise ValueError(
            f"since must be from 0 s to below {len(v) * dt:g} s, got {since} s. It is in second."
        )
    axes = axes or new_axes()
    t = 1000 * dt * torch.arange(len(v), dtype=torch.float64, device="cpu")
    axes.plot(t, drive, color=INPUT, linewidth=1, label="drive")
    axes.plot(t, v, color=VOLTAGE, linewidth=2, label="v")
    mean = float(v[first:].mean())
    name = f"mean of v\nfrom {digits(1000 * since)} ms on"
    axes.plot(t[[first, -1]], [mean, mean], color=INK, linewidth=2, linestyle="--", label=name)
    # Beside the axes, where no drive crosses it.
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set(xlabel="time (ms)", ylabel="drive and voltage v (V)")
    axes.locator_params("x", nbins=6, steps=[1, 5, 10])
    (low, high), (v_low, v_high) = ((float(x.min()), float(x.max())) for x in (drive[first:], v[first:]))
    return axes.figure, (
        f"From {digits(1000 * since)} ms on, the drive goes from {low:.3g} V to {high:.3g} V and v from "
        f"{v_low:.3g} V to {v_high:.3g} V, with a mean of {digits(mean)} V."
    )


def swing_over_frequency(
    frequencies: Sequence[float],
    swings: Sequence[float],
    *,
    predicted_curve: Sequence[tuple[float, float]] | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    """Draw how far a voltage swings over the frequency of a drive that swings by 1 V.

    Args:
        frequencies: in hertz, rising, at least one.
        swings: of the voltage in volt, one for each of them.
        predicted_curve: pairs of a frequency in hertz and the swing that the learner expects there, in volt, or None.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says what is left at the first and at the last frequency.

    Raises:
        ValueError: if there is no frequency, or not one swing for each.
    """
    if not frequencies or len(frequencies) != len(swings):
        raise ValueError(
            f"swings must be one for each of the frequencies, at least one, got {len(swings)} for {len(frequencies)}."
        )
    axes = axes or new_axes()
    axes.axhline(1, color=INPUT, linewidth=1, linestyle=":")
    axes.annotate(
        "swing of the drive", (1, 1), xycoords=("axes fraction", "data"), xytext=(0, 3),
        textcoords="offset points", ha="right", va="bottom", color=INPUT, fontsize=11,
    )  # fmt: skip
    level = math.sqrt(0.5)  # where the gain of the cut-off is
    axes.axhline(level, color=INPUT, linewidth=0.8)
    axes.annotate(
        digits(level), (1, level), xycoords=("axes fraction", "data"), xytext=(0, 3),
        textcoords="offset points", ha="right", va="bottom", color=INPUT, fontsize=11,
    )  # fmt: skip
    axes.plot(frequencies, swings, "o-", color=VOLTAGE, linewidth=1.5, markersize=6)
    axes.set(xlabel="frequency of the drive (Hz)", ylabel="swing of v (V)", xlim=(0, 1.03 * frequencies[-1]))
    axes.set_ylim(0, 1.2)
    sentence = (
        f"Of a swing of 1 V, {digits(swings[0])} V is left at {digits(frequencies[0])} Hz, and {digits(swings[-1])} V at "
        f"{digits(frequencies[-1])} Hz."
    )
    if predicted_curve is not None:
        axes.set_ylim(0, max(1.2, *(1.1 * swing for _, swing in predicted_curve)))
        sentence += mark_curve(axes, predicted_curve, "V", "at {} Hz")
    return axes.figure, sentence


def frequency_response(
    frequencies: Tensor,
    curves: Mapping[str, Tensor],
    *,
    measured: tuple[Tensor, Tensor] | None = None,
    predicted_cut_off: float | None = None,
) -> tuple[Figure, str]:
    r"""Draw gain and phase over the frequency, on a logarithmic axis, side by side.

    .. math::
        \text{gain} = |H(f)|, \qquad \text{phase} = \arg H(f)

    Args:
        frequencies: those of the curves in hertz, rising, above 0, of shape ``(sizes,)``.
        curves: named transfer functions, complex, of the shape of ``frequencies``.
        measured: frequencies in hertz and complex numbers of the same shape, drawn as points, or None.
        predicted_cut_off: where the learner expects the cut-off, in hertz, or None.

    Returns:
        The figure, and the sentence with the cut-off, where there is one, and both ends of each curve.

    Raises:
        ValueError: if there is no curve, or one is not of the shape of ``frequencies``.
    """
    f = frequencies.detach().cpu().double()
    if f.ndim != 1 or not curves or any(h.shape != f.shape for h in curves.values()):
        shapes = {name: tuple(h.shape) for name, h in curves.items()}
        raise ValueError(
            f"curves must each have the shape {tuple(f.shape)} of the frequencies, got {shapes}. "
            "Compute one number for each frequency."
        )
    figure, (gain, phase) = new_figure(2)
    gain.set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="gain")
    phase.set(xscale="log", xlabel="frequency (Hz)", ylabel="phase (degrees)")
    for axis in (gain.xaxis, gain.yaxis, phase.xaxis):
        axis.set_major_formatter("{x:g}")  # exponents would be too small to read
    sentences, lowest, weakest, furthest = [], -45.0, 1.0, 0.0
    for number, (name, h) in enumerate(curves.items()):
        gains, lags = _gain_and_lag(h)
        style = {"color": COLORS.get(name, VOLTAGE), "linestyle": LINE_STYLES[number % 4], "linewidth": 1.8}
        if not number:  # what the others are held against
            style = {"color": COLORS.get(name, INPUT), "linewidth": 2.5, "alpha": 0.8}
        gain.plot(f, gains, label=name, **style)
        corner = _cut_off(f, gains)
        furthest = max(furthest, corner or 0)
        phase.plot(f, -lags, label=name, **style)
        lowest, weakest = min(lowest, -float(lags.max())), min(weakest, float(gains.min()))
        if not number:
            marked, behind = corner, lags
        on_the_way = f"0.707 at {digits(corner)} Hz, " if corner else ""
        sentences.append(
            f"{capital(name)}: gain {digits(gains[0])} at {digits(f[0])} Hz, {on_the_way}"
            f"{digits(gains[-1])} at {digits(f[-1])} Hz, with a lag of {digits(lags[-1])} degrees."
        )
    if measured is not None:
        at, h = (x.detach().cpu() for x in measured)
        gains, lags = _gain_and_lag(h)
        gain.plot(at, gains, "o", color=VOLTAGE, markersize=6)
        phase.plot(at, -lags, "o", color=VOLTAGE, markersize=6, label="measured")
        sentences.append(
            f"Measured: gain {digits(gains[0])} at {digits(at[0])} Hz and {digits(gains[-1])} at "
            f"{digits(at[-1])} Hz."
        )
    # On the right, where a phase that falls leaves room below it.
    phase.legend(frameon=False, loc="lower left", fontsize=9)
    phase.yaxis.set_major_locator(MultipleLocator(45))
    phase.set_ylim(45 * math.floor(lowest / 45 + 1e-6) - 5, 5)
    if marked:
        level, lag = math.sqrt(0.5), float(behind[(f - marked).abs().argmin()])
        low = 10.0 ** math.floor(math.log10(weakest))  # from a number on that stands at the axis
        gain.set_ylim(low, 1.5)
        # As far as the last curve that crosses it: each cut-off can be read there.
        along = [furthest, f[0], marked, marked], [level, level, level, low]
        gain.plot(*along, color=INPUT, linewidth=0.8, zorder=1)
        phase.plot([marked, f[0]], [-lag, -lag], color=INPUT, linewidth=0.8, zorder=1)
        words = {"textcoords": "offset points", "color": INPUT, "fontsize": 9, "va": "top"}
        gain.annotate("0.707", (f[0], level), xytext=(0, -3), **words)
        gain.annotate(f"{digits(marked)} Hz", (marked, low), xytext=(-4, 14), ha="right", **words)
        phase.annotate(f"\u2212{lag:.0f}\u00b0", (f[0], -lag), xytext=(0, -3), **words)
    if predicted_cut_off is not None:
        words = f"You predicted a cut-off of {digits(predicted_cut_off)} Hz"
        sentences.append(mark_prediction(gain, predicted_cut_off, words, bottom=ABOVE_NUMBER))
    return figure, " ".join(sentences)


def _gain_and_lag(h: Tensor) -> tuple[Tensor, Tensor]:
    """Return the size of complex numbers, and by how many degrees from 0 to 360 they are behind."""
    h = h.detach().cpu().to(torch.complex128)
    return h.abs(), -h.angle().rad2deg() % 360 + 0.0  # no -0


def _cut_off(f: Tensor, gains: Tensor) -> float | None:
    """Return where a gain falls to 1 / sqrt 2 for the first time, if it does."""
    at = int((gains < math.sqrt(0.5)).int().argmax())
    if not at:
        return None
    share = float((gains[at - 1] - math.sqrt(0.5)) / (gains[at - 1] - gains[at]))
    return float(f[at - 1] * (f[at] / f[at - 1]) ** share)


def turning_arrows(frequency: float, tau: float = 0.010) -> tuple[Figure, str]:
    r"""Draw a drive and its answer as two arrows that turn together, and the waves that their shadows draw.

    .. math::
        H = \frac{1}{1 + 2 \pi \mathrm{i} f \tau}

    Args:
        frequency: turns per second, f.
        tau: time constant of the stage in second.

    Returns:
        The figure, and the sentence that says how much shorter, and how far behind, the answer is.
    """
    turn = 2 * math.pi * frequency * tau
    gain, lag = 1 / math.hypot(1, turn), math.atan(turn)
    figure, axes = new_drawing()
    x, y, radius = 3.3, 4.1, 2.6
    circle = [
        (x + radius * math.cos(k * math.pi / 60), y + radius * math.sin(k * math.pi / 60)) for k in range(121)
    ]
    stroke(axes, *circle, color=INPUT, width=1, style=":")
    now = math.radians(75)  # where the drive points to
    thick = 4 if gain > 0.25 else 1.2  # the head of a thick one would be longer than a short arrow
    for size, angle, color, width in ((1.0, now, INPUT, 3), (gain, now - lag, VOLTAGE, thick)):
        arrow(
            axes,
            (x, y),
            (x + radius * size * math.cos(angle), y + radius * size * math.sin(angle)),
            color=color,
            width=width,
        )
    arc(axes, (x, y), 1.5, math.degrees(now), math.degrees(now - lag), width=1.4)
    arc(axes, (x, y), radius + 0.35, 120, 160, color=INPUT)
    write(axes, 1.0, 6.9, "turn", color=INPUT)
    write(axes, x + 1.25, y + 2.95, "drive", color=INPUT, size=13)
    tip = now - lag
    write(
        axes,
        x + radius * gain * math.cos(tip) + 0.15,
        y + radius * gain * math.sin(tip) - 0.5,
        "$v$",
        color=VOLTAGE,
        size=19,
    )
    write(axes, x, 0.55, f"shorter, and {math.degrees(lag):.0f}\u00b0 behind")

    left, width = 7.4, 6.0
    stroke(axes, (left, y), (left + width + 0.3, y), color=INPUT, width=1)
    phases = [2.5 * math.pi * 2 * k / 300 for k in range(301)]
    xs = [left + width * k / 300 for k in range(301)]
    stroke(
        axes, *[(a, y + radius * math.cos(b)) for a, b in zip(xs, phases, strict=True)], color=INPUT, width=2
    )
    stroke(
        axes,
        *[(a, y + radius * gain * math.cos(b - lag)) for a, b in zip(xs, phases, strict=True)],
        color=VOLTAGE,
        width=3.2,
    )
    peak = left + width / 2.5
    shift = lag / (2 * math.pi) * width / 2.5
    stroke(axes, (peak, y + radius), (peak, y + radius + 0.5), color=INPUT, width=1)
    stroke(axes, (peak + shift, y + radius * gain), (peak + shift, y + radius + 0.5), color=VOLTAGE, width=1)
    arrow(axes, (peak, y + radius + 0.3), (peak + shift, y + radius + 0.3), width=1)
    late = 1000 * lag / (2 * math.pi * frequency)
    write(axes, peak + shift / 2, y + radius + 0.85, f"{late:.1f} ms late", size=13)
    for across, size, color in ((0.85, 1.0, INPUT), (1.95, gain, VOLTAGE)):  # how far each swings
        x = left + width + across
        between(axes, (x, y), (x, y + radius * size), color=color)
        lower = 0.6 * across if presenting() else 0
        write(axes, x, y - 0.45 - lower, f"{round(size, 2):g}", color=color)
    write(axes, left + width + 1.4, y + radius + 0.85, "swing (V)", size=13)
    # The only measure of time: the wave is drawn alike at each frequency.
    between(axes, (left + 0.2 * width, y - radius - 0.4), (left + 0.6 * width, y - radius - 0.4))
    write(axes, left + 0.4 * width, 0.55, f"period {1000 / frequency:.3g} ms")
    return figure, (
        f"At {frequency:g} Hz the arrow of v is {gain:.2f} times as long as that of the drive, and {math.degrees(lag):.0f} degrees "
        f"behind it: its wave swings {gain:.2f} times as far and comes {late:.1f} ms later."
    )


def two_stages(frequency: float, tau_syn: float = 0.005, tau_mem: float = 0.010) -> tuple[Figure, str]:
    r"""Draw a wave that goes through two stages, one after the other.

    .. math::
        |H| = \frac{1}{\sqrt{1 + (2 \pi f \tau_\text{syn})^2}} \cdot \frac{1}{\sqrt{1 + (2 \pi f \tau_\text{mem})^2}}

    Args:
        frequency: f in hertz.
        tau_syn: time constant of the first stage in second.
        tau_mem: that of the second.

    Returns:
        The figure, and the sentence that multiplies both gains and adds both lags.
    """
    turns = [2 * math.pi * frequency * tau for tau in (tau_syn, tau_mem)]
    gains = [1 / math.hypot(1, turn) for turn in turns]
    lags = [math.atan(turn) for turn in turns]
    figure, axes = new_drawing()
    y, tall, wide, size, lag = 4.3, 2.2, 2.3, 1.0, 0.0
    for k, (name, symbol, color) in enumerate(
        (("drive", "", INPUT), ("synapse", "$i$", CURRENT), ("membrane", "$v$", VOLTAGE))
    ):
        left = 0.3 + 6.55 * k
        if k:
            size, lag = size * gains[k - 1], lag + lags[k - 1]
            arrow(axes, (left - 4.2, y), (left - 3.75, y))
            frame(axes, left - 3.75, y - 1.3, 3.25, 2.6)
            arrow(axes, (left - 0.5, y), (left - 0.05, y))
            turned = f"{math.degrees(lags[k - 1]):.0f}\u00b0 late"
            for above, words in ((0.8, name), (0, f"\u00d7 {gains[k - 1]:.2f}"), (-0.8, turned)):
                write(axes, left - 2.1, y + above, words)
        for side in (-1, 1):
            edge = y + side * tall
            stroke(axes, (left, edge), (left + wide, edge), color=INPUT, width=1, style=":")
        points = [
            (left + wide * n / 120, y + tall * size * math.cos(1.5 * 2 * math.pi * n / 120 - lag))
            for n in range(121)
        ]
        stroke(axes, *points, color=color, width=2.6)
        write(axes, left + wide / 2, y - tall - 0.75, symbol or name, color=color, size=18 if symbol else 12)
        phase = f"{-math.degrees(lag):.0f}\u00b0".replace("-0", "0").replace("-", "\u2212")
        write(axes, left + wide / 2, y + tall + 0.6, f"{size:.2f}, {phase}", color=color)
    return figure, (
        f"At {frequency:.1f} Hz the synapse leaves {gains[0]:.2f} of the swing, and the membrane {gains[1]:.2f} of that: "
        f"{size:.2f}. Gains are multiplied; lags add up, to {math.degrees(lag):.0f} degrees: a phase of "
        f"{-math.degrees(lag):.0f} degrees."
    )
