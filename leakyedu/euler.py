r"""One step of the leaky integrator by Euler's method, in this order: jump, voltage, decay.

.. math::
    i^+ &= i + x \\
    v' &= v + \Delta t \, \tau_\text{mem}^{-1} \, ((v_\text{leak} - v) + i^+) \\
    i' &= i^+ - \Delta t \, \tau_\text{syn}^{-1} \, i^+

The voltage is driven by the current *after* its jump. Signatures, order and float32 roundings are
those of ``norse.torch.functional.leaky_integrator`` 1.1.0; a test holds the two bit for bit.
"""

from functools import lru_cache

import torch
from torch import Tensor

from leakyedu.model import (
    LIParameters,
    LIState,
    as_input,
    check_dt,
    check_input,
    check_parameters,
    check_shapes,
    check_state,
    is_widened,
    named_constants,
    widen,
)


def li_feed_forward_step(
    input_tensor: Tensor,
    state: LIState,
    p: LIParameters = LIParameters(),
    dt: float | Tensor = 0.001,
) -> tuple[Tensor, LIState]:
    r"""Advance neurons by one step; the input makes their current jump.

    .. math::
        i^+ &= i + x \\
        v' &= v + \Delta t \, \tau_\text{mem}^{-1} \, ((v_\text{leak} - v) + i^+) \\
        i' &= i^+ - \Delta t \, \tau_\text{syn}^{-1} \, i^+

    An input is a jump per step and never scaled by ``dt``. A larger ``tau_mem`` makes the voltage
    follow more slowly; it does not change where it settles.

    Args:
        input_tensor: jump :math:`x` in volt, of shape ``(..., neurons)``; bool and integers are spikes.
        state: voltage and current in volt, in the dtype of the input.
        p: parameters, of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
        dt: length of the step in second.

    Returns:
        The new voltage, and the new state that holds it; both in the dtype of ``state``.

    Raises:
        TypeError: if an argument is of the wrong kind or dtype.
        ValueError: if a value, shape or device cannot be meant. ``state`` is never written to.

    Source: Gerstner et al., *Neuronal Dynamics* (2014), section 1.3; Norse 1.1.0 for the order.
    """
    return step_named("input_tensor", input_tensor, state, p, dt, fresh="resting_state(input_tensor)")


def li_step(
    input_spikes: Tensor,
    state: LIState,
    input_weights: Tensor,
    p: LIParameters = LIParameters(),
    dt: float | Tensor = 0.001,
) -> tuple[Tensor, LIState]:
    r"""Advance neurons by one step; each current jumps by a weighted sum of spikes.

    .. math::
        x = W s

    and then as :func:`li_feed_forward_step`.

    Args:
        input_spikes: spikes :math:`s` of shape ``(..., inputs)``, floating, bool or integer.
        state: voltage and current in volt, of shape ``(..., neurons)``.
        input_weights: jump per spike :math:`W` in volt, of shape ``(neurons, inputs)``.
        p: parameters, of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
        dt: length of the step in second.

    Returns:
        The new voltage, and the new state that holds it.

    Raises:
        TypeError: if an argument is of the wrong kind or dtype.
        ValueError: if a value, shape or device cannot be meant.

    Source: Norse 1.1.0, ``norse.torch.functional.leaky_integrator.li_step``.
    """
    jumps, name = weighted_spikes(input_spikes, input_weights), "input_spikes @ input_weights.T"
    return step_named(f"({name})", jumps, state, p, dt, fresh=f"resting_state({name})")


