"""Lesson 1's exercises: their numbers, and answers in other forms."""

import ast
import inspect
import math
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from leakyedu import LIParameters, simulate
from leakyedu.lessons.a_leaky_bucket import exercises as bucket
from leakyedu.lessons.a_leaky_bucket.lab import LAB
from leakyedu.methods import exact
from tests.teaching import fresh

CASES = bucket.traces(torch.Generator().manual_seed(1))


def exact_v(drive: list[float], tau_mem: float, v_leak: float = 0.0, dt: float = 1e-4) -> torch.Tensor:
    """Return v at the end of each step, for a current that is held over each step and never decays."""
    jumps = torch.tensor(drive, dtype=torch.float64).diff(prepend=torch.zeros(1, dtype=torch.float64))
    return simulate(jumps, p=LIParameters.from_tau(math.inf, tau_mem, v_leak), dt=dt, method=exact).v


def test_the_levels_of_lesson_1_are_where_the_voltage_settles():
    predicted = exact_v([1.0] * 2000, 0.01, v_leak=-0.4)
    nerve_cell = exact_v([0.015] * 4000, 0.02, v_leak=-0.07)

    assert bucket.settles.kind.right == pytest.approx(float(predicted[-1]), abs=1e-6)
    assert bucket.level.kind.right == pytest.approx(1000 * float(nerve_cell[-1]), abs=1e-4)


def test_the_curve_of_lesson_1_is_that_of_the_exact_step():
    v = exact_v([1.0] * 400, 0.01)

    points = [float(v[10 * ms - 1]) for ms in bucket.rise.kind.at]

    assert [value for _, value in bucket.rise.kind.right] == pytest.approx(points, rel=1e-5)
    assert bucket.charged(0.04, 0.01, 1.0) == pytest.approx(float(v[399]), rel=1e-5)


def test_the_voltage_goes_on_rising_when_its_input_falls_to_half():
    v = exact_v([1.0] * 50 + [0.5] * 1000, 0.01)

    assert f"{float(v[49]):.2f} V" in bucket.input_halves.question
    assert (v.diff() >= 0).all()
    assert float(v[-1]) == pytest.approx(0.5, abs=1e-4)
    assert float(v[50] - v[49]) < float(v[49] - v[48])


def test_a_longer_time_constant_has_the_same_level_later():
    v, slower = exact_v([1.0] * 3000, 0.01), exact_v([1.0] * 3000, 0.02)

    assert float(slower[-1]) == pytest.approx(float(v[-1]), abs=1e-5)
    assert (slower[:1000] < v[:1000]).all()


def test_after_two_time_constants_a_seventh_of_the_way_is_missing():
    missing = 100 * (1 - float(exact_v([1.0] * 200, 0.01)[-1]))

    question, choice = bucket.recall.questions[1]
    assert "after two tau_mem" in question
    assert choice.options[choice.right] == f"about {missing:.0f} %"


@pytest.mark.parametrize("mistake", bucket.settles.kind.mistakes)
def test_a_wrong_prediction_is_told_why_it_was_tempting(mistake):
    said = bucket.settles.kind.compare(mistake.answer)

    assert said.endswith(mistake.text)
    assert not said.endswith("you saw it coming.")


def test_the_lab_draws_the_predicted_level():
    _, sentence = LAB.figure(v_leak=bucket.V_LEAK, i=bucket.CURRENT, prediction=0.3)

    assert "v_leak + i = 0.6 V" in sentence
    assert "You predicted that it settles at 0.3 V" in sentence
    assert bucket.settles.kind.show(bucket.settles.kind.right) == "0.6 V"


# -- The time constant, from a trace -------------------------------------------------------------


def nearest_sample(t, v):
    return t[((v - v[0]) / (v[-1] - v[0]) - 0.632).abs().argmin()]


def first_beyond_63_percent(t, v):
    for time, voltage in zip(t.tolist(), v.tolist(), strict=True):
        if abs(voltage - v[0]) >= 0.63 * abs(v[-1] - v[0]):
            return time


def interpolated(t, v):
    share = (v - v[0]) / (v[-1] - v[0])
    return np.interp(1 - 1 / np.e, share.numpy(), t.numpy())


def first_slope(t, v):
    return (v[-1] - v[0]) / ((v[1] - v[0]) / (t[1] - t[0]))


def first_slope_of_three_samples(t, v):
    return (v.max() - v.min()) * (t[3] - t[0]) / (v[3] - v[0]).abs()


