"""Lesson 9's figures: a neuron unrolled over time, how far a gradient reaches, and a fit while it is trained."""

import itertools
import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from torch import Tensor

from leakyedu.model import check_dt
from leakyedu.teaching.drawings import INK, arrow, frame, new_drawing, write
from leakyedu.teaching.figure import (
    INPUT,
    LINE_STYLES,
    VOLTAGE,
    check_voltages,
    digits,
    mark_curve,
    new_axes,
    new_figure,
    presenting,
)


def reach(
    gradients: Mapping[str, Tensor],
    *,
    predicted_curve: Sequence[tuple[float, float]] | None = None,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw how much each input changes the last voltage, over how long before the end it came.

    .. math::
        g_n = \partial v_N / \partial x_n

    Args:
        gradients: named gradients, each of shape ``(time,)``, the first input first.
        predicted_curve: pairs of a number of steps and the change that the learner expects, in volt, or None.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says which input counts most, and how much the last one does.

    Raises:
        ValueError: if there is no gradient, or one is not of shape ``(time,)``.
    """
    check_voltages("gradients", gradients)
    axes = axes or new_axes()
    sentences = []
    for (name, g), line in zip(gradients.items(), itertools.cycle(LINE_STYLES), strict=False):
        backwards = g.detach().cpu().double().flip(0)
        axes.plot(range(len(g)), backwards, color=VOLTAGE, linestyle=line, label=name)
        most = int(backwards.abs().argmax())
        axes.plot(most, float(backwards[most]), "o", color=VOLTAGE)
        sentences.append(
            f"For {name}: {digits(backwards[0])} V per V for the last input, most for the "
            f"one {most} steps before it, {digits(backwards[most])} V per V."
        )
    axes.legend(frameon=False, loc="upper right")
    axes.set(xlabel="steps before the last input", ylabel="change of the last v (V per V)")
    if predicted_curve is not None:
        sentences.append(mark_curve(axes, predicted_curve, "V", "{} steps before the last").strip())
    return axes.figure, " ".join(sentences)


def fits(
    voltages: Mapping[str, Tensor],
    target: Tensor,
    dt: float = 0.001,
    *,
    since: float = 0.0,
    axes: Axes | None = None,
) -> tuple[Figure, str]:
    r"""Draw voltages over the one that they should have.

    .. math::
        e = \sqrt{\frac{1}{N} \sum_n (v_n - v^*_n)^2}

    Args:
        voltages: named voltages, each of the shape of ``target``.
        target: :math:`v^*` in volt, of shape ``(time,)``.
        dt: length of a step in second; the voltage ``n`` is drawn at ``since + (n + 1) * dt``.
        since: when the target begins, in second.
        axes: where to draw; default a new figure.

    Returns:
        The figure, and the sentence that says how far each is off, as the root of the mean square.

    Raises:
        ValueError: if there is no voltage, or one has another shape than ``(time,)``.
    """
    check_dt(dt)
    check_voltages("voltages", {**voltages, "target": target})
    if not voltages or any(v.shape != target.shape for v in voltages.values()):
        shapes = {name: tuple(v.shape) for name, v in voltages.items()}
        raise ValueError(
            f"voltages must be at least one, of the target's shape {tuple(target.shape)}, got {shapes}."
        )
    axes = axes or new_axes()
    t = 1000 * (since + dt * torch.arange(1, len(target) + 1, dtype=torch.float64, device="cpu"))
    target = target.detach().cpu().double()
    # So wide and pale that it is seen around a voltage that lies on it; alone, numbers can be read off.
    width, alpha = (5, 0.35) if len(voltages) > 1 else (2, 0.8)
    axes.plot(t, target, color=INPUT, linewidth=width, alpha=alpha, label="target")
    peak = int(target.argmax())
    axes.plot(t[peak], target[peak], "o", color=INPUT, markersize=5)
    off = []
    # The last one is what counts: it gets the solid line.
    styles = itertools.cycle(((":", 2.2), ("--", 2), ("-.", 1.8)))
    for number, (name, v) in enumerate(voltages.items(), 1):
        v = v.detach().cpu().double()
        line, width = ("-", 1.2) if number == len(voltages) > 1 else next(styles)
        axes.plot(t, v, color=VOLTAGE, linestyle=line, linewidth=width, label=name)
        off.append(f"{digits((v - target).square().mean().sqrt())} V ({name})")
    # Large letters leave no room between the curves.
    beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5)} if presenting() else {}
    axes.legend(frameon=False, fontsize=9, **beside)
    axes.set(xlabel="time (ms)", ylabel="voltage v (V)")
    return axes.figure, (
        f"The target is highest, {digits(target[peak])} V, after {float(t[peak]):.4g} ms, "
        f"and {digits(target[-1])} V at its end. Off by, as the root of the mean square: {', '.join(off)}."
    )


def training(
    losses: Sequence[float],
    snapshots: Mapping[int, Tensor],
    target: Tensor,
    dt: float = 0.001,
    *,
    drawn: str = "",
    others: Sequence[float] = (),
    since: float = 0.0,
    unit: str = "",
) -> tuple[Figure, str]:
    """Draw the loss at each step of a training, and beside it the voltage at some of these steps.

    Args:
        losses: the loss at each step, each above 0.
        snapshots: step -> voltage in volt, of the shape of ``target``.
        target, dt, since: as for :func:`fits`, and the same errors.
        drawn: what the voltages answer to, where it is not what was learned from, as in "new spikes".
        others: the loss on ``drawn`` at each step, likewise.
        unit: of the loss, as in "V^2".

    Returns:
        The figure, and the sentence that says how far the loss fell, and how far each voltage is off.

    Raises:
        ValueError: if there is no loss, one is not above 0, a snapshot is of a step without a loss, or
            ``others`` are not as many as the losses.
    """
    if not losses or not all(0 < loss < math.inf for loss in (*losses, *others)):
        raise ValueError(
            f"losses must be finite numbers above 0, at least one, got {[*losses, *others]}. "
            "Draw squared differences; take loss.item()."
        )
    if len(others) not in (0, len(losses)):
        raise ValueError(f"others must be one for each of the {len(losses)} losses, got {len(others)}.")
    if beyond := [step for step in snapshots if not 0 <= step < len(losses)]:
        raise ValueError(f"snapshots must be of steps 0 to {len(losses) - 1}, got {beyond}.")
    figure, (left, right) = new_figure(panes=2)
    _, sentence = fits(
        {f"step {step}": v for step, v in snapshots.items()}, target, dt, since=since, axes=right
    )
    left.plot(range(len(losses)), losses, color=INPUT, label="what it learned from")
    left.plot(list(snapshots), [losses[step] for step in snapshots], "o", color=INPUT)
    left.set(yscale="log", xlabel="step of the training", ylabel="loss")
    if unit:
        left.set_ylabel(f"loss ({unit})".replace("^2", "\N{SUPERSCRIPT TWO}"))
    if max(losses) < 100 * min(losses):  # between few powers of ten, numbers that can be read
        left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        left.yaxis.set_major_formatter("{x:g}")
        left.yaxis.set_minor_locator(NullLocator())
    learned = lowest = ""
    if drawn:
        learned = " on what it learned from"
        right.set_title(f"on {drawn}", fontsize=11)
        sentence = f"On {drawn} the {sentence.removeprefix('The ')}"
    if others:
        best = min(range(len(others)), key=others.__getitem__)
        lowest = f"; on {drawn} it is lowest at step {best}, {digits(others[best])}"
        left.plot(range(len(others)), others, color=VOLTAGE, linestyle="--", label=drawn)
        left.plot([best], [others[best]], "o", color=VOLTAGE)
        # Large letters leave no room between the curves.
        over = {"loc": "lower left", "bbox_to_anchor": (0, 1)} if presenting() else {}
        left.legend(frameon=False, fontsize=9, **over)
    elif drawn:
        left.set_title(learned.strip(), fontsize=11)
    return figure, (
        f"The loss{learned} goes from {digits(losses[0])} at step 0 to {digits(losses[-1])} at step "
        f"{len(losses) - 1}{lowest}. {sentence}"
    )


def unrolled(steps: int = 3) -> tuple[Figure, str]:
    """Draw the steps of a neuron side by side: values go to the right, the gradient comes back.

    Args:
        steps: how many to draw, two to four.

    Returns:
        The figure, and the sentence that says what goes where.
    """
    figure, axes = new_drawing()
    gap = 11.4 / steps
    for n in range(steps):
        x = 1.0 + gap * n
        frame(axes, x, 2.7, 2.2, 2.5)
        write(axes, x + 1.1, 4.5, "step", size=12)
        write(axes, x + 1.1, 3.5, rf"$i_{n}\;\;\; v_{n}$", size=16)
        arrow(axes, (x + 0.8, 0.9), (x + 0.8, 2.6), color=VOLTAGE, width=2.2)
        arrow(axes, (x + 1.4, 2.6), (x + 1.4, 0.9), color=INK, width=2.2, style="--")
        write(axes, x + 1.1, 0.45, f"$x_{n}$", color=INPUT, size=17)
        arrow(axes, (x + 2.3, 4.5), (x + gap - 0.1, 4.5), color=VOLTAGE, width=2.6)
        arrow(axes, (x + gap - 0.1, 3.3), (x + 2.3, 3.3), color=INK, width=2.6, style="--")
    end = 1.0 + gap * steps
    frame(axes, end, 2.7, 2.2, 2.5, face="#EFEFEF")
    write(axes, end + 1.1, 3.95, "loss", size=14, weight="bold")
    arrow(axes, (1.2, 6.3), (6.5, 6.3), color=VOLTAGE, width=2.6)
    write(axes, 6.9, 6.3, "values: what comes out?", color=VOLTAGE, ha="left", size=13)
    arrow(axes, (6.5, 7.3), (1.2, 7.3), color=INK, width=2.6, style="--")
    write(axes, 6.9, 7.3, "gradient: which input is to blame?", color=INK, ha="left", size=13)
    return figure, (
        f"A neuron unrolled over {steps} steps. Values go from the inputs x to the right, step by step, to the loss. "
        "The gradient goes back the same way (dashed), to each input: how much does the loss change with it?"
    )
