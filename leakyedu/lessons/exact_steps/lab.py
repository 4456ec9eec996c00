"""Lesson 6's experiment: the methods on one jump, on the grid of the steps or beside it; over time and in a plane."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.lessons.exact_steps.figures import flow
from leakyedu.methods import ALL, Method, Propagator, exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate_named
from leakyedu.stimuli import spikes
from leakyedu.teaching.figure import CURRENT, INPUT, PREDICTION, VOLTAGE, presenting
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider

METHODS: dict[str, Method] = {known.function.__name__: known.function for known in ALL}
IN_WORDS = dict(enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1))
UNTIL = 0.04  # second
V_LIMITS, ERROR_LIMITS = (-0.2, 0.6), (-0.2, 0.2)
NEAR_V, NEAR_ERROR = (
    (-0.1, 0.3),
    (-0.04, 0.04),
)  # ticks at the same places, so that the axes stay where they are
I_LIMITS = (-0.65, 1.15)


def exact_response(seconds: Tensor, spike: float, p: LIParameters) -> Tensor:
    r"""Return the voltage that a unit jump at any time causes.

    .. math::
        v(t) = M_{vi}(t - t_\text{spike}) \;\text{ for } t > t_\text{spike}, \qquad v(t) = 0 \;\text{ before}

    Args:
        seconds: when to look, in second, of any shape.
        spike: time of the jump in second.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        Voltages of the shape of ``seconds``.
    """
    since = seconds - spike
    return exact(p, since.where(since > 0, 1.0)).v_from_i.where(since > 0, 0.0)


def cost_of_moving(spike: float, moved: float, p: LIParameters) -> float:
    r"""Return the largest error of a voltage whose spike is moved and that is exact otherwise.

    .. math::
        \max_t \, | v(t - t_\text{moved}) - v(t - t_\text{spike}) |

    Args:
        spike: time of the jump in second.
        moved: the time that it is moved to, in second.
        p: parameters of one neuron.

    Returns:
        The error in volt.
    """
    first, second = sorted((spike, moved))
    # It is largest at the second jump, or where the voltage falls fastest: steps of 0.1 ms are enough there.
    seconds = second + torch.arange(0, 0.06, 1e-4, dtype=torch.float64)
    seconds = torch.cat([seconds, torch.linspace(first, second, 101, dtype=torch.float64)])
    return float((exact_response(seconds, moved, p) - exact_response(seconds, spike, p)).abs().max())


class Responses(NamedTuple):
    """What methods make of one jump.

    Attributes:
        seconds: times in second, from 0 on, of shape ``(time,)``.
        v: voltages in volt, of shape ``(time, methods)``.
        i: currents in volt, of the same shape; at the time of the jump the current after it.
        error: ``v`` less the exact voltage, of the same shape.
        moved: time in second that the jump is moved to.
    """

    seconds: Tensor
    v: Tensor
    i: Tensor
    error: Tensor
    moved: float


def respond(methods: Iterable[Method], dt: float, spike: float, p: LIParameters) -> Responses:
    r"""Run methods side by side for 40 ms, with a unit jump at the step that begins nearest to a spike.

    .. math::
        t_\text{moved} = \Delta t \; \text{round}(t_\text{spike} / \Delta t), \qquad
        e_n = v_n - M_{vi}(n \, \Delta t - t_\text{spike})

    Args:
        methods: one-step methods.
        dt: length of a step in second.
        spike: time of the spike in second; an error counts from there, not from where it is moved to.
        p: parameters of one neuron that rests at 0 V.

    Returns:
        The responses.
    """

    def side_by_side(p: LIParameters, dt: float) -> Propagator:
        return Propagator(*map(torch.stack, zip(*(method(p, dt) for method in methods), strict=True)))

    methods = list(methods)
    jumps = spikes([spike], int(UNTIL / dt + 1e-6), dt, dtype=torch.float64)
    inputs = jumps[:, None].expand(-1, len(methods))
    # Without a warning: that a method rings or diverges is what the picture is about.
    run = simulate_named("inputs", inputs, None, p, dt, side_by_side, warns=False)
    v, i = (torch.cat([torch.zeros_like(x[:1]), x]) for x in run)
    i[:-1] += inputs
    seconds = dt * torch.arange(len(v), dtype=torch.float64)
    error = v - exact_response(seconds, spike, p)[:, None]
    return Responses(seconds, v, i, error, moved=dt * int(jumps.argmax()))


def area(method: Method, dt: float, p: LIParameters) -> float:
    r"""Return the area under a method's response to a jump, as a share of the exact one.

    .. math::
        \frac{\Delta t}{w \, \tau_\text{syn}} \sum_n v_n
            = \frac{\Delta t}{\tau_\text{syn}} \, \frac{M_{vi}}{(1 - M_{vv}) (1 - M_{ii})}

    Args:
        method: a one-step method.
        dt: length of a step in second, so short that the response dies away.
        p: parameters of one neuron.

    Returns:
        The share; 1 is right.
    """
    m = method(p, dt)
    return float(dt * p.tau_syn_inv * m.v_from_i / ((1 - m.v_from_v) * (1 - m.i_from_i)))


def view(
    curve: Axes,
    plane: Axes,
    off: Axes,
    method: str,
    dt: float,
    tau_syn: float,
    spike: float,
    *,
    prediction: str | None = None,
) -> str:
    """Draw a method over time, beside it in the plane of i and v, and its error; ``dt``, ``tau_syn`` and ``spike`` in ms.

    The prediction is the name of the method with the smallest error.
    """
    if prediction is not None and prediction not in METHODS:
        raise ValueError(f"prediction must be one of {', '.join(METHODS)}, got {prediction!r}.")
    p = LIParameters.from_tau(tau_syn=tau_syn / 1000)
    run = respond(METHODS.values(), dt / 1000, spike / 1000, p)
    fine = torch.linspace(0, UNTIL, 401, dtype=torch.float64)
    true = exact_response(fine, spike / 1000, p)
    by_the_move = exact_response(fine, run.moved, p) - true

    shown = [list(METHODS).index(name) for name in (method, prediction) if name]
    # Closer, where nothing that is shown would be cut.
    lowest, highest = (float(x) for x in run.v[:, shown].aminmax())
    v_limits = NEAR_V if NEAR_V[0] < lowest and highest < NEAR_V[1] else V_LIMITS
    largest = max(float(run.error[:, shown].abs().max()), float(by_the_move.abs().max()))
    error_limits = NEAR_ERROR if largest < NEAR_ERROR[1] else ERROR_LIMITS
    over_time = {"xlabel": "time (ms)", "xlim": (-2, 1000 * UNTIL)}
    curve.set(ylabel="voltage v (V)", ylim=v_limits, **over_time)
    off.set(ylabel="error of v (V)", ylim=error_limits, **over_time)
    # On the same axis of v as the curve at its left.
    plane.set(xlabel="current i (V)", xlim=I_LIMITS, ylim=v_limits)
    plane.tick_params(labelleft=False)
    for axes in (curve, plane, off):
        axes.yaxis.set_major_formatter("{x:.2f}")  # of one width, for the same reason

    spread = [low + (high - low) * (n + 0.5) / 5 for n in range(5) for low, high in (I_LIMITS, v_limits)]
    flow(plane, p, spread[::2], spread[1::2])
    path = exact(p, fine[1:])
    grey = {"color": INPUT, "linewidth": 5, "alpha": 0.4}
    curve.plot(1000 * fine, true, label="truth", **grey)
    plane.plot([1, *path.i_from_i.tolist()], [0, *path.v_from_i.tolist()], **grey)
    moves = abs(1000 * run.moved - spike) > 1e-6
    if moves:  # thin and dark: it is an error, and not the truth
        off.plot(1000 * fine, by_the_move, color=INPUT, linewidth=2)
    dots = {"color": VOLTAGE, "marker": "o", "markersize": 1.5 if dt < 0.5 else 3.5, "linewidth": 1}
    dashes = {"color": PREDICTION, "linestyle": (0, (6, 2, 1, 2)), "linewidth": 1.5}
    first = int((run.i != 0).any(1).int().argmax())  # right after the jump
    for name, label, style in ((method, method, dots), (prediction, "your prediction", dashes)):
        if name:
            k = list(METHODS).index(name)
            # What is beyond the picture stands at its edge.
            v, i = run.v[:, k].clamp(*v_limits), run.i[:, k].clamp(*I_LIMITS)
            curve.plot(1000 * run.seconds, v, label=label, **style)
            plane.plot(i[first:], v[first:], label=label, **style)
            off.plot(1000 * run.seconds, run.error[:, k].clamp(*error_limits), label=label, **style)
    plane.plot(1, 0, "o", color=CURRENT, markersize=7)
    edge = {"transform": off.get_xaxis_transform(), "linestyle": "none", "color": INPUT}
    off.plot(spike, 0.06, "^", **edge)  # tip to tip: often they are a hair's breadth apart
    off.plot(1000 * run.moved, 0.14, "v", label="on the grid", **edge)
    for axes in (curve, off):
        axes.axhline(0, color=INPUT, linewidth=0.6)
    # Above the axes, where no curve is.
    above = {"loc": "lower left", "bbox_to_anchor": (-0.05, 1)}
    curve.legend(frameon=False, fontsize=9, borderpad=0, handlelength=1.3, handletextpad=0.5, **above)
    plane.set_title("\u25cf after the jump", color=CURRENT, fontsize=9)
    between = "\n" if presenting() else "  "
    move = "\u25ac by the move" if moves else "not moved"
    off.set_title(f"{move}\n\u25b2 spike{between}\u25bc on the grid", color=INPUT, fontsize=9)

    sentence = _describe(method, dt / 1000, p, run, float(true.max()))
    if moves:
        cost = cost_of_moving(spike / 1000, run.moved, p)
        sentence += f" The spike at {spike:.3g} ms is moved to {1000 * run.moved:.3g} ms, "
        sentence += f"which alone costs {_up_to(cost)}."
    return sentence + _compare(run, prediction)


def _describe(name: str, dt: float, p: LIParameters, run: Responses, exact_peak: float) -> str:
    """Say how far a method is off, and what it does to peak and area."""
    method, k = METHODS[name], list(METHODS).index(name)
    v, error = run.v[:, k], run.error[:, k].abs()
    m = method(p, dt)
    factor = max(float(m.v_from_v), float(m.i_from_i), key=abs)
    if abs(factor) > 1 - 1e-9:
        return (
            f"With {name}, v does not settle: each step multiplies its error by {factor:.3g}, "
            f"{_up_to(error.max())} in 40 ms."
        )
    return (
        f"With {name}, v is off by {_up_to(error.max())}: its peak is {v.max():.3g} V (true: {exact_peak:.3g} V), "
        f"its area {area(method, dt, p):.3g} times the exact one."
    )


def _compare(run: Responses, prediction: str | None) -> str:
    """Say which method is best, and what was predicted."""
    errors = dict(zip(METHODS, run.error.abs().amax(0).tolist(), strict=True))
    smallest = min(errors.values())
    best = [name for name in METHODS if errors[name] <= 1.01 * smallest]
    names = f"all {IN_WORDS[len(METHODS)]} alike" if len(best) == len(METHODS) else ", ".join(best)
    # With exact steps the moved spike is the only error, so what does better must make another one.
    cancel = "" if "exact" in best else ", whose own error cancels that of the moved spike in part"
    sentence = f" Smallest error at this dt: {names}, {_up_to(smallest)}{cancel}."
    if prediction is None:
        return sentence
    true = ", and so it is" if prediction in best else f", which is off by {_up_to(errors[prediction])}"
    return f"{sentence} You predicted {prediction}{true}."


def _up_to(volt: float | Tensor) -> str:
    # The last digits of a rounding error differ between machines.
    return "less than 1e-12 V" if volt < 1e-12 else f"up to {float(volt):.3g} V"


LAB = Lab(
    view,
    panes=3,
    method=Menu("method", tuple(METHODS), "held_current"),
    dt=Slider("dt (ms)", low=0.1, high=8.0, step=0.1, start=1.0),
    tau_syn=Slider("tau_syn (ms)", low=1.0, high=20.0, step=0.5, start=5.0),
    spike=Slider("spike time (ms)", low=0.0, high=4.0, step=0.1, start=0.0),
    asked={"spike": 3.3, "method": None},  # a method is the answer
    presets=(
        Preset("Euler", "The method that we know. Look at its error on the right.", {"method": "euler"}),
        Preset(
            "Held current",
            "Exponentials, but the current is held during a step: no better than Euler.",
            {"method": "held_current"},
        ),
        Preset("Exact", "Exact steps: each point lies on the curve.", {"method": "exact"}),
        Preset("Exact, 6 ms", "Steps as long as you like: still exact.", {"method": "exact", "dt": 6.0}),
        Preset(
            "A spike at 3.3 ms",
            "The spike comes at 3.3 ms, the grid puts it at 3 ms: now the exact steps are off, too.",
            {"method": "exact", "spike": 3.3},
        ),
        Preset(
            "Backward Euler",
            "Backward Euler is late by itself. Here two errors cancel in part; that is luck.",
            {"method": "backward_euler", "spike": 3.3},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
