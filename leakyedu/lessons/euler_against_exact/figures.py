"""Lesson 5's figures: Euler's polygon, errors over time and over the length of a step, factors, and rounding."""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.methods import euler, exact
from leakyedu.model import LIParameters, as_tensor
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse
from leakyedu.teaching.drawings import INK, arrow, between, dot, new_drawing, stroke, write
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    LINE_STYLES,
    VOLTAGE,
    capital,
    digits,
    mark_curve,
    new_axes,
    new_figure,
)


def error_over_time(
    dts: Sequence[float],
    p: LIParameters = LIParameters(),
    *,
    predicted_curve: Sequence[tuple[float, float]] | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw by how much Euler's voltage is above the exact one after a jump of 1 V.

    .. math::
        e_n = v_n - v(n \, \Delta t)

    Args:
        dts: lengths of a step in second, the longest first.
        p: parameters of one neuron, each of shape ``()``.
        predicted_curve: pairs of a time in ms and the error that the learner expects there, in volt, or None.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says how far Euler is too high, and how far too low.
    """
    axes = axes or new_axes()
    p = LIParameters(*(as_tensor(x).double() for x in p))
    said = []
    for dt, line in zip(dts, LINE_STYLES, strict=False):
        steps = round(0.060 / dt)
        t = 1000 * dt * torch.arange(steps + 1, dtype=torch.float64)
        v, true = (
            simulate(pulse(steps, dtype=torch.float64), p=p, dt=dt, method=method).v
            for method in (euler, exact)
        )
        e = torch.cat([torch.zeros(1, dtype=torch.float64), v - true])
        axes.plot(t, e, color=VOLTAGE, linestyle=line, linewidth=2, label=f"dt = {1000 * dt:g} ms")
        high, low = int(e.argmax()), int(e.argmin())
        said.append(
            f"With dt = {1000 * dt:g} ms Euler is up to {digits(e[high])} V too high, after {digits(t[high])} ms, and later up to "
            f"{digits(-e[low])} V too low, after {digits(t[low])} ms."
        )
    axes.set(xlabel="time (ms)", ylabel="error of v (V)", xlim=(-1, 60))
    axes.legend(frameon=False, fontsize=12)
    if predicted_curve is not None:
        said.append(mark_curve(axes, predicted_curve, "V").strip())
    return axes.figure, " ".join(said)


def error_over_dt(
    dts: Tensor, errors: Mapping[str, Tensor], *, axes: Axes | None = None
) -> tuple[Figure, str]:
    r"""Draw errors over the length of a step, both axes logarithmic, each with its slope.

    .. math::
        \log e \approx \text{slope} \cdot \log \Delta t + \text{const}

    Args:
        dts: lengths of a step in second, of shape ``(sizes,)``, at least two different ones.
        errors: named errors in volt, each above 0 and of the shape of ``dts``.
        axes: where to draw; default a new figure.

    Returns:
        The figure, with the fitted line and a triangle that shows its slope, and the sentence that names
        the slopes.

    Raises:
        ValueError: if there are fewer than two step sizes, no error, or one that has no logarithm.
    """
    x = 1000 * as_tensor(dts).detach().cpu().double()
    if x.ndim != 1 or len(x.unique()) < 2 or not bool((x > 0).all()):
        raise ValueError(
            f"dts must be at least two different lengths of a step in second, got {dts}. "
            "Use torch.tensor([0.002, 0.001])."
        )
    named = {name: as_tensor(e).detach().cpu().double() for name, e in errors.items()}
    for name, e in named.items():
        if e.shape != x.shape or not bool(((e > 0) & e.isfinite()).all()):
            raise ValueError(
                f"errors[{name!r}] must be {len(x)} finite numbers above 0, one for each dt, got {e}. "
                "Take abs(), and leave out a dt without an error."
            )
    if not named:
        raise ValueError("errors must name at least one error. Use {'Euler': errors}.")
    axes = axes or new_figure()[1][0]
    axes.set(xscale="log", yscale="log", xlabel="dt (ms)", ylabel="error of v (V)")
    order = x.argsort()
    x, sentences = x[order], []
    # The outer parts of the line stay free for its points.
    left, right = (float(x[0] * (x[-1] / x[0]) ** share) for share in (0.45, 0.75))
    for (name, e), marker in zip(named.items(), itertools.cycle("os^D"), strict=False):
        e = e[order]
        slope, intercept = statistics.linear_regression(x.log().tolist(), e.log().tolist())
        fit = [math.exp(intercept) * dt**slope for dt in (float(x[0]), float(x[-1]), left)]
        axes.plot([x[0], x[-1]], fit[:2], color=INPUT, linestyle="--", linewidth=1.2)
        axes.plot(x, e, color=VOLTAGE, linestyle="", marker=marker, markersize=6, label=name)
        slope_triangle(axes, (left, right), 0.75 * fit[2], slope)
        axes.annotate(
            name, (float(x[len(x) // 2]), float(e[len(x) // 2])), xytext=(-6, 4),
            textcoords="offset points", ha="right", va="bottom", color=VOLTAGE, fontweight="bold",
        )  # fmt: skip
        sentences.append(
            f"{capital(name)}: {digits(e[-1])} V at dt = {digits(x[-1])} ms and "
            f"{digits(e[0])} V at {digits(x[0])} ms, slope {slope:.2f}."
        )
    axes.margins(x=0.08)
    axes.set_xticks(x.tolist(), labels=[digits(dt) for dt in x])
    axes.set_xticks([], minor=True)
    # Whole powers of ten: a slope is read off as powers of ten. At least four: in two pictures a line is as steep.
    every = torch.cat(list(named.values()))
    low, high = math.floor(math.log10(every.min()) - 0.2), math.ceil(math.log10(every.max()))
    axes.set_ylim(10.0 ** min(low, high - 4), 10.0**high)
    return axes.figure, " ".join([*sentences, "Each dashed line is a fit."])


def slope_triangle(axes: Axes, between: tuple[float, float], low: float, slope: float) -> None:
    r"""Draw a triangle whose third side has a slope on logarithmic axes, and write the slope below it.

    .. math::
        y_\text{high} = y_\text{low} \, (x_\text{right} / x_\text{left})^\text{slope}

    Args:
        axes: where to draw, both axes logarithmic.
        between: left and right end, in the unit of the horizontal axis.
        low: lower end, in the unit of the vertical axis.
        slope: of the third side.
    """
    left, right = between
    high = low * (right / left) ** slope
    axes.plot([left, right, right, left], [low, low, high, low], color=INPUT, linewidth=1)
    axes.annotate(
        f"slope {slope:.2f}", (math.sqrt(left * right), low), xytext=(0, -3),
        textcoords="offset points", ha="center", va="top", color=INPUT, fontsize=9,
    )  # fmt: skip


def polygon(dt: float = 0.005, tau: float = 0.010, steps: int = 4) -> tuple[Figure, str]:
    r"""Draw a decay from 1 V in long steps of Euler's method, beside the exact curve.

    .. math::
        v_n = (1 - \Delta t / \tau)^n, \qquad v(t) = e^{-t / \tau}

    A dotted curve is where the truth would lead from the first point that is wrong.

    Args:
        dt: length of a step in second.
        tau: time constant in second.
        steps: number of steps.

    Returns:
        The figure, and the sentence that tells the error of one step from that of all.
    """
    axes = new_axes()
    ms, share = 1000 * dt, torch.linspace(0, 1, 81, dtype=torch.float64)
    euler = [(1 - dt / tau) ** n for n in range(steps + 1)]
    for n, style in (
        (0, {"linewidth": 3.5, "alpha": 0.6}),
        (1, {"linewidth": 1.6, "linestyle": ":"}),
    ):
        later = (steps + 0.6 - n) * share
        axes.plot(ms * (n + later), euler[n] * torch.exp(-dt / tau * later), color=INPUT, **style)
    axes.plot([ms * n for n in range(steps + 1)], euler, "--o", color=VOLTAGE, linewidth=2, markersize=8)
    ends = math.exp(-dt / tau), math.exp(-steps * dt / tau)
    for n, truth in ((1, ends[0]), (steps, ends[1])):
        axes.plot(
            [ms * n, ms * n], [euler[n], truth], color=INK, linewidth=3.5, solid_capstyle="butt", zorder=1.9
        )
    bar = {"arrowstyle": "-", "color": INK, "linewidth": 1}
    for n, truth, words, (x, y) in (
        (1, ends[0], "error of one step", (1.35, 0.86)),
        (steps, ends[1], f"error after {steps} steps", (steps - 1.45, 0.42)),
    ):
        axes.annotate(
            words,
            (ms * n, (truth + euler[n]) / 2),
            xytext=(ms * x, y),
            fontsize=12,
            color=INK,
            arrowprops=bar,
        )
    axes.annotate(
        "exact from here",
        (ms, euler[1]),
        xytext=(ms * 1.3, 0.2),
        ha="right",
        color=INPUT,
        fontsize=12,
        arrowprops={"arrowstyle": "-", "color": INPUT, "linewidth": 1},
    )
    axes.annotate(
        "exact",
        (ms * 0.62, math.exp(-0.62 * dt / tau)),
        xytext=(7, 3),
        textcoords="offset points",
        color=INPUT,
        fontsize=12,
    )
    axes.annotate(
        "Euler",
        (ms * 0.5, 0.72),
        xytext=(-6, -12),
        textcoords="offset points",
        ha="right",
        color=VOLTAGE,
        fontsize=12,
    )
    axes.set(xlim=(-0.5, ms * (steps + 0.5)), ylim=(-0.04, 1.06), xlabel="time (ms)", ylabel="voltage v (V)")
    axes.set_xticks([ms * n for n in range(steps + 1)])
    return axes.figure, (
        f"A simpler case: without a current v decays from 1 V with {1000 * tau:g} ms, and Euler keeps each slope for {ms:g} ms. "
        f"The first step is off by {digits(ends[0] - euler[1])} V; each later one starts "
        f"from a wrong point, and after {steps} steps Euler is off by {digits(ends[1] - euler[-1])} V."
    )


def zones(
    tau: float = 0.005, dts: Sequence[float] = (0.004, 0.005, 0.007, 0.010, 0.011)
) -> tuple[Figure, str]:
    r"""Draw Euler's factor on a line with its three zones, and what a current does in each of them.

    .. math::
        f = 1 - \Delta t / \tau

    Args:
        tau: time constant in second.
        dts: lengths of a step in second, to be marked.

    Returns:
        The figure, and the sentence that names the lengths at which the zones meet.
    """
    figure, axes = new_drawing()

    def place(factor: float) -> float:
        return 2.9 + 4.3 * (1 - factor)

    edges = [place(1), place(0), place(-1), 15.5]
    names = ("smooth", "rings", "diverges")
    for k, (left, right, name) in enumerate(zip(edges[:-1], edges[1:], names, strict=True)):
        dt = dts[(0, 2, -1)[k]]
        middle, level, factor = (left + right) / 2, 5.3, 1 - dt / tau
        write(axes, middle, 7.55, name, size=14, weight="bold")
        write(axes, middle, 6.85, f"{1000 * dt:g} ms", color=CURRENT, size=12)
        points = [(middle - 1.5 + 0.75 * n, level + 0.65 * factor**n) for n in range(5)]
        stroke(axes, (middle - 1.8, level), (middle + 1.8, level), color=INPUT, width=1)
        stroke(axes, *points, color=CURRENT, width=1.2, style="--")
        for point in points:
            dot(axes, *point, color=CURRENT, radius=0.13)
        if k:
            stroke(axes, (left, 1.6), (left, 7.7), color=INPUT, width=1, style=":")
    arrow(axes, (place(1) - 0.5, 3.0), (15.6, 3.0), width=1.8)
    behind = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
    for factor in (1, 0, -1):
        stroke(axes, (place(factor), 2.8), (place(factor), 3.2))
        write(axes, place(factor), 3.6, f"${factor}$", size=15, **behind)
    write(axes, 1.2, 3.6, r"$1 - \frac{\Delta t}{\tau}$", size=17)
    for dt in dts:
        x = place(1 - dt / tau)
        dot(axes, x, 3.0, color=CURRENT, radius=0.17)
        label = f"{1000 * dt:g}"
        write(axes, x + (0.15 if dt == max(dts) else 0), 2.2, label, color=CURRENT, size=12, **behind)
    write(axes, place(1), 2.2, "0 ms", size=12, color=CURRENT)
    write(axes, 8.2, 1.0, rf"length of the step, for $\tau$ = {1000 * tau:g} ms", color=CURRENT, size=12)
    return figure, (
        f"One step multiplies a current by 1 - dt/tau. With tau = {1000 * tau:g} ms it stays above 0 below {1000 * tau:g} ms, "
        f"where Euler is smooth; down to -1, at {2000 * tau:g} ms, it rings; beyond, each step makes it larger."
    )


def ladder(share: float = 1e-5) -> tuple[Figure, str]:
    r"""Draw the numbers of float32 below 1 as rungs, and two rises: one takes v to a rung, one is rounded away.

    .. math::
        \text{rise} = (1 - v) \, \frac{\Delta t}{\tau}, \qquad \text{rungs are } \text{eps} / 2 \text{ apart}

    Args:
        share: :math:`\Delta t / \tau`, for the sentence.

    Returns:
        The figure, and the sentence that says where v stops.
    """
    figure, axes = new_drawing()
    rung, right, low, high, top = 1.4, 11.2, 1.0, 4.2, 7.2
    for y in (low, low + rung, high, high + rung, top):
        stroke(axes, (0.8, y), (right, y), color=INPUT, width=1.4)
    for below, above in ((low + rung, high), (high + rung, top)):  # many rungs more
        for part in (0.25, 0.5, 0.75):
            dot(axes, 1.0, below + part * (above - below), color=INPUT, radius=0.07)
    between(axes, (right + 0.5, low), (right + 0.5, low + rung))
    write(axes, right + 0.9, low + 0.5 * rung, "$\\mathrm{eps}/2$", size=15, ha="left")
    between(axes, (right + 0.5, high), (right + 0.5, top))
    write(axes, right + 0.9, (high + top) / 2, f"{1 / (2 * share):,.0f}\nrungs", ha="left")
    write(axes, right + 0.9, (low + rung + high) / 2, "numbers of\nfloat32", color=INPUT, ha="left")
    write(axes, right + 0.2, top + 0.5, "1 V", weight="bold", ha="right", size=13)
    for x, y, share_of_rung, where, what in (
        (2.4, low, 0.75, "v still rises", "rounded up"),
        (5.9, high, 0.38, "v stands still", "rounded back"),
    ):
        tip, target = y + share_of_rung * rung, y + round(share_of_rung) * rung
        dot(axes, x, y, color=VOLTAGE, radius=0.22)
        arrow(axes, (x, y + 0.2), (x, tip), color=VOLTAGE, width=2.6)
        write(axes, x - 0.4, (y + tip) / 2, "rise", color=VOLTAGE, ha="right", size=13)
        arrow(axes, (x + 0.15, tip), (x + 1.6, target + (0.06 if target < tip else -0.06)), style=":")
        dot(axes, x + 1.8, target, color=VOLTAGE, radius=0.22, filled=False)
        write(axes, x + 1.5, target + 0.55, what, ha="left", size=13)
        write(axes, x + 0.5, y - 0.55, where, weight="bold", size=13)
    gap = torch.finfo(torch.float32).eps / (4 * share)
    return figure, (
        f"Between two neighbours there is no number of float32. A rise of more than half a rung is rounded up, a smaller one "
        f"back: then v stands still. At dt/tau = {share:.0e} that is {1000 * gap:.3g} mV, or {1 / (2 * share):,.0f} rungs, below 1 V."
    )
