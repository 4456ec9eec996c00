"""Lesson 3's exercises: their numbers, and answers in other forms."""

import math

import pytest
import torch

from leakyedu import LIParameters, simulate
from leakyedu.exercises import synapses
from leakyedu.methods import exact
from tests.exercises import fresh


def test_the_peak_of_lesson_3_is_where_the_voltage_turns():
    t = torch.arange(1, 30_000, dtype=torch.float64) / 1e6

    default = 1e3 * float(t[exact(LIParameters(), t).v_from_i.argmax()])
    slower = 1e3 * float(t[exact(LIParameters.from_tau(5e-3, 20e-3), t).v_from_i.argmax()])

    assert synapses.peak_time.kind.right == pytest.approx(10 * math.log(2), rel=1e-12)
    assert synapses.peak_time.kind.right == pytest.approx(default, abs=1e-3)
    assert synapses.peak.kind.right == pytest.approx(slower, abs=1e-3)


@pytest.mark.parametrize("case", synapses.neurons(torch.Generator().manual_seed(1)))
def test_the_response_of_lesson_3_is_that_of_the_exact_step(case):
    t, tau_mem, tau_syn, w = case
    after = t > 0

    v = synapses.double_exponential(t, tau_mem, tau_syn, w)

    p = LIParameters.from_tau(tau_syn, tau_mem)
    torch.testing.assert_close(v[after], w * exact(p, t[after]).v_from_i, rtol=1e-9, atol=1e-12)
    assert not v[~after].any()
    assert (~after).any()


def test_equal_time_constants_are_among_the_cases_of_lesson_3():
    cases = synapses.neurons(torch.Generator().manual_seed(0))

    assert sum(tau_mem == tau_syn for _, tau_mem, tau_syn, _ in cases) == 5


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
