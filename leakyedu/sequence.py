"""Many steps at once."""

import math

import torch
from torch import Tensor

from leakyedu.device import free_memory
from leakyedu.methods import Method, Propagator, euler
from leakyedu.model import (
    LIParameters,
    LIState,
    are_fixed_numbers,
    as_input,
    as_tensor,
    check_dt,
    check_input,
    check_parameters,
    check_shapes,
    check_state,
    is_finite,
    resting_state,
    values_are_readable,
    warn,
    warn_about_units,
    widen,
)
from leakyedu.scan import scan

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

    Args:
        inputs: jumps of the current in volt, of shape ``(time, ..., neurons)``, or ``(time,)`` for
            one neuron; bool and integers are spikes.
        state: where to start, of shape ``(..., neurons)``; default :func:`resting_state`.
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
) -> LIState:
    """Run as :func:`simulate`; ``name`` is what an error or a warning calls the inputs.

    With ``all_currents=False`` the last current alone is returned, without a time axis.
    """
    check_dt(dt)
    check_parameters(p)
    check_input(name, inputs)
    if inputs.ndim == 0:
        raise ValueError(
            f"{name} must have a time axis in front, got shape (). Use {name}[None], or a step function."
        )
    if state is not None:
        check_state(state)
    _check_memory(name, inputs, state, 1 + all_currents)
    if state is None:
        state = resting_state(inputs, p, time_axis=True)
    v, i = state.v, state.i
    if inputs.shape in (v.shape, i.shape):
        raise ValueError(
            f"{name} must have a time axis in front, got shape {tuple(inputs.shape)}, which is that of "
            f"the state. Use {name}[None] for one step, {name}[:, None] for one input to all neurons."
        )
    x = as_input(name, inputs, v.dtype)
    states = {f"{name}[0]": x.new_empty(()).expand(x.shape[1:]), "state.v": v, "state.i": i}
    check_shapes(states, {f"p.{field}": constant for field, constant in p._asdict().items()} | {"dt": dt})
    # With float32's 1 - dt / tau alone, ten thousand steps are off by a thousandth.
    finest = torch.float32 if x.device.type == "mps" else torch.float64
    fine = widen(p, finest)
    propagator = propagator_of(method, fine, dt.to(finest) if isinstance(dt, Tensor) else dt)
    check_shapes(states, {f"method(p, dt).{field}": entry for field, entry in propagator._asdict().items()})
    trajectory = _run(x, state, widen(p, v.dtype).v_leak, propagator, all_currents)
    if warns:
        # At most one of them: the first explains the others.
        _ = (
            warn_about_units(p)
            or warn_about_step(propagator, p, dt, method)
            or _warn_about_non_finite(name, trajectory)
        )
    return trajectory


def _run(x: Tensor, state: LIState, v_leak: Tensor, propagator: Propagator, all_currents: bool) -> LIState:
    """Flatten the neurons into one axis, in the dtype of the coefficients, and back."""
    shape = x.shape[1:]
    if not shape == state.v.shape == state.i.shape:
        shape = torch.broadcast_shapes(shape, state.v.shape, state.i.shape)
    if not len(x):
        i = x.new_empty((0, *shape)) if all_currents else state.i.expand(shape)
        return LIState(v=x.new_empty((0, *shape)), i=i)

    # float16 and bfloat16 are carried in the dtype of the coefficients and rounded once, at the end.
    wide = v_leak.dtype
    v, i, rest = (y.to(device=x.device, dtype=wide).expand(shape).flatten() for y in (*state, v_leak))
    if any(entry.numel() != 1 for entry in propagator):
        propagator = Propagator(*(entry.to(x.device).expand(shape).flatten() for entry in propagator))
    else:
        propagator = Propagator(*(entry.reshape(()) for entry in propagator))
        if not are_fixed_numbers(*propagator):  # else their powers are known, and kept where x is
            propagator = Propagator(*(entry.to(x.device) for entry in propagator))
    new_axes = (1,) * (len(shape) - x.ndim + 1)
    jumps = x.to(wide).reshape(len(x), *new_axes, *x.shape[1:]).expand(len(x), *shape)

    jumps = jumps.reshape(len(x), math.prod(shape))
    voltages, currents = scan(jumps, v, i, rest, propagator, all_currents=all_currents)
    return LIState(
        v=voltages.to(x.dtype).reshape((len(x), *shape)),
        i=currents.to(x.dtype).reshape((*currents.shape[:-1], *shape)),
    )


