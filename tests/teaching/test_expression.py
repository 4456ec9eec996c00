"""Formulas as answers: any form of the right one passes, and a wrong one is told what is wrong."""

import time

import pytest
import sympy
import torch
from sympy import Rational, Symbol, exp, log, sqrt

from leakyedu.teaching.exercise import Exercise
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.formula import evaluate, parse

NAMES = ("t", "tau", "tau_mem", "tau_syn", "v0", "V", "w", "dt")
t, tau, tau_mem, tau_syn, v0, V, w, dt = map(Symbol, NAMES)
DOUBLE = w * tau_syn / (tau_syn - tau_mem) * (exp(-t / tau_syn) - exp(-t / tau_mem))


SPAN = (0.003, 0.03)
OURS = {symbol: Symbol(symbol.name, positive=True) for symbol in (t, tau, tau_mem, tau_syn)}
CHARGING = Expression(
    (V + (v0 - V) * exp(-t / tau)).subs(OURS),
    {"t": (0.001, 0.05), "tau": SPAN, "V": (-1, 1), "v0": (-1, 1)},
)
SYNAPSE = Expression(DOUBLE, {"t": (0.001, 0.05), "tau_mem": SPAN, "tau_syn": SPAN, "w": (0.5, 2)})


@CHARGING.mistake("The initial value is missing: what becomes of `v0`?")
def without_start():
    return V * (1 - exp(-t / tau))


@CHARGING.mistake("It grows without end: look at the sign in the exponent.")
def grows():
    return V * (1 - exp(t / tau)) + v0 * exp(t / tau)


@CHARGING.mistake("The drive changes nothing: where does the voltage settle?")
def without_rise():
    return v0 * exp(-t / tau)


@SYNAPSE.mistake("The two time constants are exchanged: which of them decays first?")
def exchanged():
    return DOUBLE.subs({tau_mem: tau_syn, tau_syn: tau_mem}, simultaneous=True)


def exercise(kind):
    return Exercise("?", kind, ("a", "b", "c"), "d")


CHARGING_FORMS = [
    "V*(1-exp(-t/tau)) + v0*exp(-t/tau)", "V + (v0-V)*exp(-t/tau)", "v0 + (V-v0)*(1-exp(-t/tau))", "v(t) = V − (V−v0)·e^(−t/τ)",
    "(V*(e^(t/tau) - 1) + v0)/e^(t/tau)", "V*(1 - 1/exp(t/tau)) + v0/exp(t/tau)", "(V+v0)/2 + (V-v0)/2*tanh(t/(2*tau)) + (v0-V)/2*e^(-t/tau)*(1-tanh(t/(2*tau)))",
    "V - (V-v0)*exp(-t/(2*tau))^2", "2*V*exp(-t/(2*tau))*sinh(t/(2*tau)) + v0*exp(-t/tau)",
]  # fmt: skip
SYNAPSE_FORMS = [
    "w*tau_syn/(tau_syn - tau_mem)*(exp(-t/tau_syn) - exp(-t/tau_mem))", "w*tau_syn/(tau_mem - tau_syn)*(exp(-t/tau_mem) - exp(-t/tau_syn))",
    "w/(1 - tau_mem/tau_syn)*(e^(-t/tau_syn) - e^(-t/tau_mem))", "w*tau_syn*e^(-t/tau_mem)*(1 - e^(t/tau_mem-t/tau_syn))/(tau_mem - tau_syn)",
    "2*w*tau_syn/(tau_mem-tau_syn)*exp(-t*(1/tau_mem+1/tau_syn)/2)*sinh(t*(1/tau_syn-1/tau_mem)/2)",
    "w*tau_syn*e^(-t/tau_syn)/(tau_syn-tau_mem) + w*tau_syn*e^(-t/tau_mem)/(tau_mem-tau_syn)",
    "(w/tau_mem)*(e^(-t/tau_mem) - e^(-t/tau_syn))/(1/tau_syn - 1/tau_mem)", "i = −w·τ_syn·(e^(−t/τ_syn) − e^(−t/τ_mem))/(τ_mem − τ_syn)",
]  # fmt: skip
FORMS = [(CHARGING, form) for form in CHARGING_FORMS] + [(SYNAPSE, form) for form in SYNAPSE_FORMS]


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_every_form_passes_as_text_and_in_sympy(kind, form):
    typed = exercise(kind).check(form)
    positive = {s: Symbol(s.name, positive=True) for s in (t, tau, tau_mem, tau_syn, w)}
    worked_out = exercise(kind).check(parse(form, kind.ranges).doit().subs(positive))

    assert (typed.text, typed.passed) == ("Right. It agrees at 12 random points.", True)
    assert worked_out == typed


