r"""The leaky integrator as torch.nn modules, with the call signatures of Norse: ``(output, state)``.

.. math::
    \tau_\text{mem} \, \dot v = (v_\text{leak} - v) + i, \qquad \tau_\text{syn} \, \dot i = -i

=====================  ==============================  =======================================
module                 one call                        input
=====================  ==============================  =======================================
:class:`LICell`        one step                        jumps, ``(..., neurons)``
:class:`LILinearCell`  one step after a weight matrix  spikes, ``(..., inputs)``
:class:`LI`            a whole sequence                jumps, ``(time, ..., neurons)``
=====================  ==============================  =======================================

They behave in a training script as torch's own recurrent modules do.

- **A state is a pair of tensors** that the caller keeps. ``LIState(state.v.detach(), state.i.detach())`` cuts
  its past off: truncated back-propagation. It may stand in a checkpoint: see :class:`leakyedu.LIState`.
- **A layer returns two things**, so ``torch.nn.Sequential`` holds one as its last module only. Norse's
  ``SequentialState`` carries the states of several.
- **What runs in what.** A floating input and the state share a dtype, in which the layer answers; the
  coefficients are formed in float32, or in float64 for a float64 state.

  ========================================  ==================  ===========================================
  input                                     state given         no state
  ========================================  ==================  ===========================================
  floating                                  the state's, or an  the input's
                                            error
  spikes: bool or integer                   the state's         the layer's own
  under autocast, narrower than that        the state's         the layer's own
  ========================================  ==================  ===========================================

  A layer's own dtype is torch's default one when it was made, and then what ``.to()``, ``.double()`` or
  ``.half()`` made of it. Its constants may keep more digits than that: those of
  :meth:`leakyedu.LIParameters.from_tau` are float64, and become float32 where a device has no float64 (MPS).
- **torch.compile** makes one graph, without a break; batch and neurons may differ from call to call, ``dt``
  too. Each length of a sequence is a graph of its own, and so is an exported one.
- **TorchScript is not served**: torch has declared it deprecated. Use ``torch.compile``, ``torch.export`` or
  ``torch.onnx.export(layer, (x,), dynamo=True)``.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from leakyedu.device import WITHOUT_FLOAT64
from leakyedu.euler import step_named, weighted_spikes
from leakyedu.methods import Method, euler
from leakyedu.model import (
    LIParameters,
    LIState,
    as_tensor,
    at_rest,
    check_constants,
    check_dt,
    check_input,
    check_parameters,
    check_shapes,
    check_state,
    dtype_at_rest,
    named_constants,
    values_are_readable,
    warn,
)
from leakyedu.sequence import about, propagator_of, simulate_named


class _LeakyIntegrators(torch.nn.Module):
    """What a step and a whole sequence share: constants, ``dt``, method, and how they are shown."""

    def __init__(
        self,
        p: LIParameters = LIParameters(),
        dt: float | Tensor = 0.001,
        *,
        method: Method = euler,
        trainable: bool = False,
    ) -> None:
        super().__init__()
        check_dt(dt)
        check_parameters(p)
        check_constants(p, dt)
        propagator = propagator_of(method, p, dt)
        self.method = method
        self.trainable = trainable
        self.dtype = torch.get_default_dtype()
        if isinstance(dt, Tensor):
            self.register_buffer("dt", dt.detach().clone())
        else:
            self.dt = dt
        for name, value in zip(LIParameters._fields, map(as_tensor, p), strict=True):
            value = value.detach().clone()
            if not trainable:
                self.register_buffer(name, value)
                continue
            value = value.reshape(value.shape or (1,))
            if name == "v_leak":
                self.v_leak = torch.nn.Parameter(value)
                continue
            if values_are_readable(value) and bool((value == 0).any()):
                raise ValueError(
                    f"p.{name} must be above 0 to be trainable, got 0: the logarithm of an infinite "
                    "time constant is no number. Use trainable=False or a long time constant."
                )
            self.register_parameter(f"log_{name}", torch.nn.Parameter(value.log()))
        warn(about(p, dt, method, propagator))

    @property
    def p(self) -> LIParameters:
        r"""The parameters in use, :math:`\tau^{-1} = e^{\log \tau^{-1}}` where they are learned."""
        if not self.trainable:
            held = self._buffers  # faster than to ask the module
            if "tau_syn_inv" in held and "tau_mem_inv" in held and "v_leak" in held:
                return LIParameters(*(held[name] for name in LIParameters._fields))
            # One of them is computed, by torch.nn.utils.parametrize.
            return LIParameters(*(getattr(self, name) for name in LIParameters._fields))
        learned = (self.log_tau_syn_inv.exp(), self.log_tau_mem_inv.exp(), self.v_leak)
        # One constant for all neurons has shape (1,) for the optimiser, and () for broadcasting.
        return LIParameters(*(x.squeeze(0) if x.shape == (1,) else x for x in learned))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "_LeakyIntegrators":
        """Move and convert as every module does, and follow with what no tensor of the layer tells."""
        wide = fn(torch.empty(0, dtype=torch.float32, device="cpu")).device.type not in WITHOUT_FLOAT64

        def move(x: Tensor) -> Tensor:
            return fn(x if wide or x.dtype is not torch.float64 else x.float())

        self.dtype = move(torch.empty(0, dtype=self.dtype, device="cpu")).dtype
        return super()._apply(move, recurse)

    def extra_repr(self) -> str:
        """Say time constants, step and method."""
        p = self.p
        if any(x.numel() != 1 for x in p):
            constants = f"neurons={max(x.numel() for x in p)}"
        elif any(x.is_meta for x in p):
            constants = "on meta"
        else:
            # Divided as tensors: the inverse of 0 is a time constant without end.
            tau_syn, tau_mem, v_leak = (x.item() for x in (1 / p[0], 1 / p[1], p[2]))
            constants = f"tau_syn={tau_syn:.4g}, tau_mem={tau_mem:.4g}, v_leak={v_leak:.4g}"
        return f"{constants}, dt={self.dt}, method={getattr(self.method, '__name__', self.method)}"


class LICell(_LeakyIntegrators):
    r"""One step of leaky integrators.

    .. math::
        (v, i) \leftarrow M \, (v, i + x)

    The module keeps copies of the parameters: training it never changes the default neuron. Fixed
    constants are buffers ``tau_syn_inv``, ``tau_mem_inv``, ``v_leak``. Trainable ones are parameters
    ``log_tau_syn_inv``, ``log_tau_mem_inv``, ``v_leak`` of shape ``(1,)`` or ``(neurons,)``; their
    logarithms keep the time constants above 0 under any optimiser. In which dtype it answers, under autocast
    too, stands in :mod:`leakyedu.layers`.

    Args:
        p: parameters, of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
        dt: length of the step in second.
        method: the one-step method; :func:`leakyedu.methods.euler` is ``li_feed_forward_step`` itself.
        trainable: whether the constants are learned.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if a value cannot be meant, or a trainable time constant is infinite.

    Warns:
        UserWarning: if a time constant looks like milliseconds.
        RuntimeWarning: if the step is so long that the method rings or diverges. Both when the layer is
            made; a layer over sequences also warns at each call, as :func:`leakyedu.simulate` does.
    """

    def forward(self, input_tensor: Tensor, state: LIState | None = None) -> tuple[Tensor, LIState]:
        """Advance by one step.

        Args:
            input_tensor: jumps in volt, of shape ``(..., neurons)``; bool and integers are spikes.
            state: where to start; default :func:`leakyedu.resting_state`.

        Returns:
            The voltage in volt and the new state.
        """
        return self._advance("input_tensor", input_tensor, state)

    def _advance(self, name: str, x: Tensor, state: LIState | None) -> tuple[Tensor, LIState]:
        """Advance by one step; ``name`` is what an error calls the jumps ``x``."""
        p = self.p
        if state is None:
            check_input(name, x)
            check_shapes(name, x.shape, x.device, None, named_constants(p, self.dt))
            state = at_rest(x, x.shape, p.v_leak, dtype_at_rest(x, self.dtype))
        if self.method is euler:
            return step_named(name, x, state, p, self.dt)
        check_input(name, x)
        check_state(state)
        check_shapes(name, x.shape, x.device, state, named_constants(p, self.dt), whole=(name, ()))
        # A layer warns when it is made; a warning at each of a thousand steps would say nothing new.
        trajectory = simulate_named(name, x[None], state, p, self.dt, self.method, warns=False)
        last = LIState(trajectory.v[-1], trajectory.i[-1])
        return last.v, last


class LI(_LeakyIntegrators):
    """Leaky integrators over whole sequences.

    In which dtype it answers, under autocast too, what ``torch.compile`` makes of it, checkpoints, and that
    TorchScript is not served: all of this stands in :mod:`leakyedu.layers`.

    Args:
        p, dt, method, trainable: as for :class:`LICell`.
        batch_first: whether inputs and voltages of three axes or more are ``(batch, time, ...)``, as in
            torch's recurrent modules. The shape of a state does not change.
    """

    def __init__(
        self,
        p: LIParameters = LIParameters(),
        dt: float | Tensor = 0.001,
        *,
        method: Method = euler,
        trainable: bool = False,
        batch_first: bool = False,
    ) -> None:
        super().__init__(p, dt, method=method, trainable=trainable)
        self.batch_first = batch_first

    def forward(
        self,
        input_tensor: Tensor,
        state: LIState | None = None,
        *,
        lengths: Tensor | Sequence[int] | None = None,
    ) -> tuple[Tensor, LIState]:
        """Run over a sequence.

        Args:
            input_tensor: jumps in volt, of shape ``(time, ..., neurons)`` or ``(time,)``; with
                ``batch_first``, of three axes or more, ``(batch, time, ..., neurons)``.
            state: where to start, of shape ``(..., neurons)`` or ``()``; default rest.
            lengths: how many steps of each sequence of a batch count, of shape ``(batch,)``: the axis beside
                time. The state is taken at the end of each; voltages after it are computed as ever.

        Returns:
            The voltages in volt, of the shape of the input, and the last state.
        """
        check_input("input_tensor", input_tensor)
        batch_first = self.batch_first and input_tensor.ndim > 2
        ends = None if lengths is None else _ends(lengths, input_tensor, int(not batch_first))
        trajectory = simulate_named(
            "input_tensor",
            input_tensor,
            state,
            self.p,
            self.dt,
            self.method,
            all_currents=ends is not None,
            batch_first=batch_first,
            own=self.dtype,
        )
        voltages, time = trajectory.v, int(batch_first)
        if ends is not None:
            return voltages, LIState(*(y.gather(time, ends).squeeze(time) for y in trajectory))
        if voltages.shape[time]:
            last_v = voltages.select(time, -1)
        else:
            shape = trajectory.i.shape
            start = self.p.v_leak.to(voltages.dtype) if state is None else state.v
            last_v = start.to(voltages.device).expand(shape)
        # A copy: what is done to the voltages or to the old state afterwards must not change the new one.
        return voltages, LIState(last_v.clone(), trajectory.i)

    def extra_repr(self) -> str:
        """Say time constants, step and method, and what of the input comes first."""
        return super().extra_repr() + ", batch_first=True" * self.batch_first


class LILinearCell(LICell):
    r"""One step of leaky integrators whose currents jump by a weighted sum of spikes.

    .. math::
        (v, i) \leftarrow M \, (v, i + W s)

    Args:
        input_size: number of inputs.
        hidden_size: number of neurons.
        p, dt, method, trainable: as for :class:`LICell`.

    The weights ``input_weights`` of shape ``(hidden_size, input_size)``, in volt, are always learned.
    They start as normal numbers of variance ``1 / input_size``, as Norse's do.

    Raises:
        TypeError: if a size is no integer, or another argument is of the wrong kind.
        ValueError: if a size is below 1, or another value cannot be meant.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        p: LIParameters = LIParameters(),
        dt: float | Tensor = 0.001,
        *,
        method: Method = euler,
        trainable: bool = False,
    ) -> None:
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not isinstance(size, int) or isinstance(size, bool):
                raise TypeError(f"{name} must be an integer, got {size!r}. Use int({name}).")
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}. Give both sizes.")
        super().__init__(p, dt, method=method, trainable=trainable)
        weights = torch.randn(hidden_size, input_size) / math.sqrt(input_size)
        self.input_weights = torch.nn.Parameter(weights)

    def forward(self, input_tensor: Tensor, state: LIState | None = None) -> tuple[Tensor, LIState]:
        """Advance by one step.

        Args:
            input_tensor: spikes, of shape ``(..., input_size)``.
            state: where to start, of shape ``(..., hidden_size)``; default rest.

        Returns:
            The voltage in volt, of shape ``(..., hidden_size)``, and the new state.
        """
        names = "input_tensor", "layer.input_weights"
        jumps = weighted_spikes(input_tensor, self.input_weights, names)
        return self._advance("({} @ {}.T)".format(*names), jumps, state)


