r"""The leaky integrator on paper: what can be said about it before a number is put in.

Everything is derived from the two equations and one rule,

.. math::
    \tau_\text{mem} \, \dot v &= (v_\text{leak} - v) + i \\
    \tau_\text{syn} \, \dot i &= -i, \qquad i \leftarrow i + w \;\text{ at an input},

by sympy alone. This file does not know :mod:`leakyedu.methods`, so that a test can hold the numbers of
the one against the formulas of the other.

=======================  ========================================================  ===========
name                     what it stands for                                        unit
=======================  ========================================================  ===========
``t``, ``dt``            time, length of a step                                    second
``tau_mem, tau_syn``     time constants, above 0 and not equal                     second
``v_leak``, ``w``        voltage at rest, jump of the current                      volt
``v``, ``i``             functions of ``t``: voltage and current                   volt
``s``                    variable of the Laplace transform                         1/second
``z``                    variable of the z transform: a shift by one step          none
=======================  ========================================================  ===========

A method is a matrix that acts on :math:`(v - v_\text{leak}, i^+)`, as in :mod:`leakyedu.methods`.
Formulas become numbers by ``sympy.lambdify``.
"""

from collections.abc import Mapping

import sympy
from sympy import Dummy, Eq, Expr, Function, ImmutableMatrix, Matrix, Symbol, symbols
from sympy.core.function import AppliedUndef
from sympy.physics.units import second, volt

t, dt, tau_mem, tau_syn = symbols("t dt tau_mem tau_syn", positive=True)
v_leak, w = symbols("v_leak w", real=True)
s, z = symbols("s z")
v, i = Function("v")(t), Function("i")(t)

UNITS = dict.fromkeys((v, i, v_leak, w), volt) | dict.fromkeys((t, dt, tau_mem, tau_syn), second)
UNITS |= {s: 1 / second, z: sympy.Integer(1)}


def equations() -> tuple[Eq, Eq]:
    r"""Return the two equations of the neuron between its inputs.

    .. math::
        \dot v = (v_\text{leak} - v + i) / \tau_\text{mem}, \qquad \dot i = -i / \tau_\text{syn}

    Source: Gerstner et al., *Neuronal Dynamics* (2014), sections 1.3 and 3.1.
    """
    return Eq(v.diff(t), (v_leak - v + i) / tau_mem), Eq(i.diff(t), -i / tau_syn)


def system_matrix() -> ImmutableMatrix:
    r"""Return the matrix of the equations: their slopes, differentiated by the state.

    .. math::
        \dot y = A \, y, \qquad y = (v - v_\text{leak}, i)
    """
    slopes = Matrix([equation.rhs for equation in equations()])
    return ImmutableMatrix(slopes.jacobian([v, i]))


# -- Methods: one step as a matrix ---------------------------------------------------------------


def euler() -> ImmutableMatrix:
    r"""Follow the slope at the start of the step.

    .. math::
        M = I + \Delta t \, A
    """
    return ImmutableMatrix(sympy.eye(2) + dt * system_matrix())


def backward_euler() -> ImmutableMatrix:
    r"""Follow the slope at the end of the step.

    .. math::
        y' = y + \Delta t \, A \, y'
    """
    return _tidy((sympy.eye(2) - dt * system_matrix()).inv())


def trapezoid() -> ImmutableMatrix:
    r"""Follow the mean of the slopes at both ends.

    .. math::
        y' = y + \tfrac{\Delta t}{2} (A \, y + A \, y')
    """
    half = dt / 2 * system_matrix()
    return _tidy((sympy.eye(2) - half).inv() * (sympy.eye(2) + half))


def runge_kutta4() -> ImmutableMatrix:
    r"""Average four slopes, each taken where the one before it leads.

    .. math::
        y' = y + \tfrac{\Delta t}{6} (k_1 + 2 k_2 + 2 k_3 + k_4)

    Source: Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I* (1993), section II.1.
    """
    one, a = sympy.eye(2), system_matrix()
    k1 = a
    k2 = a * (one + dt / 2 * k1)
    k3 = a * (one + dt / 2 * k2)
    k4 = a * (one + dt * k3)
    return ImmutableMatrix((one + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)).applyfunc(sympy.expand))


