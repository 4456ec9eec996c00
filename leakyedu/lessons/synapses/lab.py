"""Lesson 3's experiment: spikes make the current jump, the voltage adds up what each of them does."""

import math

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.methods import exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import spikes as jumps_at
from leakyedu.teaching.drawings import arrow, at_time, bucket, pour, stroke, water
from leakyedu.teaching.figure import CURRENT, INPUT, PALE, PREDICTION, VOLTAGE
from leakyedu.teaching.lab import Lab, Preset, Slider

DT = 2.5e-4  # second; every spike lies on this grid
UNTIL = 0.1  # second; the last of five spikes comes at 80 ms at the latest
SLOWEST = 20.0  # ms; the longest tau_syn
ROOM = 0.42  # for a bucket, as a part of the time that is shown
HEIGHTS = (0.3, 0.6, 1.0, 1.5, 2.5, 4.0, 10.0)  # of the axes, in volt; each has a tick at its end


def single_responses(times: Tensor, seconds: Tensor, w: float, p: LIParameters) -> Tensor:
    r"""Return what each spike alone does to the voltage.

    .. math::
        v_k(t) = w \, M_{vi}(t - t_k) \;\text{ for } t > t_k, \qquad v_k(t) = 0 \;\text{ before}

    Args:
        times: times of the spikes in second, of shape ``(spikes,)``.
        seconds: when to look, in second, of shape ``(time,)``.
        w: jump of the current per spike in volt.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        Voltages of shape ``(spikes, time)``; their sum over the first axis is the whole response.
    """
    since = seconds - times[:, None]
    response = w * exact(p, since.where(since > 0, 1.0)).v_from_i
    return response.where(since > 0, 0.0)


def time_to_peak(v: float, i: float, p: LIParameters) -> float:
    r"""Return how long the voltage goes on rising without further input.

    .. math::
        t = \frac{\ln(1 + d \, r)}{d}, \qquad
        r = \frac{i - v}{i / \tau_\text{mem} + d \, v}, \qquad
        d = \frac{1}{\tau_\text{syn}} - \frac{1}{\tau_\text{mem}}

    At equal time constants :math:`d = 0` and :math:`t = r`. After one spike from rest it is
    :math:`\ln(\tau_\text{mem} / \tau_\text{syn}) / d`.

    Args:
        v: voltage above rest in volt, of the current's sign and smaller.
        i: current in volt, not 0.
        p: parameters of one neuron.

    Returns:
        The time in second.
    """
    a = float(p.tau_mem_inv)
    d = float(p.tau_syn_inv) - a
    r = (i - v) / (a * i + d * v)
    return math.log1p(d * r) / d if d else r