def logarithmic_fit(t, v):
    missing = (v[-1] - v) / (v[-1] - v[0])
    early = missing > 0.05
    return -1 / np.polyfit(t[early].numpy(), missing[early].log().numpy(), 1)[0]


def area_of_what_is_missing(t, v):
    return torch.trapezoid((v[-1] - v) / (v[-1] - v[0]), t)


def half_life_over_ln_2(t, v):
    return t[torch.searchsorted((v - v[0]) / (v[-1] - v[0]), 0.5)] / math.log(2)


METHODS = [nearest_sample, first_beyond_63_percent, interpolated, first_slope, first_slope_of_three_samples, logarithmic_fit, area_of_what_is_missing, half_life_over_ln_2]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_tau_may_be_read_off_in_many_ways(method):
    assert fresh(bucket.tau_from_trace).check(method).passed


def tau_by_fit(t, v):
    """Return tau by a fit that knows the shape of the curve, and neither its start nor its end."""
    from scipy.optimize import curve_fit

    def curve(t, v_leak, i, tau):
        return v_leak + i * (1 - np.exp(-t / tau))

    return curve_fit(curve, t.numpy(), v.numpy(), (v[0], v[-1] - v[0], t[-1] / 12))[0]


@pytest.mark.parametrize(("t", "v"), CASES)
def test_the_reference_is_near_tau_and_the_traces_are_of_leaky_cells(t, v):
    v_leak, i, tau = tau_by_fit(t, v)

    assert bucket.time_at_63_percent(t, v) == pytest.approx(tau, rel=0.007)
    again = exact_v([i] * (len(t) - 1), tau, v_leak, dt=float(t[1]))
    torch.testing.assert_close(v[1:].double(), again, rtol=0, atol=1e-5 * abs(i))
    assert 0.005 <= tau <= 0.04 or 8 <= tau <= 40
    assert float(t[0]) == 0


def test_the_traces_rise_and_fall():
    assert {bool(v[-1] > v[0]) for _, v in CASES} == {True, False}


def test_the_traces_start_on_both_sides_of_0_volt():
    starts = [float(v[0]) for _, v in bucket.traces(torch.Generator().manual_seed(0))]

    assert min(starts) < -0.1
    assert max(starts) > 0.1


@pytest.mark.parametrize("mistake", [m.answer for m in bucket.tau_from_trace.kind.mistakes])
def test_no_mistake_comes_near_tau_in_every_trace(mistake):
    far = 0
    for t, v in CASES:
        try:
            far += abs(mistake(t, v) / bucket.time_at_63_percent(t, v) - 1) > 0.06
        except IndexError:
            far += 1  # it finds no such time

    assert far


# -- A bucket with a bug -------------------------------------------------------------------------


def test_the_lesson_shows_the_function_with_the_bug_as_it_is():
    tree = ast.parse(inspect.getsource(bucket.v_with_a_bug))
    del tree.body[0].body[0]  # the docstring

    lesson = nbformat.read(Path(__file__).parents[3] / "course/01_a_leaky_bucket.ipynb", as_version=4)
    listing = "\n".join(f"    {line}" for line in ast.unparse(tree).splitlines())
    assert [cell.id for cell in lesson.cells if listing in cell.source] == ["bug"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda t, tau_mem, i: i - i * math.exp(-t / tau_mem),
        lambda t, tau_mem, i: -i * math.expm1(-t / tau_mem),
        lambda t, tau_mem, i: i * (1 - math.e ** (-t / tau_mem)),
        lambda t, tau_mem, i: i * (1 - torch.exp(torch.tensor(-t / tau_mem, dtype=torch.float64))),
        lambda t, tau_mem, i: i * (1 - 2 ** (-t / tau_mem / math.log(2))),
    ],
)
def test_the_bucket_may_be_mended_in_several_ways(answer):
    assert fresh(bucket.bucket_mended).check(answer).passed


@pytest.mark.parametrize("answer", [(0.005, 0.01, 1.0), (0.03, 0.01, -2.0), (0.0001, 0.05, 1.0)])
def test_the_bug_shows_wherever_v_is_on_its_way(answer):
    assert fresh(bucket.bucket_hunt).check(answer).passed


@pytest.mark.parametrize("share", [1e-7, 1e-6, 14, 20])
def test_whatever_hides_the_bug_has_words(share):
    text = fresh(bucket.bucket_hunt).check((0.01 * share, 0.01, 1.0)).text

    assert text.removeprefix("Not yet. ") in [mistake.text for mistake in bucket.bucket_hunt.kind.mistakes]
