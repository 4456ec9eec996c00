"""Lesson 10's exercises: their numbers, and answers in other forms."""

import math
import re
from collections.abc import Callable

import pytest
import torch

from leakyedu import LIParameters
from leakyedu.lessons.noise import exercises as noise
from leakyedu.methods import exact
from tests.teaching import fresh


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


@pytest.mark.parametrize("case", noise.steps(torch.Generator().manual_seed(1))[1:10:2])
def test_the_variance_of_lesson_10_is_that_of_its_step(case):
    summed = variance_by_summing_up(noise.scaled_step, *case)

    assert noise.variance_of_steps(*case) == pytest.approx(summed, rel=1e-9)


def test_the_spread_of_lesson_10_is_what_many_neurons_have():
    generator = torch.Generator().manual_seed(0)
    v = torch.zeros(20_000, dtype=torch.float64)

    for _ in range(200):
        xi = torch.randn(20_000, generator=generator, dtype=torch.float64)
        v = noise.scaled_step(v, xi, noise.DT, noise.TAU, noise.SIGMA)

    assert noise.spread.kind.right == pytest.approx(0.2265, abs=5e-5)
    assert float(v.std()) == pytest.approx(noise.spread.kind.right, rel=0.03)


def test_the_bug_of_lesson_10_sleeps_at_1_ms_alone():
    assert noise.unscaled(0.3, 1.2, 0.001) == pytest.approx(noise.scaled(0.3, 1.2, 0.001), rel=1e-12)
    assert noise.unscaled(0.3, 1.2, 0.002) - noise.scaled(0.3, 1.2, 0.002) > 0.05
    assert noise.unscaled(0.3, 1.2, 0.0005) - noise.scaled(0.3, 1.2, 0.0005) < -0.02


# -- Bands: what a sample may do -------------------------------------------------------------------

SEEDS = 200


def naive_at(*dts: float) -> Callable:
    """Return a function that is right but for these lengths of a step, where its noise is the naive one."""

    def answer(neurons, dt, tau, sigma, generator):
        wrong = dt in dts and tau == noise.TAU
        return (noise.settle_with_unit_noise if wrong else noise.settle)(neurons, dt, tau, sigma, generator)

    return answer


def with_a_seed_of_its_own(function: Callable, seed: int) -> Callable:
    own = torch.Generator().manual_seed(seed)

    def answer(neurons, dt, tau, sigma, generator):
        return function(neurons, dt, tau, sigma, own)

    return answer


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        pytest.param(naive_at(), SEEDS, id="the truth"),
        pytest.param(naive_at(0.002), 0, id="naive at 2 ms alone"),
        pytest.param(naive_at(0.0005), 0, id="naive at 0.5 ms alone"),
        pytest.param(naive_at(0.001), SEEDS, id="naive at 1 ms alone, where the two agree"),
    ],
)
def test_the_check_accepts_the_truth_and_rejects_naive_noise_on_each_of_200_seeds(answer, accepted, request):
    verdicts = [
        fresh(noise.settled).check(with_a_seed_of_its_own(answer, 1000 + seed)) for seed in range(SEEDS)
    ]

    passed = sum(verdict.passed for verdict in verdicts)
    print(f"{request.node.callspec.id}: {passed} of {SEEDS} seeds accepted")
    assert passed == accepted


@pytest.mark.parametrize("dt", [0.002, 0.0005])
def test_naive_noise_at_one_step_alone_is_told_where_and_what_the_band_is(dt):
    text = fresh(noise.settled).check(naive_at(dt)).text

    a = dt / noise.TAU
    assert f"At dt = {1000 * dt:g} ms, tau = 10 ms" in text
    found, low, high = map(float, re.findall(r"0\.\d{4}", text))
    assert found == pytest.approx(a / (2 - a), rel=0.06)
    assert (low + high) / 2 == pytest.approx(0.05 / (1 - a / 2), abs=1e-4)
    assert high / low == pytest.approx(1.0636 / 0.9364, rel=0.01)


def test_a_band_leaves_out_seven_in_a_million():
    assert math.erfc(noise.BAND / math.sqrt(2)) == pytest.approx(6.8e-6, rel=0.01)


def test_a_variance_scatters_as_wide_as_its_band_says():
    xi = torch.randn(2000, 500, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    assert float(xi.var(1).std()) * noise.BAND == pytest.approx(noise._half_bands(500, 1.0)[1], rel=0.06)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda n, dt, tau, sigma, g: noise.settle(n, dt, tau, sigma, g).reshape(-1, 2), "shape (5000, 2)"),
        (lambda n, dt, tau, sigma, g: noise.settle(n, dt, tau, sigma, g).var(), "one number where"),
        (lambda n, dt, tau, sigma, g: noise.settle(n, dt, tau, sigma, g) + 0.1, "It must be 0 V"),
        (lambda n, dt, tau, sigma, g: torch.full((n,), math.nan), "nan or inf"),
        (lambda n, dt, tau, sigma, g: 1 / 0, "ZeroDivisionError"),
        (lambda n, dt, tau, sigma: None, "this wants a function of (neurons, dt, tau, sigma, generator)"),
        (None, "function of (neurons, dt, tau, sigma, generator)"),
    ],
    ids=["shape", "a number", "mean", "nan", "error", "arguments", "none"],
)
def test_other_answers_are_told_what_is_wrong(answer, words):
    verdict = fresh(noise.settled).check(answer)

    assert not verdict.passed
    assert words in verdict.text


def test_more_steps_or_other_numbers_of_the_same_kind_pass():
    def longer(neurons, dt, tau, sigma, generator):
        return noise.run_with(
            noise.subtracts_the_noise, neurons, dt, tau, sigma, generator, time_constants=12
        )

    assert fresh(noise.settled).check(longer).passed


def test_the_spreads_of_shot_noise_are_those_of_campbells_theorem():
    h = exact(LIParameters.from_tau(), 1e-5 * torch.arange(1, 20_000, dtype=torch.float64)).v_from_i
    square = float(h.square().sum()) * 1e-5

    few, many = (w * math.sqrt(rate * square) for rate, w in ((60, 1.0), (600, 0.1)))

    assert few == pytest.approx(0.224, abs=5e-4)
    assert many / few == pytest.approx(math.sqrt(0.1))
    assert noise.many_small.kind.right == "b"


def test_euler_is_nearer_to_a_path_than_right_variances_although_its_own_is_too_large():
    too_large = noise.variance_of_steps(0.002, noise.TAU, noise.SIGMA) / (noise.SIGMA**2 * noise.TAU / 2)

    assert f"{100 * (too_large - 1):.0f} %" in noise.nearer.kind.options[noise.nearer.kind.right]
