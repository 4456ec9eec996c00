r"""The leaky integrator: its state, its parameters, and what both must be.

Two linear equations describe one neuron,

.. math::
    \tau_\text{mem} \, \dot v &= (v_\text{leak} - v) + i \\
    \tau_\text{syn} \, \dot i &= -i

and an input :math:`x` makes the current jump, :math:`i \leftarrow i + x`.

=============================  ===============  ========  =============
symbol                         name             unit      default
=============================  ===============  ========  =============
:math:`v`                      ``v``            volt
:math:`i`                      ``i``            volt
:math:`1/\tau_\text{syn}`      ``tau_syn_inv``  1/second  200  (5 ms)
:math:`1/\tau_\text{mem}`      ``tau_mem_inv``  1/second  100  (10 ms)
:math:`v_\text{leak}`          ``v_leak``       volt      0
:math:`\Delta t`               ``dt``           second    0.001 (1 ms)
=============================  ===============  ========  =============

The current carries the unit of the voltage, because the membrane resistance is absorbed in it. Both
parameters are *inverse* time constants, as in Norse; :meth:`LIParameters.from_tau` takes them in second.

**The result has the shape of the input**; everything else must fit it.

================================  ==================================  =====================  =================
call                              input                               ``state.v, state.i``   result
================================  ==================================  =====================  =================
``li_feed_forward_step, LICell``  ``S``, which is ``(..., neurons)``  ``S`` or ``()``        ``S``
``li_step, LILinearCell``         ``(..., inputs)``                   ``S`` or ``()``        ``S``
``simulate, LI``                  ``(time, *S)``                      ``S`` or ``()``        ``(time, *S)``
``LI(batch_first=True)``          ``(batch, time, ...)``              ``S`` or ``()``        as the input
================================  ==================================  =====================  =================

Of a state, each part is for itself, and one of another size is never broadcast: it is that of another batch,
or a whole trajectory. Parameters and ``dt`` may have any shape that broadcasts to ``S`` without making it
larger: ``()``, ``(neurons,)``, ``(batch, 1)``. ``S`` is ``()`` for one neuron, and then so are all of these.

Checks live here, so that every function says the same thing about the same mistake. Values are read
where that costs nothing: from plain tensors on the CPU, outside ``torch.compile`` and ``torch.func``.
Elsewhere only kind, dtype, shape and device are checked, so nothing synchronises or breaks a graph.

Source: Gerstner et al., *Neuronal Dynamics* (2014), sections 1.3 and 3.1.
"""

import math
import sys
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import Parameter

from leakyedu.torch_private import (
    are_tracers_active,
    are_transforms_active,
    have_tangents,
    register_namedtuple,
)

# Outside these bounds, in second, a time constant of a neuron was meant in another unit.
SHORTEST_TIME_CONSTANT, LONGEST_TIME_CONSTANT = 1e-5, 1e3


class LIState(NamedTuple):
    """State of a leaky integrator, or a trajectory of states with time as the first axis.

    ``LIState(trajectory.v[-1], trajectory.i[-1])`` goes on from the end of a trajectory, and
    ``LIState(state.v.detach(), state.i.detach())`` does so without its past: truncated back-propagation.

    A checkpoint may hold a state or parameters. ``import leakyedu.model`` before ``torch.load``, and before
    ``torch.export.load``: their safe defaults then know both. Keep these defaults: somebody else's file, read
    with ``weights_only=False``, runs what code it holds.

    Attributes:
        v: voltage in volt, of shape ``(..., neurons)``.
        i: synaptic current in volt, of the same shape.
    """

    v: Tensor
    i: Tensor


