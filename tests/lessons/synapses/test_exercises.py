"""Lesson 3's exercises: their numbers, and answers in other forms."""

import ast
import math
import re
from inspect import getsource
from pathlib import Path

import nbformat
import pytest
import torch

from leakyedu import LIParameters, simulate
from leakyedu.lessons.synapses import exercises as synapses
from leakyedu.methods import exact
from tests.teaching import fresh


def test_the_peak_of_lesson_3_is_where_the_voltage_turns():
    t = torch.arange(1, 30_000, dtype=torch.float64) / 1e6

    peak = 1e3 * float(t[exact(LIParameters(), t).v_from_i.argmax()])

    assert synapses.peak_time.kind.right == pytest.approx(10 * math.log(2), rel=1e-12)
    assert synapses.peak_time.kind.right == pytest.approx(peak, abs=1e-3)


@pytest.mark.parametrize(
    ("predicted", "words"),
    [(0, "This is when i peaks"), (5, "This is tau_syn"), (10, "This is tau_mem")],
)
def test_a_predicted_peak_that_is_a_misconception_is_told_so(predicted, words):
    said = synapses.peak_time.kind.compare(predicted)

    assert f"You predicted {predicted} ms. It is 6.931 ms: your prediction is too" in said
    assert words in said


def test_the_notebook_shows_the_function_in_which_the_bug_is_hunted():
    notebook = nbformat.read(Path(__file__).parents[3] / "course" / "03_synapses.ipynb", as_version=4)
    (listing,) = re.findall(r"~~~python\n(.*?)~~~", "\n".join(c.source for c in notebook.cells), re.DOTALL)

    shown, kept = (ast.parse(code).body[0] for code in (listing, getsource(synapses.after_two_with_a_bug)))

    assert shown.name == kept.name
    assert [a.arg for a in shown.args.args] == [a.arg for a in kept.args.args]
    assert [ast.unparse(x) for x in shown.body] == [ast.unparse(x) for x in kept.body[1:]]  # its docstring


@pytest.mark.parametrize("case", synapses.neurons(torch.Generator().manual_seed(1)))
def test_the_response_of_lesson_3_is_that_of_the_exact_step(case):
    t, tau_mem, tau_syn, w = case
    after = t > 0

    v = synapses.double_exponential(t, tau_mem, tau_syn, w)

    p = LIParameters.from_tau(tau_syn, tau_mem)
    digits = 1e-9 if t.dtype == torch.float64 else 1e-5
    torch.testing.assert_close(v[after], w * exact(p, t[after]).v_from_i, rtol=digits, atol=1e-3 * digits)
    assert not v[~after].any()


def test_equal_time_constants_and_times_before_the_spike_are_among_the_cases_of_lesson_3():
    cases = synapses.neurons(torch.Generator().manual_seed(0))

    assert sum(tau_mem == tau_syn for _, tau_mem, tau_syn, _ in cases) == 4
    assert sum(bool((t < 0).any()) for t, *_ in cases) >= 5
    assert {t.dtype for t, *_ in cases} == {torch.float32, torch.float64}


def test_the_sum_of_lesson_3_is_what_simulate_makes_of_the_spikes():
    inputs = torch.zeros(100, dtype=torch.float64)
    inputs[[3, 11, 12]] = 0.7

    v = simulate(inputs, method=exact).v

    t = torch.arange(1, 101, dtype=torch.float64) / 1000
    summed = synapses.sum_of_responses(t, torch.tensor([0.003, 0.011, 0.012]), 0.7)
    torch.testing.assert_close(summed, v, rtol=0, atol=1e-7)  # the default constants are float32
    assert synapses.after_two(12.0, 8.0) == pytest.approx(
        float(synapses.sum_of_responses(torch.tensor([0.012]).double(), [0.0, 0.008], 1.0)), rel=1e-6
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda t, m, s, w: (
            torch.where(t > 0, w * t / m * torch.exp(-t / m), 0.0)
            if m == s
            else torch.where(t > 0, w * (torch.exp(-t / s) - torch.exp(-t / m)) / (m / s * (s / m - 1)), 0.0)
        ),
        lambda t, m, s, w: w * exact(LIParameters.from_tau(s, m), t.clamp(min=1e-12)).v_from_i * (t > 0),
    ],
    ids=["another form", "the exact step"],
)
def test_the_response_may_be_written_in_other_ways(answer):
    assert fresh(synapses.psp).check(answer).passed