def _ends(lengths: Tensor | Sequence[int], x: Tensor, batch: int) -> Tensor:
    """Return where each sequence ends, for ``gather`` along time: of axes 0 and 1, that which is no batch."""
    if isinstance(lengths, (list, tuple)):
        lengths = torch.as_tensor(lengths, device="cpu")
    if not isinstance(lengths, Tensor) or lengths.is_floating_point() or lengths.dtype is torch.bool:
        got = lengths.dtype if isinstance(lengths, Tensor) else type(lengths).__name__
        raise TypeError(f"lengths must be integers, got {got}. Use torch.tensor(...) of integers, or a list.")
    if x.ndim < 2 or lengths.shape != x.shape[batch : batch + 1]:
        raise ValueError(
            f"lengths must have the shape {tuple(x.shape[batch : batch + 1])} for input_tensor of shape "
            f"{tuple(x.shape)}, got {tuple(lengths.shape)}. Give one length for each sequence of the batch."
        )
    steps = x.shape[1 - batch]
    if values_are_readable(lengths) and bool((wrong := (lengths < 1) | (lengths > steps)).any()):
        raise ValueError(
            f"lengths must be from 1 to the {steps} steps of input_tensor, got {lengths[wrong][0].item()}. "
            "Leave empty sequences out."
        )
    shape = [1] * x.ndim
    shape[batch] = x.shape[batch]
    sizes = [1 if axis == 1 - batch else size for axis, size in enumerate(x.shape)]
    return (lengths.to(x.device, torch.int64) - 1).reshape(shape).expand(sizes)
