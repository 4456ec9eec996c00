"""The front picture: what the course is about."""

import math

from matplotlib.figure import Figure

from leakyedu.methods import euler
from leakyedu.model import LIParameters
from leakyedu.teaching.drawings import arrow, bucket, dot, new_drawing, pipe, polygon, stroke, write
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
    fading = [(0.25 * math.exp(-k / 7), 4.7 + 0.145 * k) for k in range(21)]  # what comes later is less
    sides = [(1.75 - half, y) for half, y in fading] + [(1.75 + half, y) for half, y in reversed(fading)]
    polygon(axes, *sides, color=CURRENT, face=CURRENT)
    write(axes, 2.25, 7.2, "$i$", color=CURRENT, size=18)
    write(axes, 1.75, 3.35, "$v$", color=VOLTAGE, size=20)
    write(axes, 7.5, 4.5, r"$\tau_\mathrm{mem} \, \dot v = v_\mathrm{leak} - v + i$", size=18)

    step, p = euler(LIParameters(), dt), LIParameters()
    tau_mem, tau_syn = 1 / float(p.tau_mem_inv), 1 / float(p.tau_syn_inv)
    left, bottom, width, height = 11.9, 2.1, 3.6, 14.5  # the height is that of 1 V

    def place(t: float, v: float) -> tuple[float, float]:
        return left + width * t / until, bottom + height * v

    stroke(axes, (left, bottom + 4.4), (left, bottom), (left + width + 0.1, bottom), width=1.2)
    times = [until * n / 200 for n in range(201)]
    truth = [math.exp(-t / tau_mem) - math.exp(-t / tau_syn) for t in times]
    stroke(axes, *[place(t, v) for t, v in zip(times, truth, strict=True)], color=INPUT, width=3)
    v, i, voltages = 0.0, 1.0, []
    for _ in range(round(until / dt)):
        v, i = float(step.v_from_v) * v + float(step.v_from_i) * i, float(step.i_from_i) * i
        voltages.append(v)
    peak = max(voltages)
    at = dt * (voltages.index(peak) + 1)
    dot(axes, *place(at, peak), color=VOLTAGE, radius=0.22, filled=False)
    for n, v in enumerate(voltages, start=1):
        dot(axes, *place(n * dt, v), color=VOLTAGE, radius=0.08)
    highest = times[truth.index(max(truth))]
    stroke(axes, (left, place(0, 0.25)[1]), place(highest, 0.25), color=INPUT, width=1.2, style=":")
    write(axes, left - 0.1, place(0, 0.25)[1], "0.25 V", color=INPUT, size=10, ha="right")
    for t, words in ((0.010, "10"), (0.020, "20 ms")):
        x, y = place(t, 0)
        stroke(axes, (x, y), (x, y - 0.12), width=1.2)
        write(axes, x, y - 0.4, words, size=10)
    for x, words in ((2.1, "a leaky neuron"), (7.5, "its equation"), (13.4, "on a computer")):
        write(axes, x, 0.8, words, size=13, weight="bold")
    for x in (4.6, 9.8):
        arrow(axes, (x, 0.8), (x + 0.8, 0.8), width=2.6)
    write(axes, 14.3, 6.4, "its steps", color=VOLTAGE)
    write(axes, 13.3, 3.4, "exact", color=INPUT)
    return figure, (
        "A neuron leaks like a bucket. The course finds its equation, and a computer follows it in steps. After one input, whose current "
        f"fades, they are highest at {digits(peak)} V after {1000 * at:g} ms, the exact curve at "
        f"{max(truth):.2f} V after {1000 * highest:.1f} ms."
    )
