import math

import mpmath
import numpy as np
import pytest
import scipy.signal
import sympy
import torch
from sympy.physics.units import ampere, second, volt

from leakyedu import LIParameters, LIState, li_feed_forward_step, methods, simulate, stimuli, symbolic
from leakyedu.symbolic import dt, s, t, tau_mem, tau_syn, v, v_leak, w, z

METHODS = [known.function.__name__ for known in methods.ALL]
# tau_syn, tau_mem in second.
DIFFERENT = [(5e-3, 1e-2), (1e-2, 5e-3), (1 / 3000, 2e-2), (0.1, 1e-3)]
NEAR = [(1e-2, 1e-2 * (1 + 1e-9)), (1e-2, math.nextafter(1e-2, 1)), (7e-3, 7.001e-3)]

MATRIX = {name: getattr(symbolic, name)() for name in METHODS}


def entries(name, tau_syn, tau_mem, step):
    """Return what the torch method computes, and the time constants that it really used."""
    p = LIParameters.from_tau(tau_syn, tau_mem)
    return [float(x) for x in getattr(methods, name)(p, step)]


def numbers(matrix, modules="math"):
    """Return the lambdified entries v_from_v, v_from_i, i_from_i of a matrix."""
    return sympy.lambdify((tau_syn, tau_mem, dt), [matrix[0, 0], matrix[0, 1], matrix[1, 1]], modules)


# -- The numbers of the library are those of the derivation ----------------------------------------


@pytest.mark.parametrize("step", [1e-5, 1e-4, 1e-3, 3e-3, 1.7e-2])
@pytest.mark.parametrize(("syn", "mem"), DIFFERENT)
@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_its_lambdified_derivation(name, syn, mem, step, measured):
    derived = numbers(MATRIX[name])(syn, mem, step)

    scale = max(map(abs, derived))
    off = max(
        abs(x - y) / (abs(y) + 1e-2 * scale)
        for x, y in zip(entries(name, syn, mem, step), derived, strict=True)
    )
    measured(4, f"{name} against its lambdified derivation (at most 1e-12)", off)
    assert entries(name, syn, mem, step) == pytest.approx(derived, rel=1e-12, abs=1e-14 * scale)