@pytest.mark.parametrize(
    "change", [sympy.expand, sympy.factor, sympy.together, lambda x: x.rewrite(sympy.cosh)]
)
def test_whatever_sympy_makes_of_a_right_formula_passes(change):
    assert exercise(CHARGING).check(change(CHARGING.right)).passed
    assert exercise(SYNAPSE).check(change(SYNAPSE.right)).passed


def test_the_solution_of_dsolve_passes_as_it_comes():
    v, time = sympy.Function("v"), Symbol("t", positive=True)
    solution = sympy.dsolve(v(time).diff(time) * tau - (V - v(time)), v(time), ics={v(0): v0})

    assert exercise(CHARGING).check(solution).passed
    general = exercise(CHARGING).check(sympy.dsolve(v(time).diff(time) * tau - (V - v(time)), v(time)))
    assert (
        general.text
        == "Not yet. The constant of integration `C1` is still there: use the initial value to find it."
    )


def test_a_voltage_that_depends_on_time_is_the_one_of_the_question():
    v, time = sympy.Function("v"), Symbol("t", positive=True)
    slope = exercise(Expression((V - Symbol("v")) / tau, {"v": (-1, 1), "V": (-1, 1), "tau": SPAN}))

    assert slope.check((V - v(time)) / tau).passed
    assert slope.check(sympy.Eq(v(time).diff(time), (V - v(time)) / tau)).passed
    assert slope.check(sympy.Eq(v(time) * tau, V)).text.startswith("Not yet. This is an equation.")
    assert "`Derivative(v, t)` still stands" in slope.check(v(time).diff(time)).text


def test_decimal_numbers_of_python_pass():
    kind = Expression(exp(-100 * t) * Rational(3, 10), {"t": (0, 0.05)})

    assert exercise(kind).check((0.1 + 0.2) * exp(-t / 0.01)).passed
    assert exercise(kind).check("0.3*exp(-t/0.01)").passed
    assert not exercise(kind).check(0.3000001 * exp(-t / 0.01)).passed


@pytest.mark.parametrize(
    ("kind", "mistake"), [(kind, m) for kind in (CHARGING, SYNAPSE) for m in kind.mistakes]
)
def test_a_named_mistake_gets_its_own_words_in_any_form(kind, mistake):
    verdicts = [exercise(kind).check(answer) for answer in (mistake.answer, sympy.expand(mistake.answer), str(mistake.answer))]  # fmt: skip

    assert verdicts[0].text == f"Not yet. {mistake.text}"
    assert verdicts[0] == verdicts[1] == verdicts[2]


ANSWERS = [
    (-CHARGING.right, "The size is right, the sign is not."),
    (3 * CHARGING.right, "Your formula is right up to a number that it is multiplied by"),
    (CHARGING.right + 2, "Your formula is right up to a number that is added"),
    (1 / CHARGING.right, "Your formula is upside down"),
    (CHARGING.right * tau, "right up to a factor in which only `tau` stands: compare the units of both sides."),
    (CHARGING.right / t**2, "right up to a factor in which only `t` stands"),
    (v0 + t / tau, "`V` cannot be left out: the answer changes with it."),
    (v0 + V, "`t` and `tau` cannot be left out"),
    (v0 + (V - v0) * t / tau, "It is right at t = 0, but not later. At t = "),
    (V + 2 * (v0 - V) * exp(-t / tau), "It ends right after a long time, but does not start right at t = 0."),
    (V + (v0 - V) * exp(-2 * t / tau), "It starts and ends right, and goes another way between."),
    ("V + (v0 - V)*e^-t/tau", "This is read as `V + (v0 - V)*e**(-t)/tau`: brackets around `-t/tau` are missing."),
    ("V + (v0 - V)*exp(-t)/tau", "This is read as `V + (v0 - V)*exp(-t)/tau`: brackets around `-t/tau` are missing."),
    ("V + (v0 - V)*e^-t/(2*tau)", "your formula, read as `V + (v0 - V)*e**(-t)/(2*tau)`, gives "),
    (V + (v0 - V) * exp(-t / tau) * sqrt(-t), "a complex number: look for the root or the logarithm of something negative"),
    (V + v0 * log(tau) + t, "your formula gives -"),
    (3, "This wants a formula of `t`, `tau`, `V` and `v0`, and yours is a number"), (0.5, "yours is a number"), ("2", "yours is a number"),
    (sympy.Integer(0), "yours is a number"), (True, "got `True`"), (sympy.true, "got true or false."), (float("nan"), "is no number"),
    (lambda t: t, "got a function. Give what it returns."), (print, "got a function."), (sympy.exp, "got a function."),
    ([V], "got a list that may hold one: take it out, for example by `[0]`."), ([], "got a list."), ({}, "got a dict."),
    (torch.zeros(3), "got a tensor of shape (3,)."), (sympy.Matrix([V]), "got a matrix. Give one of its entries."), (sympy.ImmutableMatrix([V]), "got a matrix."),
    ("2t", "For a product write `2*t`."), ("", "There is no formula here"), ("x + 1", "`x` is not a symbol of this question."),
    (t + Symbol("x"), "`x` is not a symbol of this question. This wants a formula of `t`, `tau`, `V` and `v0`."),
    (V + Symbol("C1") * exp(-t / tau), "The constant of integration `C1` is still there"),
    (sympy.Eq(sympy.Function("v")(t).diff(t), (V - v0) / tau), "This is an equation."), (sympy.Eq(V + t, tau), "This is an equation."),
    (sympy.Function("v")(t) + V, "`v(t)` still stands"), (sympy.Integral(V, t), "`.doit()` computes an integral or a slope."),
    (V / (t - t * exp(0 * t)), "is no number"), (exp(exp(1 / tau**9)) * V, "It explodes"),
    (sum(V**n * t for n in range(200)), "Your formula has more than 300 parts."),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "words"), ANSWERS)
