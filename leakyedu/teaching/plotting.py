"""Pictures of a neuron for more than one lesson, each with the sentence that says what is to be seen.

Notebooks also find here what shows a picture, and its colours, which ``figure`` makes.
"""

import itertools
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState, as_tensor, check_dt, check_parameters
from leakyedu.teaching.drawings import INK
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    LINE_STYLES,
    PALE,
    PREDICTION,
    VOLTAGE,
    capital,
    check_voltages,
    digits,
    mark_curve,
    mark_prediction,
    name_line,
    new_axes,
    new_figure,
    presentation,
    presenting,
    show,
    sound,
)

__all__ = [
    "CURRENT",
    "INPUT",
    "PREDICTION",
    "VOLTAGE",
    "against_exact",
    "bars",
    "presentation",
    "show",
    "sound",
    "trajectory",
]


def trajectory(
    trajectory: LIState,
    dt: float = 0.001,
    *,
    inputs: Tensor | None = None,
    predicted_peak: float | None = None,
    predicted_curve: Sequence[tuple[float, float]] | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    """Draw voltage and current over time.

    Args:
        trajectory: what ``simulate`` returned, of shape ``(time,)`` or ``(time, neurons)``.
        dt: length of a step in second; the state ``n`` is drawn at ``(n + 1) * dt``.
        inputs: the jumps, of the shape of the trajectory; drawn as stems where they are not 0.
        predicted_peak: when the learner expects the highest voltage, in ms, or None.
        predicted_curve: pairs of a time in ms and the voltage that the learner expects there, or None.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that describes it.

    Raises:
        ValueError: if the trajectory has no step or more than two axes, or ``inputs`` another length.
    """
    v, i = (x.detach().cpu().double() for x in trajectory)
    if v.ndim not in (1, 2) or not v.numel():
        raise ValueError(
            "trajectory must have the shape (time,) or (time, neurons) with at least one step, got "
            f"{tuple(v.shape)}. Choose some neurons, for example LIState(t.v[:, 0], t.i[:, 0])."
        )
    check_dt(dt)
    if inputs is not None and inputs.shape[:1] != v.shape[:1]:
        raise ValueError(
            f"inputs must have the {len(v)} steps of the trajectory in front, got shape "
            f"{tuple(inputs.shape)}. Draw the inputs that were simulated."
        )
    axes = axes or new_axes()
    t = 1000 * dt * torch.arange(1, len(v) + 1, dtype=torch.float64, device="cpu")
    # Each step has a point, as long as one can tell them apart.
    axes.plot(t, v, color=VOLTAGE, marker="." if len(v) <= 100 else "", markersize=5, linewidth=1.8)
    axes.plot(t, i, color=CURRENT, linestyle="--")
    first_v, first_i = (x.reshape(len(x), -1)[:, 0] for x in (v, i))
    low = first_v.abs().max() < 0.2 * first_i.abs().max()  # without room for a letter below
    _label(axes, t, first_v, first_i, "v", VOLTAGE, below=-4 if low else 13)
    _label(axes, t, first_i, first_v, "i", CURRENT, below=-4)
    if inputs is not None:
        times = 1000 * dt * (inputs.detach().cpu().reshape(len(v), -1) != 0).any(1).nonzero().flatten()
        for at in times.tolist():
            axes.axvline(at, color=INPUT, linewidth=1, linestyle=":")
        if len(times):
            name_line(axes, float(times[0]), "input" if len(times) == 1 else "inputs", INPUT, height=13)
    sentence, peak = _describe_voltage(v, t)
    if peak is not None:
        axes.plot(*peak, "o", color=VOLTAGE, markersize=9, fillstyle="none")
    if predicted_peak is not None:
        sentence += mark_prediction(
            axes, predicted_peak, f" You predicted the peak after {digits(predicted_peak)} ms"
        )
    if predicted_curve is not None:
        sentence += mark_curve(axes, predicted_curve, "V")
    axes.set(xlabel="time (ms)", ylabel="voltage v and current i (V)")
    return axes.figure, sentence


def against_exact(
    voltages: Mapping[str, Tensor],
    dt: float = 0.001,
    p: LIParameters = LIParameters(),
    *,
    w: float = 1.0,
    until: float | None = None,
    predicted_peak: float | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw voltages after one jump at time 0 beside the analytic solution.

    .. math::
        v(t) - v_\text{leak} = w \, M_{vi}(t)

    Args:
        voltages: named voltages, each of shape ``(time,)``; drawn as points at ``(n + 1) * dt``.
        dt: length of a step in second.
        p: parameters of the one neuron.
        w: the jump in volt.
        until: the last time to draw, in ms; peaks and areas count everything that was computed.
        predicted_peak: when the learner expects the highest voltage, in ms, or None.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that compares peaks and areas; an area is that above ``v_leak``.

    Raises:
        ValueError: if there is no voltage, one is not of shape ``(time,)``, ``p`` is not of one neuron or
            ``w`` is 0.
    """
    check_dt(dt)
    check_parameters(p)
    check_voltages("voltages", voltages)
    if any(as_tensor(x).numel() != 1 for x in p):
        raise ValueError(f"p must be that of one neuron, got {p}. Use LIParameters(*(x[0] for x in p)).")
    if not w:
        raise ValueError("w must not be 0: without a jump there is nothing to compare. Use w=1.0.")
    p = LIParameters(*(as_tensor(x).detach().cpu().double().squeeze() for x in p))

    def response(seconds: Tensor) -> Tensor:
        return p.v_leak + w * exact(p, seconds).v_from_i

    axes = axes or new_axes()
    duration = dt * max(len(v) for v in voltages.values())
    seconds = torch.linspace(0, duration, 1001, dtype=torch.float64, device="cpu")
    curve = torch.cat([p.v_leak.reshape(1), response(seconds[1:])])
    axes.plot(1000 * seconds, curve, color=INPUT, linewidth=2.5, alpha=0.8, label="exact")
    # Closer and closer between the neighbours of the highest point: it is then known to three digits.
    around, near = seconds, curve
    for _ in range(3):
        at = min(max(int((near - p.v_leak).abs().argmax()), 1), len(around) - 2)
        ends = float(around[at - 1]), float(around[at + 1])
        around = torch.linspace(*ends, 101, dtype=torch.float64, device="cpu")[1:]
        near = response(around)
    sentence = f"The exact voltage peaks at {_peak(near, around, p.v_leak)}."
    styles = itertools.cycle(zip(LINE_STYLES, "os^D", strict=True))
    every = max(1, round((until or 1000 * duration) / (1000 * dt) / 30))  # more points would bury the curve
    for (name, v), (line, marker) in zip(voltages.items(), styles, strict=False):
        v = v.detach().cpu().double()
        t = 1000 * dt * torch.arange(1, len(v) + 1, dtype=torch.float64, device="cpu")
        first = len(voltages) > 1 and marker == "o"  # seen around another that has the same voltages
        color = VOLTAGE if marker == "o" else INK
        axes.plot(
            t, v, color=color, linestyle=line, marker=marker, markersize=7 if first else 3.5, markevery=every,
            markerfacecolor="white" if first else color, linewidth=1, label=name,
        )  # fmt: skip
        share = (v - p.v_leak).sum() * dt * p.tau_syn_inv / w  # the exact area is w tau_syn
        heading = capital(name)
        sentence += (
            f" {heading}: peak {_peak(v, t / 1000, p.v_leak)}, area {float(share):.2f} of the exact one."
        )
    axes.legend(frameon=False)
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    if until is not None:
        axes.set_xlim(-until / 40, until)
    if predicted_peak is not None:
        sentence += mark_prediction(
            axes, predicted_peak, f" You predicted the peak after {digits(predicted_peak)} ms"
        )
    return axes.figure, sentence


def bars(
    values: Mapping[str, float],
    what: str,
    unit: str = "",
    *,
    predicted: tuple[str, float | None] | None = None,
) -> tuple[Figure, str]:
    """Draw some numbers as bars below each other, each with its digits.

    Args:
        values: the numbers by their names.
        what: what they measure.
        unit: their unit.
        predicted: the name of the one that the learner predicted, and his number, or None.

    Returns:
        The figure, and the sentence that says each number.

    Raises:
        ValueError: if there is no number, or none of the name that was predicted.
    """
    name, guess = predicted or ("", None)
    if not values or (predicted and name not in values):
        raise ValueError(f"values must hold at least one number, and the predicted one, got {dict(values)}.")
    figure, (axes,) = new_figure()
    names, numbers = list(values), list(values.values())
    axes.barh(names, numbers, height=0.5, color=PALE[VOLTAGE], edgecolor=VOLTAGE)
    shown = [*numbers, 0.0]
    sentence = f"{capital(what)}: {', '.join(f'{_readable(x)} {unit}'.strip() + f' ({key})' for key, x in values.items())}."
    if guess is not None:
        sentence += f" You predicted {f'{_readable(guess)} {unit}'.strip()} for {name}"
        inside = abs(guess) <= 3 * max(map(abs, numbers))
        sentence += "." if inside else ", which is outside of the picture."
        if inside:
            shown.append(guess)
            place = names.index(name)
            axes.plot(
                [guess] * 2, [place - 0.45, place + 0.45], color=PREDICTION, linewidth=3, linestyle="--"
            )
            if presenting():  # large letters would cover the number of the bar above
                name_line(axes, guess, "your prediction", PREDICTION, height=1)
            else:
                axes.annotate(
                    "your prediction", (guess, place - 0.45), xytext=(0, 1), textcoords="offset points",
                    ha="center", va="bottom", color=PREDICTION, fontsize=9,
                )  # fmt: skip
    low, high = min(shown), max(shown)
    wide = high - low
    axes.set(
        xlim=(low - (0.2 * wide if low < 0 else 0), high + 0.2 * wide),
        xlabel=f"{what} ({unit})" if unit else what,
    )
    axes.invert_yaxis()
    for place, x in enumerate(numbers):
        axes.annotate(
            _readable(x).replace("-", "\N{MINUS SIGN}"), (x, place), xytext=(5 if x >= 0 else -5, 0), textcoords="offset points",
            ha="left" if x >= 0 else "right", va="center", color=VOLTAGE,
        )  # fmt: skip
    axes.axvline(0, color=INPUT, linewidth=0.8)
    return figure, sentence


def _readable(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 1000 else digits(x)


def _describe_voltage(v: Tensor, t: Tensor) -> tuple[str, tuple[float, float] | None]:
    """Return a sentence about a voltage, and where its peak is, if it has one."""
    v = v.reshape(len(v), -1)
    which = "The voltage" if v.shape[1] == 1 else f"The largest of {v.shape[1]} voltages"
    if not v.isfinite().all():
        return f"{which} is no longer finite after {digits(t[-1])} ms.", None
    # A peak lies beyond both ends, wherever the neuron rests.
    ends = torch.stack([v[0], v[-1]])
    beyond = torch.maximum(v - ends.amax(0), ends.amin(0) - v)
    step, neuron = divmod(int(beyond.argmax()), v.shape[1])
    if beyond[step, neuron] > 0:
        at = float(t[step]), float(v[step, neuron])
        return f"{which} peaks at {digits(at[1])} V after {digits(at[0])} ms.", at
    neuron = int(v.abs().amax(0).argmax())
    first, last = v[0, neuron], v[-1, neuron]
    does = "rises to" if last > first else "falls to" if last < first else "stays at"
    return f"{which} {does} {digits(last)} V after {digits(t[-1])} ms.", None


def _label(axes: Axes, t: Tensor, x: Tensor, other: Tensor, text: str, color: str, below: float) -> None:
    """Name a curve in its upper half, where the other one is furthest from it."""
    high = x.abs() >= 0.5 * x.abs().max()
    at = int((x - other).abs().where(high, -1.0).argmax())
    axes.annotate(
        text, (float(t[at]), float(x[at])), xytext=(8, -below), textcoords="offset points",
        color=color, fontweight="bold",
    )  # fmt: skip


def _peak(v: Tensor, seconds: Tensor, rest: Tensor) -> str:
    at = int((v - rest).abs().argmax())
    return f"{digits(v[at])} V after {digits(1000 * seconds[at])} ms"
