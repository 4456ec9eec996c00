"""Lesson 10's experiment: noise whose variance does not depend on the step, and noise whose variance does."""

import functools
import math

import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor

from leakyedu.teaching.figure import INPUT, PREDICTION, VOLTAGE
from leakyedu.teaching.lab import Lab, Preset, Slider

PATHS, SHOWN, DURATION = 500, 20, 100  # DURATION in ms
TOP = 1.2  # V; one for all settings, or what grows would look as large as before
UNSCALED = "#009E73"


def scaled_noise(xi: Tensor, dt: float, tau: float, sigma: float) -> Tensor:
    r"""Run one stage with noise that grows with the root of the step.

    .. math::
        v_{n+1} = v_n - \frac{\Delta t}{\tau} \, v_n + \sigma \sqrt{\Delta t} \, \xi_n

    From 0 the variance settles at :math:`\sigma^2 \tau / 2 \, / \, (1 - \Delta t / 2 \tau)`, which
    hardly depends on a small step.

    Args:
        xi: independent normal numbers of variance 1, of shape ``(time, paths)``.
        dt: length of a step in second.
        tau: time constant in second.
        sigma: strength of the noise in volt per root of a second.

    Returns:
        The voltage in volt from time 0 on, of shape ``(time + 1, paths)``.
    """
    voltages = [torch.zeros_like(xi[0])]
    for kick in sigma * math.sqrt(dt) * xi:
        voltages.append(voltages[-1] - dt / tau * voltages[-1] + kick)
    return torch.stack(voltages)


def unit_noise(xi: Tensor, dt: float, tau: float) -> Tensor:
    r"""Run one stage with noise of the same variance in every step, whatever its length: a mistake.

    .. math::
        v_{n+1} = v_n + \frac{\Delta t}{\tau} \, (\xi_n - v_n)

    From 0 the variance settles at :math:`a / (2 - a)` with :math:`a = \Delta t / \tau`, which vanishes
    with the step.

    Args and result: as for :func:`scaled_noise`.
    """
    voltages = [torch.zeros_like(xi[0])]
    for x in xi:
        voltages.append(voltages[-1] + dt / tau * (x - voltages[-1]))
    return torch.stack(voltages)


def standard_deviation(t: Tensor, tau: float, sigma: float) -> Tensor:
    r"""Return the standard deviation of the equation itself, without a step.

    .. math::
        \dot v = -v / \tau + \sigma \dot W, \; v(0) = 0: \qquad
        s(t) = \sqrt{\tfrac{1}{2} \sigma^2 \tau \, (1 - e^{-2 t / \tau})}

    Args:
        t: times in second, of any shape.
        tau: time constant in second.
        sigma: strength of the noise in volt per root of a second.

    Returns:
        Volts, of the shape of ``t``.

    Source: Gardiner, *Stochastic Methods* (2009), section 3.8.4.
    """
    return torch.sqrt(-(sigma**2) * tau / 2 * torch.expm1(-2 * t / tau))


