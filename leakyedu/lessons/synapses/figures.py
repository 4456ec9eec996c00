"""Lesson 3's figures: the two decays of a response, and the area under it."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from leakyedu.methods import exact
from leakyedu.model import LIParameters
from leakyedu.teaching.drawings import (
    INK,
    arrow,
    between,
    bucket,
    new_drawing,
    pipe,
    polygon,
    pour,
    stroke,
    write,
)
from leakyedu.teaching.figure import CURRENT, INPUT, LINE_STYLES, VOLTAGE, digits, new_figure

DT, UNTIL = 1e-4, 0.1  # second
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.9}  # below a letter


def two_decays(p: LIParameters = LIParameters()) -> tuple[Figure, str]:
    r"""Draw the decay of the leak, that of the current, and their difference.

    .. math::
        e^{-t/\tau_\text{mem}} - e^{-t/\tau_\text{syn}}

    Args:
        p: parameters of one neuron with two different time constants.

    Returns:
        The figure, and the sentence that says where the difference begins and how large it becomes.
    """
    figure, (axes,) = new_figure()
    t = torch.arange(0, UNTIL / 2 + DT, DT, dtype=torch.float64)
    of_leak, of_current = torch.exp(-t * p.tau_mem_inv), torch.exp(-t * p.tau_syn_inv)
    difference = of_leak - of_current
    axes.plot(1000 * t, of_leak, color=INPUT, linestyle="--", label="decay of the leak, tau_mem")
    axes.plot(1000 * t, of_current, color=CURRENT, linestyle="-.", label="decay of the current, tau_syn")
    axes.plot(1000 * t, difference, color=VOLTAGE, linewidth=2, label="their difference")
    axes.set(xlabel="time (ms)", ylabel="share of what was there")
    axes.legend(frameon=False)
    at = difference.abs().argmax()
    there = [1000 * float(t[at])] * 2
    axes.plot(
        there, [float(of_current[at]), float(of_leak[at])], color=INK, linewidth=3, solid_capstyle="butt"
    )
    axes.plot(there, [0, float(difference[at])], color=INK, linewidth=3, solid_capstyle="butt")
    return figure, (
        f"Both decays begin at 1, so their difference begins at 0. After {1000 * t[at]:.1f} ms they are furthest "
        f"apart (bars), by {difference[at]:.2f}; then the difference fades, too."
    )


def areas(taus: Sequence[tuple[float, float]]) -> tuple[Figure, str]:
    r"""Draw the response to one spike of 1 V for several pairs of time constants, with the area under each.

    .. math::
        \int_0^\infty v \, dt = w \, \tau_\text{syn}

    Args:
        taus: pairs of ``tau_mem`` and ``tau_syn`` in second.

    Returns:
        The figure, and the sentence that says how high each response is, when, and what area it has.
    """
    figure, (axes,) = new_figure()
    t = torch.arange(DT, 10 * UNTIL, DT, dtype=torch.float64)
    shown, sentences = t < UNTIL, []
    for (tau_mem, tau_syn), style in zip(taus, LINE_STYLES, strict=False):
        v = exact(LIParameters.from_tau(tau_syn, tau_mem), t).v_from_i
        pair = f"{1000 * tau_mem:g} and {1000 * tau_syn:g} ms"
        area = f"{1000 * v.sum() * DT:.1f} mV s"
        axes.plot(1000 * t[shown], v[shown], color=VOLTAGE, linestyle=style, label=f"{pair}: {area}")
        axes.fill_between(1000 * t[shown], v[shown], color=VOLTAGE, alpha=0.1, linewidth=0)
        sentences.append(
            f"With {pair} v reaches {v.max():.2f} V after {1000 * t[v.argmax()]:.1f} ms, area {area}."
        )
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    axes.legend(frameon=False, title="tau_mem and tau_syn: area")
    return figure, " ".join(sentences)


def two_buckets(p: LIParameters = LIParameters(), after: float = 0.005) -> tuple[Figure, str]:
    r"""Draw a spike as a jug that is emptied into a bucket, which leaks into a second bucket.

    Equal tubes and widths like :math:`\tau_\text{syn}` and :math:`\tau_\text{mem}` make their levels i and v.

    Args:
        p: parameters of one neuron at rest at 0 V.
        after: how long after the spike, in second.

    Returns:
        The figure, and the sentence that says what flows where, and both levels for a jump of 1 V.
    """
    step = exact(p, after)
    v, i = float(step.v_from_i), float(step.i_from_i)
    figure, axes = new_drawing()
    unit, narrow = 2.4, 2.2  # height of 1 V, width of the first bucket
    wide = narrow * float(p.tau_syn_inv / p.tau_mem_inv)
    polygon(axes, (1.5, 7.75), (0.9, 6.75), (1.9, 6.1), (2.9, 6.75))
    stroke(axes, (1.3, 7.45), (0.55, 7.4), (0.35, 6.8), (1.0, 6.9), width=2.4)
    bucket(axes, 2.5, 3.7, narrow, 3.1, unit * i, CURRENT, hole=0.3)
    stroke(axes, (2.56, 3.7 + unit), (2.44 + narrow, 3.7 + unit), color=CURRENT, style="--", order=3)
    between(axes, (2.1, 3.72), (2.1, 3.68 + unit), color=CURRENT)
    write(axes, 1.6, 3.7 + unit / 2, "$w$", color=CURRENT, size=18)
    write(axes, 2.5 + narrow / 2, 4.1, "$i$", color=CURRENT, size=18, bbox=PAPER)
    pipe(axes, [(2.45 + narrow, 3.85), (6.6, 3.85), (6.6, 3.35)], 0.2, CURRENT)
    pour(axes, 6.6, 3.4, 0.7 + unit * v, CURRENT, 0.2)
    bucket(axes, 5.8, 0.7, wide, 2.3, unit * v, VOLTAGE, hole=0.3)
    write(axes, 5.8 + wide / 2 + 0.3, 0.95, "$v$", color=VOLTAGE, size=18)
    pipe(axes, [(5.75 + wide, 0.85), (11.4, 0.85)], 0.2)
    arrow(axes, (11.5, 0.85), (12.5, 0.85), color=VOLTAGE, width=2.5)
    write(axes, 3.4, 7.35, "a spike has emptied its jug", ha="left")
    write(axes, 5.2, 5.6, "current", ha="left", color=CURRENT, weight="bold")
    write(axes, 5.2, 4.95, "narrow: it empties fast", ha="left")
    write(axes, 10.7, 2.6, "voltage", ha="left", color=VOLTAGE, weight="bold")
    write(axes, 10.7, 1.95, "wide: it follows slowly", ha="left")
    return figure, (
        f"A spike of weight 1 V fills the narrow bucket to the dashed line: i jumps by w. {1000 * after:g} ms later i has leaked down "
        f"to {digits(i)} V, into the wide bucket, where v has come to {digits(v)} V and leaks as well."
    )