def exact() -> ImmutableMatrix:
    r"""Solve the equations over the step.

    .. math::
        M = e^{\Delta t A}

    The result holds for time constants that differ; see :func:`at_equal_time_constants`.

    Source: Rotter and Diesmann, *Biological Cybernetics* 81 (1999), 381-402.
    """
    return _tidy((dt * system_matrix()).exp())


def held_current() -> ImmutableMatrix:
    r"""Solve the voltage's equation with a current that stands still, and the current's by itself.

    .. math::
        v' - v_\text{leak} = e^{-\Delta t / \tau_\text{mem}} \, (v - v_\text{leak})
            + (1 - e^{-\Delta t / \tau_\text{mem}}) \, i^+
    """
    standing = Matrix([system_matrix()[0, :], [0, 0]])
    decaying = (dt * system_matrix())[1, 1]
    return _tidy(Matrix([(dt * standing).exp()[0, :], [0, sympy.exp(decaying)]]))


def at_equal_time_constants(formula: Expr | Matrix) -> Expr | ImmutableMatrix:
    r"""Return the limit of a formula where the synapse is as slow as the membrane.

    .. math::
        \lim_{\tau_\text{syn} \to \tau_\text{mem}}

    Args:
        formula: an expression or a matrix in ``tau_mem`` and ``tau_syn``.
    """
    if isinstance(formula, sympy.MatrixBase):
        return ImmutableMatrix(formula.applyfunc(at_equal_time_constants))
    return sympy.limit(formula, tau_syn, tau_mem)


# -- What follows ----------------------------------------------------------------------------------


def impulse_response() -> Expr:
    r"""Return the voltage above rest at the time ``t`` after one jump of ``w`` at time 0.

    .. math::
        v(t) - v_\text{leak} = w \, (e^{t A})_{vi}
    """
    return w * exact()[0, 1].subs(dt, t)


def peak_time() -> Expr:
    r"""Return the time at which the impulse response is largest: where its slope is 0.

    .. math::
        t = \frac{\tau_\text{mem} \tau_\text{syn}}{\tau_\text{mem} - \tau_\text{syn}}
            \ln \frac{\tau_\text{mem}}{\tau_\text{syn}}
    """
    (time,) = sympy.solve(impulse_response().diff(t), t)
    # A time constant has a unit, so only the logarithm of a ratio makes sense.
    ratio = Dummy()
    time = sympy.expand_log(time).subs(sympy.log(tau_mem), ratio + sympy.log(tau_syn))
    return sympy.factor(time).subs(ratio, sympy.log(tau_mem / tau_syn))


def transfer_function(matrix: Matrix | None = None) -> Expr:
    r"""Return what the neuron makes of a drive :math:`I` that swings: voltage over drive.

    .. math::
        H(s) = \frac{1}{(1 + s \tau_\text{mem}) (1 + s \tau_\text{syn})}, \qquad
        H(z) = z \, \bigl( (z - M)^{-1} M \bigr)_{vi} \, \Delta t / \tau_\text{syn}

    A drive moves the current by :math:`I \, / \, \tau_\text{syn}` per second, which is a jump of
    :math:`I \, \Delta t / \tau_\text{syn}` per step. At the frequency f take
    :math:`s = 2 \pi \mathrm{i} f`, and :math:`z = e^{s \Delta t}`.

    Args:
        matrix: of a method, for its :math:`H(z)`; without it, the :math:`H(s)` of the equations.

    Returns:
        A formula without unit, of ``s`` or of ``z`` and ``dt``. Its absolute value is the gain, its
        argument the phase. The voltage of a step stands at the step's end, one ``dt`` after its jump.

    Source: Oppenheim and Schafer, *Discrete-Time Signal Processing* (2010), sections 3.5 and 5.2.
    """
    if matrix is None:
        response = (s * sympy.eye(2) - system_matrix()).inv() / tau_syn
    else:
        _check_matrix(matrix)
        response = (z * sympy.eye(2) - matrix).inv() * matrix * dt / tau_syn
        # Element n of a trajectory is the state after step n; the recurrence counts it as n + 1.
        response = z * response
    return sympy.factor(response[0, 1])


