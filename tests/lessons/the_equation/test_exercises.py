"""Lesson 2's exercises: their numbers, and formulas in other forms."""

import itertools

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp
from sympy import Eq, Function, Symbol, symbols
from sympy.physics.units import ampere, second, volt

from leakyedu.lessons.the_equation import exercises as lesson
from leakyedu.lessons.the_equation.lab import LAB
from leakyedu.symbolic import UNITS, t, tau_mem, unit, v_leak
from leakyedu.teaching.formula import parse
from tests.teaching import fresh

R, C, I_in, i, v, v0 = lesson.R, lesson.C, lesson.I_in, lesson.i, lesson.v, lesson.v0
OF_TIME = Function("v")(t)
PLAIN_UNITS = (
    UNITS | {R: volt / ampere, C: ampere * second / volt, I_in: ampere} | dict.fromkeys((v, v0, i), volt)
)


def slope(_, voltage, current=1.0, rest=0.0, tau=0.01):
    return (rest - voltage + current) / tau


# -- Predictions and numbers ---------------------------------------------------------------------


def test_the_slope_of_lesson_2_is_that_of_the_equation():
    assert lesson.first_slope.kind.right == pytest.approx(slope(0, -0.5))


def test_the_sketch_of_lesson_2_is_the_solution():
    places = lesson.sketch.kind.at
    solved = solve_ivp(
        slope, (0.005, 0.06), [-0.5], t_eval=[ms / 1000 for ms in places], rtol=1e-9, atol=1e-12
    )

    assert [value for _, value in lesson.sketch.kind.right] == pytest.approx(solved.y[0], abs=1e-7)


def test_the_lab_draws_the_sketch():
    _, sentence = LAB.figure(prediction=lesson.sketch.kind.right)

    assert "At the start, 5 ms and -0.5 V, v changes by 0.15 V per ms." in sentence
    assert "You sketched 4 points, at most 0 V from the solution after the start." in sentence


@pytest.mark.parametrize("mistake", lesson.first_slope.kind.mistakes)
def test_a_wrong_slope_is_told_why_it_was_tempting(mistake):
    assert lesson.first_slope.kind.compare(mistake.answer).endswith(mistake.text)


# -- The derivation ------------------------------------------------------------------------------

NEEDS = {"B": "", "D": "B", "C": "BD", "A": "BDC"}


def test_one_order_of_the_derivation_has_for_each_line_what_it_needs():
    orders = ["".join(letters) for letters in itertools.permutations("ABCD")]

    possible = [
        order for order in orders if all(set(NEEDS[x]) <= set(order[:k]) for k, x in enumerate(order))
    ]

    assert possible == [lesson.derivation.kind.right]


# -- The formulas --------------------------------------------------------------------------------


def test_the_equation_is_what_kirchhoffs_law_says():
    slope_of_v = Symbol("slope_of_v")
    (solved,) = sympy.solve(Eq(I_in, C * slope_of_v + (v - v_leak) / R), slope_of_v)

    assert sympy.simplify(lesson.equation.kind.right - solved) == 0
    assert fresh(lesson.equation).check(solved).passed
    assert unit(lesson.equation.kind.right, PLAIN_UNITS) == volt / second


def test_the_solution_is_that_of_dsolve():
    differential = Eq(OF_TIME.diff(t), (v_leak - OF_TIME + i) / tau_mem)
    solved = sympy.dsolve(differential, OF_TIME, ics={OF_TIME.subs(t, 0): v0})

    assert sympy.simplify(lesson.charging.kind.right - solved.rhs) == 0
    assert fresh(lesson.charging).check(solved).passed
    assert unit(lesson.charging.kind.right, PLAIN_UNITS) == volt


def test_the_solution_is_that_of_a_numerical_solver():
    times = np.array([0.002, 0.01, 0.03])
    formula = sympy.lambdify(
        t, lesson.charging.kind.right.subs({tau_mem: 0.02, v_leak: -0.3, i: 0.8, v0: 0.9})
    )

    solved = solve_ivp(slope, (0, 0.03), [0.9], args=(0.8, -0.3, 0.02), t_eval=times, rtol=1e-10, atol=1e-12)

    assert formula(times) == pytest.approx(solved.y[0], abs=1e-8)