def weighted_spikes(
    spikes: Tensor, weights: Tensor, names: tuple[str, str] = ("input_spikes", "input_weights")
) -> Tensor:
    """Return the jumps ``spikes @ weights.T``, of shape ``(..., neurons)``; see :func:`li_step`.

    ``names`` is what an error calls the two. Under autocast the product has its dtype, the jumps that of the
    weights.
    """
    s, w = names
    check_input(w, weights)
    if not weights.is_floating_point():
        raise TypeError(f"{w} must be floating, got {weights.dtype}. Use {w}.float().")
    check_input(s, spikes)
    agree = not spikes.is_floating_point() or spikes.dtype is weights.dtype
    if not agree and not is_widened(spikes, weights.dtype):
        raise TypeError(
            f"{s} and {w} must share one dtype, got {spikes.dtype} and {weights.dtype}. "
            f"Convert one, for example {s}.to({weights.dtype})."
        )
    if weights.ndim != 2 or spikes.ndim == 0 or weights.shape[1] != spikes.shape[-1]:
        raise ValueError(
            f"{w} must have shape (neurons, inputs) for {s} of shape (..., inputs), got "
            f"{tuple(weights.shape)} and {tuple(spikes.shape)}. "
            "Transpose weights of shape (inputs, neurons) with .T."
        )
    # Before the product: on a CPU that of a meta weight is memory that nobody wrote.
    if weights.device != spikes.device:
        raise ValueError(
            f"{w} on {weights.device} and {s} on {spikes.device} must share one "
            "device. Move them with .to(device)."
        )
    if spikes.dtype is not weights.dtype:
        spikes = spikes.to(weights.dtype)
    jumps = torch.nn.functional.linear(spikes, weights)
    # Autocast returns them in another dtype than the state's.
    return jumps if jumps.dtype is weights.dtype else jumps.to(weights.dtype)


def step_named(
    name: str, x: Tensor, state: LIState, p: LIParameters, dt: float | Tensor, fresh: str = "state=None"
) -> tuple[Tensor, LIState]:
    """Check and step; ``name`` is what an error calls the input ``x``, ``fresh`` how a new batch is begun."""
    check_dt(dt)
    numbers = check_parameters(p)
    check_state(state)
    v, i = state.v, state.i
    x = as_input(name, x, v.dtype)
    if not _is_plain(x, v, i, p, dt):
        check_shapes(name, x.shape, x.device, state, named_constants(p, dt), fresh=fresh, whole=(name, ()))
    tau_syn_inv, tau_mem_inv, v_leak = p = widen(p, v.dtype)
    if numbers and isinstance(dt, float) and not (tau_syn_inv.requires_grad or tau_mem_inv.requires_grad):
        loss, gain = _of_numbers(*numbers[:2], dt, tau_syn_inv.dtype)
    else:
        loss, gain = loss_and_gain(p, dt)

    i_jumped = i + x
    v_new = v + gain * ((v_leak - v) + i_jumped)
    i_new = i_jumped + loss * i_jumped
    if not v_new.dtype is i_new.dtype is v.dtype:
        v_new, i_new = v_new.to(v.dtype), i_new.to(v.dtype)
    return v_new, LIState(v_new, i_new)


def loss_and_gain(p: LIParameters, dt: float | Tensor) -> tuple[Tensor, Tensor]:
    """Return what a step multiplies current and voltage with, for parameters in the dtype of these."""
    if isinstance(dt, Tensor):
        # Times a 0-dim parameter, a float32 dt per neuron would make float32 coefficients.
        dt = dt.to(torch.promote_types(dt.dtype, p.tau_mem_inv.dtype))
    return -dt * p.tau_syn_inv, dt * p.tau_mem_inv


@lru_cache(maxsize=64)
def _of_numbers(
    tau_syn_inv: float, tau_mem_inv: float, dt: float, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Remember :func:`loss_and_gain`: to multiply the constants takes a third of a step."""
    # What inference mode makes, autograd would refuse later.
    with torch.inference_mode(False):
        a, b = (torch.tensor(x, dtype=dtype, device="cpu") for x in (tau_syn_inv, tau_mem_inv))
        return loss_and_gain(LIParameters(a, b), dt)


def _is_plain(x: Tensor, v: Tensor, i: Tensor, p: LIParameters, dt: float | Tensor) -> bool:
    """Tell whether this is the common case, one shape and a constant for all or for each neuron."""
    shape, device = x.shape, x.device
    # A loop, because the generator of any(...) costs more than the looks themselves.
    for c in (*p, dt):
        everywhere = not isinstance(c, Tensor) or (c.ndim == 0 and c.is_cpu)
        if not everywhere and (c.shape != shape[-c.ndim :] or c.device != device):
            return False
    return shape == v.shape == i.shape and device == v.device == i.device
