"""Pictures of a neuron, each with the sentence that says what is to be seen.

The sentence is computed from the data. It stands below the picture and is its alt text, so a reader
who cannot see the picture, or looks at it for the first time, learns the same thing. Voltages are
blue, currents orange (vermilion of Okabe and Ito's palette, which keeps a contrast of 3 on white),
inputs and references grey; line styles say the same without colour. A sound has its sentence, too.
"""

import base64
import html
import io
import itertools
import math
import statistics
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from torch import Tensor

from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState, as_tensor, check_dt, check_parameters

VOLTAGE, CURRENT, INPUT, PREDICTION = "#0072B2", "#D55E00", "#595959", "#A0307A"

WALL = 2.73  # width of a picture per height, in front of a class

_LINE_STYLES = ("-", "--", ":", "-.")
_in_front_of_a_class = False


def trajectory(
    trajectory: LIState,
    dt: float = 0.001,
    *,
    inputs: Tensor | None = None,
    predicted_peak: float | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    """Draw voltage and current over time.

    Args:
        trajectory: what ``simulate`` returned, of shape ``(time,)`` or ``(time, neurons)``.
        dt: length of a step in second; the state ``n`` is drawn at ``(n + 1) * dt``.
        inputs: the jumps, of the shape of the trajectory; drawn as stems where they are not 0.
        predicted_peak: when the learner expects the highest voltage, in ms, or None.
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
    t = 1000 * dt * torch.arange(1, len(v) + 1, dtype=torch.float64)
    axes.plot(t, v, color=VOLTAGE, marker=".", markersize=5)
    axes.plot(t, i, color=CURRENT, linestyle="--")
    for name, x, color in (("v", v, VOLTAGE), ("i", i, CURRENT)):
        first = x.reshape(len(x), -1)[:, 0]
        _label(axes, t, first, name, color)
    if inputs is not None:
        times = 1000 * dt * (inputs.detach().cpu().reshape(len(v), -1) != 0).any(1).nonzero().flatten()
        for at in times.tolist():
            axes.axvline(at, color=INPUT, linewidth=1, linestyle=":")
        if len(times):
            name_line(axes, float(times[0]), "input" if len(times) == 1 else "inputs", INPUT, height=13)
    sentence = _describe_voltage(v, t)
    if predicted_peak is not None:
        sentence += mark_prediction(
            axes, predicted_peak, f" You predicted the peak after {_number(predicted_peak)} ms"
        )
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
    _check_voltages("voltages", voltages)
    if any(as_tensor(x).numel() != 1 for x in p):
        raise ValueError(f"p must be that of one neuron, got {p}. Use LIParameters(*(x[0] for x in p)).")
    if not w:
        raise ValueError("w must not be 0: without a jump there is nothing to compare. Use w=1.0.")
    p = LIParameters(*(as_tensor(x).detach().cpu().double().squeeze() for x in p))

    def response(seconds: Tensor) -> Tensor:
        return p.v_leak + w * exact(p, seconds).v_from_i

    axes = axes or new_axes()
    duration = dt * max(len(v) for v in voltages.values())
    seconds = torch.linspace(0, duration, 1001, dtype=torch.float64)
    curve = torch.cat([p.v_leak.reshape(1), response(seconds[1:])])
    axes.plot(1000 * seconds, curve, color=INPUT, linewidth=2.5, alpha=0.8, label="exact")
    # Closer and closer between the neighbours of the highest point: it is then known to three digits.
    around, near = seconds, curve
    for _ in range(3):
        at = min(max(int((near - p.v_leak).abs().argmax()), 1), len(around) - 2)
        around = torch.linspace(float(around[at - 1]), float(around[at + 1]), 101, dtype=torch.float64)[1:]
        near = response(around)
    sentence = f"The exact voltage peaks at {_peak(near, around, p.v_leak)}."
    styles = itertools.cycle(zip(_LINE_STYLES, "os^D", strict=True))
    for (name, v), (line, marker) in zip(voltages.items(), styles, strict=False):
        v = v.detach().cpu().double()
        t = 1000 * dt * torch.arange(1, len(v) + 1, dtype=torch.float64)
        faded = len(voltages) > 1 and marker == "o"
        axes.plot(
            t, v, color=VOLTAGE, linestyle=line, marker=marker, markersize=4,
            markerfacecolor="white" if faded else VOLTAGE, linewidth=1, label=name,
        )  # fmt: skip
        share = (v - p.v_leak).sum() * dt * p.tau_syn_inv / w  # the exact area is w tau_syn
        heading = _capital(name)
        sentence += (
            f" {heading}: peak {_peak(v, t / 1000, p.v_leak)}, area {float(share):.2f} of the exact one."
        )
    axes.legend(frameon=False)
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    if until is not None:
        axes.set_xlim(-until / 40, until)
    if predicted_peak is not None:
        sentence += mark_prediction(
            axes, predicted_peak, f" You predicted the peak after {_number(predicted_peak)} ms"
        )
    return axes.figure, sentence


def drive_and_voltage(
    drive: Tensor, v: Tensor, dt: float = 0.001, *, since: float = 0.0, axes: Axes | None = None
) -> tuple[Figure, str]:
    """Draw a drive and the voltage that follows it over time.

    Args:
        drive: in volt, of shape ``(time,)``; element ``n`` is drawn at ``n * dt``.
        v: the voltage at the same times, likewise.
        dt: length of a step in second.
        since: the sentence is about what happens from then on, in second.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says between which values both go, and the mean of ``v``.

    Raises:
        ValueError: if the two have not the same shape ``(time,)``, or ``since`` is not one of their times.
    """
    drive, v = (x.detach().cpu().double() for x in (drive, v))
    if drive.ndim != 1 or drive.shape != v.shape:
        raise ValueError(
            f"drive and v must have the same shape (time,), got {tuple(drive.shape)} and {tuple(v.shape)}. "
            "Choose one neuron, as in v[:, 0]."
        )
    check_dt(dt)
    first = round(since / dt)
    if not 0 <= first < len(v):
        raise ValueError(
            f"since must be from 0 s to below {len(v) * dt:g} s, got {since} s. It is in second."
        )
    axes = axes or new_axes()
    t = 1000 * dt * torch.arange(len(v), dtype=torch.float64)
    axes.plot(t, drive, color=INPUT, linewidth=1, label="drive")
    axes.plot(t, v, color=VOLTAGE, linewidth=2, label="v")
    # Beside the axes, where no drive crosses it.
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set(xlabel="time (ms)", ylabel="drive and voltage v (V)")
    (low, high), (v_low, v_high) = ((float(x.min()), float(x.max())) for x in (drive[first:], v[first:]))
    return axes.figure, (
        f"From {_number(1000 * since)} ms on, the drive goes from {low:.3g} V to {high:.3g} V and v from "
        f"{v_low:.3g} V to {v_high:.3g} V, with a mean of {_number(v[first:].mean())} V."
    )


def frequency_response(
    frequencies: Tensor,
    curves: Mapping[str, Tensor],
    *,
    measured: tuple[Tensor, Tensor] | None = None,
    predicted_cut_off: float | None = None,
) -> tuple[Figure, str]:
    r"""Draw gain and phase over the frequency, on a logarithmic axis, side by side.

    .. math::
        \text{gain} = |H(f)|, \qquad \text{phase} = \arg H(f)

    Args:
        frequencies: those of the curves in hertz, rising, above 0, of shape ``(sizes,)``.
        curves: named transfer functions, complex, of the shape of ``frequencies``.
        measured: frequencies in hertz and complex numbers of the same shape, drawn as points, or None.
        predicted_cut_off: where the learner expects the cut-off, in hertz, or None.

    Returns:
        The figure, and the sentence with the cut-off, where there is one, and both ends of each curve.

    Raises:
        ValueError: if there is no curve, or one is not of the shape of ``frequencies``.
    """
    f = frequencies.detach().cpu().double()
    if f.ndim != 1 or not curves or any(h.shape != f.shape for h in curves.values()):
        shapes = {name: tuple(h.shape) for name, h in curves.items()}
        raise ValueError(
            f"curves must each have the shape {tuple(f.shape)} of the frequencies, got {shapes}. "
            "Compute one number for each frequency."
        )
    figure, (gain, phase) = new_figure(2)
    gain.set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="gain")
    phase.set(xscale="log", xlabel="frequency (Hz)", ylabel="phase (degrees)")
    sentences = []
    for number, (name, h) in enumerate(curves.items()):
        gains, lags = _gain_and_lag(h)
        style = {"color": VOLTAGE, "linestyle": _LINE_STYLES[number % 4], "linewidth": 1.5}
        if not number:  # what the others are held against
            style = {"color": INPUT, "linewidth": 2.5, "alpha": 0.8}
        gain.plot(f, gains, label=name, **style)
        corner = _cut_off(f, gains)
        if corner and not number:
            edges = [corner, corner, float(f[0])], [float(gains.min()), math.sqrt(0.5), math.sqrt(0.5)]
            gain.plot(*edges, color=INPUT, linestyle=":", linewidth=1)
        phase.plot(f, -lags, **style)
        on_the_way = f"0.707 at {_number(corner)} Hz, " if corner else ""
        sentences.append(
            f"{_capital(name)}: gain {_number(gains[0])} at {_number(f[0])} Hz, {on_the_way}"
            f"{_number(gains[-1])} at {_number(f[-1])} Hz, where v lags by {_number(lags[-1])} degrees."
        )
    if measured is not None:
        at, h = (x.detach().cpu() for x in measured)
        gains, lags = _gain_and_lag(h)
        gain.plot(at, gains, "o", color=VOLTAGE, markersize=6, label="measured")
        phase.plot(at, -lags, "o", color=VOLTAGE, markersize=6)
        sentences.append(
            f"Measured: gain {_number(gains[0])} at {_number(at[0])} Hz and {_number(gains[-1])} at "
            f"{_number(at[-1])} Hz."
        )
    gain.legend(frameon=False, loc="lower left", fontsize=8)
    phase.yaxis.set_major_locator(MultipleLocator(45))
    if predicted_cut_off is not None:
        words = f"You predicted a cut-off of {_number(predicted_cut_off)} Hz"
        sentences.append(mark_prediction(gain, predicted_cut_off, words, bottom=0.35))
    return figure, " ".join(sentences)


def _gain_and_lag(h: Tensor) -> tuple[Tensor, Tensor]:
    """Return the size of complex numbers, and by how many degrees from 0 to 360 they are behind."""
    h = h.detach().cpu().to(torch.complex128)
    return h.abs(), -h.angle().rad2deg() % 360 + 0.0  # no -0


def _cut_off(f: Tensor, gains: Tensor) -> float | None:
    """Return where a gain falls to 1 / sqrt 2 for the first time, if it does."""
    at = int((gains < math.sqrt(0.5)).int().argmax())
    if not at:
        return None
    share = float((gains[at - 1] - math.sqrt(0.5)) / (gains[at - 1] - gains[at]))
    return float(f[at - 1] * (f[at] / f[at - 1]) ** share)


def error_over_dt(
    dts: Tensor, errors: Mapping[str, Tensor], *, axes: Axes | None = None
) -> tuple[Figure, str]:
    r"""Draw errors over the length of a step, both axes logarithmic, each with its slope.

    .. math::
        \log e \approx \text{slope} \cdot \log \Delta t + \text{const}

    Args:
        dts: lengths of a step in second, of shape ``(sizes,)``, at least two different ones.
        errors: named errors in volt, each above 0 and of the shape of ``dts``.
        axes: where to draw; default a new figure.

    Returns:
        The figure, with the fitted line and a triangle that shows its slope, and the sentence that names
        the slopes.

    Raises:
        ValueError: if there are fewer than two step sizes, no error, or one that has no logarithm.
    """
    x = 1000 * as_tensor(dts).detach().cpu().double()
    if x.ndim != 1 or len(x.unique()) < 2 or not bool((x > 0).all()):
        raise ValueError(
            f"dts must be at least two different lengths of a step in second, got {dts}. "
            "Use torch.tensor([0.002, 0.001])."
        )
    named = {name: as_tensor(e).detach().cpu().double() for name, e in errors.items()}
    for name, e in named.items():
        if e.shape != x.shape or not bool(((e > 0) & e.isfinite()).all()):
            raise ValueError(
                f"errors[{name!r}] must be {len(x)} finite numbers above 0, one for each dt, got {e}. "
                "Take abs(), and leave out a dt without an error."
            )
    if not named:
        raise ValueError("errors must name at least one error. Use {'Euler': errors}.")
    axes = axes or new_figure()[1][0]
    axes.set(xscale="log", yscale="log", xlabel="dt (ms)", ylabel="error of v (V)")
    order = x.argsort()
    x, sentences = x[order], []
    # The outer parts of the line stay free for its points.
    left, right = (float(x[0] * (x[-1] / x[0]) ** share) for share in (0.45, 0.75))
    for (name, e), marker in zip(named.items(), itertools.cycle("os^D"), strict=False):
        e = e[order]
        slope, intercept = statistics.linear_regression(x.log().tolist(), e.log().tolist())
        fit = [math.exp(intercept) * dt**slope for dt in (float(x[0]), float(x[-1]), left)]
        axes.plot([x[0], x[-1]], fit[:2], color=INPUT, linestyle="--", linewidth=1.2)
        axes.plot(x, e, color=VOLTAGE, linestyle="", marker=marker, markersize=6, label=name)
        slope_triangle(axes, (left, right), 0.75 * fit[2], slope)
        axes.annotate(
            name, (float(x[len(x) // 2]), float(e[len(x) // 2])), xytext=(-6, 4),
            textcoords="offset points", ha="right", va="bottom", color=VOLTAGE, fontweight="bold",
        )  # fmt: skip
        sentences.append(
            f"{_capital(name)}: {_number(e[-1])} V at dt = {_number(x[-1])} ms and "
            f"{_number(e[0])} V at {_number(x[0])} ms, slope {slope:.2f}."
        )
    axes.margins(x=0.08)
    axes.set_xticks(x.tolist(), labels=[_number(dt) for dt in x])
    axes.set_xticks([], minor=True)
    # Whole powers of ten: a slope is read off as powers of ten.
    every = torch.cat(list(named.values()))
    axes.set_ylim(10 ** math.floor(math.log10(every.min()) - 0.2), 10 ** math.ceil(math.log10(every.max())))
    return axes.figure, " ".join(sentences)


def reach(gradients: Mapping[str, Tensor], *, axes: Axes | None = None) -> tuple[Figure, str]:
    r"""Draw how much each input changes the last voltage, over how long before the end it came.

    .. math::
        g_n = \partial v_N / \partial x_n

    Args:
        gradients: named gradients, each of shape ``(time,)``, the first input first.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says which input counts most, and how much the last one does.

    Raises:
        ValueError: if there is no gradient, or one is not of shape ``(time,)``.
    """
    _check_voltages("gradients", gradients)
    axes = axes or new_axes()
    sentences = []
    for (name, g), line in zip(gradients.items(), itertools.cycle(_LINE_STYLES), strict=False):
        backwards = g.detach().cpu().double().flip(0)
        axes.plot(range(len(g)), backwards, color=VOLTAGE, linestyle=line, label=name)
        most = int(backwards.abs().argmax())
        axes.plot(most, float(backwards[most]), "o", color=VOLTAGE)
        sentences.append(
            f"For {name}: {_number(backwards[0])} V per V for the last input, most for the "
            f"one {most} steps before it, {_number(backwards[most])} V per V."
        )
    axes.invert_xaxis()  # the end is on the right, as in time
    axes.legend(frameon=False, loc="upper left")
    axes.set(xlabel="steps before the last input", ylabel="change of the last v (V per V)")
    return axes.figure, " ".join(sentences)


def fits(
    voltages: Mapping[str, Tensor], target: Tensor, dt: float = 0.001, *, axes: Axes | None = None
) -> tuple[Figure, str]:
    r"""Draw voltages over the one that they should have.

    .. math::
        e = \sqrt{\frac{1}{N} \sum_n (v_n - v^*_n)^2}

    Args:
        voltages: named voltages, each of the shape of ``target``.
        target: :math:`v^*` in volt, of shape ``(time,)``.
        dt: length of a step in second; the voltage ``n`` is drawn at ``(n + 1) * dt``.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says how far each is off, as the root of the mean square.

    Raises:
        ValueError: if there is no voltage, or one has another shape than ``(time,)``.
    """
    check_dt(dt)
    _check_voltages("voltages", {**voltages, "target": target})
    if not voltages or any(v.shape != target.shape for v in voltages.values()):
        shapes = {name: tuple(v.shape) for name, v in voltages.items()}
        raise ValueError(
            f"voltages must be at least one, of the target's shape {tuple(target.shape)}, got {shapes}."
        )
    axes = axes or new_axes()
    t = 1000 * dt * torch.arange(1, len(target) + 1, dtype=torch.float64)
    target = target.detach().cpu().double()
    axes.plot(t, target, color=INPUT, linewidth=2.5, alpha=0.8, label="target")
    off = []
    # The last one is what counts: it gets the solid line.
    styles = itertools.cycle((":", "-.", "--"))
    for number, (name, v) in enumerate(voltages.items(), 1):
        v = v.detach().cpu().double()
        line = "-" if number == len(voltages) > 1 else next(styles)
        axes.plot(t, v, color=VOLTAGE, linestyle=line, linewidth=1.2, label=name)
        off.append(f"{_number((v - target).square().mean().sqrt())} V ({name})")
    axes.legend(frameon=False, fontsize=8)
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    return axes.figure, (
        f"The target is highest, {_number(target.max())} V, after {float(t[int(target.argmax())]):.4g} ms, "
        f"and {_number(target[-1])} V at its end. Off by, as the root of the mean square: {', '.join(off)}."
    )


def training(
    losses: Sequence[float], snapshots: Mapping[int, Tensor], target: Tensor, dt: float = 0.001
) -> tuple[Figure, str]:
    """Draw the loss at each step of a training, and beside it the voltage at some of these steps.

    Args:
        losses: the loss at each step, each above 0.
        snapshots: step -> voltage in volt, of the shape of ``target``.
        target, dt: as for :func:`fits`, and the same errors.

    Returns:
        The figure, and the sentence that says how far the loss fell, and how far each voltage is off.

    Raises:
        ValueError: if there is no loss, one is not above 0, or a snapshot is of a step without a loss.
    """
    if not losses or not all(0 < loss < math.inf for loss in losses):
        raise ValueError(
            f"losses must be finite numbers above 0, at least one, got {losses!r}. "
            "Draw squared differences; take loss.item()."
        )
    if beyond := [step for step in snapshots if not 0 <= step < len(losses)]:
        raise ValueError(f"snapshots must be of steps 0 to {len(losses) - 1}, got {beyond}.")
    figure, (left, right) = new_figure(panes=2)
    _, sentence = fits({f"step {step}": v for step, v in snapshots.items()}, target, dt, axes=right)
    left.plot(range(len(losses)), losses, color=INPUT)
    left.plot(list(snapshots), [losses[step] for step in snapshots], "o", color=INPUT)
    left.set(yscale="log", xlabel="step of the training", ylabel="loss")
    return figure, (
        f"The loss goes from {_number(losses[0])} at step 0 to {_number(losses[-1])} at step "
        f"{len(losses) - 1}. {sentence}"
    )


def paths(
    voltages: Tensor,
    dt: float = 0.001,
    *,
    shown: int = 20,
    predicted_spread: float | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw voltages that noise moves, and how far they spread.

    .. math::
        s^2 = \frac{1}{n - 1} \sum_k (v_k - \bar v)^2

    Args:
        voltages: of shape ``(time, neurons)``, the first at time 0.
        dt: length of a step in second.
        shown: how many of the neurons are drawn; all of them count.
        predicted_spread: the standard deviation that the learner expects at the end, in volt, or None.
            The picture grows for one of up to twice what it shows.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that tells the spread at the end; of one neuron, how far it went.

    Raises:
        ValueError: if the voltages are not of two axes, with a step and a neuron at least.
    """
    check_dt(dt)
    v = voltages.detach().cpu().double()
    if v.ndim != 2 or len(v) < 2 or not v.shape[1]:
        raise ValueError(
            f"voltages must have the shape (time, neurons) from time 0 on, got {tuple(v.shape)}. "
            "Give one neuron as v[:, None]."
        )
    axes = axes or new_axes()
    t = 1000 * dt * torch.arange(len(v), dtype=torch.float64)
    many = v.shape[1] > 1
    axes.plot(t, v[:, :shown], color=VOLTAGE, linewidth=0.6 if many else 1.2, alpha=0.6 if many else 1)
    if many:
        mean, spread = v.mean(1), v.std(1)
        axes.plot(t, torch.stack([mean - spread, mean + spread], 1), color=INPUT, linewidth=2.5)
        within = ((v[-1] - mean[-1]).abs() < spread[-1]).double().mean()
        sentence = (
            f"After {_number(t[-1])} ms the standard deviation of {v.shape[1]:,} voltages is "
            f"{_number(spread[-1])} V: {100 * within:.0f} % of them lie between the grey lines."
        )
    else:
        sentence = (
            f"In {_number(t[-1])} ms the voltage wanders from {_number(v.min())} V to {_number(v.max())} V."
        )
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    if predicted_spread is not None:
        sentence += f" You predicted {_number(predicted_spread)} V"
        low, high = axes.get_ylim()
        inside = abs(predicted_spread) <= 2 * min(-low, high)
        sentence += "." if inside else ", which is outside of the picture."
        room = 1.15 * abs(predicted_spread) if inside else 0
        axes.set_ylim(min(low, -room), max(high, room))
        for y in (-predicted_spread, predicted_spread) if inside else ():
            axes.axhline(y, color=PREDICTION, linestyle=(0, (6, 2, 1, 2)), linewidth=1.8)
        if inside:
            axes.annotate(
                "your prediction", (1, abs(predicted_spread)), xycoords=("axes fraction", "data"),
                xytext=(0, 2), textcoords="offset points", ha="right", va="bottom", color=PREDICTION,
                fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )  # fmt: skip
    return axes.figure, sentence


def in_bands(
    dts: Tensor,
    variances: Mapping[str, Tensor],
    expected: Tensor,
    half: float,
    *,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw variances over the length of a step, and the bands in which right ones lie.

    .. math::
        (1 - h) \, s \le \text{variance} \le (1 + h) \, s

    Args:
        dts: lengths of a step in second, of shape ``(sizes,)``.
        variances: named variances in volt squared, each of the shape of ``dts``.
        expected: the right ones, s, of the same shape.
        half: half of the width of a band, h, as a part of the right one.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that counts what is inside.

    Raises:
        ValueError: if the shapes differ or nothing is named.
    """
    x, s = (as_tensor(y).detach().cpu().double() for y in (dts, expected))
    named = {name: as_tensor(y).detach().cpu().double() for name, y in variances.items()}
    if not named or x.ndim != 1 or any(y.shape != x.shape for y in (s, *named.values())):
        shapes = {name: tuple(y.shape) for name, y in named.items()}
        raise ValueError(
            f"variances and expected must have the shape of dts, {tuple(x.shape)}, got {shapes} and "
            f"{tuple(s.shape)}. Give one number for each dt."
        )
    axes = axes or new_axes()
    order = x.argsort()
    x, s = 1000 * x[order], s[order]
    axes.fill_between(x, (1 - half) * s, (1 + half) * s, color=INPUT, alpha=0.3, linewidth=0)
    axes.plot(x, s, color=INPUT, linewidth=1.2, label="theory and its band")
    sentence = f"The band reaches {100 * half:.0f} % to either side of the theory."
    styles = itertools.cycle(zip(_LINE_STYLES, "os^D", strict=True))
    for (name, y), (line, marker) in zip(named.items(), styles, strict=False):
        y = y[order]
        axes.plot(x, y, color=VOLTAGE, linestyle=line, marker=marker, linewidth=1, label=name)
        inside = [_number(dt) for dt, near in zip(x, (y - s).abs() <= half * s, strict=True) if near]
        where = f", at dt = {', '.join(inside)} ms" if 0 < len(inside) < len(x) else ""
        sentence += f" {_capital(name)}: {len(inside)} of {len(x)} inside{where}."
    axes.set(xscale="log", xlabel="dt (ms)", ylabel="variance of v (V$^2$)")
    axes.set_ylim(bottom=0)
    axes.set_xticks(x.tolist(), labels=[_number(dt) for dt in x])
    axes.set_xticks([], minor=True)
    axes.legend(frameon=False, fontsize=9)
    return axes.figure, sentence


def lateness_over_dt(
    dts: Tensor, late: Mapping[str, Tensor], *, axes: Axes | None = None
) -> tuple[Figure, str]:
    """Draw how late an event is found in steps, over the length of a step.

    What lies above 0 is late, what lies below is early. An event that waits for the end of its step, and is
    right otherwise, lies between 0 and the dotted line of a whole step.

    Args:
        dts: lengths of a step in second, of shape ``(sizes,)``, each above 0.
        late: named times in second, each of the shape of ``dts``: the event's time in steps minus its true
            time, so that a negative one is early.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that names the earliest and the latest.

    Raises:
        ValueError: if there is no step, or a time for none of them.
    """
    x = 1000 * as_tensor(dts).detach().cpu().double()
    if x.ndim != 1 or not len(x) or not bool((x > 0).all()):
        raise ValueError(
            f"dts must be lengths of a step in second, above 0, got {dts}. Use torch.tensor([0.002, 0.001])."
        )
    named = {name: 1000 * as_tensor(e).detach().cpu().double() for name, e in late.items()}
    if not named or any(e.shape != x.shape or not bool(e.isfinite().all()) for e in named.values()):
        raise ValueError(
            f"late must name at least one list of {len(x)} finite times, one for each dt, got {late}. "
            "Leave out a dt without an event."
        )
    axes = axes or new_axes()
    longest = float(x.max())
    whole = [0, longest]
    axes.plot(whole, whole, color=INPUT, linestyle=":", linewidth=1.2, label="a whole step late")
    sentences = []
    for (name, e), (marker, size) in zip(
        named.items(), itertools.cycle((("o", 4), ("s", 7), ("^", 7))), strict=False
    ):
        axes.plot(
            x, e, color=VOLTAGE, linestyle="", marker=marker, markersize=size,
            fillstyle="full" if size == 4 else "none", label=name,
        )  # fmt: skip
        ends = [f"{_number(abs(t))} ms too {'late' if t > 0 else 'early'}" for t in (e.min(), e.max())]
        sentences.append(f"{_capital(name)}: between {ends[0]} and {ends[1]}.")
    axes.set(xlim=(0, 1.02 * longest), xlabel="dt (ms)", ylabel="too late (ms)")
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    return axes.figure, " ".join([*sentences, f"Steps of {_number(x.min())} to {_number(longest)} ms."])


def slope_triangle(axes: Axes, between: tuple[float, float], low: float, slope: float) -> None:
    r"""Draw a triangle whose third side has a slope on logarithmic axes, and write the slope below it.

    .. math::
        y_\text{high} = y_\text{low} \, (x_\text{right} / x_\text{left})^\text{slope}

    Args:
        axes: where to draw, both axes logarithmic.
        between: left and right end, in the unit of the horizontal axis.
        low: lower end, in the unit of the vertical axis.
        slope: of the third side.
    """
    left, right = between
    high = low * (right / left) ** slope
    axes.plot([left, right, right, left], [low, low, high, low], color=INPUT, linewidth=1)
    axes.annotate(
        f"slope {slope:.2f}", (math.sqrt(left * right), low), xytext=(0, -3),
        textcoords="offset points", ha="center", va="top", color=INPUT, fontsize=8,
    )  # fmt: skip


def presentation(on: bool = True) -> None:
    """Make all further pictures for the last row of a classroom: thick lines, large type.

    Args:
        on: False for pictures of the usual size again.
    """
    global _in_front_of_a_class
    _in_front_of_a_class = on


def presenting() -> bool:
    """Tell whether pictures are made for the last row of a classroom."""
    return _in_front_of_a_class


def new_axes() -> Axes:
    """Return axes in a new figure that no global state knows, so that none is left open."""
    axes = new_figure()[1][0]
    axes.axhline(0, color=INPUT, linewidth=0.8)
    return axes


def new_figure(panes: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a new figure, and its axes side by side."""
    width, height, dpi = 6.4, 3.2, 160
    if presenting():
        # More pixels in fewer inches make everything in the picture larger; the shape is that of a wall,
        # with a question above the picture. Two panes need the inches that they have on paper.
        width, dpi = (5.6, 230) if panes == 1 else (6.4, 200)
        height = width / WALL
    figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained", facecolor="white")
    axes = list(figure.subplots(1, panes, squeeze=False)[0])
    for pane in axes:
        pane.spines[["top", "right"]].set_visible(False)
        pane.margins(y=0.12)
    return figure, axes


def fit(figure: Figure) -> None:
    """Make what a picture for a class has drawn small or thin as large as the last row needs it."""
    if not presenting():
        return
    for axes in figure.axes:
        # Longer than the axis, it would be cut at the edge of the picture.
        axes.set_ylabel(axes.get_ylabel().replace(" v and ", " v\nand "))
        for text in axes.get_legend().get_texts() if axes.get_legend() else ():
            text.set_fontsize(max(text.get_fontsize(), 8.5))
        for line in axes.get_lines():
            line.set_linewidth(max(line.get_linewidth(), 1.5))


def picture(figure: Figure, sentence: str) -> str:
    """Return a figure as HTML: the picture with the sentence as its alt text and below it."""
    fit(figure)
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return picture_of(png.getvalue(), sentence)


def picture_of(png: bytes, sentence: str) -> str:
    """Return a picture that is drawn already as HTML, as :func:`picture` does."""
    data, words = base64.b64encode(png).decode(), html.escape(sentence)
    width = "100%" if _in_front_of_a_class else "640px"
    return (
        f'<figure style="margin:0"><img alt="{words}" src="data:image/png;base64,{data}" '
        f'style="width:{width};max-width:100%;height:auto">'
        f"<figcaption{_caption()}>{words}</figcaption></figure>"
    )


def _caption() -> str:
    """Return the style of a caption, larger for the last row of a classroom."""
    return ' style="font-size:1.6em"' if _in_front_of_a_class else ""


def show(figure: Figure, sentence: str) -> None:
    """Display a figure below the cell, with its sentence as caption and alt text.

    Raises:
        ValueError: if the sentence says too little to stand for the picture: 20 characters, a number.
    """
    if len(sentence) <= 20 or not any(c.isdigit() for c in sentence):
        raise ValueError(
            f"sentence must have over 20 characters and a number from the data, got {sentence!r}. "
            "Say what is to be seen, for example 'The voltage peaks at 0.25 V after 6.9 ms.'"
        )
    from IPython.display import display

    display({"text/plain": sentence, "text/html": picture(figure, sentence)}, raw=True)


def sound(x: Tensor, rate: int, name: str, *, above: float) -> None:
    r"""Display a sound below the cell, to be started by hand, with a sentence that says what is to be heard.

    .. math::
        \text{share} = \sum_{f > f_0} |\hat x(f)|^2 \, / \, \sum_{f > 0} |\hat x(f)|^2

    Its mean is taken off, and it is made as loud as any other: a tenth of full scale, as a root mean square.

    Args:
        x: what is to be heard, of shape ``(time,)``.
        rate: its samples per second.
        name: what it is.
        above: :math:`f_0` in hertz; the sentence says which share of the power lies higher.

    Raises:
        ValueError: if ``x`` has not the shape ``(time,)``, or never changes.
    """
    if x.ndim != 1 or not len(x) or not bool((x != x[0]).any()):
        raise ValueError(
            f"x must have the shape (time,) and change, got shape {tuple(x.shape)}. "
            "Choose one neuron, as in v[:, 0], that has an input."
        )
    from IPython.display import Audio, display

    x = x.detach().cpu().double()
    x = x - x.mean()
    power = torch.fft.rfft(x).abs().square()
    frequencies = torch.fft.rfftfreq(len(x), 1 / rate)
    share = float(power[frequencies > above].sum() / power.sum())
    sentence = (
        f"{_capital(name)}: {_number(len(x) / rate)} s of sound; {100 * share:.0f} % of its "
        f"power lies above {above:g} Hz."
    )
    loud = (0.1 / x.square().mean().sqrt() * x).clamp(-1, 1)
    wave = Audio(loud.numpy(), rate=rate, normalize=False).src_attr()
    words = html.escape(sentence)
    page = (
        f'<figure style="margin:0"><audio controls aria-label="{words}" src="{wave}"></audio>'
        f"<figcaption{_caption()}>{words}</figcaption></figure>"
    )
    display({"text/plain": sentence, "text/html": page}, raw=True)


def _describe_voltage(v: Tensor, t: Tensor) -> str:
    v = v.reshape(len(v), -1)
    which = "The voltage" if v.shape[1] == 1 else f"The largest of {v.shape[1]} voltages"
    if not v.isfinite().all():
        return f"{which} is no longer finite after {_number(t[-1])} ms."
    step, neuron = divmod(int(v.abs().argmax()), v.shape[1])
    if 0 < step < len(v) - 1:
        return f"{which} peaks at {_number(v[step, neuron])} V after {_number(t[step])} ms."
    first, last = _number(v[0, neuron]), _number(v[-1, neuron])
    return f"{which} goes from {first} V after {_number(t[0])} ms to {last} V after {_number(t[-1])} ms."


def mark_prediction(axes: Axes, x: float, words: str, *, bottom: float = 0.0) -> str:
    """Draw a predicted ``x`` as a vertical line from a share of the height on; return the sentence.

    ``words`` begin the sentence, which also says if the line would be outside of the picture.
    """
    low, high = axes.get_xlim()
    if not low <= x <= high:
        return f"{words}, which is outside of the picture."
    axes.set_xlim(low, high)  # or a line near its edge would widen the picture
    axes.axvline(x, bottom, color=PREDICTION, linestyle=(0, (6, 2, 1, 2)), linewidth=1.8)
    name_line(axes, x, "your prediction", PREDICTION, height=1)
    return f"{words}."


def name_line(axes: Axes, x: float, text: str, color: str, height: float) -> None:
    """Name a vertical line above the axes, where no curve is; ``height`` keeps two names apart."""
    axes.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, height),
        textcoords="offset points", ha="center", va="bottom", color=color, fontsize=9,
    )  # fmt: skip


def _check_voltages(name: str, voltages: Mapping[str, Tensor]) -> None:
    shapes = {key: tuple(v.shape) for key, v in voltages.items()}
    if not shapes or any(len(shape) != 1 or not shape[0] for shape in shapes.values()):
        raise ValueError(
            f"{name} must each have the shape (time,), got {shapes}. Choose one neuron, as in v[:, 0]."
        )


def _label(axes: Axes, t: Tensor, x: Tensor, text: str, color: str) -> None:
    """Name a curve where it is highest, which is where two curves are furthest apart."""
    at = int(x.abs().argmax())
    axes.annotate(
        text, (float(t[at]), float(x[at])), xytext=(8, 4), textcoords="offset points",
        color=color, fontweight="bold",
    )  # fmt: skip


def _peak(v: Tensor, seconds: Tensor, rest: Tensor) -> str:
    at = int((v - rest).abs().argmax())
    return f"{_number(v[at])} V after {_number(1000 * seconds[at])} ms"


def _capital(name: str) -> str:
    """Return a name as a sentence begins with it; the rest stays, as in "v leak"."""
    return name[:1].upper() + name[1:]


def _number(x: float | Tensor) -> str:
    """Three digits: what can be read off a figure."""
    return f"{float(x):.3g}"
