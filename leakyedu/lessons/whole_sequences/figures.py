"""Lesson 8's figures: who waits for whom in a loop, a convolution and a scan, and what an accelerator takes, and a sum that overflows."""

from collections.abc import Sequence

import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.lessons.whole_sequences.lab import ON_A_CPU, Recording, crossover, rounded
from leakyedu.teaching.drawings import INK, arrow, dot, frame, new_drawing, stroke, write
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    VOLTAGE,
    digits,
    mark_prediction,
    name_line,
    new_figure,
    presenting,
)


def levels(after: Sequence[Tensor], steps: int = 64) -> tuple[Figure, str]:
    """Draw the current of one neuron after each level of a scan, and what the last one shown is made of.

    Args:
        after: what each level leaves, of shape ``(time,)``, the inputs first.
        steps: how many of them to draw.

    Returns:
        The figure and its sentence, for ``plotting.show``.
    """
    figure, (axes,) = new_figure()
    top = len(after) - 1
    axes.set(
        xlabel="step", ylabel="level", xlim=(-0.8, steps - 0.2), ylim=(-0.4, top + 0.4), yticks=range(top + 1)
    )
    made_of, needed = {steps - 1}, []
    for level in range(top, 0, -1):
        reach = 2 ** (level - 1)
        below = made_of | {n - reach for n in made_of if n >= reach}
        needed += [[(n, level - 1), (m, level)] for m in made_of for n in (m, m - reach) if n >= 0]
        made_of = below
    # Above the dots, which would hide where two are joined.
    axes.add_collection(LineCollection(needed, colors=INPUT, linewidths=0.9, zorder=3))
    highest = max(float(y[:steps].abs().max()) for y in after)
    for level, y in enumerate(after):
        size = 40 * y[:steps].abs() / highest
        axes.scatter(range(len(size)), [level] * len(size), s=size.tolist(), color=CURRENT, zorder=2)
    write(axes, 1, top, "larger dot,\nlarger current", color=CURRENT, size=11, ha="left")
    first, last = (int((y[:steps] != 0).sum()) for y in (after[0], after[-1]))
    return figure, (
        f"Of {steps} steps, {first} hold a jump on level 0, and {last} a current on level {top}. The grey lines show what the last "
        f"one is made of: of {len(made_of)} steps, joined in {top} levels. A larger dot is a larger current."
    )


