"""Lesson 2's experiment: the equation as a field of slopes, and the solution through a point of it."""

from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor

from leakyedu.model import LIParameters
from leakyedu.teaching.figure import INPUT, PREDICTION, VOLTAGE
from leakyedu.teaching.lab import Lab, Preset, Slider

UNTIL, ASKED = 60.0, 40.0  # ms
BOTTOM, TOP = -1.25, 1.75  # of the axes in volt
ASPECT = 0.34  # height of the axes per width
COLUMNS, ROWS, LENGTH = 27, 12, 0.025  # of the segments; length per width of the axes


def slopes(v: Tensor, i: float, p: LIParameters = LIParameters()) -> Tensor:
    r"""Return how fast the voltage changes.

    .. math::
        \dot v = \tau_\text{mem}^{-1} \, ((v_\text{leak} - v) + i)

    Args:
        v: voltages in volt, of any shape.
        i: a constant drive in volt.
        p: parameters of one neuron.

    Returns:
        Slopes in volt per second, of the shape of ``v``; 0 where v is ``v_leak + i``.
    """
    return p.tau_mem_inv * ((p.v_leak - v) + i)


def solution(
    seconds: Tensor, start: float, v_start: float, i: float, p: LIParameters = LIParameters()
) -> Tensor:
    r"""Return the voltage that follows the slopes through one point, after it and before it.

    .. math::
        v(t) = v_\text{leak} + i + (v_\text{start} - v_\text{leak} - i) \,
            e^{-(t - t_\text{start}) / \tau_\text{mem}}

    Args:
        seconds: times in second, of any shape.
        start: time of the point in second.
        v_start: voltage of the point in volt.
        i: a constant drive in volt.
        p: parameters of one neuron.

    Returns:
        Voltages in volt, of the shape of ``seconds``.
    """
    level = p.v_leak + i
    return level + (v_start - level) * torch.exp(-(seconds - start) * p.tau_mem_inv)


def segments(i: float, p: LIParameters = LIParameters()) -> Tensor:
    r"""Return short lines along the slopes, all equally long on the screen.

    .. math::
        (\Delta x, \Delta y) = \ell \, (1, s) / \sqrt{1 + s^2}

    Here :math:`s` is the slope as it appears on the screen, where the axes are as wide as the time and
    :math:`\ell` a share of that width.

    Args:
        i: a constant drive in volt.
        p: parameters of one neuron.

    Returns:
        Both ends of each line in ms and volt, of shape ``(lines, 2, 2)``.
    """
    # The outermost lines keep half a cell away from the frame, and all of them from a level of 1 V.
    t = UNTIL * (torch.arange(COLUMNS, dtype=torch.float64) + 0.5) / COLUMNS
    v = BOTTOM + (TOP - BOTTOM) * (torch.arange(ROWS, dtype=torch.float64) + 0.5) / ROWS
    middles = torch.cartesian_prod(t, v)
    per_ms = slopes(middles[:, 1], i, p) / 1000
    widths, heights = UNTIL, (TOP - BOTTOM) / ASPECT  # what one width of the axes is in ms and in volt
    x = LENGTH / torch.sqrt(1 + (per_ms * widths / heights) ** 2)
    halves = torch.stack([x * widths, x * widths * per_ms], 1) / 2
    return torch.stack([middles - halves, middles + halves], 1)


