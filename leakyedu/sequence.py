"""Many steps at once."""

import torch
from torch import Tensor

from leakyedu.methods import Method, Propagator, euler
from leakyedu.model import (
    LIParameters,
    LIState,
    as_input,
    check_dt,
    check_input,
    check_parameters,
    check_shapes,
    check_state,
    resting_state,
    values_are_readable,
    warn,
    warn_about_units,
    widen,
)


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
    check_dt(dt)
    check_parameters(p)
    check_input("inputs", inputs)
    if inputs.ndim == 0:
        raise ValueError("inputs must have a time axis in front, got shape (). Use inputs[None].")
    if state is None:
        state = resting_state(inputs, p, time_axis=True)
    check_state(state)
    v, i = state.v, state.i
    x = as_input("inputs", inputs, v.dtype)
    one_step = x.new_empty(x.shape[1:])
    constants = {"p.tau_syn_inv": p.tau_syn_inv, "p.tau_mem_inv": p.tau_mem_inv}
    constants |= {"p.v_leak": p.v_leak, "dt": dt}
    check_shapes({"inputs[0]": one_step, "state.v": v, "state.i": i}, constants)

    wide = widen(p, v.dtype)
    propagator = propagator_of(method, wide, dt.to(wide.v_leak.dtype) if isinstance(dt, Tensor) else dt)
    trajectory = _step_by_step(x, state, wide.v_leak, propagator)

    # At most one of them: the first explains the others.
    _ = (
        warn_about_units(p)
        or warn_about_step(propagator, p, dt, method)
        or _warn_about_non_finite(trajectory)
    )
    return trajectory


def _step_by_step(x: Tensor, state: LIState, v_leak: Tensor, propagator: Propagator) -> LIState:
    shape = torch.broadcast_shapes(x.shape[1:], state.v.shape, state.i.shape)
    # float16 and bfloat16 are carried in the dtype of the coefficients and rounded once, at the end.
    v = state.v.to(v_leak.dtype).expand(shape) - v_leak
    i = state.i.to(v_leak.dtype).expand(shape)
    voltages, currents = [], []
    for jump in x:
        i_jumped = i + jump
        v = propagator.v_from_v * v + propagator.v_from_i * i_jumped
        i = propagator.i_from_i * i_jumped
        voltages.append(v)
        currents.append(i)
    if not voltages:
        empty = x.new_empty((0, *shape))
        return LIState(v=empty, i=empty.clone())
    voltages = torch.stack(voltages) + v_leak
    return LIState(v=voltages.to(x.dtype), i=torch.stack(currents).to(x.dtype))


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
    return propagator


def warn_about_step(propagator: Propagator, p: LIParameters, dt: float | Tensor, method: Method) -> bool:
    """Warn once if a factor on the propagator's diagonal rings or diverges; return whether it did."""
    worst = None
    for name, factors, inverse in (
        ("tau_syn", propagator.i_from_i, p.tau_syn_inv),
        ("tau_mem", propagator.v_from_v, p.tau_mem_inv),
    ):
        if not (isinstance(factors, Tensor) and values_are_readable(factors) and factors.numel()):
            continue
        flat = factors.detach().flatten()
        # The largest factor if one exceeds 1, else the one furthest below 0.
        at = int(flat.abs().argmax() if flat.abs().max() > 1 else flat.argmin())
        factor = float(flat[at])
        if (factor < 0 or abs(factor) > 1) and (worst is None or abs(factor) > abs(worst[1])):
            tau, step = (
                torch.as_tensor(c, dtype=torch.float64).expand(factors.shape).flatten()[at].item()
                for c in (1 / inverse, dt)
            )
            worst = name, factor, tau, step
    if worst is None:
        return False
    name, factor, tau, step = worst
    diverges = abs(factor) > 1
    limit = _limit(method, step / tau, (lambda r: abs(r) > 1) if diverges else (lambda r: r < 0))
    what = (
        "diverges: its error grows with each step"
        if diverges
        else "rings: its error changes sign with each step"
    )
    warn(
        f"dt = {step:.4g} s is beyond {limit:.4g} {name} = {limit * tau:.4g} s, where "
        f"{getattr(method, '__name__', 'the method')} {what} (factor {factor:.3g} per step). "
        f"Take a smaller dt, or method=exact.",
        RuntimeWarning,
    )
    return True


def _limit(method: Method, bad: float, is_bad) -> float:
    """Return the smallest dt / tau at which a method's factor is bad, by bisection below ``bad``."""
    one = torch.tensor(1.0, dtype=torch.float64)
    good = 0.0
    for _ in range(40):
        middle = (good + bad) / 2
        factor = float(method(LIParameters(one, one, 0 * one), middle).i_from_i)
        good, bad = (good, middle) if is_bad(factor) else (middle, bad)
    return bad


def _warn_about_non_finite(trajectory: LIState) -> bool:
    if not len(trajectory.v) or not values_are_readable(trajectory.v):
        return False
    if bool((trajectory.v[-1].isfinite() & trajectory.i[-1].isfinite()).all()):
        return False
    wrong = ~(trajectory.v.detach().isfinite() & trajectory.i.detach().isfinite())
    step, *neuron = wrong.nonzero()[0].tolist()
    where = f" of neuron {tuple(neuron)}" if neuron else ""
    warn(
        f"The state{where} is not finite from step {step} on. Look at inputs[{step}] and at the "
        "starting state for nan, inf or values that overflow.",
        RuntimeWarning,
    )
    return True
