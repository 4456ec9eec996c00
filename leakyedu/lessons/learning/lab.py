"""Lesson 9's experiment: two numbers of a neuron, learned from the voltage that it should have."""

import itertools
import math
from functools import lru_cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import spikes
from leakyedu.teaching.figure import INPUT, PREDICTION, VOLTAGE
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider

OPTIMISERS = ("gradient descent", "Adam")

# What the descent does not know, in second and in volt.
TAU_MEM, W = 12e-3, 1.0

START_W = 0.3

# Where a descent is stopped: Euler's step rings below 1 ms, and far away no slope leads back.
BOUNDS_OF_LOG_TAU, LARGEST_W = (math.log(1e-3), math.log(0.5)), 10.0

SPIKE_TIMES = (0.005, 0.02, 0.028, 0.06)
INPUTS = spikes(SPIKE_TIMES, 100, dtype=torch.float64)


class Point(NamedTuple):
    r"""Where a descent is.

    Attributes:
        tau_mem: time constant in second.
        w: jump per spike in volt.
        loss: what :func:`loss` is there.
        stopped: whether the descent went too far to go on.
    """

    tau_mem: float
    w: float
    loss: float
    stopped: bool = False


def response(tau_mem: Tensor) -> Tensor:
    """Return the voltage at ``w`` = 1 V; at another, it is ``w`` times that.

    Args:
        tau_mem: time constant in second, of shape ``()`` or ``(neurons,)``.

    Returns:
        Voltage in volt, of shape ``(time,)`` or ``(time, neurons)``.
    """
    inputs = INPUTS.reshape(-1, *(1,) * tau_mem.ndim).expand(-1, *tau_mem.shape)
    return simulate(inputs, p=LIParameters.from_tau(tau_mem=tau_mem)).v


TARGET = W * response(torch.tensor(TAU_MEM, dtype=torch.float64))


def loss(v: Tensor) -> Tensor:
    r"""Compare voltages with the target: 0 is the same, 1 is as bad as silence.

    .. math::
        L = \sum_n (v_n - v^*_n)^2 \; / \; \sum_n {v^*_n}^2

    Args:
        v: voltage in volt, of shape ``(time, ...)``.

    Returns:
        The loss, of the shape behind the time axis.
    """
    target = TARGET.reshape(-1, *(1,) * (v.ndim - 1))
    return (v - target).square().sum(0) / TARGET.square().sum()


def loss_and_slope(log_tau: float, w: float) -> tuple[float, tuple[float, float]]:
    r"""Return the loss and its slope, with the slope of each step beside the step.

    .. math::
        v \leftarrow v + a \, (i - v), \qquad
        s \leftarrow s - a \, (s + i - v), \qquad
        a = \frac{\Delta t}{\tau_\text{mem}}, \quad
        s = \frac{\partial v}{\partial \log \tau_\text{mem}}

    The logarithm is what is learned: wherever it goes, :math:`\tau_\text{mem}` stays positive. This is
    what autograd returns through :func:`response`, in plain numbers and a fortieth of the time.

    Args:
        log_tau: natural logarithm of the time constant in second.
        w: jump per spike in volt.

    Returns:
        The loss, and its derivatives with respect to both.
    """
    a, b = 0.001 / math.exp(log_tau), 0.001 * float(LIParameters().tau_syn_inv)
    v = i = s = value = d_log_tau = d_w = 0.0
    for x, target in zip(INPUTS.tolist(), TARGET.tolist(), strict=True):
        i += x
        s -= a * (s + i - v)
        v += a * (i - v)
        i -= b * i
        error = w * v - target
        value += error**2
        d_log_tau += 2 * error * w * s
        d_w += 2 * error * v
    silence = float(TARGET.square().sum())
    return value / silence, (d_log_tau / silence, d_w / silence)


