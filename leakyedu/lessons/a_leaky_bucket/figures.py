"""Lesson 1's figures: one rule in three shapes, where a voltage settles, two buckets, and a wrong formula."""

from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.teaching.drawings import (
    INK,
    arrow,
    bucket,
    capacitor,
    dot,
    ground,
    neuron,
    new_drawing,
    pipe,
    pour,
    resistor,
    stroke,
    water,
    write,
)
from leakyedu.teaching.figure import CURRENT, INPUT, LINE_STYLES, PREDICTION, VOLTAGE, digits, new_figure


def one_rule() -> tuple[Figure, str]:
    """Draw a bucket, a circuit and a nerve cell side by side, with the same symbols in each."""
    figure, axes = new_drawing()
    for x, title in ((2.7, "bucket"), (8.3, "RC circuit"), (13.5, "nerve cell")):
        write(axes, x, 0.45, title, weight="bold")

    water(axes, 0.0, 1.3, 5.5, 1.7, INPUT)  # so wide that what leaks does not raise it
    bucket(axes, 0.7, 1.7, 2.3, 4.3, 2.9, hole=0.16)
    pipe(axes, [(2.95, 1.78), (4.9, 1.78)], 0.1)
    pour(axes, 1.85, 7.6, 4.65, CURRENT)
    write(axes, 2.35, 7.2, "$i$", color=CURRENT, size=17)
    stroke(axes, (3.1, 4.6), (3.65, 4.6), color=VOLTAGE, width=1.2, style=":")
    write(axes, 3.95, 4.6, "$v$", color=VOLTAGE, size=17)
    write(axes, 4.75, 3.4, r"$v_\mathrm{leak}$", color=INPUT, size=15)
    arrow(axes, (3.3, 2.3), (4.6, 2.3), color=INPUT)

    stroke(axes, (7.2, 6.0), (9.5, 6.0))
    capacitor(axes, 7.2, 6.0, 1.6)
    resistor(axes, 9.5, 6.0, 2.1)
    ground(axes, 7.2, 1.6)
    dot(axes, 9.5, 1.95, color=INPUT, filled=False)
    write(axes, 9.55, 1.4, r"$v_\mathrm{leak}$", color=INPUT, size=15)
    arrow(axes, (9.0, 3.3), (9.0, 2.1), color=INPUT)
    arrow(axes, (5.9, 6.0), (7.1, 6.0), color=CURRENT, width=3)
    write(axes, 6.4, 6.65, "$i$", color=CURRENT, size=17)
    dot(axes, 8.3, 6.0, color=VOLTAGE, radius=0.17)
    write(axes, 8.3, 6.65, "$v$", color=VOLTAGE, size=17)
    write(axes, 6.2, 3.8, "$C$", size=15)
    write(axes, 10.2, 4.05, "$R$", size=15)

    neuron(axes, 13.5, 3.9, 1.25)
    arrow(axes, (13.5, 7.6), (13.5, 4.9), color=CURRENT, width=3)
    write(axes, 13.95, 7.2, "$i$", color=CURRENT, size=17)
    write(axes, 13.4, 4.0, "$v$", color=VOLTAGE, size=17)
    arrow(axes, (14.0, 3.1), (14.8, 1.9), color=INPUT)
    write(axes, 14.7, 1.4, r"$v - v_\mathrm{leak}$", color=INPUT, size=15)
    return figure, (
        "One rule in 3 shapes, a bucket, an RC circuit and a nerve cell: what flows in, i, raises the level or voltage v; "
        "the higher v stands above v_leak, the more leaks out (grey arrow)."
    )


def settling(
    voltages: Sequence[float], v_leak: float, i: float, dt: float, predicted: float | None = None
) -> tuple[Figure, str]:
    """Draw a voltage from rest on, and by arrows how much leaks at some times and how much flows in.

    Args:
        voltages: v in volt after each step.
        v_leak: voltage at rest in volt.
        i: the current that is held in volt.
        dt: length of a step in second.
        predicted: where the learner expects v to settle, in volt, or None.

    Returns:
        The figure, and the sentence that says where v settles, and what leaks there.
    """
    axes = new_figure()[1][0]
    ms = [-10, *(1000 * dt * n for n in range(len(voltages) + 1))]
    end, last = ms[-1], voltages[-1]
    axes.plot([-10, end], [v_leak, v_leak], color=INPUT, linewidth=1.2)
    axes.plot(ms, [v_leak, v_leak, *voltages], color=VOLTAGE, linewidth=2.4)
    for at in (6, 14, 28, 50, end):
        if at <= end:
            arrow(axes, (at, voltages[round(at / 1000 / dt) - 1]), (at, v_leak), color=INPUT, width=1.6)
    arrow(axes, (0, v_leak), (0, v_leak + i), color=CURRENT, width=3.5)
    for x, y, text, color in (
        (-2, v_leak + 1.1 * i, "flows in: $i$", CURRENT),
        (56, v_leak + 0.45 * i, r"leaks: $v - v_\mathrm{leak}$", INPUT),
        (end + 3, last, "$v$", VOLTAGE),
        (end + 3, v_leak, r"$v_\mathrm{leak}$", INPUT),
    ):
        write(axes, x, y, text, color=color, size=13, ha="left")
    axes.set(
        xlim=(-12, end + 22),
        ylim=(v_leak - 0.12 * i, v_leak + 1.22 * i),
        xlabel="time (ms)",
        ylabel="voltage v (V)",
    )
    early = voltages[round(0.050 / dt) - 1]
    sentence = (
        f"The leak (grey arrows) grows with v, until as much leaks as flows in (orange). After 50 ms v = {early:.3f} V, leak "
        f"{early - v_leak:.3f} V; after {end:.0f} ms v = {last:.3f} V, leak {last - v_leak:.3f} V."
    )
    if predicted is not None:
        inside = v_leak - 2 * abs(i) <= predicted <= v_leak + 3 * abs(i)
        sentence += f" You predicted {digits(predicted)} V" + (
            "." if inside else ", which is outside of the picture."
        )
        if inside:
            low, high = axes.get_ylim()
            axes.set_ylim(min(low, predicted - 0.1 * abs(i)), max(high, predicted + 0.2 * abs(i)))
            dashes = {"color": PREDICTION, "linestyle": (0, (6, 2, 1, 2)), "linewidth": 1.8}
            axes.plot([-12, end], [predicted, predicted], **dashes)
            above = {"color": PREDICTION, "size": 11, "ha": "right", "va": "bottom"}
            write(axes, end, predicted + 0.02 * abs(i), "your prediction", **above)
    return axes.figure, sentence


