"""Lesson 1's experiment: a leaky bucket, or an RC circuit, answers a drive."""

import math

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from leakyedu.methods import exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.teaching.drawings import arrow, at_time, bucket, pipe, pour, stroke, water, write
from leakyedu.teaching.figure import CURRENT, INPUT, PALE, PREDICTION, VOLTAGE
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider

DT, UNTIL = 1e-4, 0.15  # second
PULSE, RAMP = 0.02, 0.04  # second
BOTTOM, TOP = -1.7, 2.1  # of the axes in volt, where the voltage needs them
NEAR = (-0.6, 1.25)  # as far as most settings lead
SHAPES = {
    "step": torch.ones_like,
    "pulse": lambda t: (t < PULSE).to(t.dtype),
    "ramp": lambda t: (t / RAMP).clamp(max=1),
    "triangle": lambda t: (1 - (t / RAMP - 1).abs()).clamp(min=0),
}


def drive(shape: str, seconds: Tensor) -> Tensor:
    r"""Return a drive that is switched on at time 0, as a share of its highest value.

    .. math::
        \text{step: } 1, \qquad
        \text{pulse: } [t < 20 \text{ ms}], \qquad
        \text{ramp: } \min(s, 1), \qquad
        \text{triangle: } \max(1 - |s - 1|, 0), \qquad
        s = t / 40 \text{ ms}

    Args:
        shape: ``"step"``, ``"pulse"``, ``"ramp"`` or ``"triangle"``.
        seconds: times from 0 on in second, of any shape.

    Returns:
        Shares from 0 to 1, of the shape of ``seconds``.

    Raises:
        ValueError: if there is no such shape.
    """
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}, got {shape!r}.")
    return SHAPES[shape](seconds)


def one_stage(drive: Tensor, tau_mem: float, v_leak: float = 0.0, dt: float = DT) -> Tensor:
    r"""Run the voltage alone, without a synapse before it, from rest.

    .. math::
        \tau_\text{mem} \, \dot v = (v_\text{leak} - v) + i

    Exact for a drive that is constant over each step.

    Args:
        drive: the current :math:`i` in volt during each step, of shape ``(time,)``.
        tau_mem: time constant in second.
        v_leak: voltage at rest in volt.
        dt: length of a step in second.

    Returns:
        The voltage in volt at the end of each step, of shape ``(time,)``.
    """
    # A current that never decays is a drive, and what makes it jump is each change of the drive.
    p = LIParameters.from_tau(tau_syn=math.inf, tau_mem=tau_mem, v_leak=v_leak)
    changes = torch.diff(drive, prepend=drive.new_zeros(1))
    return simulate(changes, p=p, dt=dt, method=exact).v