class LIParameters(NamedTuple):
    """Parameters of a leaky integrator.

    Attributes:
        tau_syn_inv: inverse of the synaptic time constant in 1/second.
        tau_mem_inv: inverse of the membrane time constant in 1/second.
        v_leak: voltage at which the neuron rests, in volt.

    Each is a floating tensor of shape ``()``, ``(neurons,)`` or ``(batch, 1)``, or a number, which
    counts as float64. An inverse of 0 is a time constant without end: the limit without a leak.
    """

    tau_syn_inv: Tensor = torch.tensor(1 / 5e-3, dtype=torch.float32, device="cpu")
    tau_mem_inv: Tensor = torch.tensor(1 / 1e-2, dtype=torch.float32, device="cpu")
    v_leak: Tensor = torch.tensor(0.0, dtype=torch.float32, device="cpu")

    @classmethod
    def from_tau(
        cls,
        tau_syn: float | Tensor = 5e-3,
        tau_mem: float | Tensor = 1e-2,
        v_leak: float | Tensor = 0.0,
    ) -> "LIParameters":
        r"""Make parameters from time constants.

        .. math::
            \tau^{-1} = 1 / \tau

        Args:
            tau_syn: synaptic time constant in second, of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
            tau_mem: membrane time constant in second, likewise.
            v_leak: voltage at rest in volt, likewise.

        Returns:
            Parameters; numbers become float64 tensors, so that 1/3 ms keeps its digits.

        Raises:
            TypeError: if an argument is neither a number nor a floating tensor.
            ValueError: if a time constant is not above 0, or ``v_leak`` is not finite.
        """
        for name, tau in (("tau_syn", tau_syn), ("tau_mem", tau_mem)):
            _check_kind(name, tau)
            if not _holds(tau, positive := lambda x: x > 0):
                raise ValueError(
                    f"{name} must be a time constant above 0 second, got {_show(tau, positive)}. "
                    f"Ten milliseconds is {name}=0.01."
                )
        _check_kind("v_leak", v_leak)
        p = cls(1 / as_tensor(tau_syn), 1 / as_tensor(tau_mem), as_tensor(v_leak))
        check_parameters(p)
        check_constants(p)
        warn(about_units(p))
        return p


# With weights_only, its default, torch.load builds tensors and what is named here: two tuples, which run
# nothing. torch.export may write them down.
torch.serialization.add_safe_globals([LIState, LIParameters])
register_namedtuple(LIState, serialized_type_name="leakyedu.model.LIState")
register_namedtuple(LIParameters, serialized_type_name="leakyedu.model.LIParameters")


def resting_state(inputs: Tensor, p: LIParameters = LIParameters(), *, time_axis: bool = False) -> LIState:
    r"""Return the state of neurons that have had no input yet.

    .. math::
        v = v_\text{leak}, \quad i = 0

    Args:
        inputs: what the neurons will get, of shape ``(..., neurons)``, or ``(time, ..., neurons)``
            with ``time_axis=True``. Only its shape, dtype and device count.
        p: parameters, of shapes that fit ``(..., neurons)``.
        time_axis: whether the first axis of ``inputs`` is time.

    Returns:
        State of shape ``(..., neurons)`` in the dtype of ``inputs``, or in the default dtype where
        the inputs are spikes (bool or integer); under autocast in float32 where the inputs are narrower.
        A learned ``v_leak`` stays in its graph.

    Raises:
        TypeError: if ``inputs`` is no real tensor, or a parameter is no floating tensor.
        ValueError: if the parameters do not fit the shape, or the time axis is missing.
    """
    check_parameters(p)
    check_input("inputs", inputs)
    if time_axis and inputs.ndim == 0:
        raise ValueError(
            "inputs must have a time axis in front, got shape (). For one step use time_axis=False."
        )
    shape = inputs.shape[1:] if time_axis else inputs.shape
    name = "inputs[0]" if time_axis else "inputs"
    check_shapes(name, shape, inputs.device, None, named_constants(p))
    return at_rest(inputs, shape, p.v_leak, dtype_at_rest(inputs))


def at_rest(inputs: Tensor, shape: torch.Size, v_leak: float | Tensor, dtype: torch.dtype) -> LIState:
    """Return :func:`resting_state` of a shape and dtype; nothing is checked."""
    zeros = torch.zeros(shape, dtype=dtype, device=inputs.device)
    return LIState(v=zeros + (v_leak.to(dtype) if isinstance(v_leak, Tensor) else v_leak), i=zeros)


# -- What must hold ------------------------------------------------------------------------------


def check_dt(dt: float | Tensor, name: str = "dt") -> None:
    """Raise unless ``dt`` is a finite number of seconds above 0, or a floating tensor of such."""
    if isinstance(dt, float) and 0 < dt < math.inf:
        return
    if not isinstance(dt, Tensor) and (isinstance(dt, bool) or not isinstance(dt, (int, float))):
        raise TypeError(
            f"{name} must be a number of seconds or a floating tensor, got {dt!r} of type "
            f"{type(dt).__name__}. One millisecond is {name}=0.001."
        )
    _check_kind(name, dt)
    if not _holds(dt, rule := lambda x: (x > 0) & (x < math.inf)):
        raise ValueError(
            f"{name} must be a finite number of seconds above 0, got {_show(dt, rule)}. "
            f"One millisecond is {name}=0.001."
        )