def narrow_and_wide(voltages: Mapping[float, Tensor], dt: float) -> tuple[Figure, str]:
    """Draw two buckets of different width that get the same water, and their levels over time.

    Args:
        voltages: by their time constant in second, the shorter first, the levels in volt after each step, for 150 ms.
        dt: length of a step in second.

    Returns:
        The figure, and the sentence that says how high both have come after 10 ms and after 150 ms.
    """
    figure, (left, right) = new_figure(2)
    left.set(xlim=(0, 8), ylim=(0, 8), aspect="equal")
    left.set_axis_off()
    for x, width in ((0.5, 1.6), (3.6, 3.2)):
        bucket(left, x, 1.2, width, 4.6, 3.4, hole=0.35)
        pipe(left, [(x + width - 0.05, 1.37), (x + width + 0.4, 1.37)], 0.2)
        arrow(left, (x + width + 0.45, 1.37), (x + width + 1.15, 1.37), color=VOLTAGE)
        pour(left, x + width / 2, 7.4, 4.65, CURRENT)
        write(left, x + width / 2 + 0.45, 7.0, "$i$", color=CURRENT, size=16)
    stroke(left, (0.1, 4.6), (7.5, 4.6), color=VOLTAGE, width=1.2, style=":")
    write(left, 1.3, 0.5, "narrow")
    write(left, 5.2, 0.5, "wide")
    said = []
    for (tau, v), style, (name, x, y) in zip(
        voltages.items(), LINE_STYLES, (("narrow", 14, 1.06), ("wide", 36, 0.62)), strict=False
    ):
        ms = 1000 * dt * torch.arange(1, len(v) + 1)
        right.plot(ms, v, color=VOLTAGE, linestyle=style, linewidth=2.2)
        write(right, x, y, name, color=VOLTAGE, size=11, ha="left")
        early, late = (float(v[round(seconds / dt) - 1]) for seconds in (0.010, 0.150))
        right.plot(10, early, "o", color=VOLTAGE)
        said.append(
            f"In the {name} bucket (tau_mem {1000 * tau:.0f} ms) v is {early:.2f} V after 10 ms (dot) and {late:.2f} V after 150 ms."
        )
    right.axhline(1, color=INPUT, linewidth=0.8)
    right.set(
        xlim=(0, 150), xticks=[10, 50, 100, 150], ylim=(0, 1.15), xlabel="time (ms)", ylabel="level v (V)"
    )
    return figure, " ".join([*said, "The wide bucket holds more water, and stops at the same level, later."])


def two_formulas(wrong: Callable[[float, float, float], float], tau_mem: float = 0.010) -> tuple[Figure, str]:
    r"""Draw a formula for the way to 1 V beside the right one.

    .. math::
        v = i \, (1 - e^{-t / \tau_\text{mem}})

    Args:
        wrong: takes the time and the time constant in second and the current in volt.
        tau_mem: time constant in second.

    Returns:
        The figure, and the sentence that says where they are furthest apart.
    """
    axes = new_figure()[1][0]
    t = torch.linspace(0, 5 * tau_mem, 501, dtype=torch.float64)
    right = -torch.expm1(-t / tau_mem)
    other = torch.tensor([wrong(x, tau_mem, 1.0) for x in t.tolist()], dtype=torch.float64)
    axes.plot(1000 * t, right, color=VOLTAGE, linewidth=2.4)
    axes.plot(1000 * t, other, color=INPUT, linewidth=2.4, linestyle="--")
    far = int((other - right).abs().argmax())
    axes.plot(
        [1000 * float(t[far])] * 2,
        [float(right[far]), float(other[far])],
        color=INK,
        linewidth=3,
        solid_capstyle="butt",
    )
    gap = float((other - right).abs()[far])
    middle = 0.5 * float(right[far] + other[far])
    axes.annotate(
        f"{gap:.2f} V", (1000 * float(t[far]), middle), xytext=(7, 0), textcoords="offset points", va="center"
    )
    axes.annotate(
        "the formula with a bug",
        (1000 * tau_mem, 1),
        xytext=(12, 6),
        textcoords="offset points",
        color=INPUT,
        fontsize=11,
    )
    axes.annotate(
        "v",
        (3200 * tau_mem, 0.93),
        xytext=(0, -8),
        textcoords="offset points",
        color=VOLTAGE,
        fontsize=12,
        va="top",
        fontweight="bold",
    )
    axes.set(xlim=(0, 5000 * tau_mem), ylim=(0, 1.12), xlabel="time (ms)", ylabel="voltage v (V)")
    return axes.figure, (
        f"The formula rises in a straight line, and is full after {1000 * tau_mem:g} ms; v is {float(right[far]):.2f} V there. "
        f"That is where they are furthest apart, by {gap:.2f} V."
    )
