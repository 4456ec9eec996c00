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

Checks live here, so that every function says the same thing about the same mistake. Values are read
where that costs nothing: from plain tensors on the CPU, outside ``torch.compile`` and ``torch.func``.
Elsewhere only kind, dtype, shape and device are checked, so nothing synchronises or breaks a graph.

Source: Gerstner et al., *Neuronal Dynamics* (2014), sections 1.3 and 3.1.
"""

import math
import sys
import warnings
import weakref
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import Parameter

# Outside these bounds, in second, a time constant of a neuron was meant in another unit.
SHORTEST_TIME_CONSTANT, LONGEST_TIME_CONSTANT = 1e-5, 1e3


class LIState(NamedTuple):
    """State of a leaky integrator, or a trajectory of states with time as the first axis.

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

    tau_syn_inv: Tensor = torch.tensor(1 / 5e-3, dtype=torch.float32)
    tau_mem_inv: Tensor = torch.tensor(1 / 1e-2, dtype=torch.float32)
    v_leak: Tensor = torch.tensor(0.0, dtype=torch.float32)

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
        warn_about_units(p)
        return p


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
        the inputs are spikes (bool or integer). A learned ``v_leak`` stays in its graph.

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
    dtype = inputs.dtype if inputs.is_floating_point() else torch.get_default_dtype()
    zeros = torch.zeros(shape, dtype=dtype, device=inputs.device)
    v_leak = p.v_leak
    check_shapes({"inputs": zeros}, {f"p.{name}": x for name, x in zip(LIParameters._fields, p, strict=True)})
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


def check_parameters(p: LIParameters) -> None:
    """Raise unless ``p`` has inverse time constants of at least 0 and a finite ``v_leak``."""
    if not isinstance(p, tuple) or getattr(p, "_fields", None) != LIParameters._fields:
        got = f"the class {p.__name__}" if isinstance(p, type) else type(p).__name__
        raise TypeError(
            f"p must be LIParameters, got {got}. "
            "Use LIParameters.from_tau(tau_syn=0.005, tau_mem=0.01, v_leak=0.0)."
        )
    if _is_known_good(p):
        return
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
    _remember_good(p)


def check_constants(p: LIParameters, dt: float | Tensor = 1.0) -> None:
    """Raise unless ``p`` and ``dt`` broadcast; whether they fit the neurons, each call checks."""
    a, b, c = p
    # A loop over any(...) would cost more than the look itself.
    if getattr(a, "ndim", 0) == getattr(b, "ndim", 0) == getattr(c, "ndim", 0) == getattr(dt, "ndim", 0) == 0:
        return
    named = {f"p.{name}": x for name, x in zip(LIParameters._fields, p, strict=True)} | {"dt": dt}
    shapes = {name: tuple(x.shape) for name, x in named.items() if isinstance(x, Tensor)}
    try:
        torch.broadcast_shapes(*shapes.values())
    except RuntimeError:
        listed = [f"{name} of shape {shape}" for name, shape in shapes.items() if shape]
        raise ValueError(
            f"p and dt must fit together, got {_enumerate(listed)}. Give each the shape () or (neurons,)."
        ) from None