def view(
    axes: Axes,
    shape: str,
    tau_mem: float,
    v_leak: float,
    i: float,
    time: float,
    *,
    prediction: float | None = None,
) -> str:
    """Draw a drive and the voltage, and a bucket that is as full as at a time; times in ms.

    The prediction is where v settles, in volt.
    """
    ends = DT * torch.arange(1, round(UNTIL / DT) + 1, dtype=torch.float64)
    middles = ends - DT / 2  # for the mean of a ramp over each step
    current = i * drive(shape, middles)
    v = one_stage(current, tau_mem / 1000, v_leak)
    at = round(tau_mem / 1000 / DT) - 1
    far = int((v - v_leak).abs().argmax())

    axes.fill_between(
        *_from_rest(middles, current, 0.0), facecolor=PALE[CURRENT], linewidth=0, label="drive i"
    )
    axes.plot(
        *_from_rest(middles, v_leak + current, v_leak), color=VOLTAGE, linewidth=1.4, linestyle=":",
        label="v_leak + i",
    )  # fmt: skip
    axes.plot(*_from_rest(ends, v, v_leak), color=VOLTAGE, linewidth=2, label="voltage v")
    held = shape in ("step", "pulse")  # where v has a way to go, of which it has gone a share
    if held:
        axes.plot(tau_mem, float(v[at]), "o", color=VOLTAGE, label="after tau_mem")
        slope = {"color": VOLTAGE, "linestyle": "--", "linewidth": 1.4}
        axes.plot([0, tau_mem], [v_leak, v_leak + i], **slope, label="first slope")
    if prediction is not None:
        dashes = (0, (6, 2, 1, 2))
        axes.axhline(prediction, color=PREDICTION, linestyle=dashes, linewidth=1.8, label="your prediction")
    share = (float(v[at]) - v_leak) / i if i else 0.0
    # On the side to which v does not go on from there.
    below = (float(v[at + 20] - v[at])) > 0
    if i and held:
        axes.annotate(
            f"{100 * share:.0f} %", (tau_mem, float(v[at])), xytext=(7, -3 if below else 3),
            textcoords="offset points", va="top" if below else "bottom", color=VOLTAGE, fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
    axes.set(xlabel="time (ms)", ylabel="voltage v and drive i (V)")
    if shape == "triangle" and i:
        axes.plot(
            1000 * float(ends[far]), float(v[far]), "D", color=VOLTAGE, markersize=7, label="turns here"
        )
    reached = [v_leak, float(v.min()), float(v.max()), *((i, v_leak + i) if i else ())]
    if prediction is not None and BOTTOM <= prediction <= TOP:
        reached.append(prediction)
    low = NEAR[0] if min(reached) > NEAR[0] else BOTTOM
    high = NEAR[1] if max(reached) < NEAR[1] else TOP
    axes.set(xlim=(-10, 1000 * UNTIL), ylim=(low, high))
    if i and held:  # both ways to read tau_mem end on the axis of time
        highest = max(float(v[at]), v_leak + i)
        stroke(axes, (tau_mem, low), (tau_mem, highest), color=INPUT, width=0.9, style=":", order=2)
    now = round(time / 1000 / DT) - 1
    level = float(v[now]) if time else v_leak
    at_time(axes, time, level)
    _bucket(axes, level, 0.024 * math.sqrt(tau_mem), 0.19, v_leak, float(current[max(now, 0)]))
    style = {"frameon": False, "fontsize": 9, "handlelength": 1.8, "columnspacing": 1.2}
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, **style)

    sentence = _outcome(shape, float(v[far]), 1000 * float(ends[far]), v_leak, i)
    if i and held:
        sentence += (
            f" One tau_mem after the start, at {tau_mem:.3g} ms, it has gone {100 * share:.3g} % of the way "
            "from v_leak to v_leak + i."
        )
    if time < 1000 * UNTIL:
        sentence += f" At {time:g} ms the water stands at {_volt(level)}."
    if prediction is not None:
        sentence += f" You predicted that it settles at {_volt(prediction)}"
        sentence += "." if BOTTOM <= prediction <= TOP else ", which is outside of the picture."
    return sentence


