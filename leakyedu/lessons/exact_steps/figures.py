"""Lesson 6's figures: one step in the plane of v and i, a spike between two steps, and factors of decays."""

import itertools
import math
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
    presenting,
)


def growth(ratios: Tensor, factors: Mapping[str, Tensor], *, axes: Axes | None = None) -> tuple[Figure, str]:
    r"""Draw the size of the factor by which a step multiplies what decays, beside the true one.

    .. math::
        i_{n+1} = f(\Delta t / \tau) \, i_n: \qquad |f| > 1 \text{ diverges}, \qquad
        f_\text{true} = e^{-\Delta t / \tau}

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
    axes.annotate(
        "above 1 it grows", (x[0], 1), xytext=(0, 3), textcoords="offset points", va="bottom",
        color=INPUT, fontsize=10,
    )  # fmt: skip
    lowest, highest = 1e-3, 1e3
    axes.plot(x, (-x).exp(), color=INPUT, linewidth=3.5, alpha=0.6)
    axes.annotate("true", (-math.log(lowest), lowest), xytext=(5, 4), textcoords="offset points", color=INPUT)
    rings = [float(x[(f < 0).int().argmax()]) for f in named.values() if bool((f < 0).any())]
    if rings:
        axes.annotate(
            "changes sign,\nthen rings", (min(rings), lowest), xytext=(-8, 6), textcoords="offset points",
            ha="right", color=INPUT, fontsize=10,
        )  # fmt: skip
    sentences = [
        f"Factors without their sign, for steps of up to {digits(x[-1])} time constants; grey is the true one."
    ]
    for (name, f), line in zip(named.items(), itertools.cycle(LINE_STYLES), strict=False):
        size = f.abs()
        axes.plot(x, size, color=CURRENT, linestyle=line, linewidth=1.5)
        beyond, label, where = size > 1 + 1e-9, name, "never diverges"
        if beyond.any():
            limit = x[beyond.int().argmax()]
            label = f"{name} diverges\nfrom {digits(limit)} on"
            where = f"diverges from {digits(limit)} on"
        end = max(int((size <= highest).sum()) - 1, 0)
        leaves, above = end < len(x) - 1, size[end] > 1
        axes.annotate(
            label, (x[end], size[end]), xytext=(-40, -2) if leaves else (0, 5 if above else -7),
            textcoords="offset points", ha="right", va="bottom" if above and not leaves else "top", color=CURRENT,
        )  # fmt: skip
        outside = ", outside of the picture" if leaves else ""
        sentences.append(
            f"{capital(name)} {where}: the longest step multiplies by {digits(size[-1])}{outside}."
        )
    axes.set(xscale="log", yscale="log", ylim=(lowest, highest))
    axes.set(xlabel="step over time constant", ylabel="size of the factor")
    return axes.figure, " ".join(sentences)


def flow(axes: Axes, p: LIParameters, i: Sequence[float], v: Sequence[float]) -> None:
    r"""Draw small arrows: where a state (i, v) moves, all of them for the same short time.

    .. math::
        \frac{d}{dt} (v, i) = A \, (v, i)

    Args:
        axes: with the current across and the voltage upwards, in volt.
        p: parameters of one neuron that rests at 0 V.
        i: currents where arrows begin, in volt.
        v: voltages likewise.
    """
    a, b = float(p.tau_mem_inv), float(p.tau_syn_inv)
    across, up = torch.cartesian_prod(*torch.tensor([*i, *v], dtype=torch.float64).split([len(i), len(v)])).T
    axes.quiver(
        across, up, -b * across, a * (across - up), angles="xy", scale_units="xy", scale=6 * max(a, b),
        color="#9A9A9A", width=0.004 if len(i) > 6 else 0.007,
    )  # fmt: skip


def plane(dt: float, p: LIParameters = LIParameters()) -> tuple[Figure, str]:
    r"""Draw one step from i = 1 V, v = 0 V in the plane of both: along the flow, and by Euler.

    .. math::
        \frac{d}{dt} (v, i) = A \, (v, i)

    Args:
        dt: length of the step in second.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        The figure, and the sentence that says where both steps lead.
    """
    figure, (axes,) = new_figure()
    flow(axes, p, [-0.52 + 0.21 * n for n in range(8)], [0.05 + 0.1 * n for n in range(8)])
    t = torch.linspace(0, dt, 101, dtype=torch.float64)[1:]
    true, step = exact(p, t), euler(p, dt)
    axes.plot([1, *true.i_from_i.tolist()], [0, *true.v_from_i.tolist()], color=INK, linewidth=3)
    ends = float(true.i_from_i[-1]), float(true.v_from_i[-1])
    there = float(step.i_from_i), float(step.v_from_i)
    arrow(axes, (1, 0), there, color=VOLTAGE, width=2.6, style="--")
    axes.plot(*ends, "s", color=INK, markersize=10)
    axes.plot(1, 0, "o", color=CURRENT, markersize=10)
    label = {"textcoords": "offset points", "fontsize": 12, "va": "center"}
    axes.annotate(
        "start: the current has jumped", (1, 0), xytext=(0, -16), color=CURRENT, ha="right", **label
    )
    axes.annotate(
        f"exact step of {1000 * dt:g} ms", ends, xytext=(-0.03, -0.09), textcoords="data", ha="right", va="center",
        color=INK, fontsize=12, arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1},
    )  # fmt: skip
    if there[0] > -0.6 and there[1] < 0.8:
        axes.annotate("Euler, straight on", there, xytext=(-14, 24), color=VOLTAGE, **label)
    axes.annotate(
        "small arrows: where\na state moves", (0.99, 1), xycoords="axes fraction", ha="right", va="top",
        color=INPUT, fontsize=12,
    )  # fmt: skip
    axes.axvline(0, color=INPUT, linewidth=0.8)
    room = (-0.3, 1.15) if presenting() else (-0.15, 0.98)  # for the words above and below the arrows
    axes.set(xlim=(-0.62, 1.1), ylim=room, xlabel="current i (V)", ylabel="voltage v (V)")
    return figure, (
        f"Small arrows show where each state moves. From v = 0 V and i = 1 V the exact step of {1000 * dt:g} ms follows them to "
        f"{digits(ends[1])} V and {digits(ends[0])} V; Euler goes straight on, to {digits(there[1])} V and {digits(there[0])} V."
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
            f"off by\n{digits(off.max())} V", (1000 * t[worst], 0.006), xytext=(-12 if spike < at else 14, 0),
            textcoords="offset points", ha="right" if spike < at else "left", va="bottom", fontsize=11,
        )  # fmt: skip
    axes.plot(1000 * at, -0.028, "^", color=INPUT, markersize=9)
    axes.annotate(
        f"spike at {1000 * at:g} ms, not moved", (1000 * at, -0.028), xytext=(10, 0), textcoords="offset points",
        va="center", color=INPUT, fontsize=11,
    )  # fmt: skip
    axes.set(xlim=(0, 20), ylim=(-0.05, 0.28), xlabel="time (ms)", ylabel="voltage v (V)")
    axes.set_xticks([0, *(1000 * x for x in grid), 5, 10, 15, 20])
    return figure, f"A spike comes at {1000 * at:g} ms, and v follows it (grey). {capital('; '.join(said))}."
