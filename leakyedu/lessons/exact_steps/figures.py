"""Lesson 6's figures: one step in the plane of v and i, a spike between two steps, and factors of decays."""

import itertools
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.methods import euler, exact
from leakyedu.model import LIParameters, as_tensor
from leakyedu.teaching.drawings import INK, arrow
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    LINE_STYLES,
    VOLTAGE,
    capital,
    digits,
    new_axes,
    new_figure,
)


def growth(ratios: Tensor, factors: Mapping[str, Tensor], *, axes: Axes | None = None) -> tuple[Figure, str]:
    r"""Draw the size of the factor by which a step multiplies what decays.

    .. math::
        i_{n+1} = f(\Delta t / \tau) \, i_n: \qquad |f| > 1 \text{ diverges}

    Args:
        ratios: lengths of a step over the time constant, rising, above 0, of shape ``(sizes,)``.
        factors: named factors :math:`f`, each of the shape of ``ratios``.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says from where on each method diverges, and its last factor.

    Raises:
        ValueError: if nothing is named, or a list is not of the shape ``(sizes,)`` of ``ratios``.
    """
    x = as_tensor(ratios).detach().cpu().double()
    named = {name: as_tensor(f).detach().cpu().double() for name, f in factors.items()}
    if not named or x.ndim != 1 or not len(x) or any(f.shape != x.shape for f in named.values()):
        shapes = {name: tuple(f.shape) for name, f in named.items()}
        raise ValueError(
            f"factors must each have the shape of ratios, {tuple(x.shape)}, one axis, got {shapes}. "
            "Give one factor for each length of a step."
        )
    axes = axes or new_axes()
    axes.axhline(1, color=INPUT, linewidth=1)
    sentences = [f"Steps of up to {digits(x[-1])} time constants."]
    for (name, f), line in zip(named.items(), itertools.cycle(LINE_STYLES), strict=False):
        axes.plot(x, f.abs(), color=CURRENT, linestyle=line, linewidth=1.5, label=name)
        beyond = (f.abs() > 1 + 1e-9).int()
        where = f"diverges from {digits(x[beyond.argmax()])} on" if beyond.any() else "never diverges"
        sentences.append(f"{capital(name)} {where}: the longest step multiplies by {digits(f[-1])}.")
    axes.set(xscale="log", yscale="log", ylim=(1e-3, 1e3))
    axes.set(xlabel="step over time constant", ylabel="size of the factor")
    axes.legend(frameon=False, fontsize=9)
    return axes.figure, " ".join(sentences)


def plane(dt: float, p: LIParameters = LIParameters()) -> tuple[Figure, str]:
    r"""Draw one step from v = 0 V, i = 1 V in the plane of both: along the flow, and by Euler.

    .. math::
        \frac{d}{dt} (v, i) = A \, (v, i)

    Args:
        dt: length of the step in second.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        The figure, and the sentence that says where both steps lead.
    """
    figure, (axes,) = new_figure()
    a, b = float(p.tau_mem_inv), float(p.tau_syn_inv)
    grid = torch.cartesian_prod(
        torch.linspace(0.05, 0.75, 8, dtype=torch.float64), torch.linspace(-0.5, 1.0, 7, dtype=torch.float64)
    )
    v, i = grid.T
    axes.quiver(
        v, i, a * (i - v), -b * i, angles="xy", scale_units="xy", scale=1200, color="#9A9A9A", width=0.004
    )
    t = torch.linspace(0, dt, 101, dtype=torch.float64)[1:]
    true, step = exact(p, t), euler(p, dt)
    axes.plot([0, *true.v_from_i.tolist()], [1, *true.i_from_i.tolist()], color=INK, linewidth=3)
    ends = float(true.v_from_i[-1]), float(true.i_from_i[-1])
    there = float(step.v_from_i), float(step.i_from_i)
    arrow(axes, (0, 1), there, color=VOLTAGE, width=2.6, style="--")
    axes.plot(*ends, "s", color=INK, markersize=10)
    axes.plot(0, 1, "o", color=CURRENT, markersize=10)
    label = {"textcoords": "offset points", "fontsize": 12, "va": "center"}
    axes.annotate("start: the current has jumped", (0, 1), xytext=(12, 4), color=CURRENT, **label)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
    axes.annotate("exact step", ends, xytext=(-8, -16), ha="center", color=INK, bbox=paper, **label)
    if there[0] < 0.8 and there[1] > -0.6:
        axes.annotate("Euler", there, xytext=(8, 12), color=VOLTAGE, **label)
    axes.axhline(0, color=INPUT, linewidth=0.8)
    axes.set(xlim=(-0.02, 0.82), ylim=(-0.62, 1.1), xlabel="voltage v (V)", ylabel="current i (V)")
    return figure, (
        f"Small arrows show where each state moves. From v = 0 V and i = 1 V the exact step of {1000 * dt:g} ms follows them to "
        f"{digits(ends[0])} V and {digits(ends[1])} V; Euler goes straight on, to {digits(there[0])} V and {digits(there[1])} V."
    )


def moved_spike(at: float, grid: Sequence[float], p: LIParameters = LIParameters()) -> tuple[Figure, str]:
    """Draw the response to a spike between two steps, and those to spikes that were moved onto the grid.

    Args:
        at: time of the spike in second.
        grid: times to which it may be moved, in second.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        The figure, and the sentence that says how far off each moved response is.
    """
    figure, (axes,) = new_figure()
    t = torch.linspace(0, 0.030, 3001, dtype=torch.float64)

    def response(spike: float) -> torch.Tensor:
        since = t - spike
        return torch.where(since > 0, exact(p, since.where(since > 0, 1.0)).v_from_i, 0.0)

    true, said = response(at), []
    axes.plot(1000 * t, true, color=INPUT, linewidth=3.5, alpha=0.7)
    for spike, style in zip(grid, LINE_STYLES, strict=False):
        v = response(spike)
        axes.plot(1000 * t, v, color=VOLTAGE, linestyle=style, linewidth=1.8)
        off = (v - true).abs()
        worst = int(off.argmax())
        axes.plot(
            [1000 * t[worst]] * 2,
            [float(v[worst]), float(true[worst])],
            color=INK,
            linewidth=3,
            solid_capstyle="butt",
        )
        said.append(f"moved to {1000 * spike:g} ms it is off by up to {digits(off.max())} V")
        text, near = ((9.3, 0.16), 4.0) if spike > at else ((5.2, 0.215), 2.6)
        axes.annotate(
            f"moved to {1000 * spike:g} ms", (1000 * spike + near, float(v[round(1e5 * spike + 100 * near)])), xytext=text,
            ha="left" if spike > at else "right", va="center", color=VOLTAGE, fontsize=12,
            arrowprops={"arrowstyle": "-", "color": VOLTAGE, "linewidth": 1},
        )  # fmt: skip
        axes.annotate(
            "",
            (1000 * spike, -0.028),
            (1000 * at, -0.028),
            arrowprops={"arrowstyle": "-|>", "color": VOLTAGE, "linestyle": style},
        )
    axes.plot(1000 * at, -0.028, "^", color=INK, markersize=9)
    axes.annotate(
        "spike", (1000 * at, -0.028), xytext=(14, 0), textcoords="offset points", va="center", fontsize=11
    )
    axes.set(xlim=(0, 20), ylim=(-0.05, 0.28), xlabel="time (ms)", ylabel="voltage v (V)")
    axes.set_xticks([0, *(1000 * x for x in grid), 10, 15, 20])
    return figure, f"A spike comes at {1000 * at:g} ms (grey). {capital('; '.join(said))}."