def _check_memory(name: str, inputs: Tensor, state: LIState | None, sequences: int) -> None:
    """Raise if the result and a copy of the inputs, where one is needed, cannot fit."""
    floating = inputs.is_floating_point()
    dtype = inputs.dtype if floating else torch.get_default_dtype() if state is None else state.v.dtype
    neurons = max(y.numel() for y in (inputs[:1], *(state or ())))
    sequences += not (floating and inputs.is_contiguous() and inputs[:1].numel() == neurons)
    # Halves are computed in four bytes and returned in two.
    each = 4 + 2 if dtype.itemsize == 2 else dtype.itemsize
    needed = len(inputs) * neurons * sequences * each
    # Below, asking would cost more than it could save.
    if needed < 2**30 or type(inputs) is not Tensor or torch.compiler.is_compiling():
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
    if getattr(propagator, "_fields", None) != Propagator._fields:
        raise TypeError(
            f"method must return a Propagator, got {type(propagator).__name__}. "
            "Use one of leakyedu.methods, for example method=exact."
        )
    for name, entry in propagator._asdict().items():
        if not (isinstance(entry, float) or (isinstance(entry, Tensor) and entry.is_floating_point())):
            got = entry.dtype if isinstance(entry, Tensor) else repr(entry)
            raise TypeError(
                f"{name} of the Propagator must be a floating tensor or a float, got {got}. "
                "Compute it from p.tau_mem_inv, p.tau_syn_inv and dt."
            )
    return Propagator(*map(as_tensor, propagator))


def warn_about_step(propagator: Propagator, p: LIParameters, dt: float | Tensor, method: Method) -> bool:
    """Warn once if a factor on the propagator's diagonal rings or diverges; return whether it did."""
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
        return False
    name, factor, tau, step = worst
    diverges = abs(factor) > 1 + SLACK
    what = (
        "diverges: its error grows with each step"
        if diverges
        else "rings: its error changes sign with each step"
    )
    limit = _limit(method, step / tau, (lambda r: abs(r) > 1) if diverges else (lambda r: r < 0))
    beyond = (
        f"beyond {limit:.4g} {name} = {limit * tau:.4g} s" if limit else f"too long for {name} = {tau:.4g} s"
    )
    warn(
        f"dt = {step:.4g} s is {beyond}, where "
        f"{getattr(method, '__name__', 'the method')} {what} (factor {factor:.3g} per step). "
        f"Take a smaller dt, or method=exact.",
        RuntimeWarning,
    )
    return True


def _holds_everywhere(x: Tensor, low: float, high: float) -> bool:
    if x.ndim == 0:
        return low <= x.item() <= high
    return bool(((x >= low) & (x <= high)).all())


def _limit(method: Method, bad: float, is_bad) -> float | None:
    """Return the smallest dt / tau at which a method's factor is bad, by bisection below ``bad``.

    None if the factor of a method of one's own does not depend on one neuron's dt / tau alone.
    """
    one = as_tensor(1.0)

    def factor(ratio: float) -> Tensor:
        return as_tensor(method(LIParameters(one, one, 0 * one), ratio).i_from_i)

    if factor(bad).numel() != 1 or not is_bad(factor(bad).item()) or is_bad(factor(bad * 1e-9).item()):
        return None
    good = 0.0
    for _ in range(40):
        middle = (good + bad) / 2
        good, bad = (good, middle) if is_bad(factor(middle).item()) else (middle, bad)
    return bad


def _warn_about_non_finite(name: str, trajectory: LIState) -> bool:
    v, i = trajectory
    if not len(v) or not values_are_readable(v):
        return False
    last = i[-1] if i.ndim == v.ndim else i
    if is_finite(v[-1]) and is_finite(last):
        return False
    wrong = ~v.detach().isfinite()
    if i.ndim == v.ndim:
        wrong |= ~i.detach().isfinite()
    else:
        wrong[-1] |= ~i.detach().isfinite()
    step, *neuron = wrong.nonzero()[0].tolist()
    where = f" of neuron {tuple(neuron)}" if neuron else ""
    warn(
        f"The state{where} is not finite from step {step} on. Look at {name}[{step}] and at the "
        "starting state for nan, inf or values that overflow.",
        RuntimeWarning,
    )
    return True