def test_a_wrong_formula_gets_words_of_its_own_and_never_the_right_one(answer, words):
    verdict = exercise(CHARGING).check(answer)

    assert words in verdict.text
    assert verdict.text.startswith("Not yet. ")
    assert verdict.text.endswith(".")
    assert verdict == exercise(CHARGING).check(answer)
    assert str(CHARGING.right) not in verdict.text
    truths = [f"{float(evaluate(CHARGING.right, point)):.4g}" for point in CHARGING.points]
    assert [truth for truth in truths if truth in verdict.text] == []


def test_what_is_none_and_what_is_not_tried_is_said_as_everywhere():
    assert "got None: what a function without `return` gives" in exercise(CHARGING).check(None).text
    assert exercise(CHARGING).check(...).text.startswith("Not tried yet")


def test_an_expression_whose_parts_are_shared_is_refused_at_once():
    huge = t
    for _ in range(200):
        huge = sympy.Add(huge, sympy.Mul(2, huge, evaluate=False), evaluate=False)

    start = time.perf_counter()
    text = exercise(CHARGING).check(huge).text

    assert "more than 300 parts" in text
    assert time.perf_counter() - start < 1


def test_a_check_is_quick():
    checks = []
    for _ in range(3):
        start = time.perf_counter()
        exercise(CHARGING).check("V + (v0 - V)*exp(-2*t/tau)")
        checks.append(time.perf_counter() - start)

    assert min(checks) < 0.5


def test_later_cells_go_on_with_an_expression_in_the_symbols_of_the_reference(capsys):
    task = exercise(CHARGING)
    task.check("V + (v0 - V)*e^(-t/τ) + (2 - 2)")

    kept = task.answer()

    assert capsys.readouterr().out == "Going on with your own answer.\n"
    assert kept == CHARGING.right
    assert kept.subs(OURS[t], 0) == v0


def test_the_solution_shows_the_formula():
    assert exercise(CHARGING).solution().code == str(CHARGING.right)


def test_a_question_whose_symbols_have_no_range_is_refused():
    with pytest.raises(
        ValueError, match=r"ranges must hold every symbol of .*, and lacks \['V', 'v0'\]. Give each"
    ):
        Expression(CHARGING.right, {"t": (0, 1), "tau": (0, 1)})


def test_a_formula_of_no_symbols_may_be_a_number():
    kind = Expression(10 * log(2), {})

    assert exercise(kind).check("10*ln(2)").passed
    assert exercise(kind).check(sympy.log(1024)).passed
    assert "a formula" in exercise(kind).check([1, 2]).text
    assert not exercise(kind).check(7).passed


def test_a_formula_without_a_symbol_of_a_mistake_does_not_make_it():
    kind = Expression(CHARGING.right, CHARGING.ranges)
    kind.mistake("In ms.")(lambda: (V + (v0 - V) * exp(-1000 * t / tau)).subs(OURS))

    assert kind.try_out("V + (v0 - V)*exp(-1000*t/tau)").text == "In ms."
    assert kind.try_out("V").text == "`t`, `tau` and `v0` cannot be left out: the answer changes with them."