def path(optimiser: str, learning_rate: float, start_tau: float, iterations: int) -> list[Point]:
    r"""Return the points of a descent, from its start to an iteration.

    .. math::
        \theta \leftarrow \theta - \eta \, g, \qquad \text{or with Adam} \qquad
        \theta \leftarrow \theta - \eta \, \frac{m / (1 - .9^n)}{\sqrt{s / (1 - .999^n)} + 10^{-8}}

    Args:
        optimiser: one of ``OPTIMISERS``.
        learning_rate: :math:`\eta`.
        start_tau: time constant at the start in second.
        iterations: how many steps are taken.

    Returns:
        As many points, and the start before them. Beyond 1 to 500 ms or -10 to 10 V the descent is
        stopped, at that bound.

    Source: Kingma and Ba, *Adam* (2015), algorithm 1.
    """
    theta, bounds = (math.log(start_tau), START_W), (BOUNDS_OF_LOG_TAU, (-LARGEST_W, LARGEST_W))
    mean = square = (0.0, 0.0)
    value, slope = loss_and_slope(*theta)
    points = [Point(start_tau, START_W, value)]
    for n in range(1, iterations + 1):
        if points[-1].stopped:
            points.append(points[-1])
            continue
        step = slope
        if optimiser == "Adam":
            mean = [0.9 * m + 0.1 * g for m, g in zip(mean, slope, strict=True)]
            square = [0.999 * s + 0.001 * g * g for s, g in zip(square, slope, strict=True)]
            roots = [math.sqrt(s / (1 - 0.999**n)) + 1e-8 for s in square]
            step = [m / (1 - 0.9**n) / root for m, root in zip(mean, roots, strict=True)]
        wanted = [x - learning_rate * d for x, d in zip(theta, step, strict=True)]
        theta = [min(max(x, low), high) for x, (low, high) in zip(wanted, bounds, strict=True)]
        value, slope = loss_and_slope(*theta)
        points.append(Point(math.exp(theta[0]), theta[1], value, stopped=theta != wanted))
    return points


