r"""One-step methods for the leaky integrator, each a function ``(p, dt) -> Propagator``.

With :math:`y = (v - v_\text{leak}, i)` the neuron is :math:`\dot y = A y`,

.. math::
    A = \begin{pmatrix} -1/\tau_\text{mem} & 1/\tau_\text{mem} \\ 0 & -1/\tau_\text{syn} \end{pmatrix}

A one-step method replaces :math:`e^{\Delta t A}` by a function :math:`M = R(\Delta t A)` that is
easier to compute. :math:`A` is upper triangular, so :math:`M` is too, with :math:`R(-a)` and
:math:`R(-b)` on its diagonal and :math:`a` times their divided difference beside it, where
:math:`a = \Delta t / \tau_\text{mem}` and :math:`b = \Delta t / \tau_\text{syn}`.

A method is an object to pass, ``simulate(inputs, method=exact)``; a function of your own will do. Those
of this file are listed in ``ALL``.

Source: Hairer and Wanner, *Solving Ordinary Differential Equations II* (1996), chapter IV.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from leakyedu.model import LIParameters, as_tensor, check_constants, check_dt, check_parameters


class Propagator(NamedTuple):
    r"""The upper triangular matrix that takes a neuron over one step.

    .. math::
        v' - v_\text{leak} &= M_{vv} \, (v - v_\text{leak}) + M_{vi} \, i^+ \\
        i' &= M_{ii} \, i^+

    It acts on the current after its jump. All entries are numbers without a unit.

    Attributes:
        v_from_v: :math:`M_{vv}`, of the shape of ``tau_mem_inv * dt``.
        v_from_i: :math:`M_{vi}`, of a shape that broadcasts with both.
        i_from_i: :math:`M_{ii}`, of the shape of ``tau_syn_inv * dt``.
    """

    v_from_v: Tensor
    v_from_i: Tensor
    i_from_i: Tensor


Method = Callable[[LIParameters, float | Tensor], Propagator]


def euler(p: LIParameters, dt: float | Tensor) -> Propagator:
    r"""Follow the slope for one step.

    .. math::
        M = I + \Delta t \, A

    One step is wrong by :math:`O(\Delta t^2)`, a fixed span of time by :math:`O(\Delta t)`; it rings
    beyond the smaller time constant and diverges beyond twice that.

    Args:
        p: parameters, each of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
        dt: length of the step in second, a number or a tensor that broadcasts with ``p``.

    Returns:
        The propagator, in the dtype that ``dt * p.tau_mem_inv`` has.

    Raises:
        TypeError: if ``p`` or ``dt`` is of the wrong kind.
        ValueError: if ``dt`` is not finite and above 0, a time constant is not above 0, or shapes do not
            fit each other.

    Source: Gerstner et al., *Neuronal Dynamics* (2014), section 1.3.
    """
    a, b = _steps_per_time_constant(p, dt)
    return Propagator(v_from_v=1 - a, v_from_i=a, i_from_i=1 - b)


def backward_euler(p: LIParameters, dt: float | Tensor) -> Propagator:
    r"""Follow the slope at the end of the step.

    .. math::
        M = (I - \Delta t \, A)^{-1}

    As inaccurate as :func:`euler`, with the opposite sign; neither rings nor diverges at any step.

    Args and errors: as for :func:`euler`.

    Source: Hairer and Wanner (1996), section IV.3.
    """
    a, b = _steps_per_time_constant(p, dt)
    return Propagator(v_from_v=1 / (1 + a), v_from_i=a / (1 + a) / (1 + b), i_from_i=1 / (1 + b))


def trapezoid(p: LIParameters, dt: float | Tensor) -> Propagator:
    r"""Follow the mean of the slopes at both ends of the step.

    .. math::
        M = (I - \tfrac{\Delta t}{2} A)^{-1} \, (I + \tfrac{\Delta t}{2} A)

    A fixed span of time is wrong by :math:`O(\Delta t^2)`; it rings beyond twice the smaller time
    constant and never diverges.

    Args and errors: as for :func:`euler`.

    Source: Hairer and Wanner (1996), section IV.3.
    """
    a, b = _steps_per_time_constant(p, dt)
    return Propagator(
        v_from_v=(1 - a / 2) / (1 + a / 2),
        v_from_i=a / (1 + a / 2) / (1 + b / 2),
        i_from_i=(1 - b / 2) / (1 + b / 2),
    )


def runge_kutta4(p: LIParameters, dt: float | Tensor) -> Propagator:
    r"""Average four slopes: the classical Runge-Kutta method.

    .. math::
        M = I + \Delta t A + \tfrac{1}{2} (\Delta t A)^2 + \tfrac{1}{6} (\Delta t A)^3
            + \tfrac{1}{24} (\Delta t A)^4

    A fixed span of time is wrong by :math:`O(\Delta t^4)`; it never rings and diverges beyond 2.785
    times the smaller time constant.

    Args and errors: as for :func:`euler`.

    Source: Hairer and Wanner (1996), section IV.2.
    """
    a, b = _steps_per_time_constant(p, dt)
    return Propagator(
        v_from_v=1 - a * (1 - a / 2 * (1 - a / 3 * (1 - a / 4))),
        # The divided difference of each power: (a^k - b^k) / (a - b) without the division.
        v_from_i=a * (1 - (a + b) / 2 + (a**2 + a * b + b**2) / 6 - (a**3 + a**2 * b + a * b**2 + b**3) / 24),
        i_from_i=1 - b * (1 - b / 2 * (1 - b / 3 * (1 - b / 4))),
    )


def exact(p: LIParameters, dt: float | Tensor) -> Propagator:
    r"""Solve the equations over the step: right at any length of it.

    .. math::
        M = e^{\Delta t A}, \qquad
        M_{vi} = a \, \frac{e^{-a} - e^{-b}}{b - a}, \qquad
        M_{vi} = a \, e^{-a} \;\text{ where }\; a = b

    With a tensor of times ``t``, ``exact(p, t).v_from_i`` is the analytic response to a unit jump at
    time 0. What is exact is the neuron between its inputs; an input still acts at a step's start.

    Args:
        p: parameters, each of shape ``()``, ``(neurons,)`` or ``(batch, 1)``.
        dt: length of the step in second, a number or a tensor of times that broadcasts with ``p``.

    Returns:
        The propagator, within 4 eps of the truth at any ratio of the time constants, as long as its
        entries are normal numbers.

    Raises:
        TypeError: if ``p`` or ``dt`` is of the wrong kind.
        ValueError: if ``dt`` is not finite and above 0, a time constant is not above 0, or shapes do not
            fit each other.

    Source: Rotter and Diesmann, *Biological Cybernetics* 81 (1999), 381-402.
    """
    a, b = _steps_per_time_constant(p, dt)
    return Propagator(
        v_from_v=torch.exp(-a), v_from_i=a * _difference_of_decays(a, b), i_from_i=torch.exp(-b)
    )


def held_current(p: LIParameters, dt: float | Tensor) -> Propagator:
    r"""Decay exactly, but hold the current over the step: tempting, and no better than Euler.

    .. math::
        v' - v_\text{leak} &= e^{-a} (v - v_\text{leak}) + (1 - e^{-a}) \, i^+ \\
        i' &= e^{-b} \, i^+

    A fixed span of time is wrong by :math:`O(\Delta t)`, because the voltage is driven by a current
    that has not decayed yet; the area under the response is too large by the factor
    :math:`b / (1 - e^{-b})`.

    Args and errors: as for :func:`euler`.

    Source: the scheme of many spiking network libraries, snnTorch's decay factors among them.
    """
    a, b = _steps_per_time_constant(p, dt)
    return Propagator(v_from_v=torch.exp(-a), v_from_i=-torch.expm1(-a), i_from_i=torch.exp(-b))


class KnownMethod(NamedTuple):
    r"""A method and what is known of it.

    Attributes:
        function: the method, ``(p, dt) -> Propagator``.
        order: the power of :math:`\Delta t` with which its error over a fixed span of time vanishes.
        rings: the :math:`\Delta t / \tau` beyond which its error changes sign with each step.
        diverges: the :math:`\Delta t / \tau` beyond which its error grows with each step.
    """

    function: Method
    order: float
    rings: float = math.inf
    diverges: float = math.inf


ALL = (
    KnownMethod(euler, order=1, rings=1, diverges=2),
    KnownMethod(backward_euler, order=1),
    KnownMethod(trapezoid, order=2, rings=2),
    KnownMethod(runge_kutta4, order=4, diverges=2.785293563405282),
    KnownMethod(held_current, order=1),
    KnownMethod(exact, order=math.inf),
)


def _steps_per_time_constant(p: LIParameters, dt: float | Tensor) -> tuple[Tensor, Tensor]:
    """Check the arguments; return a = dt / tau_mem and b = dt / tau_syn."""
    check_dt(dt)
    check_parameters(p)
    check_constants(p, dt)
    return dt * as_tensor(p.tau_mem_inv), dt * as_tensor(p.tau_syn_inv)


def _difference_of_decays(a: Tensor, b: Tensor) -> Tensor:
    r"""Return :math:`(e^{-a} - e^{-b}) / (b - a)` without cancellation, also at a = b.

    With :math:`d = b - a`, near (:math:`|d| < 1`) and far,

    .. math::
        e^{-a} \, e^{-d/2} \, \frac{\sinh(d/2)}{d/2}, \qquad
        e^{-\min(a, b)} \, \frac{1 - e^{-|d|}}{|d|}

    The near form is an even power series, so values and both derivatives hold at equality. The far
    form cannot overflow, whatever the ratio.
    """
    d = b - a
    near = d.abs() < 1
    # Each branch sees a harmless number where the other is taken: a NaN that `where` drops from the
    # values would come back in the gradients.
    half = torch.where(near, d, 0) / 2
    # Written as (a + b) / 2, the exponent would lose the digits that the difference keeps.
    near_value = torch.exp(-a) * torch.exp(-half) * _sinh_over(half)
    distance = torch.where(near, 1, d).abs()
    far_value = torch.exp(-torch.minimum(a, b)) * (-torch.expm1(-distance) / distance)
    return torch.where(near, near_value, far_value)


def _sinh_over(x: Tensor) -> Tensor:
    r"""Return :math:`\sinh(x) / x = \sum_k x^{2k} / (2k + 1)!` for :math:`|x| \le 1/2`."""
    total = torch.ones_like(x)
    # Eight terms: the ninth is below float64's rounding, in the second derivative too.
    for k in range(8, 0, -1):
        total = 1 + total * x * x / (2 * k * (2 * k + 1))
    return total
