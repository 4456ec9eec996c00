"""Lesson 3's experiment: spikes make the current jump, the voltage adds up what each of them does."""

import math

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.methods import exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import spikes as jumps_at
from leakyedu.teaching.drawings import at_time, beside
from leakyedu.teaching.figure import CURRENT, INPUT, PREDICTION, VOLTAGE
from leakyedu.teaching.lab import Lab, Preset, Slider

DT = 2.5e-4  # second; every spike lies on this grid
UNTIL = 0.1  # second; the last of five spikes comes at 80 ms at the latest
SLOWEST = 20.0  # ms; the longest tau_syn
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

    # Each step begins behind its jump, so that a jump is a vertical line.
    t = torch.stack([seconds[:-1], seconds[1:]], 1).flatten()
    current = _from_rest(t, torch.stack([i[:-1] + inputs, i[1:]], 1).flatten())
    left.plot(*current, color=CURRENT)
    right.plot(*current, color=CURRENT, linewidth=1, linestyle="-.", label="i")
    right.plot(*_from_rest(seconds, v), color=VOLTAGE, linewidth=3.5, alpha=0.4, label="v")
    for k, since in enumerate(times.tolist()):
        own = slice(round(since / DT), None)
        (line,) = right.plot(1000 * seconds[own], singles[k, own], "--", color=VOLTAGE, linewidth=0.9)
        line.set_label("" if k or len(times) == 1 else "each alone")
    right.plot(1000 * seconds, singles.sum(0), ":", color=INPUT, label="their sum")
    right.plot(1000 * (last + rise), v_peak, "o", color=VOLTAGE, label="peak of v")
    if prediction is not None:
        dashes = (0, (6, 2, 1, 2))
        right.axvline(prediction, color=PREDICTION, linestyle=dashes, label="your prediction")
    # One height for both, so that water in two buckets is compared by eye; and as high as the slowest synapse
    # needs it, so that a fast one looks smaller.
    slowest = single_responses(times, seconds, w, LIParameters.from_tau(tau_syn=SLOWEST / 1000)).sum(0)
    shown = 0.6 * UNTIL if last < 0.25 * UNTIL else UNTIL
    highest = max(float(slowest.abs().max()), abs(v_peak), abs(i_then))
    # Few limits, so that the frame stays during most moves of a slider.
    height = next(h for h in HEIGHTS if h > highest - 1e-9) * (-1 if w < 0 else 1)
    for axes, name in ((left, "current i (V)"), (right, "voltage v (V)")):
        (line,) = axes.plot(
            1000 * times, torch.full_like(times, -0.1 * height), "|", color=INPUT, markersize=9
        )
        line.set_label("spike" if axes is left else "")
        axes.set(xlabel="time (ms)", ylabel=name, xlim=(-100 * shown, 1000 * shown))
        axes.set_ylim(sorted((-0.18 * height, 1.1 * height)))
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
    for axes, level, color, width, inflow in (
        (left, levels[0], CURRENT, 0.02 + 0.01 * tau_syn, 0.0),
        (right, levels[1], VOLTAGE, 0.12, levels[0] / abs(w) if w else 0.0),
    ):
        at_time(axes, 1000 * DT * now, level, color)
        beside(axes, level, width, 0.24, color=color, inflow=inflow)

    sentence = _describe(w, i_then, v_peak, rise, float((singles.sum(0) - v).abs().max()))
    if time < 1000 * shown:
        sentence += f" At {time:g} ms the water stands at i = {levels[0]:.3g} V and v = {levels[1]:.3g} V."
    if prediction is not None:
        outside = "" if -100 * shown <= prediction <= 1000 * shown else " (outside of the picture)"
        sentence += (
            f" You predicted the peak of v {prediction:.3g} ms after a single spike{outside}; "
            f"it comes after {1000 * time_to_peak(0.0, 1.0, p):.3g} ms."
        )
    return sentence


def _from_rest(seconds: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return milliseconds and values with a piece of rest in front."""
    return torch.cat([seconds.new_tensor([-12.0, 0.0]), 1000 * seconds]), torch.cat([x.new_zeros(2), x])


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