# -- Units -----------------------------------------------------------------------------------------


def unit(formula: Expr | Eq, units: Mapping[Expr, Expr] = UNITS) -> Expr:
    """Return the unit of a formula, for example ``volt/second``; 1 for a number.

    Args:
        formula: an expression or an equation.
        units: symbol or function of time -> its unit, in ``sympy.physics.units``.

    Raises:
        TypeError: if ``formula`` is no expression, for example a matrix.
        ValueError: if terms of different units are added or equated, if an exponent or an argument of
            a function has a unit, or if the unit of a symbol is not known.
    """
    if isinstance(formula, (int, float)):
        return sympy.Integer(1)
    if isinstance(formula, sympy.MatrixBase) or not isinstance(formula, sympy.Basic):
        raise TypeError(
            f"formula must be an expression or an equation, got {type(formula).__name__}. "
            "Ask for one entry of a matrix at a time."
        )
    if formula in units:
        return units[formula]
    if isinstance(formula, (Symbol, AppliedUndef)):
        raise ValueError(f"{formula} has no known unit. Pass units=UNITS | {{{formula}: ...}}.")
    if isinstance(formula, sympy.Derivative):
        below = (unit(x, units) ** n for x, n in formula.variable_count)
        return unit(formula.expr, units) / sympy.Mul(*below)
    parts = [unit(part, units) for part in formula.args]
    if isinstance(formula, (sympy.Add, sympy.core.relational.Relational, sympy.Abs, sympy.Max, sympy.Min)):
        # A 0 fits any unit, and a sum of several units fits none.
        found = {x: part for x, part in zip(parts, formula.args, strict=True) if part != 0}
        if len(found) > 1:
            what = (
                "added"
                if isinstance(formula, sympy.Add)
                else "equated"
                if isinstance(formula, Eq)
                else "compared"
            )
            listed = " and ".join(_with_unit(part, x) for x, part in found.items())
            raise ValueError(f"{formula} must have one unit, but {listed} are {what}. Look at each term.")
        return next(iter(found), sympy.Integer(1))
    if isinstance(formula, sympy.Mul):
        return sympy.Mul(*parts)
    if isinstance(formula, sympy.Pow) and formula.exp.is_number:
        return parts[0] ** formula.exp
    for part, x in zip(formula.args, parts, strict=True):
        if x != 1:
            raise ValueError(
                f"{formula} takes a number without a unit, got {_with_unit(part, x)}. "
                "Divide by a constant of that unit."
            )
    return sympy.Integer(1)


# -- Private ---------------------------------------------------------------------------------------


def _check_matrix(matrix: Matrix) -> None:
    if not isinstance(matrix, sympy.MatrixBase) or matrix.shape != (2, 2):
        got = type(matrix).__name__ if not isinstance(matrix, sympy.MatrixBase) else f"shape {matrix.shape}"
        raise TypeError(f"matrix must be a 2 x 2 matrix of sympy, got {got}. Call the method: euler().")


def _tidy(matrix: Matrix) -> ImmutableMatrix:
    """Write each entry as a product of few terms, as one would on paper."""

    def tidy(entry: Expr) -> Expr:
        # Left to itself, sympy brings e^-x - e^-y to the common denominator e^x e^y.
        decays = {decay: Dummy() for decay in sorted(entry.atoms(sympy.exp), key=str)}
        tidied = sympy.factor(sympy.expand(entry.subs(decays)))
        return tidied.subs({name: decay for decay, name in decays.items()})

    return ImmutableMatrix(matrix.applyfunc(tidy))


def _with_unit(formula: Expr, unit: Expr) -> str:
    return f"{formula} without a unit" if unit == 1 else f"{formula} in {unit}"