@pytest.mark.parametrize("step", [1e-5, 1e-3, 1.7e-2])
@pytest.mark.parametrize(("syn", "mem"), NEAR)
@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_its_derivation_near_equal_time_constants(name, syn, mem, step, measured):
    # At 60 digits: in float64 the derived formula has none left where the difference cancels.
    with mpmath.workdps(60):
        derived = numbers(MATRIX[name], "mpmath")(*map(mpmath.mpf, (syn, mem, step)))
        derived = [float(x) for x in derived]

    off = max(abs(x - y) for x, y in zip(entries(name, syn, mem, step), derived, strict=True))
    measured(4, f"{name} near equal time constants, absolute (at most 1e-12)", off)
    assert entries(name, syn, mem, step) == pytest.approx(derived, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("step", [1e-4, 1e-3, 1.7e-2])
@pytest.mark.parametrize("name", METHODS)
def test_a_method_at_equal_time_constants_is_the_limit_of_its_derivation(name, step):
    limit = symbolic.at_equal_time_constants(MATRIX[name])
    derived = numbers(limit)(math.nan, 1e-2, step)

    assert tau_syn not in limit.free_symbols
    assert entries(name, 1e-2, 1e-2, step) == pytest.approx(derived, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", METHODS)
def test_a_derived_method_is_upper_triangular_and_free_of_v_leak(name):
    assert MATRIX[name][1, 0] == 0
    assert MATRIX[name].free_symbols == {dt, tau_mem, tau_syn}


# -- The derivation is right, by another way -------------------------------------------------------


def test_the_equations_are_the_slopes_that_eulers_step_follows():
    p, step = LIParameters.from_tau(4e-3, 2e-2, v_leak=-0.065), 1e-3
    state = LIState(v=torch.tensor(0.3, dtype=torch.float64), i=torch.tensor(-0.7, dtype=torch.float64))
    values = {symbolic.v: 0.3, symbolic.i: -0.7, v_leak: -0.065, tau_mem: 2e-2, tau_syn: 4e-3}

    slopes = [equation.rhs.subs(values) for equation in symbolic.equations()]
    _, after = li_feed_forward_step(torch.zeros((), dtype=torch.float64), state, p, step)

    assert after.v.item() == pytest.approx(float(0.3 + step * slopes[0]), rel=1e-14)
    assert after.i.item() == pytest.approx(float(-0.7 + step * slopes[1]), rel=1e-14)


def test_the_exact_matrix_solves_the_equations_and_starts_as_the_identity():
    matrix = symbolic.exact()

    slope = matrix.diff(dt) - symbolic.system_matrix() * matrix

    assert slope.applyfunc(sympy.simplify).is_zero_matrix
    assert matrix.subs(dt, 0).applyfunc(sympy.simplify) == sympy.eye(2)


def test_the_exact_matrix_at_equal_time_constants_solves_the_equations_too():
    matrix = symbolic.at_equal_time_constants(symbolic.exact())
    equal = symbolic.system_matrix().subs(tau_syn, tau_mem)

    assert (matrix.diff(dt) - equal * matrix).applyfunc(sympy.simplify).is_zero_matrix
    assert matrix[0, 1] == dt / tau_mem * sympy.exp(-dt / tau_mem)


def test_the_impulse_response_is_what_dsolve_finds():
    current = w * sympy.exp(-t / tau_syn)
    equation = symbolic.equations()[0].subs(symbolic.i, current)

    solution = sympy.dsolve(equation, v, ics={v.subs(t, 0): v_leak})

    assert sympy.simplify(solution.rhs - v_leak - symbolic.impulse_response()) == 0


def test_the_impulse_response_of_the_running_example_peaks_at_a_quarter():
    ours = {tau_mem: sympy.Rational(1, 100), tau_syn: sympy.Rational(1, 200), w: 1}

    peak = symbolic.peak_time().subs(ours)

    assert sympy.simplify(peak - sympy.log(2) / 100) == 0
    assert sympy.simplify(symbolic.impulse_response().subs(ours).subs(t, peak)) == sympy.Rational(1, 4)


def test_the_peak_comes_where_the_curve_of_the_library_is_highest():
    time = float(symbolic.peak_time().subs({tau_mem: 0.02, tau_syn: 0.003}))
    around = torch.tensor([0.999, 1.0, 1.001], dtype=torch.float64) * time

    curve = methods.exact(LIParameters.from_tau(3e-3, 2e-2), around).v_from_i

    assert curve.argmax() == 1


def test_at_equal_time_constants_the_peak_comes_after_one_of_them():
    assert symbolic.at_equal_time_constants(symbolic.peak_time()) == tau_mem


def test_the_area_under_the_impulse_response_is_w_tau_syn():
    area = sympy.integrate(symbolic.impulse_response(), (t, 0, sympy.oo))

    assert sympy.simplify(area - w * tau_syn) == 0


# -- Order -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", methods.ALL, ids=METHODS)
def test_a_derived_step_is_wrong_by_the_power_of_dt_after_its_order(known):
    error = MATRIX[known.function.__name__] - MATRIX["exact"]
    error = error.subs({tau_mem: 1, tau_syn: sympy.Rational(1, 3)})
    powers = []
    for power in range(8):
        if not error.subs(dt, 0).is_zero_matrix:
            powers.append(power)
        error = error.diff(dt)

    assert min(powers, default=math.inf) == known.order + 1


# -- Transfer functions ----------------------------------------------------------------------------


def test_the_transfer_function_is_two_low_passes_in_series():
    assert sympy.simplify(symbolic.transfer_function() - 1 / ((1 + s * tau_mem) * (1 + s * tau_syn))) == 0


def test_both_stages_together_cut_off_at_13_hertz():
    gain = sympy.lambdify(s, symbolic.transfer_function().subs({tau_mem: 0.01, tau_syn: 0.005}))

    assert abs(gain(2j * math.pi * 13.3)) == pytest.approx(math.sqrt(0.5), abs=2e-3)
    assert abs(gain(0)) == 1


@pytest.mark.parametrize("name", METHODS)
def test_a_simulated_sine_has_the_gain_and_the_phase_of_the_transfer_function(name):
    step, frequency, steps = 1e-3, 25.0, 2000
    p, n = LIParameters.from_tau(), torch.arange(1000, 2000, dtype=torch.float64)
    drive = stimuli.sine(1.0, frequency, steps, p, step, dtype=torch.float64)

    voltage = simulate(drive, p=p, dt=step, method=getattr(methods, name)).v[1000:]
    response = symbolic.transfer_function(MATRIX[name]).subs({tau_mem: 0.01, tau_syn: 0.005, dt: step})
    derived = complex(response.subs(z, sympy.exp(2j * sympy.pi * frequency * step)).evalf())

    # Forty whole periods: the sum is the Fourier coefficient. Element n answers to the drive of step n.
    measured = (2j * voltage * torch.exp(-2j * math.pi * frequency * step * n)).mean().item()
    assert measured == pytest.approx(derived, rel=1e-9)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_with_short_steps_has_the_gain_of_the_equations(name):
    frequency, short = 25.0, 1e-6
    ours = {tau_mem: 0.01, tau_syn: 0.005, dt: short}
    at = complex(0, 2 * math.pi * frequency)

    discrete = symbolic.transfer_function(MATRIX[name]).subs(ours).subs(z, sympy.exp(at * short))
    continuous = symbolic.transfer_function().subs(ours).subs(s, at)

    assert abs(complex(discrete.evalf())) == pytest.approx(abs(complex(continuous)), rel=2e-3)


def test_the_transfer_function_of_euler_is_the_one_that_scipy_makes_of_its_matrix():
    values = {tau_mem: 0.01, tau_syn: 0.005, dt: 0.001}
    m = np.array(symbolic.euler().subs(values).tolist(), dtype=float)
    # The output of a step is the state at its end: y = M (state + jump).
    jump = np.array([[0.0], [0.2]])
    frequency, response = scipy.signal.dfreqresp(
        (m, m @ jump, m[:1], m[:1] @ jump, 0.001), w=[0.01, 0.3, 1, 3]
    )

    derived = sympy.lambdify(z, symbolic.transfer_function(symbolic.euler()).subs(values))

    np.testing.assert_allclose(derived(np.exp(1j * frequency)), response, rtol=1e-10)


# -- Units -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (symbolic.equations()[0], volt / second),
        (symbolic.equations()[1], volt / second),
        (symbolic.impulse_response(), volt),
        (symbolic.peak_time(), second),
        (symbolic.exact()[0, 1], 1),
        (symbolic.transfer_function(), 1),
        (symbolic.transfer_function(symbolic.euler()), 1),
        (v.diff(t, 2), volt / second**2),
        (sympy.sqrt(t) * v, volt * second ** sympy.Rational(1, 2)),
        (v_leak + 0 * t, volt),
        (sympy.Eq(v, 0), volt),
        (sympy.Integer(3), 1),
        (sympy.pi, 1),
        (sympy.S.Zero, 1),
    ],
)
def test_a_formula_has_its_unit(formula, expected):
    assert sympy.simplify(symbolic.unit(formula) / expected) == 1


