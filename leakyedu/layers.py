r"""The leaky integrator as torch.nn modules, with the call signatures of Norse: ``(output, state)``.

.. math::
    \tau_\text{mem} \, \dot v = (v_\text{leak} - v) + i, \qquad \tau_\text{syn} \, \dot i = -i

====================  ==============================  =======================================
module                one call                        input
====================  ==============================  =======================================
:class:`LICell`       one step                        jumps, ``(..., neurons)``
:class:`LILinearCell` one step after a weight matrix  spikes, ``(..., inputs)``
:class:`LI`           a whole sequence                jumps, ``(time, ..., neurons)``
====================  ==============================  =======================================
"""

import math

import torch
from torch import Tensor

from leakyedu.euler import li_feed_forward_step, weighted_spikes
from leakyedu.methods import Method, euler
from leakyedu.model import (
    LIParameters,
    LIState,
    as_tensor,
    check_constants,
    check_dt,
    check_input,
    check_parameters,
    resting_state,
    values_are_readable,
    warn_about_units,
)
from leakyedu.sequence import propagator_of, simulate_named, warn_about_step


class LICell(torch.nn.Module):
    r"""One step of leaky integrators.

    .. math::
        (v, i) \leftarrow M \, (v, i + x)

    The module keeps copies of the parameters: training it never changes the default neuron. Fixed
    constants are buffers ``tau_syn_inv``, ``tau_mem_inv``, ``v_leak``. Trainable ones are parameters
    ``log_tau_syn_inv``, ``log_tau_mem_inv``, ``v_leak`` of shape ``(1,)`` or ``(neurons,)``; their
    logarithms keep the time constants above 0 under any optimiser.

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
        _ = warn_about_units(p) or warn_about_step(propagator, p, dt, method)

    @property
    def p(self) -> LIParameters:
        r"""The parameters in use, :math:`\tau^{-1} = e^{\log \tau^{-1}}` where they are learned."""
        if not hasattr(self, "log_tau_mem_inv"):
            return LIParameters(self.tau_syn_inv, self.tau_mem_inv, self.v_leak)
        learned = (self.log_tau_syn_inv.exp(), self.log_tau_mem_inv.exp(), self.v_leak)
        # One constant for all neurons has shape (1,) for the optimiser, and () for broadcasting.
        return LIParameters(*(x.squeeze(0) if x.shape == (1,) else x for x in learned))

    def forward(self, input_tensor: Tensor, state: LIState | None = None) -> tuple[Tensor, LIState]:
        """Advance by one step.

        Args:
            input_tensor: jumps in volt, of shape ``(..., neurons)``; bool and integers are spikes.
            state: where to start; default :func:`leakyedu.resting_state`.

        Returns:
            The voltage in volt and the new state.
        """
        p = self.p
        check_input("input_tensor", input_tensor)
        if state is None:
            state = resting_state(input_tensor, p)
        if self.method is euler:
            return li_feed_forward_step(input_tensor, state, p, self.dt)
        # A layer warns when it is made; a warning at each of a thousand steps would say nothing new.
        trajectory = simulate_named(
            "input_tensor", input_tensor[None], state, p, self.dt, self.method, warns=False
        )
        last = LIState(trajectory.v[-1], trajectory.i[-1])
        return last.v, last

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


class LI(LICell):
    """Leaky integrators over whole sequences; arguments as for :class:`LICell`."""

    def forward(self, input_tensor: Tensor, state: LIState | None = None) -> tuple[Tensor, LIState]:
        """Run over a sequence.

        Args:
            input_tensor: jumps in volt, of shape ``(time, ..., neurons)`` or ``(time,)``.
            state: where to start, of shape ``(..., neurons)``; default rest.

        Returns:
            The voltages in volt, of shape ``(time, ..., neurons)``, and the last state.
        """
        trajectory = simulate_named(
            "input_tensor", input_tensor, state, self.p, self.dt, self.method, all_currents=False
        )
        if len(trajectory.v):
            last_v = trajectory.v[-1]
        else:
            start = resting_state(input_tensor, self.p, time_axis=True) if state is None else state
            last_v = start.v.expand(trajectory.v.shape[1:])
        # Copies: what is done to the voltages or to the old state afterwards must not change the new one.
        return trajectory.v, LIState(last_v.clone(), trajectory.i.clone())


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
        jumps = weighted_spikes(input_tensor, self.input_weights, ("input_tensor", "layer.input_weights"))
        return super().forward(jumps, state)