def view(
    left: Axes,
    right: Axes,
    spikes: float,
    interval: float,
    w: float,
    tau_syn: float,
    time: float,
    *,
    prediction: float | None = None,
) -> str:
    """Draw currents left and voltages right, each with a bucket that is as full as at a time; times in ms.

    The prediction is the time from a single spike to the peak of v.
    """
    p = LIParameters.from_tau(tau_syn=tau_syn / 1000)
    times = interval / 1000 * torch.arange(round(spikes), dtype=torch.float64)
    last = float(times[-1])
    inputs = jumps_at(times.tolist(), round(UNTIL / DT), DT, w, dtype=torch.float64)
    v, i = (torch.cat([x.new_zeros(1), x]) for x in simulate(inputs, p=p, dt=DT, method=exact))
    seconds = DT * torch.arange(len(v), dtype=torch.float64)
    singles = single_responses(times, seconds, w, p)
    # The state right after the last jump: from there on nothing but decay.
    at = round(last / DT)
    v_then, i_then = float(v[at]), float(i[at] + inputs[at])
    rise = time_to_peak(v_then, i_then, p) if w else 0.0
    v_peak = float(single_responses(times, seconds.new_tensor([last + rise]), w, p).sum())

    # Time ends at the buckets, as on paper.
    shown = 0.6 * UNTIL if last < 0.25 * UNTIL else UNTIL
    end = round(shown / DT)
    ms, v, singles = 1000 * seconds[: end + 1], v[: end + 1], singles[:, : end + 1]
    # Each step begins behind its jump, so that a jump is a vertical line.
    t = torch.stack([ms[:-1], ms[1:]], 1).flatten()
    current = _from_rest(t, torch.stack([i[:end] + inputs[:end], i[1 : end + 1]], 1).flatten())
    left.plot(*current, color=CURRENT, linestyle="--")
    right.plot(*current, color=CURRENT, linewidth=1, linestyle="--", label="i")
    several = len(times) > 1  # the response to one spike is v
    if several:
        band = {"color": PALE[VOLTAGE], "linewidth": 6, "solid_capstyle": "butt"}
        right.plot(ms, singles.sum(0), **band, label="their sum")
    for k, since in enumerate(times.tolist() if several else ()):
        own = slice(round(since / DT), None)
        (line,) = right.plot(ms[own], singles[k, own], ":", color=VOLTAGE, linewidth=1)
        line.set_label("" if k else "each alone")
    right.plot(*_from_rest(ms, v), color=VOLTAGE, linewidth=1.8, label="v")
    peak = 1000 * (last + rise), v_peak
    right.plot(*peak, "o", color=VOLTAGE, markersize=9, fillstyle="none", label="peak of v")
    outside = prediction is not None and not -100 * shown <= prediction <= 1000 * shown
    if prediction is not None and not outside:
        dashes = (0, (6, 2, 1, 2))
        right.axvline(prediction, color=PREDICTION, linestyle=dashes, label="your prediction")
    # One height for both, so that water in two buckets is compared by eye; and as high as the slowest synapse
    # needs it, so that a fast one looks smaller.
    slowest = single_responses(times, seconds, w, LIParameters.from_tau(tau_syn=SLOWEST / 1000)).sum(0)
    highest = max(float(slowest.abs().max()), abs(v_peak), abs(i_then))
    # Few limits, so that the frame stays during most moves of a slider.
    height = next(h for h in HEIGHTS if h > highest - 1e-9) * (-1 if w < 0 else 1)
    for axes, name in ((left, "current i (V)"), (right, "v and i (V)")):
        (line,) = axes.plot(
            1000 * times, torch.full_like(times, -0.1 * height), "|", color=INPUT, markersize=9
        )
        line.set_label("spike" if axes is left else "")
        axes.set(ylabel=name, xlim=(-100 * shown, 1000 * shown))
        axes.set_ylim(sorted((-0.18 * height, 1.1 * height)))
        axes.set_xlabel("time (ms)", x=0.55 / (1.1 + ROOM))  # in the middle of the time that is shown
        axes.set_xticks(range(0, 101, 50) if shown == UNTIL else range(0, 61, 20))
        axes.yaxis.set_major_formatter("{x:.2f}")  # of one width, so that the axes stay where they are
        # Above the axes, where no curve is.
        axes.legend(
            frameon=False,
            fontsize=9,
            ncols=3,
            loc="lower center",
            bbox_to_anchor=(0.5, 1),
            borderpad=0,
            handlelength=1.4,
            columnspacing=0.9,
            handletextpad=0.5,
        )

    now = min(round(min(time / 1000, shown) / DT), len(inputs) - 1)
    levels = float(i[now] + inputs[now]), float(v[now])
    for axes, level, color, tau in ((left, levels[0], CURRENT, tau_syn), (right, levels[1], VOLTAGE, 10.0)):
        at_time(axes, 1000 * DT * now, level, color)
        _bucket(axes, 1000 * shown, level, tau, color, inflow=levels[0] / abs(w) if w else 0.0)

    sentence = _describe(w, i_then, v_peak, rise, float((singles.sum(0) - v).abs().max()))
    if time < 1000 * shown:
        sentence += f" At {time:g} ms the water stands at i = {levels[0]:.3g} V and v = {levels[1]:.3g} V."
    if prediction is not None:
        where = " (outside of the picture)" if outside else ""
        sentence += (
            f" You predicted the peak of v {prediction:.3g} ms after a single spike{where}; "
            f"it comes after {1000 * time_to_peak(0.0, 1.0, p):.3g} ms."
        )
    return sentence


