"""Lesson 2's figures: a circuit with the currents that meet in it, and where two cells come to rest."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from leakyedu.teaching.drawings import (
    HEIGHT,
    INK,
    arrow,
    capacitor,
    dot,
    ground,
    new_drawing,
    resistor,
    stroke,
    write,
)
from leakyedu.teaching.figure import CURRENT, INPUT, LINE_STYLES, VOLTAGE, digits, new_figure


def node(current: float, voltage: float, resistance: float = 100e6) -> tuple[Figure, str]:
    r"""Draw a capacitor and a resistor that meet, with each current as wide as it is large.

    .. math::
        I_\text{in} = C \, \frac{dv}{dt} + \frac{v - v_\text{leak}}{R}, \qquad I_\text{in} = i / R

    Args:
        current: what is injected, i, in volt.
        voltage: v in volt, at a cell that rests at 0 V.
        resistance: R in ohm.

    Returns:
        The figure, and the sentence that says how large each current is.
    """
    inflow, leak = (1e9 * x / resistance for x in (current, voltage))  # nanoampere
    charging = inflow - leak
    figure, axes = new_drawing()
    axes.set_ylim(0.4, HEIGHT + 0.4)  # as much room below it as above
    stroke(axes, (2.0, 6.2), (10.6, 6.2))
    capacitor(axes, 5.4, 6.2, 1.7)
    resistor(axes, 10.6, 6.2, 1.9)
    ground(axes, 5.4, 1.7)
    write(axes, 6.55, 1.45, "0 V", color=INPUT)
    dot(axes, 10.6, 1.75, color=INPUT, filled=False)
    write(axes, 11.6, 1.7, r"$v_\mathrm{leak}$", color=INPUT, size=16)
    dot(axes, 5.4, 6.2, color=VOLTAGE, radius=0.2)
    write(axes, 5.4, 6.9, "$v$", color=VOLTAGE, size=18)
    write(axes, 6.5, 3.95, "$C$", size=17)
    write(axes, 9.75, 4.05, "$R$", size=17)
    for amount, start, end, color in (
        (inflow, (1.2, 6.2), (3.7, 6.2), CURRENT),
        (charging, (4.1, 5.7), (4.1, 2.1), VOLTAGE),
        (leak, (11.9, 5.7), (11.9, 2.1), INPUT),
    ):
        if abs(amount) > 0.02:
            there, back = (start, end) if amount > 0 else (end, start)
            arrow(axes, there, back, color=color, width=0.6 * min(abs(amount), 20))
    for amount, x, y, symbol, color, size in (
        (inflow, 1.9, 7.3, r"$I_\mathrm{in}$", CURRENT, 18),
        (charging, 2.3, 4.3, r"$C\,\frac{dv}{dt}$", VOLTAGE, 21),
        (leak, 14.0, 4.3, r"$\frac{v\,-\,v_\mathrm{leak}}{R}$", INPUT, 21),
    ):
        write(axes, x, y, symbol, color=color, size=size)
        write(axes, x + (1.7 if y > 6 else 0), y - (0 if y > 6 else 1.4), f"{digits(amount)} nA", color=color)
    return figure, (
        f"What flows into the node, {digits(inflow)} nA, leaves it by 2 ways: {digits(charging)} nA charge the capacitor C, "
        f"and {digits(leak)} nA leak through the resistor R. The wider an arrow, the larger its current."
    )


def two_rests(voltages: Mapping[float, Sequence[float]], dt: float = 0.00001) -> tuple[Figure, str]:
    """Draw the decay of cells that rest at different voltages.

    Args:
        voltages: by v_leak in volt, the voltage in volt at the start and after each step.
        dt: length of a step in second.

    Returns:
        The figure, and the sentence that says how far above its rest each is after 10 ms, and where it ends.
    """
    figure, (axes,) = new_figure()
    at, said = 0.010, []
    for k, ((rest, v), style) in enumerate(zip(voltages.items(), LINE_STYLES, strict=False)):
        ms = [1000 * dt * n for n in range(len(v))]
        axes.plot(ms, v, color=VOLTAGE, linestyle=style)
        axes.axhline(rest, color=INPUT, linewidth=0.8, linestyle=style)
        write(axes, 59, rest + 0.03, f"v_leak = {rest:g} V", color=INPUT, size=10, ha="right", va="bottom")
        above = v[round(at / dt)] - rest
        # Beside each other, for one would hide a part of the other.
        bar = 1000 * at + 0.6 * k - 0.3
        axes.plot([bar, bar], [rest, rest + above], color=INK, linewidth=3, solid_capstyle="butt")
        y, side = (rest + above + 0.05, "left") if k else (rest + 0.1, "right")  # where no curve is
        write(axes, bar + (0.5 if k else -0.5), y, f"{above:.3f} V", size=10, ha=side)
        said.append(
            f"From {v[0]:g} V, v comes to rest at {v[-1]:.2f} V, its v_leak; after {1000 * at:g} ms it is {above:.3f} V above that."
        )
    axes.set(xlim=(-1, 60), xlabel="time (ms)", ylabel="voltage v (V)")
    return figure, " ".join(said)