def check_parameters(p: LIParameters) -> tuple[float, float, float | Tensor] | None:
    """Raise unless ``p`` has inverse time constants of at least 0 and a finite ``v_leak``.

    Returns:
        All three, as Python numbers where they are tensors of one number that can be read; None if an
        inverse is not. Nothing is remembered, so a change in place is seen at the next step, one through
        ``.data`` too.
    """
    # Another library's may do. Its fields are not compared in a graph: torch 2.8 cannot.
    if not isinstance(p, LIParameters) and not (
        isinstance(p, tuple)
        and hasattr(p, "tau_syn_inv")
        and (torch.compiler.is_compiling() or p._fields == LIParameters._fields)
    ):
        got = f"the class {p.__name__}" if isinstance(p, type) else type(p).__name__
        raise TypeError(
            f"p must be LIParameters, got {got}. "
            "Use LIParameters.from_tau(tau_syn=0.005, tau_mem=0.01, v_leak=0.0)."
        )
    a, b, c = p
    # Good tensors in few operations: what follows takes as long as a step.
    if (
        values_are_readable(a, b, c)
        and a.is_floating_point() and b.is_floating_point() and c.is_floating_point()
    ):  # fmt: skip
        a, b, c = (x.detach() if x.ndim else x.item() for x in p)
        if (
            _is_inverse(a)
            and _is_inverse(b)
            and (is_finite(c) if isinstance(c, Tensor) else math.isfinite(c))
        ):
            return (a, b, c) if isinstance(a, float) and isinstance(b, float) else None
    for name, inverse in (("tau_syn", p.tau_syn_inv), ("tau_mem", p.tau_mem_inv)):
        _check_kind(f"p.{name}_inv", inverse)
        if not _holds(inverse, rule := lambda x: (x >= 0) & (x < math.inf)):
            raise ValueError(
                f"p.{name}_inv must be finite and at least 0 (0 is a time constant without end), got "
                f"{_show(inverse, rule)}. It is an inverse, in 1/second: use "
                f"LIParameters.from_tau({name}=0.01) for 10 ms."
            )
    _check_kind("p.v_leak", p.v_leak)
    if not _holds(p.v_leak, rule := lambda x: abs(x) < math.inf):
        raise ValueError(
            f"p.v_leak must be finite, got {_show(p.v_leak, rule)}. It is the voltage at rest, in volt."
        )
    return None


def check_constants(p: LIParameters, dt: float | Tensor = 1.0) -> None:
    """Raise unless ``p`` and ``dt`` broadcast; whether they fit the neurons, each call checks."""
    # Not getattr(x, "ndim", 0): of a number that torch.compile keeps open, it cannot be asked.
    for x in (*p, dt):
        if isinstance(x, Tensor) and x.ndim:
            break
    else:
        return
    shapes = {name: tuple(x.shape) for name, x in named_constants(p, dt).items() if isinstance(x, Tensor)}
    try:
        torch.broadcast_shapes(*shapes.values())
    except RuntimeError:
        listed = [f"{name} of shape {shape}" for name, shape in shapes.items() if shape]
        raise ValueError(
            f"p and dt must fit together, got {_enumerate(listed)}. Give each the shape () or (neurons,)."
        ) from None


