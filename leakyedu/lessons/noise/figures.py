"""Lesson 10's figures: kicks and leak, how kicks add up, variances in their bands, and what noise is made of."""

import itertools
import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.lessons.noise.lab import UNSCALED
from leakyedu.model import as_tensor, check_dt
from leakyedu.teaching.drawings import INK, new_drawing, polygon, stroke, write
from leakyedu.teaching.figure import (
    INPUT,
    LINE_STYLES,
    PALE,
    PREDICTION,
    VOLTAGE,
    capital,
    check_voltages,
    digits,
    mark_curve,
    new_axes,
    new_figure,
    presenting,
)


def paths(
    voltages: Tensor,
    dt: float = 0.001,
    *,
    shown: int = 20,
    predicted_spread: float | None = None,
    predicted_curve: Sequence[tuple[float, float]] | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw voltages that noise moves, and how far they spread.

    .. math::
        s^2 = \frac{1}{n - 1} \sum_k (v_k - \bar v)^2

    Args:
        voltages: of shape ``(time, neurons)``, the first at time 0.
        dt: length of a step in second.
        shown: how many of the neurons are drawn; all of them count.
        predicted_spread: the standard deviation that the learner expects at the end, in volt, or None.
            The picture grows for one of up to twice what it shows.
        predicted_curve: pairs of a time in ms and the standard deviation expected there, in volt, or None.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that tells the spread at the end; of one neuron, how far it went.

    Raises:
        ValueError: if the voltages are not of two axes, with a step and a neuron at least.
    """
    check_dt(dt)
    v = voltages.detach().cpu().double()
    if v.ndim != 2 or len(v) < 2 or not v.shape[1]:
        raise ValueError(
            f"voltages must have the shape (time, neurons) from time 0 on, got {tuple(v.shape)}. "
            "Give one neuron as v[:, None]."
        )
    axes = axes or new_axes()
    t = 1000 * dt * torch.arange(len(v), dtype=torch.float64, device="cpu")
    many = v.shape[1] > 1
    axes.plot(t, v[:, :shown], color=VOLTAGE, linewidth=0.6 if many else 1.2, alpha=0.6 if many else 1)
    if many:
        mean, spread = v.mean(1), v.std(1)
        axes.plot(t, torch.stack([mean - spread, mean + spread], 1), color=INPUT, linewidth=2.5)
        drawn = min(shown, v.shape[1])
        title = f"{drawn} of {v.shape[1]:,} voltages, and one standard deviation of all"
        axes.set_title(title, fontsize=11)
        within = ((v[-1] - mean[-1]).abs() < spread[-1]).double().mean()
        sentence = (
            f"After {digits(t[-1])} ms the standard deviation of {v.shape[1]:,} voltages is "
            f"{digits(spread[-1])} V: {100 * within:.0f} % of them lie between the thick grey lines. "
            f"The picture shows {drawn} of them."
        )
    else:
        sentence = (
            f"In {digits(t[-1])} ms the voltage wanders from {digits(v.min())} V to {digits(v.max())} V."
        )
    if predicted_curve is not None:
        sentence += mark_curve(axes, predicted_curve, "V")
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    if predicted_spread is not None:
        sentence += f" You predicted {digits(predicted_spread)} V"
        low, high = axes.get_ylim()
        inside = abs(predicted_spread) <= 2 * min(-low, high)
        sentence += "." if inside else ", which is outside of the picture."
        room = 1.15 * abs(predicted_spread) if inside else 0
        axes.set_ylim(min(low, -room), max(high, room))
        for y in (-predicted_spread, predicted_spread) if inside else ():
            axes.axhline(y, color=PREDICTION, linestyle=(0, (6, 2, 1, 2)), linewidth=1.8)
        if inside:
            axes.annotate(
                "your prediction", (1, abs(predicted_spread)), xycoords=("axes fraction", "data"),
                xytext=(0, 2), textcoords="offset points", ha="right", va="bottom", color=PREDICTION,
                fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )  # fmt: skip
    return axes.figure, sentence


def in_bands(
    dts: Tensor,
    variances: Mapping[str, Tensor],
    expected: Tensor,
    half: float,
    *,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw variances over the length of a step, and the bands in which right ones lie.

    .. math::
        (1 - h) \, s \le \text{variance} \le (1 + h) \, s

    Args:
        dts: lengths of a step in second, of shape ``(sizes,)``.
        variances: named variances in volt squared, each of the shape of ``dts``.
        expected: the right ones, s, of the same shape.
        half: half of the width of a band, h, as a part of the right one.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that counts what is inside.

    Raises:
        ValueError: if the shapes differ or nothing is named.
    """
    x, s = (as_tensor(y).detach().cpu().double() for y in (dts, expected))
    named = {name: as_tensor(y).detach().cpu().double() for name, y in variances.items()}
    if not named or x.ndim != 1 or any(y.shape != x.shape for y in (s, *named.values())):
        shapes = {name: tuple(y.shape) for name, y in named.items()}
        raise ValueError(
            f"variances and expected must have the shape of dts, {tuple(x.shape)}, got {shapes} and "
            f"{tuple(s.shape)}. Give one number for each dt."
        )
    axes = axes or new_axes()
    order = x.argsort()
    x, s = 1000 * x[order], s[order]
    band = axes.fill_between(x, (1 - half) * s, (1 + half) * s, color=INPUT, alpha=0.3, linewidth=0)
    (theory,) = axes.plot(x, s, color=INPUT, linewidth=1.2)
    sentence = f"The band reaches {100 * half:.0f} % to either side of the theory."
    points = []
    # Open ones are seen around others that lie on the same place.
    styles = itertools.cycle((("o", 5, "full", VOLTAGE), *((form, 10, "none", UNSCALED) for form in "s^D")))
    for (name, y), (marker, size, fill, color) in zip(named.items(), styles, strict=False):
        y = y[order]
        points += axes.plot(x, y, marker, color=color, markersize=size, fillstyle=fill, label=name)
        inside = [digits(dt) for dt, near in zip(x, (y - s).abs() <= half * s, strict=True) if near]
        where = f", at dt = {', '.join(inside)} ms" if 0 < len(inside) < len(x) else ""
        sentence += f" {capital(name)}: {len(inside)} of {len(x)} inside{where}."
    axes.set(xscale="log", xlabel="dt (ms)", ylabel="variance of v (V$^2$)")
    axes.set_ylim(bottom=0)
    axes.set_xticks(x.tolist(), labels=[digits(dt) for dt in x])
    axes.set_xticks([], minor=True)
    names = ["theory and its band", *(line.get_label() for line in points)]
    axes.legend([(band, theory), *points], names, frameon=False, fontsize=9)
    return axes.figure, sentence


def bells(voltages: Mapping[str, Tensor], spread: float, *, axes: Axes | None = None) -> tuple[Figure, str]:
    r"""Draw how voltages are distributed, over the bell curve around 0 V that theory expects.

    .. math::
        \frac{1}{s \sqrt{2 \pi}} \, e^{-v^2 / 2 s^2}

    Args:
        voltages: named samples in volt, each of shape ``(neurons,)``.
        spread: the standard deviation s of the bell curve in volt, above 0.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says how many lie within one standard deviation of 0 V.

    Raises:
        ValueError: if nothing is named, a sample is not of one axis, or ``spread`` is not above 0.
    """
    check_voltages("voltages", voltages)
    if not 0 < spread < math.inf:
        raise ValueError(
            f"spread must be a finite voltage above 0, got {spread!r}. Take a root of a variance."
        )
    axes = axes or new_axes()
    edges = torch.linspace(-4 * spread, 4 * spread, 42, dtype=torch.float64)  # 0 V in the middle of a bin
    share = torch.special.ndtr(edges[1:] / spread) - torch.special.ndtr(edges[:-1] / spread)
    middle = (edges[1:] + edges[:-1]) / 2
    axes.plot(middle, 100 * share, color=INPUT, linewidth=4, alpha=0.5, label="bell curve")
    for side in (-spread, spread):
        axes.axvline(side, color=INPUT, linewidth=1, linestyle=":")
    axes.annotate(
        f"within {digits(spread)} V", (-spread, 0.97), xycoords=("data", "axes fraction"), xytext=(-4, 0),
        textcoords="offset points", ha="right", va="top", color=INPUT, fontsize=9,
    )  # fmt: skip
    top = 300 * float(share.max())  # a sample that is mostly 0 V leaves the picture there
    sentences = []
    # What is filled lies below the others, whichever comes first.
    looks = ({"linewidth": 2}, {"linestyle": "--"}, {"fill": True, "color": PALE[VOLTAGE], "zorder": 0.5})
    outside = 0.0
    for (name, v), look in zip(voltages.items(), itertools.cycle(looks), strict=False):
        v = v.detach().cpu().double()
        percent = 100 / len(v) * torch.histogram(v, edges).hist
        label = f"{name} (↑ {most:.0f} %)" if (most := float(percent.max())) > top else name
        axes.stairs(percent, edges, label=label, **({"color": VOLTAGE, "linewidth": 1.4} | look))
        outside = max(outside, 100 - float(percent.sum()))
        within = (v.abs() < spread).double().mean()
        sentences.append(f"{capital(name)}: {100 * within:.0f} %.")
    axes.set(xlabel="voltage v (V)", ylabel="share of neurons per bin (%)", ylim=(-0.02 * top, top))
    axes.legend(frameon=False, fontsize=9)
    within = math.erf(math.sqrt(0.5))
    return axes.figure, (
        f"Within {digits(spread)} V of 0 V lie {100 * within:.0f} % of a bell curve. {' '.join(sentences)}"
        + (f" Up to {outside:.1f} % are outside of the picture." if outside >= 0.05 else "")
    )


def followed(
    true: Tensor, others: Mapping[str, Tensor], dt: float = 0.001, *, axes: Axes | None = None
) -> tuple[Figure, str]:
    r"""Draw a path, and what others make of it; compare their variances and how far they are off.

    .. math::
        e = \sqrt{\frac{1}{n} \sum_k (v_k - v^*_k)^2}

    Args:
        true: the paths to be followed in volt, of shape ``(time, neurons)``, the first at time 0.
        others: named paths, each of the shape of ``true``.
        dt: length of a step in second.
        axes: where to draw; default a new figure. The first neuron is drawn; all of them count.

    Returns:
        The figure, and the sentence that gives both numbers at the end.

    Raises:
        ValueError: if nothing is named, or a path is not of the shape of ``true``.
    """
    check_dt(dt)
    if (
        true.ndim != 2
        or true.shape[1] < 2
        or not others
        or any(v.shape != true.shape for v in others.values())
    ):
        shapes = {name: tuple(v.shape) for name, v in others.items()}
        raise ValueError(
            f"others must be paths of true's shape (time, neurons), {tuple(true.shape)}, of two neurons at "
            f"least, got {shapes}."
        )
    axes = axes or new_axes()
    true = true.detach().cpu().double()
    t = 1000 * dt * torch.arange(len(true), dtype=torch.float64, device="cpu")
    # So wide and pale that it is seen around a path that lies on it.
    axes.plot(t, true[:, 0], color=INPUT, linewidth=5, alpha=0.35, label="true path")
    sentence = (
        f"After {digits(t[-1])} ms {true.shape[1]:,} true paths, of which one is drawn, have a variance of "
        f"{digits(true[-1].var())} V^2."
    )
    for (name, v), line in zip(others.items(), itertools.cycle(LINE_STYLES), strict=False):
        v = v.detach().cpu().double()
        axes.plot(t, v[:, 0], color=VOLTAGE, linestyle=line, linewidth=1.2, label=name)
        off = (v[-1] - true[-1]).square().mean().sqrt()
        sentence += f" {capital(name)}: variance {digits(v[-1].var())} V^2, off by {digits(off)} V."
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    # Large letters leave no room beside the paths.
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2} if presenting() else {}
    axes.legend(frameon=False, fontsize=9, **above)
    return axes.figure, sentence