def test_kirchhoffs_law_has_one_unit_once_its_parts_are_known():
    resistance, capacitance, current = sympy.symbols("R C I", positive=True)
    parts = {resistance: volt / ampere, capacitance: ampere * second / volt, current: ampere}
    law = sympy.Eq(capacitance * v.diff(t), (v_leak - v) / resistance + current)

    assert symbolic.unit(law, symbolic.UNITS | parts) == ampere
    assert symbolic.unit(resistance * capacitance, symbolic.UNITS | parts) == second


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (v / tau_mem + symbolic.i, r"must have one unit, but .*volt/second and .*in volt are added"),
        (v + 1, "1 without a unit and .* in volt are added"),
        (sympy.Eq(v.diff(t), v), "are equated. Look at each term"),
        (sympy.exp(t), r"exp\(t\) takes a number without a unit, got t in second"),
        (2**t, "takes a number without a unit, got t in second"),
        (t**t, "takes a number without a unit"),
        (sympy.log(tau_mem), "takes a number without a unit, got tau_mem in second"),
        (sympy.Symbol("q") * t, r"q has no known unit. Pass units=UNITS \| \{q: ...\}"),
        (sympy.Function("q")(t), r"q\(t\) has no known unit"),
    ],
)
def test_a_formula_of_mixed_units_is_refused(formula, words):
    with pytest.raises(ValueError, match=words):
        symbolic.unit(formula)


@pytest.mark.parametrize(
    ("formula", "expected"), [(sympy.Abs(v), volt), (sympy.Max(v, v_leak), volt), (2, 1), (0.5, 1)]
)
def test_other_kinds_of_formula_have_a_unit_too(formula, expected):
    assert symbolic.unit(formula) == expected


def test_voltages_are_compared_with_voltages():
    assert symbolic.unit(v > v_leak) == volt
    with pytest.raises(ValueError, match=r"are compared. Look at each term"):
        symbolic.unit(v > t)


@pytest.mark.parametrize("formula", [symbolic.system_matrix(), "v", None])
def test_what_is_no_formula_has_no_unit(formula):
    with pytest.raises(
        TypeError, match=r"formula must be an expression or an equation, got .* one entry of a matrix"
    ):
        symbolic.unit(formula)


@pytest.mark.parametrize("matrix", [symbolic.euler, dt, sympy.eye(3)])
def test_what_is_no_matrix_of_a_method_is_refused(matrix):
    with pytest.raises(
        TypeError, match=r"matrix must be a 2 x 2 matrix of sympy, got .* Call the method: euler\(\)"
    ):
        symbolic.transfer_function(matrix)
