"""Lesson 10's exercises: their numbers, and answers in other forms."""

import math

import pytest
import torch

from leakyedu.exercises import noise


def variance_by_summing_up(step, dt: float, tau: float, sigma: float) -> float:
    """Return the variance of v after many steps: the squares of what each earlier kick has left in it."""
    v, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    left = [v := step(v, one if number == 0 else 0 * one, dt, tau, sigma) for number in range(2000)]
    return float(torch.cat(left).square().sum())


@pytest.mark.parametrize(("dt", "unit", "scaled"), [(2e-3, 0.111, 0.056), (1e-3, 0.053, 0.053), (0.5e-3, 0.026, 0.051)])  # fmt: skip
def test_the_variances_of_lesson_10_are_those_of_its_steps(dt, unit, scaled):
    sigma = math.sqrt(10)

    assert variance_by_summing_up(noise.unit_noise, dt, 0.01, sigma) == pytest.approx(unit, abs=5e-4)
    assert variance_by_summing_up(noise.scaled_step, dt, 0.01, sigma) == pytest.approx(scaled, abs=5e-4)


@pytest.mark.parametrize("case", noise.steps(torch.Generator().manual_seed(1))[:5])
def test_the_variance_of_lesson_10_is_that_of_its_step(case):
    summed = variance_by_summing_up(noise.scaled_step, *case)

    assert noise.variance_of_steps(*case) == pytest.approx(summed, rel=1e-9)


def test_the_spread_of_lesson_10_is_what_many_neurons_have():
    generator = torch.Generator().manual_seed(0)
    v = torch.zeros(20_000, dtype=torch.float64)

    for _ in range(200):
        xi = torch.randn(20_000, generator=generator, dtype=torch.float64)
        v = noise.scaled_step(v, xi, noise.DT, noise.TAU, noise.SIGMA)

    assert noise.spread.kind.right == pytest.approx(0.2263, abs=5e-5)
    assert float(v.std()) == pytest.approx(noise.spread.kind.right, rel=0.03)


def test_the_bug_of_lesson_10_sleeps_at_1_ms_alone():
    assert noise.unscaled(0.3, 1.2, 0.001) == pytest.approx(noise.scaled(0.3, 1.2, 0.001), rel=1e-12)
    assert noise.unscaled(0.3, 1.2, 0.002) - noise.scaled(0.3, 1.2, 0.002) > 0.05
    assert noise.unscaled(0.3, 1.2, 0.0005) - noise.scaled(0.3, 1.2, 0.0005) < -0.02