def check_input(name: str, x: Tensor) -> None:
    """Raise unless ``x`` is a real tensor whose numbers all stand in memory; bool and integers are spikes."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(x).__name__}. {_how_to_make_a_tensor(name, x)}")
    if x.layout is not torch.strided or x.is_nested:
        way = f"torch.nested.to_padded_tensor({name}, 0.0)" if x.is_nested else f"{name}.to_dense()"
        kind = "nested" if x.is_nested else str(x.layout)
        raise TypeError(f"{name} must be a dense tensor, got a {kind} one. Use {way}.")
    if x.is_complex():
        raise TypeError(f"{name} must be real, got {x.dtype}. Pass {name}.real or {name}.abs().")


def check_state(state: LIState) -> None:
    """Raise unless ``state`` has floating tensors ``v`` and ``i`` of one dtype."""
    if not (hasattr(state, "v") and hasattr(state, "i")):
        pair = isinstance(state, (tuple, list)) and len(state) == 2
        way = "LIState(*state)" if pair else "LIState(v=torch.tensor(0.0), i=torch.tensor(0.0))"
        raise TypeError(
            f"state must be an LIState, got {type(state).__name__}. Use {way}, or what a call returned."
        )
    for name, x in (("state.v", state.v), ("state.i", state.i)):
        if not isinstance(x, Tensor) or not x.is_floating_point():
            got, way = (x.dtype, f"{name}.float()") if isinstance(x, Tensor) else (type(x).__name__, None)
            raise TypeError(f"{name} must be a floating tensor, got {got}. Use {way or 'torch.tensor(0.0)'}.")
        if x.layout is not torch.strided:
            raise TypeError(f"{name} must be a dense tensor, got {x.layout}. Use {name}.to_dense().")
    if state.v.dtype is not state.i.dtype:
        raise TypeError(
            f"state.v and state.i must share one dtype, got {state.v.dtype} and {state.i.dtype}. "
            f"Convert one, for example state.i.to({state.v.dtype})."
        )


class StateSizeError(ValueError, RuntimeError):
    """A state of another size; RuntimeError is what torch's recurrent modules raise there."""


def named_constants(p: LIParameters, dt: float | Tensor = 1.0) -> dict[str, float | Tensor]:
    """Return parameters and ``dt`` by the names that an error calls them."""
    return {**{f"p.{name}": x for name, x in zip(LIParameters._fields, p, strict=True)}, "dt": dt}


def check_shapes(
    name: str,
    shape: torch.Size,
    device: torch.device,
    state: LIState | None,
    constants: dict[str, float | Tensor],
    *,
    fresh: str = "state=None",
    whole: tuple[str, tuple[int, ...]] | None = None,
) -> None:
    """Raise unless the result has the shape of the input: everything else must broadcast to it.

    The table of what may have which shape stands at the top of this file. Tensors must also share a device; a
    0-dim one may stay on the CPU.

    Args:
        name: what an error calls the input to one step.
        shape: of that input.
        device: of that input.
        state: where it starts, if given.
        constants: parameters and ``dt``, by name.
        fresh: how a new batch is begun.
        whole: what an error calls all of the input, and the shape that this has in front of ``shape``.
    """
    states = {} if state is None else {"state.v": state.v, "state.i": state.i}
    for field, x in states.items():
        # Lengths first: of shapes of unequal rank, torch.compile would compare what it keeps open.
        if x.ndim and not (x.ndim == len(shape) and x.shape == shape):
            raise StateSizeError(
                f"{field} of shape {tuple(x.shape)} must have the shape of {name}, {tuple(shape)}"
                f"{', or ()' if len(shape) else ''}.{_ways_out(shape, tuple(x.shape), fresh, whole)}"
            )
    tensors = {field: c for field, c in constants.items() if isinstance(c, Tensor)}
    for field, c in tensors.items():
        if not _broadcasts(c.shape, shape):
            try:
                what = f"would grow to {tuple(torch.broadcast_shapes(c.shape, shape))}"
            except RuntimeError:
                what = "do not fit together"
            raise ValueError(
                f"{name} of shape {tuple(shape)} and {field} of shape {tuple(c.shape)} {what}. "
                f"Give {field} the shape () or (neurons,)."
            )
    named = {**states, **tensors}
    on = {field: x.device for field, x in named.items() if x.ndim or x.device.type != "cpu"}
    if any(place != device for place in on.values()):
        listed = [f"{name} on {device}"] + [f"{field} on {x.device}" for field, x in named.items()]
        raise ValueError(f"{_enumerate(listed)} must share one device. Move them with .to(device).")


