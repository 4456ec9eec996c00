"""Lesson 6's exercises: their numbers, and answers in other forms."""

import math

import numpy as np
import pytest
import sympy
import torch
from scipy.linalg import expm

from leakyedu import LIParameters, simulate
from leakyedu.lessons.exact_steps import exercises as lesson, lab
from leakyedu.methods import euler, exact, held_current
from leakyedu.symbolic import dt, system_matrix, tau_mem, tau_syn
from tests.teaching import fresh


def by_expm(length: float, m: float, s: float) -> np.ndarray:
    return expm(length * np.array([[-1 / m, 1 / m], [0, -1 / s]]))


@pytest.mark.parametrize("case", lesson.steps(torch.Generator().manual_seed(1)))
def test_the_entries_of_lesson_6_are_those_of_the_matrix_exponential(case):
    (v_from_v, v_from_i), (_, i_from_i) = by_expm(*case)

    assert lesson.propagator_entries(*case) == pytest.approx((v_from_v, v_from_i, i_from_i), rel=1e-9)
    assert lesson.response(*case) == pytest.approx(v_from_i, rel=1e-9)


def test_equal_time_constants_and_both_orders_are_among_the_cases():
    cases = lesson.steps(torch.Generator().manual_seed(0))

    assert sum(m == s for _, m, s in cases) == 4
    assert min(sum(m < s for _, m, s in cases), sum(m > s for _, m, s in cases)) >= 5
    assert sum(0 < abs(m / s - 1) < 0.06 for _, m, s in cases) == 4
    assert min(length / m for length, m, _ in cases) < 0.1 < 1 < max(length / m for length, m, _ in cases)


def test_the_exponentials_with_a_held_current_do_not_help():
    p, jump = LIParameters.from_tau(), torch.zeros(60, dtype=torch.float64)
    jump[0] = 1
    right = simulate(jump, p=p, method=exact).v

    errors = [float((simulate(jump, p=p, method=m).v - right).abs().max()) for m in (euler, held_current)]

    assert errors == pytest.approx([0.0255, 0.0263], abs=5e-5)
    assert lesson.does_it_help.kind.right == "b"
    held = simulate(jump, p=p, method=held_current).v
    assert float(held.sum()) / 5 == pytest.approx(
        1.10, abs=0.005
    )  # in 1 ms times w tau_syn: the recall's 10 %


@pytest.mark.parametrize(("grid", "cost"), [(4.0, 0.063), (3.0, 0.029), (2.0, 0.107)])
def test_moving_a_spike_costs_what_the_lab_measures(grid, cost):
    measured = lab.cost_of_moving(0.0033, grid / 1000, LIParameters.from_tau())

    assert measured == pytest.approx(cost, abs=5e-4)
    if grid == lesson.GRID:
        assert lesson.moved_spike.kind.right == pytest.approx(measured, rel=1e-3)


def test_the_lab_of_lesson_6_draws_the_method_that_was_predicted():
    names = set(lesson.best.kind.options)
    settings = {"dt": 1.0, "spike": lesson.SPIKE}

    for name in names:
        _, sentence = lab.LAB.figure(prediction=name, **settings)
        assert f"You predicted {name}" in sentence
        assert ("and so it is" in sentence) == (name == lesson.best.kind.right)


COUPLING = tau_syn / (tau_mem - tau_syn) * (sympy.exp(-dt / tau_mem) - sympy.exp(-dt / tau_syn))


@pytest.mark.parametrize(
    "form",
    [
        "tau_syn/(tau_mem - tau_syn)*(exp(-dt/tau_mem) - exp(-dt/tau_syn))", "tau_syn*(e^(-dt/tau_syn) - e^(-dt/tau_mem))/(tau_syn - tau_mem)",
        "(e^(-dt/tau_mem) - e^(-dt/tau_syn))/(tau_mem/tau_syn - 1)", "(1/tau_mem)*(e^(-dt/tau_mem) - e^(-dt/tau_syn))/(1/tau_syn - 1/tau_mem)",
        "tau_syn*e^(-dt/tau_mem)*(1 - e^(dt/tau_mem - dt/tau_syn))/(tau_mem - tau_syn)", "v = τ_syn·(e^(-dt/τ_mem) - e^(-dt/τ_syn))/(τ_mem - τ_syn)",
        "2*tau_syn/(tau_mem - tau_syn)*exp(-dt*(1/tau_mem + 1/tau_syn)/2)*sinh(dt*(1/tau_syn - 1/tau_mem)/2)",
        "tau_syn*e^(-dt/tau_mem)/(tau_mem - tau_syn) + tau_syn*e^(-dt/tau_syn)/(tau_syn - tau_mem)",
        COUPLING, sympy.expand(COUPLING), sympy.factor(COUPLING), (dt * system_matrix()).exp()[0, 1],
    ],
    ids=str,
)  # fmt: skip
def test_the_coupling_may_have_any_form(form):
    assert fresh(lesson.coupling).check(form).passed


