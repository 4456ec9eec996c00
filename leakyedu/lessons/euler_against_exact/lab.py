"""Lesson 5's experiment: Euler against the exact solution, as the step grows through the time constants."""

import math
import statistics
from collections.abc import Sequence
from functools import lru_cache

import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator
from torch import Tensor

from leakyedu.lessons.euler_against_exact.figures import slope_triangle
from leakyedu.methods import euler, exact
from leakyedu.model import LIParameters, LIState
from leakyedu.teaching.figure import CURRENT, INPUT, VOLTAGE, mark_prediction, presenting
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider

ERROR = "#009E73"  # Okabe and Ito's green
ERROR_WORDS = "#006B4E"  # the same, dark enough to be read
DURATION = 0.060  # in second: six times the longer default time constant
STEP_SIZES = tuple(0.000125 * 2**k for k in range(7))  # to 8 ms, in second
LARGEST = 5.0  # of Euler's markers, in points
FINEST = slice(0, 3)  # where Euler's error is a straight line, whatever the time constants

# What the response shows, in volt: enough for what stays near the exact curve, then for what rings or diverges.
# Ticks at the same places, so that the axes stay where they are.
HEIGHTS = {"v": ((-0.1, 0.45), (-0.4, 0.92), (-3, 3.6), (-30, 36)), "i": ((-1.2, 1.2), (-4, 4), (-40, 40))}


def euler_response(p: LIParameters, dt: float, duration: float = DURATION) -> LIState:
    r"""Follow one neuron with Euler's steps after a jump of 1 V at time 0.

    .. math::
        (v, i)_n = M^n \, (0, 1), \qquad M = I + \Delta t \, A

    No warning comes from a step that is too long: here that is the subject.

    Args:
        p: parameters of one neuron, each of shape ``()``.
        dt: length of a step in second.
        duration: how long to follow it, in second; a last step that would end later is left out.

    Returns:
        The trajectory above rest in volt, of shape ``(1 + steps,)``; element ``n`` is at ``n * dt``.
    """
    # Plain numbers: as tensors, five hundred steps would take as long as a picture.
    v_from_v, v_from_i, i_from_i = map(float, euler(p, dt))
    v, i = [0.0], [1.0]
    for _ in range(math.floor(duration / dt + 1e-9)):
        v.append(v_from_v * v[-1] + v_from_i * i[-1])
        i.append(i_from_i * i[-1])
    return LIState(v=torch.tensor(v, dtype=torch.float64), i=torch.tensor(i, dtype=torch.float64))


def exact_response(p: LIParameters, t: Tensor) -> LIState:
    r"""Return what :func:`euler_response` should be.

    .. math::
        (v, i)(t) = e^{t A} \, (0, 1)

    Args:
        p: parameters of one neuron, each of shape ``()``.
        t: times in second, of shape ``(times,)``, the first of them 0.

    Returns:
        The trajectory above rest in volt, of shape ``(times,)``.
    """
    later = exact(p, t[1:])
    start = torch.tensor([0.0, 1.0], dtype=torch.float64)
    return LIState(v=torch.cat([start[:1], later.v_from_i]), i=torch.cat([start[1:], later.i_from_i]))


def errors_of_voltage(p: LIParameters, dts: Sequence[float], duration: float = DURATION) -> list[Tensor]:
    r"""Return how far Euler's voltage is off after each step, for several lengths of a step.

    .. math::
        e_n = |v_n - v(n \, \Delta t)|

    Args:
        p: parameters of one neuron, each of shape ``()``.
        dts: lengths of a step in second.
        duration: as for :func:`euler_response`.

    Returns:
        For each length the errors in volt, of shape ``(steps,)``; element ``n`` is at ``(n + 1) * dt``.
    """
    voltages = [euler_response(p, dt, duration).v[1:] for dt in dts]
    times = [
        dt * torch.arange(1, len(v) + 1, dtype=torch.float64) for dt, v in zip(dts, voltages, strict=True)
    ]
    # All times in one call, which takes as long as that for one length.
    right = exact(p, torch.cat(times)).v_from_i.split([len(v) for v in voltages])
    return [(v - truth).abs() for v, truth in zip(voltages, right, strict=True)]


