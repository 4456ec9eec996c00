"""The front picture: what the course is about."""

import math

from matplotlib.figure import Figure

from leakyedu.methods import euler
from leakyedu.model import LIParameters
from leakyedu.teaching.drawings import arrow, bucket, dot, new_drawing, pipe, pour, stroke, write
from leakyedu.teaching.figure import CURRENT, INPUT, VOLTAGE, digits


def front(dt: float = 0.001, until: float = 0.022) -> tuple[Figure, str]:
    r"""Draw a leaky bucket, its equation, and its steps beside the exact curve.

    .. math::
        v(t) = e^{-t / \tau_\text{mem}} - e^{-t / \tau_\text{syn}}

    Args:
        dt: length of a step in second.
        until: how long to follow them, in second.

    Returns:
        The figure, and the sentence that says what the course is about, and how high both curves are.
    """
    figure, axes = new_drawing()
    bucket(axes, 0.6, 2.1, 2.3, 3.9, 2.5, hole=0.3)
    pipe(axes, [(2.85, 2.25), (3.7, 2.25)], 0.2)
    arrow(axes, (3.75, 2.25), (4.35, 2.25), color=VOLTAGE, width=2)
    pour(axes, 1.75, 7.6, 4.65, CURRENT)
    write(axes, 2.25, 7.2, "$i$", color=CURRENT, size=18)
    write(axes, 1.75, 3.35, "$v$", color=VOLTAGE, size=20)
    arrow(axes, (3.5, 4.5), (4.5, 4.5), width=2.6)
    write(axes, 7.3, 4.5, r"$\tau \, \dot v = v_\mathrm{leak} - v + i$", size=18)
    arrow(axes, (10.0, 4.5), (11.0, 4.5), width=2.6)

    step, p = euler(LIParameters(), dt), LIParameters()
    tau_mem, tau_syn = 1 / float(p.tau_mem_inv), 1 / float(p.tau_syn_inv)
    left, bottom, width, height = 11.3, 2.1, 4.3, 14.5  # the height is that of 1 V

    def place(t: float, v: float) -> tuple[float, float]:
        return left + width * t / until, bottom + height * v

    stroke(axes, (left, bottom + 4.4), (left, bottom), (left + width + 0.1, bottom), width=1.2)
    times = [until * n / 200 for n in range(201)]
    truth = [math.exp(-t / tau_mem) - math.exp(-t / tau_syn) for t in times]
    stroke(axes, *[place(t, v) for t, v in zip(times, truth, strict=True)], color=INPUT, width=3)
    v, i, voltages = 0.0, 1.0, []
    for n in range(1, round(until / dt) + 1):
        v, i = float(step.v_from_v) * v + float(step.v_from_i) * i, float(step.i_from_i) * i
        voltages.append(v)
        dot(axes, *place(n * dt, v), color=VOLTAGE, radius=0.1)
    for x, words in ((2.1, "a leaky neuron"), (7.3, "its equation"), (13.5, "on a computer")):
        write(axes, x, 1.0, words, size=13, weight="bold")
    write(axes, 14.3, 6.2, "its steps", color=VOLTAGE)
    write(axes, 13.1, 3.4, "exact", color=INPUT)
    peak = max(voltages)
    return figure, (
        "A neuron leaks like a bucket. The course finds its equation, and a computer follows it in steps. After one input they are "
        f"highest at {digits(peak)} V after {1000 * dt * (voltages.index(peak) + 1):g} ms, the exact curve at {max(truth):.2f} V "
        f"after {1000 * times[truth.index(max(truth))]:.1f} ms."
    )
