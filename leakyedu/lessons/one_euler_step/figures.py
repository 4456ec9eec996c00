"""Lesson 4's figures: one step, the two areas that it gets wrong, and its three lines as wheels."""

import math

import torch
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.methods import euler, exact
from leakyedu.model import LIParameters
from leakyedu.teaching.drawings import arc, arrow, new_drawing, sketch, write
from leakyedu.teaching.figure import CURRENT, INPUT, PALE, VOLTAGE, digits, new_axes, new_figure


def one_step(dt: float = 0.004, p: LIParameters = LIParameters()) -> tuple[Figure, str]:
    """Draw what a step makes of a jump of 1 V: it keeps the slopes at its start for its whole length.

    Args:
        dt: length of the step in second.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        The figure, and the sentence that holds the end of the step against the truth.
    """
    figure, panes = new_figure(2)
    t = torch.linspace(0, 1.4 * dt, 101, dtype=torch.float64)
    truth, step, end = exact(p, t[1:]), euler(p, dt), exact(p, dt)
    for axes, curve, start, reached, true, color, symbol in (
        (panes[0], truth.i_from_i, 1.0, step.i_from_i, end.i_from_i, CURRENT, "$i$"),
        (panes[1], truth.v_from_i, 0.0, step.v_from_i, end.v_from_i, VOLTAGE, "$v$"),
    ):
        sketch(axes, "time", symbol, color)
        reached, true = float(reached), float(true)
        axes.plot(t / dt, [start, *curve.tolist()], color=INPUT, linewidth=3.5, alpha=0.6)
        axes.plot([0, 1], [start, reached], "--", color=color, linewidth=2.2)
        axes.plot([1], [reached], "o", color=color, markersize=9)
        axes.plot([1, 1], [reached, true], ":", color=color, linewidth=2)
        # One scale for both: the errors are compared by eye.
        axes.set(xlim=(-0.12, 1.45), ylim=(-0.05, 1.2), xticks=[0, 1], yticks=[0, reached, 1])
        step_length = rf"$\Delta t = {1000 * dt:g}\,\mathrm{{ms}}$"
        axes.set_xticklabels(["$0$", step_length], math_fontfamily="cm", fontsize=15)
        axes.set_yticklabels(["$0$", rf"${reached:g}\,w$", "$w$"], math_fontfamily="cm", fontsize=15)
    left, right = panes
    left.annotate("", (0, 1), (0, 0), arrowprops={"arrowstyle": "-|>", "color": CURRENT, "linewidth": 3})
    write(left, 0.06, 1.1, "jump", color=CURRENT, ha="left")
    write(left, 0.62, 0.86, "true decay", color=INPUT, ha="left")
    write(left, 0.06, 0.2, "slope held:\ntoo low", color=CURRENT, ha="left")
    write(right, 0.86, 0.62, "slope held:\ntoo high", color=VOLTAGE, ha="right")
    write(right, 1.42, 0.07, "true rise", color=INPUT, ha="right")
    return figure, (
        f"The current jumps to w = 1 V. Euler keeps both slopes of that moment, here for {1000 * dt:g} ms (dashed): i ends at "
        f"{digits(step.i_from_i)} V, where {digits(end.i_from_i)} V is true, and v at {digits(step.v_from_i)} V, "
        f"where {digits(end.v_from_i)} V is true."
    )