def slope_of_error(dts: Sequence[float], errors: Sequence[float]) -> float:
    r"""Return the slope of a straight line through errors over step sizes, both logarithmic.

    .. math::
        \log e \approx \text{slope} \cdot \log \Delta t + \text{const}

    Args:
        dts: lengths of a step, at least two different ones.
        errors: one above 0 for each.

    Returns:
        The slope: the order of the method where the steps are short.
    """
    return statistics.linear_regression([math.log(dt) for dt in dts], [math.log(e) for e in errors]).slope


def behaviour(dt: float, tau: float) -> str:
    r"""Say what Euler does to a part of the neuron that decays with ``tau``.

    .. math::
        1 - \Delta t / \tau \;\ge\; 0 \;\text{ smooth}, \qquad \ge -1 \;\text{ rings}, \qquad
        < -1 \;\text{ diverges}

    Args:
        dt: length of a step.
        tau: time constant, in the unit of ``dt``.

    Returns:
        ``"is smooth"``, ``"rings"`` or ``"diverges"``.
    """
    return "is smooth" if dt <= tau else "rings" if dt <= 2 * tau else "diverges"


def view(
    response: Axes,
    order: Axes,
    dt: float,
    tau_syn: float,
    tau_mem: float,
    show: str,
    *,
    prediction: float | None = None,
) -> str:
    """Draw Euler's points on the exact curve, and its error over dt; both ``tau`` and ``dt`` in ms."""
    p = LIParameters.from_tau(tau_syn / 1000, tau_mem / 1000)
    smallest = min(tau_syn, tau_mem)
    points = euler_response(p, dt / 1000)
    t = dt * torch.arange(len(points.v), dtype=torch.float64)
    (wrong,) = errors_of_voltage(p, (dt / 1000,))
    largest, errors = float(wrong.max()), _largest_errors(tau_syn, tau_mem)
    _draw_response(response, show, p, points, t, at=1 + int(wrong.argmax()))
    slope = slope_of_error(STEP_SIZES[FINEST], errors[FINEST])
    _draw_order(order, errors, slope, smallest)
    top = 7.0  # an arrow there means that the error is beyond the picture
    order.plot(dt, min(largest, top), "^" if largest > top else "D", color=ERROR)
    at_left = dt < 0.6  # where a word before the point would leave the axes
    place = (-2, 16) if at_left else (-8, 5)
    order.annotate(
        "this dt", (dt, min(largest, top)), xytext=place, textcoords="offset points",
        ha="left" if at_left else "right", color=ERROR_WORDS, fontsize=9,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85},
    )  # fmt: skip

    name = "tau_syn" if tau_syn < tau_mem else "tau_mem" if tau_mem < tau_syn else "tau_syn = tau_mem"
    part = "i" if tau_syn <= tau_mem else "v's own part"
    factor, does = 1 - dt / smallest, behaviour(dt, smallest)
    happens = "keeps its sign" if does == "is smooth" else "changes sign" if does == "rings" else "grows"
    sentence = (
        f"The left picture shows {show}. With dt = {dt:.4g} ms Euler {does}: {part} {happens} in each "
        f"step (factor {factor:.3g}). "
        f"The smallest time constant decides, {name} = {smallest:.3g} ms: it rings beyond that and "
        f"diverges beyond {2 * smallest:.3g} ms. "
        f"The largest error of v is {largest:.3g} V; for short steps it grows with slope {slope:.3g}."
    )
    if prediction is None:
        return sentence
    words = f" You predicted that it rings beyond {prediction:.3g} ms"
    return sentence + mark_prediction(order, prediction, words)


@lru_cache(maxsize=8)
def _largest_errors(tau_syn: float, tau_mem: float) -> list[float]:
    """Return the largest error at each of STEP_SIZES; a moved dt does not change it. Both in ms."""
    p = LIParameters.from_tau(tau_syn / 1000, tau_mem / 1000)
    return [float(error.max()) for error in errors_of_voltage(p, STEP_SIZES)]


