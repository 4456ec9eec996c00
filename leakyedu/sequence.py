"""Many steps at once."""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from leakyedu.device import WITHOUT_FLOAT64, free_memory
from leakyedu.euler import loss_and_gain
from leakyedu.methods import ALL, Method, Propagator, euler
from leakyedu.model import (
    LIParameters,
    LIState,
    about_units,
    are_fixed_numbers,
    as_input,
    as_tensor,
    at_rest,
    check_dt,
    check_input,
    check_parameters,
    check_shapes,
    check_state,
    dtype_at_rest,
    is_finite,
    named_constants,
    values_are_readable,
    warn,
    widen,
)
from leakyedu.scan import scan, step_of

# At a limit itself, a time constant from float32 puts the factor a little below 0, or beyond 1.
SLACK = 4 * torch.finfo(torch.float32).eps


def simulate(
    inputs: Tensor,
    state: LIState | None = None,
    p: LIParameters = LIParameters(),
    dt: float | Tensor = 0.001,
    *,
    method: Method = euler,
) -> LIState:
    r"""Run neurons over a sequence of inputs.

    .. math::
        i^+_n &= i_n + x_n \\
        v_{n+1} - v_\text{leak} &= M_{vv} \, (v_n - v_\text{leak}) + M_{vi} \, i^+_n \\
        i_{n+1} &= M_{ii} \, i^+_n

    Element ``n`` of the result is the state at the time ``(n + 1) * dt``, after ``n + 1`` steps.

    On a CPU where numba is installed the steps run in a compiled loop, from the first sequence of
    ``compiled.WORTH_LOADING`` numbers on: by Euler's method, bit for bit those of
    :func:`li_feed_forward_step`. Other ways to compute the same differ by less than a millionth of the
    largest value in float32.

    Under autocast, inputs that it made narrower are widened to the dtype of the state, or without one to
    float32. ``torch.compile`` makes one graph for each length of a sequence.

    Args:
        inputs: jumps of the current in volt, of shape ``(time, ..., neurons)``, or ``(time,)`` for
            one neuron; bool and integers are spikes.
        state: where to start, of shape ``(..., neurons)`` or ``()``; default :func:`resting_state`. One of
            another size is not broadcast: ``LIState(trajectory.v[-1], trajectory.i[-1])`` goes on from a
            trajectory, and ``state=None`` begins a new batch.
        p: parameters, of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
        dt: length of the step in second.
        method: the one-step method, a function from :mod:`leakyedu.methods` or one of your own.

    Returns:
        The trajectory: a state with a time axis in front, of shape ``(time, ..., neurons)``. The last
        state is ``trajectory.v[-1], trajectory.i[-1]``.

    Raises:
        TypeError: if an argument is of the wrong kind or dtype.
        ValueError: if a value, shape or device cannot be meant.

    Warns:
        UserWarning: if a time constant looks like milliseconds.
        RuntimeWarning: if the step is so long that the method rings or diverges, or else the last
            state is not finite; one warning per call.
    """
    return simulate_named("inputs", inputs, state, p, dt, method)


def simulate_named(
    name: str,
    inputs: Tensor,
    state: LIState | None,
    p: LIParameters,
    dt: float | Tensor,
    method: Method,
    *,
    warns: bool = True,
    all_currents: bool = True,
    batch_first: bool = False,
    own: torch.dtype | None = None,
) -> LIState:
    """Run as :func:`simulate`; ``name`` is what an error or a warning calls the inputs.

    With ``all_currents=False`` the last current alone is returned, without a time axis. With ``batch_first``
    the time of the inputs, and of what is returned, is the second axis. ``own`` is the dtype of a layer, in
    which it answers where neither inputs nor a state say which.
    """
    check_dt(dt)
    numbers = check_parameters(p)
    check_input(name, inputs)
    if inputs.ndim == 0:
        raise ValueError(
            f"{name} must have a time axis in front, got shape (). Use {name}[None], or a step function."
        )
    if batch_first:
        inputs = inputs.transpose(0, 1)
    # Constants that are known as numbers have been checked before, as has all that follows from them.
    known = (
        numbers is not None
        and isinstance(numbers[2], float)
        and isinstance(dt, float)
        and (method is euler or any(method is known.function for known in ALL))
        and not (p[0].requires_grad or p[1].requires_grad or p[2].requires_grad)
    )
    shape = inputs.shape[1:]
    one_step = f"{name}[:, 0]" if batch_first else f"{name}[0]", shape, inputs.device
    if state is None:
        if not known:
            check_shapes(*one_step, None, named_constants(p, dt))
        state = at_rest(inputs, shape, p.v_leak, dtype_at_rest(inputs, own))
    check_state(state)
    v, i = state.v, state.i
    _check_memory(name, inputs, v.dtype, 1 + all_currents)
    fits = known and shape == v.shape == i.shape and inputs.device == v.device == i.device
    if not fits:
        whole = None if batch_first else (name, inputs.shape[:1])
        check_shapes(*one_step, state, named_constants(p, dt), whole=whole)
    x = as_input(name, inputs, v.dtype)
    # With float32's 1 - dt / tau alone, ten thousand steps are off by a thousandth.
    how = torch.float32 if x.device.type in WITHOUT_FLOAT64 else torch.float64, v.dtype
    steps = _steps_of_numbers(*numbers, dt, method, *how) if known else _steps_of(p, dt, method, *how)
    if not fits:
        entries = zip(Propagator._fields, steps.propagator, strict=True)
        check_shapes(*one_step, None, {f"method(p, dt).{field}": entry for field, entry in entries})
    trajectory = _run(x, state, steps, all_currents)
    if warns:
        # At most one of them: the first explains the others.
        warn(
            (steps.warning if known else about(p, dt, method, steps.propagator))
            or _about_non_finite(f"{name}[:, {{}}]" if batch_first else f"{name}[{{}}]", trajectory)
        )
    if batch_first:
        v, i = trajectory
        return LIState(v.transpose(0, 1), i.transpose(0, 1) if all_currents else i)
    return trajectory