EQUATION_FORMS = [
    "(v_leak - v + R*I_in)/(R*C)", "I_in/C - (v - v_leak)/(R*C)", "(I_in - (v - v_leak)/R)/C", "1/C*(I_in + v_leak/R - v/R)",
    "dv = ((v_leak - v) + R*I_in)/R/C", "-(v - v_leak - R*I_in)*(R*C)^-1", "I_in/C + v_leak/(R*C) - v/(R·C)", "(R*C)**(-1)*v_leak + (R*I_in - v)/C/R",
]  # fmt: skip
CHARGING_FORMS = [
    "v_leak + i + (v0 - v_leak - i)*exp(-t/tau_mem)", "v0*exp(-t/tau_mem) + (v_leak + i)*(1 - exp(-t/tau_mem))", "v0 + (v_leak + i - v0)*(1 - e^(-t/tau_mem))",
    "v(t) = v_leak + i - (v_leak + i - v0)·e^(-t/τ_mem)", "v_leak + (v0 - v_leak)*exp(-t/tau_mem) + i*(1 - exp(-t/tau_mem))", "((v_leak + i)*(exp(t/tau_mem) - 1) + v0)/exp(t/tau_mem)",
    "v_leak + i + (v0 - v_leak - i)/e^(t/tau_mem)", "v_leak + i - (v_leak + i - v0)*exp(-t/(2*tau_mem))^2", "(v_leak+i) + (v0-(v_leak+i))*(cosh(t/tau_mem) - sinh(t/tau_mem))",
    "2*(v_leak + i)*exp(-t/(2*tau_mem))*sinh(t/(2*tau_mem)) + v0*exp(-t/tau_mem)",
]  # fmt: skip
FORMS = [(lesson.equation, form) for form in EQUATION_FORMS]
FORMS += [(lesson.charging, form) for form in CHARGING_FORMS]


@pytest.mark.parametrize(("exercise", "form"), FORMS)
def test_every_form_passes_as_text_and_in_sympy(exercise, form):
    plain = parse(form, exercise.kind.ranges).doit()
    ours = plain.subs({Symbol(s.name): s for s in exercise.kind.right.free_symbols})

    assert fresh(exercise).check(form).text == "Right. It agrees at 12 random points."
    assert fresh(exercise).check(plain).passed
    assert fresh(exercise).check(ours).passed


@pytest.mark.parametrize("exercise", [lesson.equation, lesson.charging])
@pytest.mark.parametrize("change", [sympy.expand, sympy.factor, sympy.together, sympy.simplify])
def test_whatever_sympy_makes_of_the_formula_passes(exercise, change):
    assert fresh(exercise).check(change(exercise.kind.right)).passed


MISTAKES = [(exercise, m) for exercise in (lesson.equation, lesson.charging) for m in exercise.kind.mistakes]


@pytest.mark.parametrize(
    "form", [sympy.factor, *(pytest.param(f, marks=pytest.mark.slow) for f in (str, sympy.expand))]
)
@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_is_known_in_other_forms(exercise, mistake, form):
    assert fresh(exercise).check(form(mistake.answer)).text == f"Not yet. {mistake.text}"


def test_later_cells_go_on_with_the_learners_formula_in_the_lessons_symbols(capsys):
    exercise = fresh(lesson.charging)
    exercise.check("v0 + (v_leak + i - v0)*(1 - e^(-t/tau_mem))")

    kept = exercise.answer()

    assert capsys.readouterr().out == "Going on with your own answer.\n"
    assert sympy.simplify(kept.subs(t, 0) - v0) == 0
    assert sympy.simplify(tau_mem * kept.diff(t) - (v_leak - kept + i)) == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Eq(C * OF_TIME.diff(t), I_in - (OF_TIME - v_leak) / R), "This is an equation."),
        ((v_leak - v + i) / tau_mem, "is not a symbol of this question"),
        ((v_leak - v + symbols("I") * R) / (R * C), "`I` is not a symbol of this question"),
    ],
)
def test_what_is_not_the_equation_asked_for_gets_words(answer, words):
    assert words in fresh(lesson.equation).check(answer).text