def about_units(p: LIParameters) -> tuple[str, type[Warning]] | None:
    """Return what to warn of if a time constant looks like milliseconds."""
    # A little room: the inverse of a bound, in float32, must not fall outside of it.
    low, high = 0.999 / LONGEST_TIME_CONSTANT, 1.001 / SHORTEST_TIME_CONSTANT
    for name, inverse in (("tau_syn", p.tau_syn_inv), ("tau_mem", p.tau_mem_inv)):
        # Without a leak there is no time constant to be meant otherwise.
        leak = inverse.where(inverse != 0, 1.0) if isinstance(inverse, Tensor) else inverse or 1.0
        if not _holds(leak, lambda x: low < x < high):
            tau = _show(1 / inverse, lambda x: x.isinf() | (x > 1 / high) & (x < 1 / low))
            return (
                (
                    f"{name} = {tau} s is outside "
                    f"{SHORTEST_TIME_CONSTANT:g} to {LONGEST_TIME_CONSTANT:g} s. Times are in second: "
                    f"did you mean milliseconds, {name}=0.01 for 10 ms?"
                ),
                UserWarning,
            )
    return None


def warn(what: tuple[str, type[Warning]] | None) -> None:
    """Warn, if at all, about the first caller outside of this package and of torch: the line to change."""
    if what is None:
        return
    frame, level = sys._getframe(1), 1
    while frame and frame.f_globals.get("__name__", "").split(".")[0] in ("leakyedu", "torch"):
        frame, level = frame.f_back, level + 1
    warnings.warn(*what, stacklevel=level + 1)


def as_tensor(x: float | Tensor) -> Tensor:
    """Return a number as a float64 tensor on the CPU, a tensor as it is."""
    return x if isinstance(x, Tensor) else torch.tensor(x, dtype=torch.float64, device="cpu")


def widen(p: LIParameters, dtype: torch.dtype) -> LIParameters:
    """Return ``p`` in the wider of float32 and ``dtype``, the dtype in which coefficients are formed.

    A float64 state deserves float64 coefficients (with float32 ones a step is wrong by 1.5e-8), and a
    float16 state must not round dt / tau to its own three digits.
    """
    wide = torch.float64 if dtype is torch.float64 else torch.float32
    a, b, c = p
    if getattr(a, "dtype", None) is getattr(b, "dtype", None) is getattr(c, "dtype", None) is wide:
        return p
    return LIParameters(*(as_tensor(x).to(wide) for x in p))