def _draw_response(axes: Axes, show: str, p: LIParameters, points: LIState, t: Tensor, at: int) -> None:
    """Draw one of v and i; where it leaves the picture the sentence says how far."""
    fine = torch.linspace(0, DURATION, 301, dtype=torch.float64)
    curve, of_euler = getattr(exact_response(p, fine), show), getattr(points, show)
    color = VOLTAGE if show == "v" else CURRENT
    axes.axhline(0, color=INPUT, linewidth=0.8)
    exact_line = axes.plot(1000 * fine, curve, color=INPUT, linewidth=2.5, alpha=0.8, label="exact")
    style = {"color": color, "linestyle": "--", "linewidth": 1, "marker": "o", "markeredgewidth": 0}
    # Small where they are close, or they would hide the curve; in the legend large, for it is drawn once.
    axes.plot(t, of_euler, **style, markersize=min(LARGEST, 1 + 4 * float(t[1])), label="Euler")
    shown = [*exact_line, Line2D([], [], **style, markersize=LARGEST, label="Euler")]
    if show == "v":
        ends = [float(exact_response(p, t / 1000).v[at]), float(of_euler[at])]
        bar = {"color": ERROR, "linewidth": 4, "solid_capstyle": "butt", "zorder": 3}
        shown += axes.plot([t[at], t[at]], ends, **bar, label="largest error")
    # Above the axes, where a curve that diverges does not cross it.
    axes.legend(
        handles=shown, frameon=False, loc="lower left", bbox_to_anchor=(-0.05, 1), ncols=3, fontsize=9,
        handlelength=1.2, columnspacing=0.8, borderaxespad=0.1, handletextpad=0.5,
    )  # fmt: skip
    name = "voltage v (V)" if show == "v" else "current i (V)"
    beyond = lambda limits: bool(((of_euler < limits[0]) | (of_euler > limits[1])).any())  # noqa: E731
    limits = next((limits for limits in HEIGHTS[show] if not beyond(limits)), HEIGHTS[show][-1])
    axes.set(xlabel="time (ms)", ylabel=name, xlim=(-1, 1000 * DURATION), ylim=limits)
    if limits[1] < 10:
        axes.yaxis.set_major_formatter("{x:.1f}")  # of one width, for the same reason


def _draw_order(axes: Axes, errors: list[float], slope: float, smallest: float) -> None:
    """Draw the errors of all step sizes, their slope, and where the step is too long."""
    axes.set(xscale="log", yscale="log", xlim=(0.1, 40), ylim=(2e-4, 10))
    axes.set(xlabel="dt (ms)", ylabel="largest error of v (V)")
    # Of the usual ninety small marks, those that one can tell apart: a tick takes as long as a line.
    axes.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.plot([1000 * step for step in STEP_SIZES], errors, color=VOLTAGE, marker="o", markersize=4)
    slope_triangle(axes, (0.25, 1.0), errors[1] / 3, slope)
    for dt, name, line in ((smallest, "rings", ":"), (2 * smallest, "diverges", "-.")):
        axes.axvline(dt, color=INPUT, linewidth=1.2, linestyle=line)
        words = name if presenting() else f"{dt:g} ms: {name}"  # a flat axis has no room for large letters
        axes.annotate(
            words, (dt, 0), xycoords=("data", "axes fraction"), xytext=(2, 4), textcoords="offset points",
            ha="left", va="bottom", rotation=90, color=INPUT, fontsize=9,
        )  # fmt: skip


LAB = Lab(
    view,
    panes=2,
    dt=Slider("dt (ms)", low=0.125, high=14.0, step=0.125, start=2.0),
    tau_syn=Slider("tau_syn (ms)", low=2.0, high=10.0, step=0.5, start=5.0),
    tau_mem=Slider("tau_mem (ms)", low=5.0, high=20.0, step=0.5, start=10.0),
    show=Menu("show", ("v", "i"), "v"),
    asked={"dt": None, "show": None},  # a dt is the answer
    presets=(
        Preset("1 ms", "Too high at the peak, and close afterwards. How far off is it?", {"dt": 1.0}),
        Preset("0.5 ms", "Half of the step, half of the error: slope 1.", {"dt": 0.5}),
        Preset(
            "4 ms",
            "Nothing rings, and yet it is off by most of the peak: smooth is not accurate.",
            {"dt": 4.0},
        ),
        Preset(
            "7 ms",
            "Beyond tau_syn, 5 ms, the current changes its sign in each step.",
            {"dt": 7.0, "show": "i"},
        ),
        Preset(
            "11 ms",
            "Beyond twice tau_syn, each step makes it larger.",
            {"dt": 11.0, "show": "i"},
        ),
        Preset(
            "A smaller tau_syn",
            "The same 4 ms ring with a tau_syn of 2.5 ms: the smallest time constant decides.",
            {"dt": 4.0, "tau_syn": 2.5, "show": "i"},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