def _from_rest(ms: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return times and values with a piece of rest in front."""
    return torch.cat([ms.new_tensor([-12.0, 0.0]), ms]), torch.cat([x.new_zeros(2), x])


def _bucket(axes: Axes, end: float, level: float, tau: float, color: str, inflow: float) -> None:
    """Draw a bucket at the end of a curve, as wide as its time constant; its water is as high as the curve.

    It is empty at 0 V, and leaks: the current into the voltage. Where both are negative it is deeper and fills
    up to 0 V, the voltage from outside and the current from the voltage.
    """
    low, high = axes.get_ylim()
    tall, upright = high - low, high > -low
    floor = 0.0 if upright else low + 0.02 * tall
    left, wide = 1.05 * end, max(0.0125 * tau, 0.03) * end  # a narrower one holds no water
    rim, hole = high - 0.02 * tall, 0.05 * tall
    bucket(axes, left, floor, wide, rim - floor, level - floor, color, hole=hole)
    middle, right = left + wide / 2, left + wide
    if color == VOLTAGE:
        if not upright:
            water(axes, right, floor, (1 + ROOM) * end - right, -floor, INPUT)
        if inflow > 0.001:
            pour(axes, middle, high, level, CURRENT, 0.02 * inflow * end)
        elif inflow < -0.001:
            arrow(axes, (middle, level), (middle, high), color=CURRENT, width=2)
    if abs(level) > 0.01 * tall:
        # A line with a marker is drawn faster than an arrow.
        style = {"color": color, "linewidth": 3, "marker": ">" if upright else "<", "markevery": [1]}
        axes.plot([right, right + 0.08 * end], [floor + hole / 2] * 2, **style)
    axes.set_xlim(-0.1 * end, (1 + ROOM) * end)
    axes.spines["bottom"].set_visible(False)
    stroke(axes, (-0.1 * end, low), (end, low), color="black", width=1.6, order=2)


def _describe(w: float, i: float, v: float, rise: float, gap: float) -> str:
    if not w:
        return f"With w = {w:.3g} V no spike does anything: i and v stay at 0 V."
    extreme = "highest" if w > 0 else "lowest"
    # The last digits of a rounding error differ between machines.
    differ = "less than 1e-12 V" if gap < 1e-12 else f"up to {gap:.3g} V"
    return (
        f"Each spike makes i jump by {w:.3g} V, and i is {extreme}, {i:.3g} V, at the last one. "
        f"v does not jump: it is {extreme}, {v:.3g} V, {1000 * rise:.3g} ms after the last spike. "
        f"Added up, the responses to single spikes differ from v by {differ}."
    )


LAB = Lab(
    view,
    panes=2,
    spikes=Slider("spikes", low=1, high=5, step=1, start=3),
    interval=Slider("interval (ms)", low=1.0, high=20.0, step=0.5, start=8.0),
    w=Slider("w (V)", low=-1.0, high=2.0, step=0.25, start=1.0),
    tau_syn=Slider("tau_syn (ms)", low=1.0, high=SLOWEST, step=0.5, start=5.0),
    time=Slider("time (ms)", low=0, high=100, step=1, start=100, plays=True),
    asked={"spikes": 1, "interval": None, "w": None},  # the peak of one spike is as late for any w
    presets=(
        Preset(
            "One spike",
            "i jumps. v does not: it rises, and peaks where it meets i, the dashed line.",
            {"spikes": 1},
        ),
        Preset(
            "w = -1 V",
            "w = -1 V turns everything over. The time of the peak stays.",
            {"spikes": 1, "w": -1.0},
        ),
        Preset("Three spikes", "Each spike does what it does alone; v is their sum.", {}),
        Preset(
            "Five, close by",
            "Five spikes in 8 ms: the bumps melt into one hill.",
            {"spikes": 5, "interval": 2.0},
        ),
        Preset(
            "A slow synapse",
            "Equal time constants, 10 ms each: nothing special happens here, only in the formula.",
            {"spikes": 1, "tau_syn": 10.0},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