def as_input(name: str, x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return ``x`` in the dtype of the state: spikes are converted, another floating dtype is refused.

    Under autocast a narrower one is widened: what comes from a linear layer has half of the digits there.
    """
    if isinstance(x, Tensor) and x.dtype is dtype and x.layout is torch.strided:
        return x
    check_input(name, x)
    if x.is_floating_point() and not is_widened(x, dtype):
        raise TypeError(
            f"{name} and state must share one dtype, got {x.dtype} and {dtype}. "
            f"Convert one, for example {name}.to({dtype})."
        )
    return x.to(dtype)


# Asked here and not below: torch before 2.12 cannot compile the question.
_WITH_AUTOCAST = {kind for kind in ("cpu", "cuda", "xpu", "mps") if torch.amp.is_autocast_available(kind)}


def is_autocast(kind: str) -> bool:
    """Tell whether torch.autocast is at work on a kind of device."""
    return kind in _WITH_AUTOCAST and torch.is_autocast_enabled(kind)


def is_widened(x: Tensor, dtype: torch.dtype) -> bool:
    """Tell whether autocast is at work, and ``dtype`` can hold what ``x`` holds."""
    return is_autocast(x.device.type) and torch.promote_types(x.dtype, dtype) is dtype


def dtype_at_rest(inputs: Tensor, own: torch.dtype | None = None) -> torch.dtype:
    """Return the dtype of a state that is not given.

    That of the inputs; of spikes, and of what autocast made narrower, the layer's own one. Without a layer it
    is the default dtype, and float32 under autocast.
    """
    if not inputs.is_floating_point():
        return own or torch.get_default_dtype()
    own = own or torch.float32
    return own if inputs.dtype is not own and is_widened(inputs, own) else inputs.dtype


def values_are_readable(*tensors: Tensor) -> bool:
    """Tell whether they can be read without a synchronisation or a graph break, and are all there is."""
    for x in tensors:  # all(...) would take twice as long
        if type(x) not in (Tensor, Parameter) or not x.is_cpu:
            return False
    return not (
        torch.compiler.is_compiling()
        or are_transforms_active()
        or are_tracers_active()
        or have_tangents(*tensors)
    )


def are_fixed_numbers(*tensors: Tensor) -> bool:
    """Tell whether each is one number that can be read, and no gradient with respect to it is asked for."""
    return values_are_readable(*tensors) and all(x.ndim == 0 and not x.requires_grad for x in tensors)


def is_finite(x: Tensor) -> bool:
    """Tell whether all of many numbers are finite."""
    # So is their sum then, unless it overflows, and to sum them takes half of the time.
    return math.isfinite(x.sum().item()) or bool(x.isfinite().all())


# -- Private ---------------------------------------------------------------------------------------


def _broadcasts(inner: torch.Size, outer: torch.Size) -> bool:
    """Tell whether a tensor of one shape broadcasts to another, without making that larger."""
    more = len(outer) - len(inner)
    # Not `in`: torch 2.6 does not find a size that a graph leaves open.
    return more >= 0 and all(size == 1 or size == outer[more + axis] for axis, size in enumerate(inner))


def _ways_out(shape: torch.Size, given: tuple[int, ...], fresh: str, whole: tuple | None) -> str:
    """Say how to write what may have been meant by a state of another size."""
    ways, (name, lead) = [f"{fresh} for a new batch"], whole or ("", ())
    if len(given) == len(shape) + 1:
        ways.append("LIState(trajectory.v[-1], trajectory.i[-1]) to go on from a trajectory")
    if lead and given == (*lead, *shape):
        ways.append(f"{name}[None] for one step of neurons in this state")
    elif name and _broadcasts(shape, given):
        view = f"[:{', None' * (len(given) - len(shape))}]" if lead and len(given) > len(shape) else ""
        sizes = (-1,) * len(lead) + given
        ways.append(f"{name}{view}.expand{sizes} for one input to all of these neurons")
    return f" Use {'; '.join(ways)}."


def _is_inverse(x: float | Tensor) -> bool:
    if isinstance(x, float):
        return 0 <= x < math.inf
    return not x.numel() or (x.amin().item() >= 0 and is_finite(x))


def _how_to_make_a_tensor(name: str, x: object) -> str:
    if isinstance(x, torch.nn.utils.rnn.PackedSequence):
        return f"Use torch.nn.utils.rnn.pad_packed_sequence({name}), which returns a tensor and lengths."
    if isinstance(x, (list, tuple)) and x and all(isinstance(y, Tensor) for y in x):
        if all(y.shape == x[0].shape for y in x):
            return f"Use torch.stack({name})."
        return f"Use torch.nn.utils.rnn.pad_sequence({name}), and lengths= for where each one ends."
    if isinstance(x, (int, float, list, tuple)) or hasattr(x, "__array__"):
        return f"Use torch.as_tensor({name})."
    return f"Use {name}=torch.zeros(...), a tensor of jumps in volt."


def _check_kind(name: str, x: float | Tensor) -> None:
    is_number = isinstance(x, (int, float)) and not isinstance(x, bool)
    if not (is_number or (isinstance(x, Tensor) and x.is_floating_point())):
        got = x.dtype if isinstance(x, Tensor) else f"{x!r} of type {type(x).__name__}"
        way_out = (
            f"torch.tensor({name})"
            if isinstance(x, (list, tuple)) or hasattr(x, "shape")
            else f"float({name})"
        )
        raise TypeError(f"{name} must be a number or a floating tensor, got {got}. Use {way_out}.")


def _holds(x: float | Tensor, rule) -> bool:
    """Tell whether all values lie in the interval of the rule, or cannot be read; NaN lies in none."""
    if not isinstance(x, Tensor):
        return bool(rule(x))
    if not values_are_readable(x) or not x.numel():
        return True
    # An interval that holds the smallest and the largest holds all; of values with a NaN, both are NaN.
    return all(rule(end.item()) for end in x.detach().aminmax())


def _show(x: float | Tensor, rule) -> str:
    """Return a number or a few; of many the first that breaks the rule, and where it stands."""
    if not isinstance(x, Tensor):
        return f"{x:g}"
    x = x.detach()
    if x.numel() <= 6:
        values = [f"{y:g}" for y in x.flatten().tolist()]
        return values[0] if len(values) == 1 else f"[{', '.join(values)}]"
    at = (~rule(x)).nonzero()[0].tolist()
    return f"{x[tuple(at)].item():g} at {at}"


def _enumerate(items: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))