class _Steps(NamedTuple):
    """What a sequence of steps is made of, as :func:`scan` takes it, and what to warn of."""

    propagator: Propagator
    euler: tuple[Tensor, Tensor] | None
    v_leak: Tensor
    step: Tensor | None = None
    warning: tuple[str, type[Warning]] | None = None


def _steps_of(
    p: LIParameters, dt: float | Tensor, method: Method, finest: torch.dtype, dtype: torch.dtype
) -> _Steps:
    fine, coarse = widen(p, finest), widen(p, dtype)
    propagator = propagator_of(method, fine, dt.to(finest) if isinstance(dt, Tensor) else dt)
    return _Steps(propagator, loss_and_gain(coarse, dt) if method is euler else None, coarse.v_leak)


@lru_cache(maxsize=64)
def _steps_of_numbers(
    tau_syn_inv: float, tau_mem_inv: float, v_leak: float, dt: float, method: Method, *dtypes: torch.dtype
) -> _Steps:
    """Remember what follows from numbers: to find it takes longer than a hundred steps."""
    # What inference mode makes, autograd would refuse later.
    with torch.inference_mode(False):
        p = LIParameters(*map(as_tensor, (tau_syn_inv, tau_mem_inv, v_leak)))
        steps = _steps_of(p, dt, method, *dtypes)
        step = step_of(steps.v_leak, *steps[:2], steps.v_leak.dtype)
        return steps._replace(step=step, warning=about(p, dt, method, steps.propagator))


def _run(x: Tensor, state: LIState, steps: _Steps, all_currents: bool) -> LIState:
    """Flatten the neurons into one axis, in the dtype of the coefficients, and back."""
    time, shape = x.shape[0], x.shape[1:]
    if not time:
        i = x.new_empty((0, *shape)) if all_currents else state.i.to(x.device).expand(shape).clone()
        return LIState(v=x.new_empty((0, *shape)), i=i)
    # float16 and bfloat16 are carried in the dtype of the coefficients and rounded once, at the end.
    wide, neurons = steps.v_leak.dtype, math.prod(shape)
    m, euler, rest = steps.propagator, steps.euler, steps.v_leak
    as_they_are = steps.step is not None and shape == state.v.shape == state.i.shape
    if as_they_are and x.ndim == 2 and x.dtype is wide:
        return LIState(*scan(x, state.v, state.i, rest, m, euler, steps.step, all_currents=all_currents))

    v, i = (y.to(x.device, wide) for y in (state.v, state.i))
    jumps = x.to(wide)
    if not as_they_are:
        (rest,), m = _flat(x, rest), Propagator(*_flat(x, *m))
        euler = euler and tuple(_flat(x, *euler))
        v, i = v.expand(shape), i.expand(shape)
    start = v.reshape(neurons), i.reshape(neurons)
    voltages, currents = scan(
        jumps.reshape(time, neurons), *start, rest, m, euler, steps.step, all_currents=all_currents
    )
    return LIState(
        v=voltages.to(x.dtype).reshape((time, *shape)),
        i=currents.to(x.dtype).reshape((*currents.shape[:-1], *shape)),
    )


def _flat(x: Tensor, *constants: Tensor) -> list[Tensor]:
    """Return constants in the one axis of all neurons, or each as one number, where ``x`` is."""
    if any(y.numel() != 1 for y in constants):
        return [y.to(x.device).expand(x.shape[1:]).flatten() for y in constants]
    # Where they are fixed, their powers are known, and kept where x is.
    fixed = are_fixed_numbers(*constants)
    return [y if fixed else y.to(x.device).reshape(()) for y in constants]


