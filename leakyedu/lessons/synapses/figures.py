"""Lesson 3's figures: the two decays of a response, and the area under it."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState
from leakyedu.teaching import plotting
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
from leakyedu.teaching.figure import CURRENT, INPUT, PALE, VOLTAGE, digits, new_figure

DT, UNTIL = 1e-4, 0.1  # second


def from_rest(
    trajectory: LIState,
    dt: float,
    w: float = 1.0,
    *,
    predicted_peak: float | None = None,
    predicted_curve: Sequence[tuple[float, float]] | None = None,
) -> tuple[Figure, str]:
    r"""Draw what one spike does, with the rest before it and the jump of the current.

    .. math::
        i \leftarrow i + w \quad \text{at } t = 0

    Args:
        trajectory: what ``simulate`` made of a spike in its first step, of shape ``(time,)``.
        dt: length of a step in second.
        w: weight of the spike in volt.
        predicted_peak: when the learner expects the highest voltage, in ms, or None.
        predicted_curve: pairs of a time in ms and the voltage that the learner expects there, or None.

    Returns:
        The figure, and the sentence that says what i and v do at the spike, and then v.
    """
    predicted = {"predicted_peak": predicted_peak, "predicted_curve": predicted_curve}
    figure, sentence = plotting.trajectory(trajectory, dt, **predicted)
    (axes,) = figure.axes
    before = -100 * dt * len(trajectory.v)
    for x, jumped, look in (
        (trajectory.v, 0.0, {"color": VOLTAGE, "linewidth": 1.8}),
        (trajectory.i, w, {"color": CURRENT, "linestyle": "--"}),
    ):
        axes.plot([before, 0, 0, 1000 * dt], [0, 0, jumped, float(x[0])], **look)
    return figure, f"At the spike i jumps from 0 to {digits(w)} V, and v is 0 V. {sentence}"


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
    axes.plot(1000 * t, of_leak, color=INPUT, linestyle="-.", label="decay of the leak, tau_mem")
    axes.plot(1000 * t, of_current, color=CURRENT, linestyle="--", label="decay of the current, tau_syn")
    axes.plot(1000 * t, difference, color=VOLTAGE, linewidth=2, label="their difference")
    axes.set(xlabel="time (ms)", ylabel="share of what was there")
    axes.legend(frameon=False)
    at = difference.abs().argmax()
    ms, apart = 1000 * float(t[at]), float(difference[at])
    for low, color in ((float(of_current[at]), INK), (0.0, VOLTAGE)):
        between(axes, (ms, low), (ms, low + apart), color=color, width=1.8)
        write(axes, ms + 0.6, low + 0.18 * apart, f"{apart:.2f}", color=color, size=10, ha="left")
    return figure, (
        f"Both decays begin at 1, so their difference begins at 0. After {1000 * t[at]:.1f} ms they are furthest "
        f"apart (arrows), by {apart:.2f}; then the difference fades, at last as slowly as the slower of them."
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
    figure, panes = new_figure(len(taus))
    t = torch.arange(DT, 10 * UNTIL, DT, dtype=torch.float64)
    responses = [exact(LIParameters.from_tau(tau_syn, tau_mem), t).v_from_i for tau_mem, tau_syn in taus]
    top, shown, sentences = 1.25 * float(torch.cat(responses).max()), t < UNTIL, []
    for axes, v, pair in zip(panes, responses, taus, strict=True):
        tau_mem, tau_syn = (f"{1000 * tau:g}" for tau in pair)
        area, highest, at = f"{1000 * v.sum() * DT:.1f} mV s", float(v.max()), 1000 * float(t[v.argmax()])
        axes.plot(1000 * t[shown], v[shown], color=VOLTAGE)
        axes.fill_between(1000 * t[shown], v[shown], color=PALE[VOLTAGE], linewidth=0)
        axes.plot([at], [highest], "o", color=VOLTAGE)
        write(axes, at, highest + 0.07 * top, f"{at:.1f} ms", color=VOLTAGE, size=10, ha="left")
        axes.set_title(f"tau_mem {tau_mem} ms\ntau_syn {tau_syn} ms\narea {area}", fontsize=10)
        axes.set(xlabel="time (ms)", ylim=(0, top))
        sentences.append(
            f"With {tau_mem} and {tau_syn} ms v reaches {highest:.2f} V after {at:.1f} ms, area {area}."
        )
    panes[0].set_ylabel("voltage v (V)")
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
    unit, narrow = 2.2, 2.2  # height of 1 V, width of the first bucket
    wide = narrow * float(p.tau_syn_inv / p.tau_mem_inv)
    stroke(axes, (1.8, 7.5), (1.95, 7.85), (2.5, 7.77), (2.52, 7.4), width=2.4)  # its handle
    polygon(axes, (1.44, 7.66), (1.28, 6.74), (2.65, 6.7), (2.8, 6.35), (2.88, 7.36))
    bucket(axes, 2.5, 3.6, narrow, 2.6, unit * i, CURRENT, hole=0.3)
    stroke(axes, (2.56, 3.6 + unit), (2.44 + narrow, 3.6 + unit), color=CURRENT, style="--", order=3)
    between(axes, (2.1, 3.62), (2.1, 3.58 + unit), color=CURRENT)
    write(axes, 1.0, 3.6 + unit / 2, "$w$ = 1 V", color=CURRENT)
    write(axes, 5.2, 3.6 + unit * i, f"$i$ = {digits(i)} V", color=CURRENT, ha="left")
    pipe(axes, [(2.45 + narrow, 3.75), (6.6, 3.75), (6.6, 3.35)], 0.2, CURRENT)
    pour(axes, 6.6, 3.4, 0.7 + unit * v, CURRENT, 0.2)
    bucket(axes, 5.8, 0.7, wide, 2.3, unit * v, VOLTAGE, hole=0.3)
    write(axes, 10.7, 0.95 + unit * v, f"$v$ = {digits(v)} V", color=VOLTAGE, ha="left")
    pipe(axes, [(5.75 + wide, 0.85), (11.4, 0.85)], 0.2)
    arrow(axes, (11.5, 0.85), (12.5, 0.85), color=VOLTAGE, width=2.5)
    write(axes, 3.4, 7.35, f"a spike emptied its jug {1000 * after:g} ms ago", ha="left")
    write(axes, 5.2, 6.1, "current", ha="left", color=CURRENT, weight="bold")
    write(axes, 5.2, 5.45, "narrow: it empties fast", ha="left")
    write(axes, 10.7, 2.8, "voltage", ha="left", color=VOLTAGE, weight="bold")
    write(axes, 10.7, 2.15, "wide: it follows slowly", ha="left")
    return figure, (
        f"A spike of weight 1 V fills the narrow bucket to the dashed line: i jumps by w. {1000 * after:g} ms later i has leaked down "
        f"to {digits(i)} V, into the wide bucket, where v has come to {digits(v)} V and leaks as well."
    )