def equal_areas(v: Tensor, dt: float = 0.001, p: LIParameters = LIParameters()) -> tuple[Figure, str]:
    r"""Draw Euler's voltage after a jump of 1 V on the exact one, with the areas between them.

    .. math::
        \int_0^\infty (v_\text{Euler} - v) \, dt = 0

    Args:
        v: Euler's voltage from rest at 0 V, of shape ``(time,)``.
        dt: length of a step in second; the voltage ``n`` is drawn at ``(n + 1) * dt``.
        p: parameters of one neuron.

    Returns:
        The figure, and the sentence that says how large both areas are.
    """
    v = torch.cat([torch.zeros(1, dtype=torch.float64), v.detach().cpu().double()])
    fine = torch.linspace(0, dt * (len(v) - 1), 20 * (len(v) - 1) + 1, dtype=torch.float64)
    truth = torch.cat([v[:1], exact(p, fine[1:]).v_from_i])
    index = torch.arange(len(fine)) // 20
    part = (torch.arange(len(fine)) % 20) / 20
    after = v[(index + 1).clamp(max=len(v) - 1)]
    straight = v[index] + part * (after - v[index])
    axes = new_axes()
    ms, off = 1000 * fine, straight - truth
    axes.fill_between(
        ms, truth, straight, where=off > 0, facecolor=PALE[VOLTAGE], edgecolor=VOLTAGE, linewidth=0
    )
    axes.fill_between(ms, truth, straight, where=off < 0, facecolor=VOLTAGE, alpha=0.6, linewidth=0)
    # Thin, or they would hide the dark area between them.
    axes.plot(ms, truth, color=INPUT, linewidth=1.2)
    axes.plot(1000 * dt * torch.arange(len(v)), v, color=VOLTAGE, linewidth=0.8)
    above, below = (float(1000 * dt / 20 * (off * sign).clamp(min=0).sum()) for sign in (1, -1))
    axes.set(xlim=(-0.5, 60), ylim=(0, None), xlabel="time (ms)", ylabel="voltage v (V)")
    peak = int(v.argmax())
    axes.annotate(
        f"too much at first: {above:.2f} mV s", (1000 * dt * peak + 1.5, float(v[peak]) * 0.97), xytext=(12, float(v.max())),
        color=VOLTAGE, fontsize=11, va="center", arrowprops={"arrowstyle": "-", "color": VOLTAGE},
    )  # fmt: skip
    axes.annotate(
        f"too little later: {below:.2f} mV s", (22, 0.093), xytext=(24, 0.15), color=VOLTAGE, fontsize=11, va="center",
        arrowprops={"arrowstyle": "-", "color": VOLTAGE},
    )  # fmt: skip
    axes.annotate("exact", (2.6, 0.165), xytext=(4.5, 0.12), color=INPUT, fontsize=11,
                  arrowprops={"arrowstyle": "-", "color": INPUT})  # fmt: skip
    return axes.figure, (
        f"Between Euler's voltage and the exact one lie {above:.2f} mV s where Euler is too high (filled), and "
        f"{below:.2f} mV s where it is too low (dark): the whole areas are equal."
    )


def wheels(left: float = 1.0, right: float = 0.8) -> tuple[Figure, str]:
    """Draw the six orders of a step as two wheels, each of which one may enter at three places.

    Args:
        left: which part of the exact area the orders have in which v follows the jump.
        right: which part those have in which the decay does.

    Returns:
        The figure, and the sentence that says which wheel loses a part of the area.
    """
    figure, axes = new_drawing()
    y, radius = 3.9, 2.2
    for x, words, share in ((4.0, ("jump", "v", "decay"), left), (12.0, ("jump", "decay", "v"), right)):
        for k, word in enumerate(words):
            angle = 90 - 120 * k
            dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            arc(axes, (x, y), radius, angle - 25, angle - 120 + 27)
            symbol = (
                {"color": VOLTAGE, "size": 22}
                if word == "v"
                else {"color": CURRENT, "size": 14, "weight": "bold"}
            )
            write(axes, x + radius * dx, y + radius * dy, "$v$" if word == "v" else word, **symbol)
            wide = 0.4 if not k else 1.0 if word == "v" else 1.35
            ends = [(x + r * dx, y + r * dy) for r in (radius + wide + 0.75, radius + wide)]
            arrow(axes, *ends, color=INPUT)
        write(axes, x, y + 0.4, f"{share:.2f}", size=19, color=VOLTAGE)
        write(axes, x, y - 0.25, "of the area", color=VOLTAGE)
    write(axes, 4.0, 0.55, "$v$ sees the whole jump", size=13)
    write(axes, 12.0, 0.55, "the jump decays before $v$", size=13)
    return figure, (
        f"Taken again and again, the six orders are 2 wheels, each entered (grey arrows) in three places. Where v comes after the jump it has "
        f"{left:.2f} of the exact area, where the decay comes between them {right:.2f}."
    )