def kicks_and_leak(
    voltages: Tensor, kicks: Tensor, dt: float, *, first: int = 0, shown: int = 8
) -> tuple[Figure, str]:
    """Draw some steps of a voltage, each with its leak and its kick, and beside them all of its way.

    Args:
        voltages: of shape ``(time, 1)``, the first at time 0.
        kicks: what noise adds at the end of each step in volt, of shape ``(time - 1, 1)``.
        dt: length of a step in second.
        first: the first step at the left.
        shown: how many steps to draw there.

    Returns:
        The figure, and the sentence that says how far the voltage went.
    """
    v, kick = voltages[:, 0].detach().cpu().double(), kicks[:, 0].detach().cpu().double()
    figure, (near, far) = new_figure(2)
    t, part = 1000 * dt * torch.arange(len(v), dtype=torch.float64), slice(first, first + shown + 1)
    arrowed = {"arrowstyle": "-|>", "color": INK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    for n in range(first, first + shown):
        leaked = float(v[n + 1] - kick[n])
        near.plot(t[n : n + 2], [float(v[n]), leaked], color=VOLTAGE, linewidth=2.4)
        near.annotate("", (float(t[n + 1]), float(v[n + 1])), (float(t[n + 1]), leaked), arrowprops=arrowed)
    low, high = float(v[part].min()), float(v[part].max())
    # The limits do not follow weaker kicks: half as much looks half as large.
    top = max(0.55, 1.1 * float(v.abs().max()))
    near.set(xlim=(float(t[first]) - 0.1, float(t[first + shown]) + 0.3))
    near.set_ylim(-top if low < 0 else -0.04 * top, top if high > 0 else 0.04 * top)
    far.set_ylim(-top, top)
    near.plot([], [], color=VOLTAGE, linewidth=2.4, label="leak")
    near.plot([], [], color=INK, marker=r"$\updownarrow$", markersize=11, linestyle="", label="kick")
    for axes, title in ((near, f"{shown} steps"), (far, "all of them")):
        axes.axhline(0, color=INPUT, linewidth=0.8)
        axes.set_title(title, fontsize=12)
        axes.set_xlabel("time (ms)")
        axes.set_ylabel("voltage v (V)")
    near.legend(frameon=False, fontsize=11, handlelength=1.2)
    far.plot(t, v, color=VOLTAGE, linewidth=1.2)
    ends = [int(v.argmin()), int(v.argmax())]
    far.plot(t[ends], v[ends], "o", color=VOLTAGE)
    far.plot(t[part], v[part], color=INK, linewidth=2.6)
    far.annotate(
        f"the {shown} steps", (float(t[first + shown // 2]), low), xytext=(0.98, 0.04), textcoords="axes fraction",
        ha="right", fontsize=11, arrowprops={"arrowstyle": "-", "color": INPUT, "linewidth": 0.8},
    )  # fmt: skip
    return figure, (
        f"Between kicks the voltage leaks towards 0 V: left, {shown} steps. Right, {digits(t[-1])} ms of the same: it wanders "
        f"from {digits(v.min())} V to {digits(v.max())} V."
    )


def squares() -> tuple[Figure, str]:
    """Draw two independent kicks as the sides of a right angle: their squares add up, not their lengths.

    Returns:
        The figure, and the sentence that says how large the kicks of both halves are together.
    """
    figure, axes = new_drawing()
    side = 2.4
    x, y = 2.8, 2.8  # the right angle
    for dx, dy in ((-side, 0), (0, -side)):
        _square(axes, (x, y), (x + (side if dy else 0), y + (0 if dy else side)), flip=bool(dx))
    _square(axes, (x, y + side), (x + side, y), flip=False)
    stroke(axes, (x, y + side), (x, y), (x + side, y), (x, y + side), width=4)
    write(axes, x + 0.35, y + 0.9, "$c$", size=17)
    write(axes, x + 0.9, y + 0.35, "$c$", size=17)
    write(axes, x + side / 2 + 0.75, y + side / 2 + 0.5, r"$\sqrt{2}\,c$", size=17)
    write(axes, x - side / 2, y + side / 2, "$c^2$", size=18)
    write(axes, x + side / 2, y - side / 2, "$c^2$", size=18)
    write(axes, x + side + 0.4, y + side + 0.7, "$2 c^2$", size=20)
    write(axes, 8.4, 5.9, "of independent kicks\nthe variances add up:", ha="left", size=17)
    write(axes, 8.4, 4.5, "$c^2 + c^2 = 2 c^2$", ha="left", size=20)
    write(axes, 8.4, 3.2, r"both together: $\sqrt{2}\,c$,", ha="left", size=17)
    write(axes, 8.4, 2.3, "and not $2 c$", ha="left", size=17)
    return figure, (
        "Two independent kicks add up like the sides of a right angle: their squares, the variances, add up. The kicks of two halves "
        f"of a step are together typically {math.sqrt(2):.2f} times as large as one of them, so a kick grows with the root of dt."
    )


def _square(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, flip: bool) -> None:
    """Draw a square on a line, at its left or at its right."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    across = (-dy, dx) if flip or dx * dy else (dy, -dx)
    far = [(p[0] + across[0], p[1] + across[1]) for p in (end, start)]
    polygon(axes, start, end, *far, color=INPUT, face="#EEF4F9" if dx * dy == 0 else "#EFEFEF")