def _check_memory(name: str, inputs: Tensor, dtype: torch.dtype, sequences: int) -> None:
    """Raise if the result and a copy of the inputs, where one is needed, cannot fit."""
    # Below a GiB, asking would cost more than it could save; and it would fix sizes that a graph leaves open.
    if torch.compiler.is_compiling() or type(inputs) is not Tensor or inputs.numel() < 2**25:
        return
    sequences += not (inputs.dtype is dtype and inputs.is_contiguous())
    # Halves are computed in four bytes and returned in two.
    needed = inputs.numel() * sequences * (4 + 2 if dtype.itemsize == 2 else dtype.itemsize)
    if needed < 2**30:
        return
    free = free_memory(inputs.device)
    if free is not None and needed > free:
        raise ValueError(
            f"{name} of shape {tuple(inputs.shape)} would need {needed / 2**30:.3g} GiB for the result, and "
            f"{free / 2**30:.3g} GiB are free on {inputs.device}. Run fewer steps at once, and start each "
            "part from the last state of the one before."
        )


def propagator_of(method: Method, p: LIParameters, dt: float | Tensor) -> Propagator:
    """Return ``method(p, dt)``; raise TypeError unless that is a Propagator."""
    if not callable(method):
        raise TypeError(
            f"method must be a function (p, dt) -> Propagator, got {method!r}. "
            "Use one of leakyedu.methods, for example method=exact."
        )
    propagator = method(p, dt)
    # As of parameters: torch 2.8 cannot compile the second question.
    if not isinstance(propagator, Propagator) and getattr(propagator, "_fields", None) != Propagator._fields:
        raise TypeError(
            f"method must return a Propagator, got {type(propagator).__name__}. "
            "Use one of leakyedu.methods, for example method=exact."
        )
    for name, entry in zip(Propagator._fields, propagator, strict=True):
        if not (isinstance(entry, float) or (isinstance(entry, Tensor) and entry.is_floating_point())):
            got = entry.dtype if isinstance(entry, Tensor) else repr(entry)
            raise TypeError(
                f"{name} of the Propagator must be a floating tensor or a float, got {got}. "
                "Compute it from p.tau_mem_inv, p.tau_syn_inv and dt."
            )
    return Propagator(*map(as_tensor, propagator))


def about(
    p: LIParameters, dt: float | Tensor, method: Method, propagator: Propagator
) -> tuple[str, type[Warning]] | None:
    """Return what to warn of: time constants in another unit, or else a step that rings or diverges."""
    return about_units(p) or _about_step(p, dt, method, propagator)


def _about_step(p: LIParameters, dt: float | Tensor, method: Method, propagator: Propagator):
    # Its diagonal has the factors by which an error changes with each step.
    worst = None
    for name, factors, inverse in (
        ("tau_syn", propagator.i_from_i, p.tau_syn_inv),
        ("tau_mem", propagator.v_from_v, p.tau_mem_inv),
    ):
        if not values_are_readable(factors) or _holds_everywhere(factors, -SLACK, 1 + SLACK):
            continue
        factors, taus, steps = torch.broadcast_tensors(
            factors.detach(), (1 / as_tensor(inverse)).detach(), as_tensor(dt).detach()
        )
        flat = factors.flatten()
        # The largest factor if one exceeds 1, else the one furthest below 0.
        at = int(flat.abs().argmax() if flat.abs().max() > 1 + SLACK else flat.argmin())
        factor = float(flat[at])
        if (factor < -SLACK or abs(factor) > 1 + SLACK) and (worst is None or abs(factor) > abs(worst[1])):
            worst = name, factor, float(taus.flatten()[at]), float(steps.flatten()[at])
    if worst is None:
        return None
    name, factor, tau, step = worst
    diverges = abs(factor) > 1 + SLACK
    what = (
        "diverges: its error grows with each step"
        if diverges
        else "rings: its error changes sign with each step"
    )
    limit = next((y.diverges if diverges else y.rings for y in ALL if y.function is method), None)
    beyond = (
        f"beyond {limit:.4g} {name} = {limit * tau:.4g} s" if limit else f"too long for {name} = {tau:.4g} s"
    )
    return (
        (
            f"dt = {step:.4g} s is {beyond}, where "
            f"{getattr(method, '__name__', 'the method')} {what} (factor {factor:.3g} per step). "
            f"Take a smaller dt, or method=exact."
        ),
        RuntimeWarning,
    )


def _holds_everywhere(x: Tensor, low: float, high: float) -> bool:
    if x.ndim == 0:
        return low <= x.item() <= high
    return bool(((x >= low) & (x <= high)).all())


def _about_non_finite(at_step: str, trajectory: LIState) -> tuple[str, type[Warning]] | None:
    v, i = trajectory
    if not v.shape[0] or not values_are_readable(v):
        return None
    last = i[-1] if i.ndim == v.ndim else i
    if is_finite(v[-1]) and is_finite(last):
        return None
    wrong = ~v.detach().isfinite()
    if i.ndim == v.ndim:
        wrong |= ~i.detach().isfinite()
    else:
        wrong[-1] |= ~i.detach().isfinite()
    step, *neuron = wrong.nonzero()[0].tolist()
    where = f" of neuron {tuple(neuron)}" if neuron else ""
    return (
        (
            f"The state{where} is not finite from step {step} on. Look at {at_step.format(step)} and at the "
            "starting state for nan, inf or values that overflow."
        ),
        RuntimeWarning,
    )