def _bucket(axes: Axes, level: float, width: float, room: float, rest: float, inflow: float) -> None:
    """Draw a bucket at the right of a curve; its water stands as high as the curve, on the same axis.

    It leaks into a pond, whose level is that at rest; it has no other bank, so what leaks does not raise it.

    Args:
        axes: whose limits are those of the curve.
        level: where the water stands, in the unit of the vertical axis.
        width: of the bucket, as a part of the width that the curve has.
        room: of the widest bucket, likewise: so much of the axes is kept free, and nothing moves.
        rest: where the pond stands, in the unit of the vertical axis.
        inflow: what flows in, as a part of the most; below 0 it is drawn out.
    """
    low, high = axes.get_ylim()
    start, end = axes.get_xlim()
    tall, long = high - low, end - start
    floor, left, wide = low + 0.02 * tall, end + 0.05 * long, width * long
    # Curves that go on end here, as on paper.
    axes.add_artist(
        Rectangle((end, low), (room + 0.2) * long, tall, facecolor="white", linewidth=0, zorder=2)
    )
    bucket(axes, left, floor, wide, 0.96 * tall, max(level - floor, 0.0), hole=0.05 * tall)
    y, right = floor + 0.025 * tall, left + wide
    water(axes, right, floor, (room + 0.1) * long - wide, rest - floor, INPUT)
    pipe(axes, [(right - 0.005 * long, y), (right + 0.05 * long, y)], 0.08)
    name = {"color": INPUT, "size": 9, "ha": "right", "va": "bottom", "clip_on": True}
    write(axes, left + (room + 0.1) * long, rest + 0.02 * tall, "v_leak", **name)
    middle = left + wide / 2
    if inflow > 0.001:
        pour(axes, middle, high, level, CURRENT, 0.02 * inflow * long)
    elif inflow < -0.001:
        arrow(axes, (middle, level), (middle, high), color=CURRENT, width=2)
    axes.set_xlim(start, left + (room + 0.1) * long)
    axes.set_xticks([x for x in axes.get_xticks() if start <= x <= end])
    axes.spines["bottom"].set_visible(False)
    stroke(axes, (start, low), (end, low), color="black", width=1.6, order=2)


def _outcome(shape: str, v: float, at: float, v_leak: float, i: float) -> str:
    """Say where v settles, or where and when, in ms, it turns."""
    level = _volt(v_leak + i)
    if not i:
        return f"Nothing flows in, so v stays at v_leak, {_volt(v_leak)}."
    if shape in ("step", "ramp"):
        slow = "" if _volt(v) == level else f"; at {1000 * UNTIL:.3g} ms it has come to {_volt(v)}"
        return f"The voltage settles at v_leak + i = {level}{slow}."
    if shape == "pulse":
        return f"The voltage turns when the pulse ends, at {at:.3g} ms and {_volt(v)}, on its way to {level}."
    later = at - 1000 * RAMP
    return (
        f"The drive turns at {1000 * RAMP:.3g} ms; the voltage goes on for another {later:.1f} ms, until it "
        f"meets v_leak + i at {_volt(v)}."
    )


def _volt(v: float) -> str:
    # What is left of a decay after many time constants reads 0, without a sign.
    return f"{round(v, 4) + 0.0:.3g} V"


def _from_rest(seconds: Tensor, x: Tensor, rest: float) -> tuple[Tensor, Tensor]:
    """Return milliseconds and values with a piece of rest in front."""
    before = torch.cat([seconds.new_tensor([-10.0, 0.0]), 1000 * seconds])
    return before, torch.cat([x.new_tensor([rest, rest]), x])


LAB = Lab(
    view,
    shape=Menu("drive (shape)", tuple(SHAPES), "step"),
    tau_mem=Slider("tau_mem (ms)", low=2, high=50, step=1, start=10),
    v_leak=Slider("v_leak (V)", low=-0.5, high=0.5, step=0.05, start=0.0),
    i=Slider("i (V)", low=-1.0, high=1.5, step=0.05, start=1.0),
    time=Slider("time (ms)", low=0, high=150, step=2, start=150, plays=True),
    asked={"v_leak": -0.4},
    presets=(
        Preset("A step", "Where does it settle, and how far has it come after one tau_mem?", {}),
        Preset("tau_mem 20 ms", "Twice the tau_mem: it settles at the same level, later.", {"tau_mem": 20}),
        Preset("Another rest", "It rests at -0.4 V: the way is as long, its end is lower.", {"v_leak": -0.4}),
        Preset(
            "A pulse",
            "When the drive falls to 0 V the voltage turns at once: more leaks out than flows in.",
            {"shape": "pulse"},
        ),
        Preset(
            "A triangle",
            "The drive turns first. The voltage turns where it meets the drive's level, the dotted line.",
            {"shape": "triangle", "tau_mem": 20},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