def view(
    paths: Axes,
    shares: Axes,
    dt: float,
    tau: float,
    sigma: float,
    time: float,
    *,
    prediction: float | None = None,
) -> str:
    """Draw paths up to ``time`` and the histogram there; times in ms, ``sigma`` in volt per root second."""
    scaled, unit = _both(dt, tau, sigma)
    step = math.floor(time / dt + 1e-9)
    so_far = torch.linspace(0, dt * step, 201, dtype=torch.float64)
    spread = standard_deviation(so_far / 1000, tau / 1000, sigma)

    t = dt * torch.arange(step + 1, dtype=torch.float64)
    curves = [torch.stack([t, v], 1).numpy() for v in scaled[: step + 1, :SHOWN].T]
    paths.add_collection(LineCollection(curves, colors=VOLTAGE, linewidths=0.7, alpha=0.6), autolim=False)
    paths.plot(so_far, torch.stack([spread, -spread], 1), color=INPUT, linewidth=2.5)

    edges = torch.linspace(-TOP, TOP, 32, dtype=torch.float64)
    now = standard_deviation(torch.tensor(dt * step / 1000, dtype=torch.float64), tau / 1000, sigma)
    v = torch.linspace(-TOP, TOP, 401, dtype=torch.float64)
    half, narrow = TOP / 31, now.clamp(min=1e-12)  # all at 0 V in the beginning
    share = torch.special.ndtr((v + half) / narrow) - torch.special.ndtr((v - half) / narrow)
    shares.plot(100 * share, v, color=INPUT, linewidth=2.5, alpha=0.7, zorder=0)
    outside = []
    for v, name, color, line, place in (
        (scaled[step], "scaled noise", VOLTAGE, "-", 1.2),
        (unit[step], "unit noise", UNSCALED, "--", 2.6),
    ):
        percent = 100 / PATHS * torch.histogram(v, edges).hist
        shares.stairs(
            percent, edges, orientation="horizontal", color=color, linestyle=line, linewidth=1.4, label=name
        )
        spread = float(v.std())
        shares.plot([place, place], [spread, -spread], color=color, linestyle=line, linewidth=2.5, marker="_")
        if beyond := int((v.abs() > TOP).sum()):
            outside.append(f"{100 * beyond / PATHS:.3g} % of {name}")

    sentence = (
        f"After {dt * step:.3g} ms the standard deviation of {PATHS} paths with scaled noise is "
        f"{scaled[step].std():.3g} V, in theory {now:.3g} V. "
        f"With unit noise per step it is {unit[step].std():.3g} V."
    )
    if outside:
        sentence += f" Outside of the picture: {', '.join(outside)}."
    if dt > tau:
        sentence += " The step is longer than tau: each one overshoots 0 V."
    if prediction is not None:
        sentence += f" You predicted {prediction:.3g} V at the end"
        sentence += "." if abs(prediction) <= TOP else ", which is outside of the picture."
        style = {"color": PREDICTION, "linestyle": (0, (6, 2, 1, 2)), "linewidth": 1.8}
        for v in (prediction, -prediction):
            paths.axhline(v, **style)
            shares.axhline(v, xmax=0.3, **style)  # beyond are the names
        side, place = (-3, "top") if prediction > 0.7 * TOP else (3, "bottom")  # there the title is near
        paths.annotate(
            "your prediction", (DURATION, prediction), xytext=(-4, side), textcoords="offset points",
            ha="right", va=place, color=PREDICTION, fontsize=9, annotation_clip=True,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85},
        )  # fmt: skip
    ylim = -TOP, TOP
    paths.set(xlim=(0, DURATION), ylim=ylim, xlabel="time (ms)", ylabel="voltage v (V)")
    paths.set_title(f"{SHOWN} paths of scaled noise, theory in grey", fontsize=9)
    shares.set(xlim=(0, 30), ylim=ylim, xlabel="share of paths per bin (%)", ylabel="voltage v (V)")
    shares.set_title(f"all {PATHS} paths, ± one standard deviation", fontsize=9)
    shares.annotate(
        f"after {dt * step:.3g} ms", (0.97, 0.04), xycoords="axes fraction", ha="right", color=INPUT, fontsize=9
    )  # fmt: skip
    shares.legend(loc="upper right", frameon=False, fontsize=9)
    return sentence


@functools.lru_cache(maxsize=1)
def _normal_numbers(steps: int) -> Tensor:
    return torch.randn(steps, PATHS, generator=torch.Generator().manual_seed(10), dtype=torch.float64)


@functools.lru_cache(maxsize=1)
def _both(dt: float, tau: float, sigma: float) -> tuple[Tensor, Tensor]:
    """Return the paths with scaled and with unit noise, from the same random numbers; times in ms."""
    xi = _normal_numbers(400)[: math.floor(DURATION / dt + 1e-9)]
    dt, tau = dt / 1000, tau / 1000
    return scaled_noise(xi, dt, tau, sigma), unit_noise(xi, dt, tau)


LAB = Lab(
    view,
    panes=2,
    dt=Slider("dt (ms)", low=0.25, high=4.0, step=0.25, start=0.5),
    tau=Slider("tau (ms)", low=2, high=30, step=1, start=10),
    sigma=Slider("sigma (V per root second)", low=1.0, high=6.0, step=0.1, start=3.2),
    time=Slider("time (ms)", low=0, high=DURATION, step=2, start=DURATION, plays=True),
    presets=(
        Preset("After 6 ms", "After 6 ms the paths are parting.", {"time": 6}),
        Preset(
            "After 100 ms",
            "They part for about 20 ms, then leak and kicks are in balance.",
            {"time": 100},
        ),
        Preset("dt 2 ms", "Longer steps: scaled noise stays as wide, unit noise grows.", {"dt": 2.0}),
        Preset("dt 1 ms", "At 1 ms nobody can tell the two apart.", {"dt": 1.0}),
        Preset("dt 0.25 ms", "Shorter steps: unit noise shrinks, and nothing warned us.", {"dt": 0.25}),
        Preset(
            "tau 30 ms",
            "A longer tau keeps more kicks: wider, and slower to settle.",
            {"tau": 30},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
