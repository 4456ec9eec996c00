"""Lesson 11's figures: a bucket that tips over, which current makes spikes, a straight road that breaks, and how late an event is found."""

import itertools
import math
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.model import as_tensor
from leakyedu.teaching.drawings import (
    INK,
    arrow,
    bucket,
    new_drawing,
    pipe,
    polygon,
    pour,
    stroke,
    write,
)
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    PALE,
    VOLTAGE,
    capital,
    digits,
    mark_prediction,
    name_line,
    new_axes,
    new_figure,
)


def lateness_over_dt(
    dts: Tensor, late: Mapping[str, Tensor], *, axes: Axes | None = None
) -> tuple[Figure, str]:
    """Draw how late the first spike is found in steps, over the length of a step.

    What lies above 0 is late, what lies below is early. A spike that waits for the end of its step, and is
    right otherwise, lies between 0 and the dotted line of a whole step.

    Args:
        dts: lengths of a step in second, of shape ``(sizes,)``, each above 0.
        late: named times in second, each of the shape of ``dts``: the spike's time in steps minus its true
            time, so that a negative one is early.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that names the earliest and the latest.

    Raises:
        ValueError: if there is no step, or a time for none of them.
    """
    x = 1000 * as_tensor(dts).detach().cpu().double()
    if x.ndim != 1 or not len(x) or not bool((x > 0).all()):
        raise ValueError(
            f"dts must be lengths of a step in second, above 0, got {dts}. Use torch.tensor([0.002, 0.001])."
        )
    named = {name: 1000 * as_tensor(e).detach().cpu().double() for name, e in late.items()}
    if not named or any(e.shape != x.shape or not bool(e.isfinite().all()) for e in named.values()):
        raise ValueError(
            f"late must name at least one list of {len(x)} finite times, one for each dt, got {late}. "
            "Leave out a dt without an event."
        )
    axes = axes or new_axes()
    longest = float(x.max())
    whole = [0, longest]
    axes.plot(whole, whole, color=INPUT, linestyle=":", linewidth=1.2, label="a whole step late")
    sentences = []
    for (name, e), (marker, size) in zip(
        named.items(), itertools.cycle((("o", 4), ("s", 7), ("^", 7))), strict=False
    ):
        axes.plot(
            x, e, color=VOLTAGE, linestyle="", marker=marker, markersize=size,
            fillstyle="full" if size == 4 else "none", label=name,
        )  # fmt: skip
        ends = [f"{digits(abs(t))} ms too {'late' if t > 0 else 'early'}" for t in (e.min(), e.max())]
        sentences.append(f"{capital(name)}: first spike between {ends[0]} and {ends[1]}.")
    axes.set(xlim=(0, 1.02 * longest), xlabel="dt (ms)", ylabel="first spike too late (ms)")
    axes.annotate("below 0: too early", (0.02, 0.05), xycoords="axes fraction", color=INPUT, fontsize=9)
    axes.legend(loc="upper left", frameon=False, fontsize=9)
    return axes.figure, " ".join([*sentences, f"Steps of {digits(x.min())} to {digits(longest)} ms."])


def onset(
    currents: Tensor,
    spikes: Tensor,
    seconds: float,
    predicted: float | None = None,
    *,
    dt: float | None = None,
) -> tuple[Figure, str]:
    """Draw how many spikes there were over the current.

    Args:
        currents: in volt, of shape ``(currents,)``.
        spikes: how many came, of the same shape.
        seconds: in how many seconds.
        predicted: the current in volt above which the learner expects spikes, or None.
        dt: length in second of the steps in which they were counted, or None.

    Returns:
        The figure, and the sentence that says each number.
    """
    figure, (axes,) = new_figure()
    axes.plot(currents, spikes, "o", color=VOLTAGE, markersize=9)
    said = []
    for i, n in zip(currents.tolist(), spikes.tolist(), strict=True):
        axes.annotate(
            f"{n:.0f}", (i, n), xytext=(0, 8), textcoords="offset points", ha="center", color=VOLTAGE
        )
        said.append(f"{n:.0f} at {i:.2f} V")
    axes.axvline(1, color=INPUT, linewidth=1, linestyle="--")
    name_line(axes, 1, "as high as the threshold", INPUT, height=13)
    ends = [1.0, *currents.tolist()]
    if predicted is not None and 0 <= predicted <= 1.5:
        ends.append(predicted)
    room, most = 0.1 * (max(ends) - min(ends)), float(spikes.max())
    axes.set(xlim=(min(ends) - room, max(ends) + room), ylim=(-0.05 * most, 1.25 * most))
    counted = f"spikes in {seconds:g} s" + (f", in steps of {1000 * dt:g} ms" if dt else "")
    axes.set(xlabel="current i (V)", ylabel=counted)
    sentence = f"{capital(counted)}: {', '.join(said)}."
    if predicted is not None:
        sentence += mark_prediction(axes, predicted, f" You predicted {predicted:g} V")
    return figure, sentence