@lru_cache(maxsize=1)
def landscape() -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss on a grid.

    Returns:
        Time constants in second, of shape ``(taus,)``; jumps in volt, of shape ``(ws,)``; and the loss,
        of shape ``(ws, taus)``.
    """
    tau_mem = torch.logspace(math.log10(3e-3), math.log10(30e-3), 81, dtype=torch.float64)
    w = torch.linspace(0, 2, 81, dtype=torch.float64)
    return tau_mem, w, loss(response(tau_mem)[:, None] * w[:, None])


def view(
    map_axes: Axes,
    axes: Axes,
    optimiser: str,
    learning_rate: float,
    start_tau: float,
    iteration: float,
    *,
    prediction: float | None = None,
) -> str:
    """Draw the way so far in the landscape of the loss, and the voltage; ``start_tau`` in ms."""
    points = path(optimiser, learning_rate, start_tau / 1000, round(iteration))
    here = points[-1]
    tau_mem, w, losses = landscape()
    map_axes.set_xscale("log")
    map_axes.set(xlim=(3, 30), ylim=(0, 2), xlabel="tau_mem (ms)", ylabel="jump w (V)")
    map_axes.set_xticks([3, 5, 10, 20, 30], ["3", "5", "10", "20", "30"])
    map_axes.minorticks_off()
    map_axes.set_title("equal loss, ○ now, + goal", fontsize=11)
    levels = [10 ** (k / 2) for k in range(-6, 2)]
    map_axes.contour(1000 * tau_mem, w, losses, levels, colors=INPUT, alpha=0.7, linewidths=0.8)
    for level, side in ((levels[4], -1), (levels[5], 1)):
        # Above and below the lowest point the loss is (w / W - 1) squared.
        map_axes.annotate(
            f"{level:.2g}", (1000 * TAU_MEM, W * (1 + side * math.sqrt(level))), ha="center", va="center",
            color=INPUT, fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    map_axes.plot(1000 * TAU_MEM, W, "+", color=INPUT, markersize=9)
    way = [1000 * x.tau_mem for x in points], [x.w for x in points]
    map_axes.plot(*way, "o-", color=VOLTAGE, linewidth=1, markersize=2.5)
    map_axes.plot(way[0][-1:], way[1][-1:], "o", color=VOLTAGE, markersize=9, markerfacecolor="none")
    side, x = ("left", 5) if start_tau < 6 else ("right", -5)
    map_axes.annotate(
        "start", (way[0][0], START_W), xytext=(x, 0), textcoords="offset points", ha=side, va="center",
        color=VOLTAGE, fontsize=9,
    )  # fmt: skip

    time = torch.arange(1, len(TARGET) + 1)
    axes.set(xlim=(0, 100), ylim=(-0.2, 1.1), xlabel="time (ms)", ylabel="voltage v (V)")
    axes.plot(time, TARGET, color=INPUT, linewidth=2.5, alpha=0.8, label="target")
    v = here.w * response(torch.tensor(here.tau_mem, dtype=torch.float64))
    axes.plot(time, v, color=VOLTAGE, linestyle="--", label="model")
    axes.plot([1000 * t for t in SPIKE_TIMES], [-0.15] * len(SPIKE_TIMES), "|", color=INPUT, label="spikes")
    axes.legend(frameon=False, loc="upper right")

    sentence = (
        f"At iteration {len(points) - 1} of {optimiser}, tau_mem is {1000 * here.tau_mem:.3g} ms and "
        f"w {here.w:.3g} V, with a loss of {here.loss:.3g}; it began with {points[0].loss:.3g}."
    )
    rises = sum(b.loss > a.loss for a, b in itertools.pairwise(points))
    if here.stopped:
        at = next(n for n, x in enumerate(points) if x.stopped)
        sentence += (
            f" The learning rate is too large: at iteration {at} the descent ran away and was stopped."
        )
    elif rises:
        sentence += f" The loss rose in {rises} of these iterations."
    if not (3e-3 <= here.tau_mem <= 30e-3 and 0 <= here.w <= 2):
        sentence += " That is outside of the left picture."
    if prediction is not None:
        sentence += f" You predicted that tau_mem ends at {prediction:.3g} ms"
        if 3 <= prediction <= 30:
            map_axes.axvline(prediction, color=PREDICTION, linestyle=(0, (6, 2, 1, 2)), linewidth=1.8)
            side, x = ("left", 4) if prediction < 9 else ("right", -4)
            map_axes.annotate(
                "your prediction", (prediction, 0.02), xycoords=("data", "axes fraction"), xytext=(x, 0),
                textcoords="offset points", ha=side, va="bottom", color=PREDICTION, fontsize=9,
            )  # fmt: skip
            sentence += "."
        else:
            sentence += ", which is outside of the picture."
    return sentence


LAB = Lab(
    view,
    panes=2,
    optimiser=Menu("optimiser", OPTIMISERS, OPTIMISERS[0]),
    learning_rate=Slider("learning rate", low=0.02, high=2.0, step=0.02, start=0.3),
    start_tau=Slider("start tau (ms)", low=3.0, high=30.0, step=0.5, start=25.0),
    iteration=Slider("iteration", low=0, high=60, step=1, start=10, plays=True),
    presets=(
        Preset("The start", "A guess: tau_mem 25 ms, w 0.3 V. Which way is down?", {"iteration": 0}),
        Preset("Two steps", "First w grows: that is where the hill is steep.", {"iteration": 2}),
        Preset(
            "To the end", "Then along the valley, ever more slowly, to the hidden neuron.", {"iteration": 60}
        ),
        Preset(
            "Rate 0.02",
            "A rate of 0.02: every step is right, and too short.",
            {"learning_rate": 0.02, "iteration": 60},
        ),
        Preset(
            "Rate 2",
            "A rate of 2: each step leaps over the valley.",
            {"learning_rate": 2.0, "iteration": 60},
        ),
        Preset(
            "Adam",
            "Adam takes steps of its own length: it needs no steep hill.",
            {"optimiser": "Adam", "learning_rate": 0.1, "iteration": 60},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
