r"""Inputs to try: tensors of jumps with time as the first axis, ready for ``simulate``.

There are two families. :func:`pulse`, :func:`spikes` and :func:`poisson` are events: each makes the
current jump by a weight ``w`` in volt. :func:`constant`, :func:`ramp`, :func:`sine` and
:func:`white_noise` are drives: a current :math:`I(t)` in volt that the synapse follows, so that the
jump of each step is

.. math::
    x_n = I(n \, \Delta t) \; \Delta t \, / \, \tau_\text{syn}

A drive needs a synapse that decays: with ``tau_syn_inv = 0`` each jump stays for ever, and an input
is a *change* of the drive. It is refused there.

Step ``n`` begins at the time ``n * dt``; its jump acts from then on. Results are on the CPU in the
default dtype unless ``dtype`` says otherwise; move them with ``.to(device)``.
"""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Generator, Tensor

from leakyedu.model import LIParameters, as_tensor, check_dt, check_parameters


def pulse(steps: int, at: int = 0, w: float = 1.0, *, dtype: torch.dtype | None = None) -> Tensor:
    r"""Return one jump.

    .. math::
        x_n = w \; [n = n_\text{at}]

    Args:
        steps: number of steps.
        at: the step that jumps, from 0.
        w: the jump in volt; a negative one inhibits.
        dtype: dtype of the result.

    Returns:
        Jumps in volt, of shape ``(steps,)``.

    Raises:
        TypeError: if ``steps`` or ``at`` is no integer, ``w`` no number, or ``dtype`` not floating.
        ValueError: if ``at`` is not one of the steps.
    """
    _check_steps(steps)
    if not _is_integer(at):
        raise TypeError(f"at must be an integer, the number of a step, got {at!r}. Use round(t / dt).")
    if not 0 <= at < steps:
        raise ValueError(f"at must be a step from 0 to {steps - 1}, got {at}. Raise steps or lower at.")
    _check_finite("w", w)
    _check_dtype(dtype)
    x = torch.zeros(steps, dtype=dtype, device="cpu")
    x[at] = w
    return x