def view(
    axes: Axes,
    start: float,
    v_start: float,
    i: float,
    tau_mem: float,
    *,
    prediction: float | Sequence[tuple[float, float]] | None = None,
) -> str:
    """Draw the field and one solution; times in ms.

    The prediction is the voltage at 40 ms, or a sketch of the solution: points (ms, volt).
    """
    p = LIParameters.from_tau(tau_mem=tau_mem / 1000)

    def v_at(ms: Tensor | float) -> Tensor:
        return solution(torch.as_tensor(ms, dtype=torch.float64) / 1000, start / 1000, v_start, i, p)

    axes.add_collection(
        LineCollection(segments(i, p).numpy(), colors=INPUT, linewidths=0.9, alpha=0.7, label="slopes"),
        autolim=False,
    )
    axes.axhline(i, color=VOLTAGE, linewidth=1.2, linestyle=":", label="v_leak + i")
    after = torch.linspace(start, UNTIL, 201, dtype=torch.float64)
    before = torch.linspace(0, start, 201, dtype=torch.float64)
    axes.plot(after, v_at(after), color=VOLTAGE, linewidth=2, label="solution v")
    # Backwards it may grow beyond all bounds.
    past = v_at(before).clamp(2 * BOTTOM, 2 * TOP)
    axes.plot(before, past, color=VOLTAGE, linewidth=1.2, linestyle="--", label="before the start")
    axes.plot(start, v_start, "o", color=VOLTAGE, label="start")

    slope = float(slopes(torch.tensor(v_start, dtype=torch.float64), i, p)) / 1000
    sentence = (
        f"At the start, {start:.3g} ms and {_volt(v_start)}, v changes by {_volt(slope)} per ms. "
        f"It heads for v_leak + i = {_volt(i)}, where dv/dt = 0, "
        f"and is {_volt(v_at(ASKED))} at {ASKED:.3g} ms."
    )
    if abs(v_start - i) < 1e-9:
        sentence = f"The start, {_volt(v_start)}, is v_leak + i, where dv/dt = 0: there v stays."
    style = {"color": PREDICTION, "linestyle": (0, (6, 2, 1, 2)), "label": "your prediction"}
    if isinstance(prediction, (int, float)):
        reached = float(v_at(ASKED))
        axes.plot([ASKED, ASKED], [reached, prediction], marker="D", markevery=[1], **style)
        sentence += (
            f" You predicted {_volt(prediction)} at {ASKED:.3g} ms, "
            f"{_volt(abs(prediction - reached))} from the solution."
        )
    elif prediction is not None and len(prediction):
        ms, v = torch.tensor(prediction, dtype=torch.float64).T
        axes.plot(ms, v, marker=".", **style)
        sentence += f" You sketched {len(v)} {'point' if len(v) == 1 else 'points'}"
        forward = ms >= start
        if forward.any():
            furthest = (v - v_at(ms)).abs()[forward].max()
            sentence += f", at most {_volt(furthest)} from the solution after the start."
        else:
            sentence += ", none of them after the start."
    axes.set_box_aspect(ASPECT)
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)", xlim=(0, UNTIL), ylim=(BOTTOM, TOP))
    style = {"frameon": False, "fontsize": 9, "handlelength": 1.8, "columnspacing": 1.2}
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, **style)
    return sentence


def _volt(v: float | Tensor) -> str:
    # What is left of a decay after many time constants reads 0, without a sign.
    return f"{round(float(v), 4) + 0.0:.3g} V"


LAB = Lab(
    view,
    start=Slider("start time (ms)", low=0.0, high=ASKED, step=1.0, start=5.0),
    v_start=Slider("start voltage (V)", low=-1.0, high=1.5, step=0.05, start=-0.5),
    i=Slider("i (V)", low=-1.0, high=1.5, step=0.05, start=1.0),
    tau_mem=Slider("tau_mem (ms)", low=2, high=50, step=1, start=10),
    presets=(
        Preset("From below", "Each short line is a slope. The solution follows them all the way.", {}),
        Preset(
            "From above",
            "Above the level all slopes point down: both sides lead to the same level.",
            {"v_start": 1.5},
        ),
        Preset("From 1 V", "On the level the slope is 0 V/s: there v stays.", {"v_start": 1.0}),
        Preset(
            "i = -1 V",
            "A negative current moves the level to -1 V, and all slopes with it.",
            {"i": -1.0},
        ),
        Preset(
            "tau_mem 40 ms",
            "A longer tau_mem flattens all slopes. The level stays where it is.",
            {"tau_mem": 40},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