def by_matrix_exp(length, m, s):
    matrix = torch.tensor([[-1 / m, 1 / m], [0, -1 / s]], dtype=torch.float64)
    p = torch.linalg.matrix_exp(length * matrix)
    return p[0, 0], p[0, 1], p[1, 1]


def by_scipy(length, m, s):
    p = by_expm(length, m, s)
    return p[0, 0], p[0, 1], p[1, 1]


def by_the_library(length, m, s):
    return tuple(exact(LIParameters.from_tau(s, m), length))


def by_expm1(length, m, s):
    a, b = length / m, length / s
    coupling = a * math.exp(-a) if a == b else a * math.exp(-a) * -math.expm1(a - b) / (b - a)
    return math.exp(-a), coupling, math.exp(-b)


def by_a_close_branch(length, m, s):
    if math.isclose(m, s):
        return math.exp(-length / m), length / m * math.exp(-length / m), math.exp(-length / s)
    p = np.exp(-length / np.array([m, s]))
    return p[0], s / (m - s) * (p[0] - p[1]), p[1]


@pytest.mark.parametrize("answer", [by_matrix_exp, by_scipy, by_the_library, by_expm1, by_a_close_branch])
def test_a_propagator_may_be_computed_in_other_ways(answer):
    assert fresh(lesson.propagator).check(answer).passed


def test_two_exact_steps_are_one_and_with_a_held_current_they_are_not():
    def product(entries):
        (vv, vi, ii), (uv, ui, uu) = entries(0.003, 0.01, 0.005), entries(0.004, 0.01, 0.005)
        return vv * uv, uv * vi + ui * ii, ii * uu

    assert product(lesson.propagator_entries) == pytest.approx(
        lesson.propagator_entries(0.007, 0.01, 0.005), rel=1e-12
    )
    assert product(lesson.is_held_current)[1] != pytest.approx(
        lesson.is_held_current(0.007, 0.01, 0.005)[1], rel=0.1
    )


@pytest.mark.parametrize("answer", [(2.5, 4), (3.3, 2), (0.4, 1), (10.2, 10.2), (1, 0.5)])
def test_the_bug_of_lesson_6_shows_beside_the_grid(answer):
    assert fresh(lesson.gap_hunt).check(answer).passed


def test_gaps_may_be_walked_in_other_ways():
    def with_the_library(gaps, m, s):
        p = LIParameters.from_tau(s, m)
        v = i = torch.zeros((), dtype=torch.float64)
        for gap in gaps:
            step = exact(p, gap)
            i = i + 1
            v, i = step.v_from_v * v + step.v_from_i * i, step.i_from_i * i
        return v

    def by_adding_single_responses(gaps, m, s):
        since = gaps.flip(0).cumsum(0)  # from each spike to the end
        return sum(lesson.response(float(t), m, s) for t in since)

    def with_matrices(gaps, m, s):
        state = np.zeros(2)
        for gap in gaps.numpy():
            state = by_expm(gap, m, s) @ (state + np.array([0, 1]))
        return state[0]

    for answer in (with_the_library, by_adding_single_responses, with_matrices):
        assert fresh(lesson.after_gaps).check(answer).passed


def test_a_step_of_ten_time_constants_diverges_with_euler_and_decays_with_backward_euler():
    p = LIParameters.from_tau(tau_syn=0.005)

    factors = [float(lab.METHODS[name](p, 0.050).i_from_i) for name in ("euler", "backward_euler")]

    assert factors == pytest.approx([-9, 1 / 11], rel=1e-6)
    assert lesson.long_steps.kind.right == "b"