def over_neurons(recording: Recording) -> tuple[Figure, str]:
    """Draw the seconds of 1,000 steps on a CPU and on the recorded accelerator over the number of neurons.

    Returns:
        The figure and its sentence, for ``plotting.show``.
    """
    figure, (axes,) = new_figure()
    axes.set(xscale="log", yscale="log", xlabel="neurons", ylabel="time of 1,000 steps (ms)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
    if presenting():
        axes.set_xticks([1, 100, 10_000])
    places = {"cpu": ("one CPU core", INPUT, "o"), "accelerator": (recording.device, VOLTAGE, "s")}
    curves = {}
    for place, (where, color, marker) in places.items():
        for way, line in (("loop", ":"), ("simulate", "-")):
            times = {int(n): dict(map(tuple, t[way]))[1000] for n, t in recording.times[place].items()}
            curves[place, way] = list(times.items())
            neurons, milliseconds = times.keys(), [1000 * t for t in times.values()]
            axes.plot(neurons, milliseconds, f"{marker}{line}", color=color, label=f"{way}, {where}")
    neurons, seconds = zip(*recording.copies, strict=True)
    copies = [1000 * t for t in seconds]
    axes.plot(neurons, copies, "--", color="black", label=f"copy to {recording.device}")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    few, many = curves["cpu", "simulate"][1][0], curves["cpu", "simulate"][-1][0]
    at = {key: dict(pairs) for key, pairs in curves.items()}
    said = "; ".join(
        f"for {n:,} neurons the loop takes {1000 * at['cpu', 'loop'][n]:.3g} ms {ON_A_CPU} and "
        f"{1000 * at['accelerator', 'loop'][n]:.3g} ms on {recording.device}, simulate "
        f"{1000 * at['cpu', 'simulate'][n]:.3g} ms and {1000 * at['accelerator', 'simulate'][n]:.3g} ms"
        for n in (few, many)
    )
    sentence = f"1,000 steps, recorded {recording.taken}: {said}."
    # Large letters leave no room for both names side by side.
    for way, called, height in (("simulate", "simulate", 1), ("loop", "the loop", 13 if presenting() else 1)):
        if overtaken := crossover(curves["cpu", way], curves["accelerator", way]):
            axes.axvline(overtaken, color=INPUT, linewidth=0.8, zorder=1)
            name_line(axes, overtaken, f"{way}: {rounded(overtaken)}", INPUT, height=height)
            sentence += f" From {rounded(overtaken)} neurons on, {called} is faster on {recording.device}."
    return figure, sentence


def three_ways(steps: int = 8) -> tuple[Figure, str]:
    """Draw what each value waits for in a loop, in a convolution and in a scan.

    Args:
        steps: how many values there are, a power of 2.

    Returns:
        The figure and its sentence, for ``plotting.show``.
    """
    figure, axes = new_drawing()
    levels = steps.bit_length() - 1
    for x, title, below in (
        (2.6, "loop", f"{steps} turns, one\nafter the other"),
        (8.0, "convolution", f"{steps * (steps + 1) // 2} products,\nall at once"),
        (13.3, "scan", f"{levels} levels, each\nat once"),
    ):
        write(axes, x, 7.5, title, size=15, weight="bold")
        write(axes, x, 0.75, below, size=12)
    side, gap = 0.4, 0.58
    arrow(axes, (0.3, 3.9), (0.3, 6.8), color=INPUT, width=1.4)
    write(axes, 0.6, 6.4, "turns", color=INPUT, ha="left")
    arrow(axes, (10.75, 2.2), (10.75, 6.8), color=INPUT, width=1.4)
    write(axes, 10.45, 4.5, "levels", color=INPUT, rotation=90)
    for k in range(steps):
        x, y = 0.45 + gap * k, 2.1 + gap * k
        frame(axes, x, y, side, side, color=CURRENT)
        if k:
            arrow(axes, (x - gap + side, y - gap + side / 2 + 0.2), (x, y + 0.02), width=1.2)
    for row in range(steps):
        for column in range(row + 1):
            shade = 0.8 ** (1.6 * (row - column))
            color = tuple(1 - shade * (1 - c) for c in (0.835, 0.369, 0.0))
            own = row == steps - 1  # the last value, as in the scan
            frame(
                axes,
                5.75 + gap * column,
                2.1 + gap * row,
                side,
                side,
                face=color,
                color=CURRENT if own else INPUT,
            )
    write(axes, 5.75 + gap * (steps - 1) / 2 + side / 2, 1.75, "jumps", color=INPUT, size=11)
    write(axes, 5.4, 2.1 + gap * steps / 2, "values", color=INPUT, size=11, rotation=90)
    write(axes, 8.1, 3.1, "darker:\ncounts\nmore", color=INPUT, size=11, ha="left")
    write(axes, 13.3, 1.75, "jumps", color=INPUT, size=11)
    for level in range(levels + 1):
        for k in range(steps):
            x, y = 11.25 + gap * k, 2.35 + 1.3 * level
            reach = 2**level // 2
            if level and k >= reach:
                own = _feeds(steps - 1, level, k, levels)
                style = {
                    "color": CURRENT if own else INPUT,
                    "width": 2.4 if own else 0.8,
                    "order": 3 if own else 2,
                }
                stroke(axes, (x - gap * reach, y - 1.3), (x, y), **style)
                stroke(axes, (x, y - 1.3), (x, y), **style)
            elif level:
                stroke(axes, (x, y - 1.3), (x, y), color=INPUT, width=0.8, order=2)
            dot(
                axes,
                x,
                y,
                color=CURRENT if _feeds(steps - 1, level, k, levels, at=True) else INPUT,
                radius=0.15,
            )
    return figure, (
        f"Who waits for whom among {steps} steps: in a loop each step for the one before, {steps} turns; a convolution makes "
        f"{steps * (steps + 1) // 2} products at once; a scan joins neighbours, then pairs, and needs {levels} levels "
        "(orange: what its last value is made of)."
    )


def _feeds(last: int, level: int, k: int, levels: int, *, at: bool = False) -> bool:
    """Tell whether what stands at ``k`` after a level of a scan goes into the last value of all.

    From the top down, each value is made of the one below it and of one that is 2 ** (level - 1) before.
    """
    needed = {last}
    for upper in range(levels, level, -1):
        needed |= {n - 2**upper // 2 for n in needed if n >= 2**upper // 2}
    return k in needed


def overflow(y: Tensor, predicted: float | None = None, factor: float = 0.9) -> tuple[Figure, str]:
    r"""Draw what a shortcut returns, and the sum inside it up to the step at which it leaves the numbers that there are.

    .. math::
        \text{sum}_n = y_n / a^n

    Args:
        y: what it returns after each step, of shape ``(time,)``; beyond some step it is not finite.
        predicted: the step that the learner expects, or None.
        factor: :math:`a`, between 0 and 1.

    Returns:
        The figure, and the sentence that says for how many steps it is good.
    """
    figure, (axes,) = new_figure()
    good = int(y.isfinite().sum())
    steps, most = range(1, good + 1), torch.finfo(torch.float32).max
    y = y.detach().cpu().double()
    inside = y[:good] / factor ** torch.arange(good, dtype=torch.float64)
    axes.plot(steps, y[:good], color=VOLTAGE, linewidth=2.2)
    axes.plot(steps, inside, color=INK, linewidth=1.8, linestyle="--")
    axes.axhline(most, color=INPUT, linewidth=0.8)
    axes.plot([good], inside[-1:], "X", color=INK, markersize=10)
    words = {"textcoords": "offset points", "fontsize": 11}
    axes.annotate(
        "largest number", (len(y), most), xytext=(0, 3), color=INPUT, ha="right", va="bottom", **words
    )
    axes.annotate(
        f"after {good} steps the\nsum inside overflows",
        (good, most),
        xytext=(8, -8),
        color=INK,
        va="top",
        **words,
    )
    axes.annotate("y", (good, float(y[good - 1])), xytext=(8, 0), color=VOLTAGE, va="center", **words)
    axes.set(
        xlim=(0, len(y)), yscale="log", ylim=(0.1, 1e46), xlabel="steps", ylabel="y and the sum inside (V)"
    )
    axes.set_yticks(
        [1, 1e10, 1e20, 1e30, most], ["1", "1e10", "1e20", "1e30", f"{most:.1e}".replace("+", "")]
    )
    axes.xaxis.set_major_formatter("{x:,g}")
    sentence = f"For {good} steps y is good, at last {digits(y[good - 1])} V; then the sum inside it overflows, not y itself."
    if predicted is not None:
        sentence += mark_prediction(axes, predicted, f" You predicted {predicted:g} steps")
    return figure, sentence