def check_input(name: str, x: Tensor) -> None:
    """Raise unless ``x`` is a real tensor; bool and integers are spikes."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(x).__name__}. Use torch.as_tensor({name}).")
    if x.is_complex():
        raise TypeError(f"{name} must be real, got {x.dtype}. Pass {name}.real or {name}.abs().")


def check_state(state: LIState) -> None:
    """Raise unless ``state`` has floating tensors ``v`` and ``i`` of one dtype."""
    if not (hasattr(state, "v") and hasattr(state, "i")):
        raise TypeError(
            f"state must be an LIState, got {type(state).__name__}. "
            "Use resting_state(input) or LIState(v=..., i=...)."
        )
    for name, x in (("state.v", state.v), ("state.i", state.i)):
        if not isinstance(x, Tensor) or not x.is_floating_point():
            got = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise TypeError(
                f"{name} must be a floating tensor, got {got}. Use torch.zeros(...) or {name}.float()."
            )
    if state.v.dtype is not state.i.dtype:
        raise TypeError(
            f"state.v and state.i must share one dtype, got {state.v.dtype} and {state.i.dtype}. "
            f"Convert one, for example state.i.to({state.v.dtype})."
        )


def check_shapes(states: dict[str, Tensor], constants: dict[str, float | Tensor]) -> None:
    """Raise unless everything broadcasts to a shape that one of the ``states`` already has.

    Broadcasting (4, 1) with (3,) would build the outer product (4, 3) in silence: twelve neurons out
    of four or three. Tensors must also share a device; a 0-dim one may stay on the CPU.
    """
    named = states | {name: c for name, c in constants.items() if isinstance(c, Tensor)}
    shapes = [x.shape for x in named.values()]
    # The common case, one shape and scalar constants: torch.broadcast_shapes takes as long as a step.
    if all(shape == shapes[0] or not shape for shape in shapes):
        grown = shapes[0]
    else:
        try:
            grown = torch.broadcast_shapes(*shapes)
        except RuntimeError:
            grown = None
    if grown not in [x.shape for x in states.values()]:
        listed = [
            f"{name} of shape {tuple(x.shape)}" for name, x in named.items() if x.ndim or name in states
        ]
        what = "do not fit together" if grown is None else f"would grow to {tuple(grown)}"
        raise ValueError(
            f"{_enumerate(listed)} {what}. Give the state the shape of the input, for example "
            "resting_state(input), and parameters the shape () or (neurons,)."
        )
    devices = {x.device for x in named.values() if x.ndim or x.device.type != "cpu"}
    if len(devices) > 1:
        listed = [f"{name} on {x.device}" for name, x in named.items()]
        raise ValueError(f"{_enumerate(listed)} must share one device. Move them with .to(device).")


def warn_about_units(p: LIParameters) -> bool:
    """Warn once if a time constant looks like milliseconds; return whether it did."""
    # A little room: the inverse of a bound, in float32, must not fall outside of it.
    low, high = 0.999 / LONGEST_TIME_CONSTANT, 1.001 / SHORTEST_TIME_CONSTANT
    for name, inverse in (("tau_syn", p.tau_syn_inv), ("tau_mem", p.tau_mem_inv)):
        if not _holds(inverse, rule := lambda x: (x == 0) | (x > low) & (x < high)):
            warn(
                f"{name} = {_show(1 / inverse, lambda x: rule(1 / x))} s is outside "
                f"{SHORTEST_TIME_CONSTANT:g} to {LONGEST_TIME_CONSTANT:g} s. Times are in second: "
                f"did you mean milliseconds, {name}=0.01 for 10 ms?",
                UserWarning,
            )
            return True
    return False


def warn(message: str, category: type[Warning]) -> None:
    """Warn about the first caller outside of this package and of torch: the line to change."""
    frame, level = sys._getframe(1), 1
    while frame and frame.f_globals.get("__name__", "").split(".")[0] in ("leakyedu", "torch"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


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
    """Return ``x`` in the dtype of the state: spikes are converted, another floating dtype is refused."""
    if isinstance(x, Tensor) and x.dtype is dtype:
        return x
    check_input(name, x)
    if x.is_floating_point():
        raise TypeError(
            f"{name} and state must share one dtype, got {x.dtype} and {dtype}. "
            f"Convert one, for example {name}.to({dtype})."
        )
    return x.to(dtype)


def values_are_readable(*tensors: Tensor) -> bool:
    """Tell whether the numbers can be read without a synchronisation or a graph break."""
    return (
        not torch.compiler.is_compiling()
        # No public name tells that vmap or grad is at work, where reading a value fails or breaks.
        and not torch._C._are_functorch_transforms_active()
        # Nor one that a tracer (torch.func.linearize, fake tensors) is.
        and torch._C._len_torch_dispatch_stack() == 0
        and all(x.is_cpu and type(x) in (Tensor, Parameter) for x in tensors)
    )


def are_fixed_numbers(*tensors: Tensor) -> bool:
    """Tell whether each is one number that can be read, and no gradient with respect to it is asked for."""
    return values_are_readable(*tensors) and all(x.ndim == 0 and not x.requires_grad for x in tensors)


def is_finite(x: Tensor) -> bool:
    """Tell whether all of many numbers are finite."""
    # So is their sum then, unless it overflows, and to sum them takes half of the time.
    return math.isfinite(x.sum().item()) or bool(x.isfinite().all())


# -- Private ---------------------------------------------------------------------------------------

# Parameters found good, by the ids of their tensors: weak references to these, and the versions at that
# time. They serve thousands of steps, and reading their values each time would cost as much as a step.
_known_good: dict[tuple[int, ...], tuple[weakref.ref, ...]] = {}


def _is_known_good(p: LIParameters) -> bool:
    if torch.compiler.is_compiling():
        return False
    x, y, z = p
    # One look-up: another thread may drop the entry between two.
    known = _known_good.get((id(x), id(y), id(z)))
    if known is None:
        return False
    a, b, c, versions = known
    return (a() is x and b() is y and c() is z) and versions == (x._version, y._version, z._version)


def _remember_good(p: LIParameters) -> None:
    # Inference tensors have no version, so a later change of theirs could not be seen.
    if all(isinstance(x, Tensor) and values_are_readable(x) and not x.is_inference() for x in p):
        key = tuple(map(id, p))
        first = weakref.ref(p[0], lambda _: _known_good.pop(key, None))
        versions = tuple(x._version for x in p)
        # Those that share a living first tensor, the default one for example, would pile up.
        if len(_known_good) >= 1000:
            _known_good.clear()
        _known_good[key] = (first, weakref.ref(p[1]), weakref.ref(p[2]), versions)


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
    """Tell whether all values fulfil the rule, or cannot be read; NaN fulfils no comparison."""
    if not isinstance(x, Tensor):
        return bool(rule(x))
    if not values_are_readable(x):
        return True
    # As a Python number, one value is read five times faster.
    return bool(rule(x.item()) if x.ndim == 0 else rule(x.detach()).all())


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