def spikes(
    times: Sequence[float],
    steps: int,
    dt: float = 0.001,
    w: float = 1.0,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Return jumps at given times, each moved to the nearest start of a step.

    .. math::
        x_n = w \sum_k \, [n = \text{round}(t_k / \Delta t)]

    Two spikes in one step add up. A spike that is not on the grid costs accuracy whatever the method.

    Args:
        times: times of the spikes in second.
        steps: number of steps.
        dt: length of a step in second.
        w: jump per spike in volt.
        dtype: dtype of the result.

    Returns:
        Jumps in volt, of shape ``(steps,)``.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if a time is below 0 or nearest to no step of the sequence.
    """
    _check_steps(steps)
    _check_one_dt(dt)
    _check_finite("w", w)
    _check_dtype(dtype)
    times = _real("times", times, "a list of seconds").flatten()
    at = (times / dt).round()
    outside = ~((times >= 0) & (at < steps))
    if outside.any():
        raise ValueError(
            f"times must be at least 0 and nearest to a step from 0 to {steps - 1}, below "
            f"{(steps - 0.5) * dt:g} s, got {times[outside][0]:g} s. Times are in second; raise steps."
        )
    x = torch.zeros(steps, dtype=dtype, device="cpu")
    return x.index_add_(0, at.long(), torch.full_like(x, w)[:1].expand(len(at)))


def poisson(
    rate: float | Tensor,
    steps: int,
    neurons: int | Sequence[int] = (),
    dt: float = 0.001,
    w: float = 1.0,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Return jumps from spikes that come at random, independently of each other.

    .. math::
        x_n = w \, k_n, \qquad k_n \sim \text{Poisson}(r \, \Delta t)

    Args:
        rate: spikes per second :math:`r`, a number or a tensor that broadcasts with
            ``(steps, *neurons)``.
        steps: number of steps.
        neurons: shape behind the time axis.
        dt: length of a step in second.
        w: jump per spike in volt.
        generator: source of randomness; pass one with a seed to get the same spikes again.
        dtype: dtype of the result.

    Returns:
        Jumps in volt, of shape ``(steps, *neurons)``.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if a rate is negative, not finite or of a shape that does not fit.
    """
    shape = _shape(steps, neurons)
    _check_one_dt(dt)
    _check_finite("w", w)
    _check_dtype(dtype)
    rate = _real("rate", rate, "spikes per second, a number or a tensor")
    # Beyond a million spikes in a step, a rate was meant in another unit.
    bad = ~((rate >= 0) & (rate * dt <= 1e6))
    if bad.any():
        raise ValueError(
            f"rate must be spikes per second, from 0 to {1e6 / dt:g}, got {rate[bad][0]:g}. "
            "Use hertz, for example rate=100."
        )
    has_time = rate.ndim > 1 and len(rate) == steps
    _check_that_it_fits("rate", rate, shape, rate.shape[1:] if has_time else None)
    counts = torch.poisson((rate * dt).expand(shape), generator=generator)
    return (w * counts).to(dtype or torch.get_default_dtype())


def constant(
    current: float,
    steps: int,
    p: LIParameters = LIParameters(),
    dt: float = 0.001,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Return the jumps of a drive that is switched on at time 0 and stays.

    .. math::
        I(t) = I

    Euler's voltage settles at :math:`I`, with a stored current of :math:`(1 - \Delta t / \tau_\text{syn}) I`.

    Args:
        current: the drive :math:`I` in volt.
        steps: number of steps.
        p: parameters of the neurons that will get it.
        dt: length of a step in second.
        dtype: dtype of the result.

    Returns:
        Jumps in volt, of shape ``(steps, ...)`` where ``...`` is the shape of ``p.tau_syn_inv``.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if a value cannot be meant, or ``p.tau_syn_inv`` is 0.
    """
    _check_finite("current", current)
    return _jumps(torch.full_like(_times(steps, dt), current), p, dt, dtype)


def ramp(
    start: float,
    stop: float,
    steps: int,
    p: LIParameters = LIParameters(),
    dt: float = 0.001,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Return the jumps of a drive that grows steadily.

    .. math::
        I(t) = I_\text{start} + (I_\text{stop} - I_\text{start}) \, t / (N \Delta t)

    Args:
        start: the drive at time 0 in volt.
        stop: the drive at the end of the last step in volt.
        steps: number of steps :math:`N`.
        p, dt, dtype: as for :func:`constant`, and the same errors.

    Returns:
        Jumps in volt, of shape ``(steps, ...)``.
    """
    _check_finite("start", start)
    _check_finite("stop", stop)
    return _jumps(start + (stop - start) * _times(steps, dt) / (steps * dt), p, dt, dtype)


def sine(
    amplitude: float,
    frequency: float,
    steps: int,
    p: LIParameters = LIParameters(),
    dt: float = 0.001,
    *,
    phase: float = 0.0,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Return the jumps of a drive that swings.

    .. math::
        I(t) = I_0 \sin(2 \pi f t + \varphi)

    Args:
        amplitude: :math:`I_0` in volt.
        frequency: :math:`f` in hertz.
        steps: number of steps.
        p, dt, dtype: as for :func:`constant`, and the same errors.
        phase: :math:`\varphi` in radian.

    Returns:
        Jumps in volt, of shape ``(steps, ...)``.
    """
    for name, value in (("amplitude", amplitude), ("frequency", frequency), ("phase", phase)):
        _check_finite(name, value)
    return _jumps(amplitude * torch.sin(2 * math.pi * frequency * _times(steps, dt) + phase), p, dt, dtype)


def white_noise(
    sigma: float,
    steps: int,
    neurons: int | Sequence[int] = (),
    p: LIParameters = LIParameters(),
    dt: float = 0.001,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Return the jumps of a drive that is noise without memory.

    .. math::
        I_n = \frac{\sigma}{\sqrt{\Delta t}} \, \xi_n, \qquad \xi_n \sim N(0, 1)

    The root keeps the noise's effect on the voltage the same when ``dt`` changes.

    Args:
        sigma: strength in volt times the root of a second.
        steps: number of steps.
        neurons: shape behind the time axis, each with noise of its own; ``p.tau_syn_inv`` must fit it.
        p, dt, dtype: as for :func:`constant`, and the same errors.
        generator: source of randomness; pass one with a seed to get the same noise again.

    Returns:
        Jumps in volt, of shape ``(steps, *neurons)``.
    """
    shape = _shape(steps, neurons)
    _check_one_dt(dt)
    _check_finite("sigma", sigma)
    check_parameters(p)
    _check_that_it_fits("p.tau_syn_inv", as_tensor(p.tau_syn_inv), shape[1:])
    noise = torch.randn(shape, generator=generator, dtype=torch.float64, device="cpu")
    return _jumps(sigma / math.sqrt(dt) * noise, p, dt, dtype)


def _jumps(drive: Tensor, p: LIParameters, dt: float, dtype: torch.dtype | None) -> Tensor:
    """Turn a drive of shape (time,) or (time, ..., neurons) into the jumps of ``p``'s synapses."""
    check_parameters(p)
    _check_dtype(dtype)
    rate = as_tensor(p.tau_syn_inv).detach().cpu().double()
    if bool((rate == 0).any()):
        raise ValueError(
            "p.tau_syn_inv must be above 0 for a drive, got 0: without decay each jump stays for ever. "
            "Use pulse(steps, w=current) to switch the drive on."
        )
    if drive.ndim == 1:
        drive = drive.reshape(-1, *(1,) * rate.ndim)
    return (drive * (dt * rate)).to(dtype or torch.get_default_dtype())


def _times(steps: int, dt: float) -> Tensor:
    _check_steps(steps)
    _check_one_dt(dt)
    return torch.arange(steps, dtype=torch.float64, device="cpu") * dt


def _shape(steps: int, neurons: int | Sequence[int]) -> tuple[int, ...]:
    _check_steps(steps)
    sizes = tuple(neurons) if isinstance(neurons, Iterable) else (neurons,)
    if not all(map(_is_integer, sizes)):
        raise TypeError(f"neurons must be an integer or several, got {neurons!r}. Use neurons=(4, 100).")
    if any(size < 0 for size in sizes):
        raise ValueError(
            f"neurons must be at least 0, got {neurons!r}. Use neurons=() for one without an axis."
        )
    return (steps, *sizes)


def _real(name: str, x: float | Sequence[float] | Tensor, wanted: str) -> Tensor:
    """Return numbers as a float64 tensor, with all the digits of a list."""
    is_odd = isinstance(x, bool) or (isinstance(x, Tensor) and (x.is_complex() or x.dtype is torch.bool))
    try:
        values = None if is_odd else torch.as_tensor(x, dtype=torch.float64, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        values = None
    if values is None:
        raise TypeError(f"{name} must be {wanted}, got {x!r} of type {type(x).__name__}. Use plain numbers.")
    return values


def _check_that_it_fits(
    name: str, x: Tensor, shape: tuple[int, ...], neurons: tuple[int, ...] | None = None
) -> None:
    try:
        fits = torch.broadcast_shapes(x.shape, shape) == shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name} of shape {tuple(x.shape)} must fit {shape}, the shape that steps and neurons ask for. "
            f"Use neurons={tuple(x.shape if neurons is None else neurons)}."
        )


def _check_one_dt(dt: float) -> None:
    check_dt(dt)
    if isinstance(dt, Tensor) and dt.ndim:
        raise ValueError(
            f"dt must be one number for all steps of a stimulus, got a tensor of shape {tuple(dt.shape)}. "
            "Make one stimulus for each dt and stack them."
        )


def _check_dtype(dtype: torch.dtype | None) -> None:
    if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise TypeError(f"dtype must be a floating torch.dtype, got {dtype!r}. Use dtype=torch.float64.")


def _is_integer(x: int) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def _check_steps(steps: int) -> None:
    if not _is_integer(steps):
        raise TypeError(f"steps must be an integer, got {steps!r}. Use steps=round(seconds / dt).")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}. Use steps=round(seconds / dt).")


def _check_finite(name: str, x: float) -> None:
    if isinstance(x, bool) or not isinstance(x, (int, float)):
        raise TypeError(f"{name} must be a number, got {x!r} of type {type(x).__name__}. Use float({name}).")
    if not math.isfinite(x):
        raise ValueError(f"{name} must be finite, got {x}. Look at what {name} was computed from.")