def tipping(current: float = 1.5) -> tuple[Figure, str]:
    """Draw a leaky bucket that tips over when it is full, and the voltage that does so.

    Args:
        current: what flows in, in volt, above the threshold of 1 V.

    Returns:
        The figure, and its sentence: not when the threshold is reached, for a class is asked for that.
    """
    figure, axes = new_drawing()
    bucket(axes, 0.8, 1.9, 2.2, 3.4, 1.9, hole=0.28)
    pipe(axes, [(2.95, 2.04), (3.7, 2.04)], 0.18)
    arrow(axes, (3.75, 2.04), (4.5, 2.04), color=VOLTAGE)
    pour(axes, 1.9, 7.6, 3.85, CURRENT)
    write(axes, 2.3, 7.2, f"$i$ = {current:g} V", color=CURRENT, size=14, ha="left")
    stroke(axes, (0.55, 5.3), (3.25, 5.3), color=INK, style="--")
    write(axes, 3.4, 5.3, "1 V", ha="left")
    write(axes, 1.9, 2.9, "$v$", color=VOLTAGE, size=17)
    write(axes, 1.9, 0.7, "it fills and leaks", size=12)
    # The same bucket, turned by 60 degrees: its water is level with the lower edge of its mouth.
    polygon(axes, (6.2, 1.9), (9.14, 3.6), (5.22, 3.6), color=PALE[VOLTAGE], face=PALE[VOLTAGE])
    stroke(axes, (5.22, 3.6), (9.14, 3.6), color=VOLTAGE, width=2.2)
    stroke(axes, (9.14, 3.6), (6.2, 1.9), (5.1, 3.81), (8.04, 5.51), width=2.6, order=4)
    pipe(axes, [(6.32, 1.97), (6.7, 1.32)], 0.18)
    for x, y in ((9.3, 3.45), (9.45, 2.95), (9.4, 2.4), (9.55, 1.9)):
        stroke(axes, (x, y), (x + 0.03, y - 0.25), color=VOLTAGE, width=3)
    write(axes, 7.2, 0.7, "full: it tips over", size=12)
    # The voltage of both.
    left, bottom, width, height = 10.6, 1.9, 4.9, 3.4
    stroke(axes, (left, bottom + height + 0.8), (left, bottom), (left + width + 0.2, bottom), width=1.2)
    stroke(axes, (left, bottom + height), (left + width, bottom + height), style="--")
    span, period = 3.3, -math.log1p(-1 / current)  # in time constants
    points = []
    for k in range(int(span / period) + 1):
        for n in range(41):
            t = period * n / 40
            if k * period + t <= span:
                points.append(
                    (
                        left + width * (k * period + t) / span,
                        bottom + height * current * -math.expm1(-t),
                    )
                )
    stroke(axes, *points, color=VOLTAGE, width=2.4)
    for k in range(1, int(span / period) + 1):
        x = left + width * k * period / span
        stroke(axes, (x, bottom + height + 0.25), (x, bottom + height + 0.85), color=INK, width=3)
    write(axes, left + width / 2, bottom + height + 1.3, "spikes", size=12)
    write(axes, left - 0.35, bottom + height / 2, "$v$", color=VOLTAGE, size=17)
    write(axes, left - 0.15, bottom + height, "1 V", ha="right")
    write(axes, left + width, bottom - 0.4, "time", ha="right")
    write(axes, left + width / 2, 0.7, "and begins again at 0 V", size=12)
    return figure, (
        f"A leaky bucket that tips over at 1 V. With i = {current:g} V it fills and leaks until it is full: "
        "a spike, the reset to 0 V, and the same rise begins again."
    )


def road(dt: float = 0.001, tau: float = 0.010, current: float = 1.5) -> tuple[Figure, str]:
    r"""Draw the next voltage over this one: a straight line, as in lessons 4 to 9, which a reset breaks.

    .. math::
        v \leftarrow (1 - z) \, (v + \tfrac{\Delta t}{\tau} (i - v))

    Args:
        dt: length of the step in second.
        tau: time constant in second.
        current: the current in volt.

    Returns:
        The figure, and the sentence that says where the line breaks.
    """
    figure, (axes,) = new_figure()
    share = dt / tau
    edge = (1 - share * current) / (1 - share)

    def after(v: float) -> float:
        return v + share * (current - v)

    axes.plot([0, edge], [after(0), 1], color=VOLTAGE, linewidth=3)
    axes.plot([edge, 1], [0, 0], color=VOLTAGE, linewidth=3)
    axes.plot([edge, 1.06], [1, after(1.06)], color=INPUT, linewidth=2, linestyle=":")
    axes.plot([edge, edge], [-0.06, 1], color=INPUT, linewidth=1, linestyle="--")
    axes.axhline(1, color=INPUT, linewidth=1, linestyle="--", zorder=1)
    axes.plot([edge], [1], "o", color=VOLTAGE, markersize=8, markerfacecolor="white")
    axes.plot([edge], [0], "o", color=VOLTAGE, markersize=8)
    label = {"fontsize": 12, "va": "center"}
    axes.annotate("one straight line: a v + b", (0.3, 0.28), color=VOLTAGE, **label)
    axes.annotate("spike: back to 0 V", (edge - 0.03, 0), ha="right", color=VOLTAGE, **label)
    axes.annotate("without a reset", (1.04, after(1.04)), xytext=(0.9, 1.13), ha="right", color=INPUT, **label,
                  arrowprops={"arrowstyle": "-", "color": INPUT})  # fmt: skip
    axes.set(xlim=(0, 1.1), ylim=(-0.06, 1.2))
    axes.set(xlabel=f"voltage before a step of {1000 * dt:g} ms (V)", ylabel="voltage after it (V)")
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, edge], ["0", "0.2", "0.4", "0.6", "0.8", f"{edge:.3f}"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "threshold 1"])
    return figure, (
        f"The voltage after a step of {1000 * dt:g} ms over the voltage before it, at i = {current:g} V and "
        f"tau = {1000 * tau:g} ms. Up to {edge:.3f} V a straight line says it all; beyond, the reset puts v to 0 V, and the line breaks."
    )
