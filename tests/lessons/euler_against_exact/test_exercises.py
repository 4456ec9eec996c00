"""Lesson 5's exercises: their numbers, and answers in other forms."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from leakyedu import LIParameters, LIState, simulate
from leakyedu.lessons.euler_against_exact import exercises as ex, lab as step_size
from tests.teaching import fresh


def error_by_hand(dt: float) -> float:
    """Return the largest error of v for dt in ms: Euler's loop against the solution on paper."""
    v, i, errors = 0.0, 1.0, []
    for n in range(1, round(60 / dt) + 1):
        v, i = v + dt / 10 * (i - v), i - dt / 5 * i
        errors.append(abs(v - (math.exp(-n * dt / 10) - math.exp(-n * dt / 5))))
    return max(errors)


@pytest.mark.parametrize(
    ("dt", "known"), [(2.0, 0.0590), (1.0, 0.0255), (0.5, 0.0120), (0.25, 0.0058), (0.125, 0.0029)]
)
def test_the_errors_of_lesson_5_are_those_of_a_loop_by_hand(dt, known):
    error = ex.largest_error(dt)

    assert error == pytest.approx(error_by_hand(dt), rel=1e-6)  # 10 and 5 ms as rates are rounded
    assert error == pytest.approx(known, abs=5e-5)


def test_half_of_the_error_is_a_good_prediction_and_a_quarter_is_none():
    kind = ex.halved.kind

    assert "you saw it coming" in kind.compare(error_by_hand(1.0) / 2)
    assert "one single step" in kind.compare(error_by_hand(1.0) / 4)


def test_the_prediction_of_lesson_5_is_drawn_by_its_lab():
    # Arrange
    kind = ex.rings_beyond.kind
    p = LIParameters.from_tau(5e-3, 10e-3)

    # Act
    _, sentence = step_size.LAB.figure(prediction=kind.right)
    below, above = (step_size.euler_response(p, (kind.right + change) / 1000).i[:6] for change in (-0.5, 0.5))

    # Assert
    assert f"You predicted that it rings beyond {kind.right:.3g} ms" in sentence
    assert kind.unit == "ms"
    assert (below > 0).all()
    assert (above[:-1] * above[1:] < 0).all()


def test_at_7_ms_the_current_rings_and_dies_away():
    start = LIState(v=torch.zeros((), dtype=torch.float64), i=torch.ones((), dtype=torch.float64))

    with pytest.warns(RuntimeWarning):
        i = simulate(torch.zeros(6, dtype=torch.float64), start, dt=ex.LONG / 1000).i

    assert (i[:-1] * i[1:] < 0).all()
    assert (i[1:].abs() < i[:-1].abs()).all()
    assert ex.at_7_ms.kind.right == "b"


@pytest.mark.parametrize(("missing", "moves"), [(1.02, True), (0.98, False)])
def test_float32_stalls_where_lesson_5_says(missing, moves):
    v = np.float32(1 - missing * ex.STALL)

    rise = np.float32(ex.TINY) * (np.float32(1) - v)

    assert bool(v + rise > v) is moves
    assert pytest.approx(0.003, rel=0.01) == ex.STALL


@pytest.mark.parametrize(
    "answer",
    [
        lambda dts, errors: np.polyfit(np.log(dts), np.log(errors), 1)[0],
        lambda dts, errors: np.polyfit(np.log2(dts.numpy()), np.log2(errors.numpy()), 1)[0],
        lambda dts, errors: math.log(errors[-2] / errors[-1]) / math.log(dts[-2] / dts[-1]),
        lambda dts, errors: math.log10(errors[0] / errors[-1]) / math.log10(dts[0] / dts[-1]),
        lambda dts, errors: torch.log(errors[0] / errors[1]) / torch.log(dts[0] / dts[1]),
        lambda dts, errors: (errors.log().diff() / dts.log().diff()).mean(),
        lambda dts, errors: torch.cov(torch.stack([dts.log(), errors.log()]))[0, 1] / dts.log().var(),
        lambda dts, errors: torch.linalg.lstsq(torch.stack([dts.log(), torch.ones_like(dts)], 1), errors.log()[:, None]).solution[0, 0],
        lambda dts, errors: np.gradient(np.log(errors.numpy()), np.log(dts.numpy()))[-1],
        lambda dts, errors: step_size.slope_of_error(dts.float().tolist(), errors.float().tolist()),
    ],
)  # fmt: skip
def test_an_order_may_be_measured_in_other_ways(answer):
    assert fresh(ex.order).check(answer).passed


def test_the_order_of_lesson_5_is_1_for_the_error_over_a_time_and_2_for_one_step():
    dts = torch.tensor([4e-5, 2e-5, 1e-5], dtype=torch.float64)

    def errors(function, *duration):
        found = [function(1000 * dt, *(duration or [1000 * dt])) for dt in dts.tolist()]
        return torch.tensor(found, dtype=torch.float64)

    over_a_time = errors(ex.error_of_decay, 20.0)
    one_step = errors(ex.error_of_decay)
    with_the_bug = errors(ex.error_of_decay_with_a_bug, 20.0)

    assert ex.order.kind.right(dts, over_a_time) == pytest.approx(1, abs=0.01)
    assert ex.order.kind.right(dts, one_step) == pytest.approx(2, abs=0.01)
    assert ex.order.kind.right(dts, with_the_bug) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("case", ex.two_time_constants(torch.Generator().manual_seed(0)))
def test_beyond_the_largest_step_and_not_before_it_something_grows(case):
    tau_mem, tau_syn = case
    largest = ex.twice_the_smaller(tau_mem, tau_syn)

    def end(dt: float) -> float:
        v, i = 1e-3, 1.0
        for _ in range(4000):
            v, i = v + dt / tau_mem * (i - v), i - dt / tau_syn * i
        return max(abs(v), abs(i))

    assert end(0.98 * largest) < 1e-6
    assert end(1.02 * largest) > 1e6


def test_each_of_the_two_time_constants_is_the_smaller_one_at_times():
    cases = ex.two_time_constants(torch.Generator().manual_seed(0))

    assert 3 <= sum(tau_mem < tau_syn for tau_mem, tau_syn in cases) <= 9


@pytest.mark.parametrize(
    "answer",
    [
        lambda tau_mem, tau_syn: min(2 * tau_mem, 2 * tau_syn),
        lambda tau_mem, tau_syn: 2 / max(1 / tau_mem, 1 / tau_syn),
        lambda tau_mem, tau_syn: 2 * tau_mem if tau_mem < tau_syn else 2 * tau_syn,
        lambda tau_mem, tau_syn: 2 * torch.minimum(torch.tensor(tau_mem), torch.tensor(tau_syn)),
        lambda tau_mem, tau_syn: tau_mem + tau_syn - abs(tau_mem - tau_syn),
    ],
)
def test_the_largest_step_may_be_written_in_other_ways(answer):
    assert fresh(ex.largest_dt).check(answer).passed


@pytest.mark.parametrize("arguments", [(0.5, 20.0), (2.0, 20.0), (1.0, 30.0), (10.0, 20.0), (0.1, 100.0)])
def test_other_arguments_show_the_bug_of_lesson_5_too(arguments):
    assert fresh(ex.hunt).check(arguments).passed


@pytest.mark.parametrize("arguments", [(1.0, 20.0), (0.5, 20.0), (3.0, 50.0)])
def test_the_function_that_lesson_5_prints_has_the_bug(arguments):
    lesson = Path(__file__).parents[3] / "course" / "05_euler_against_exact.ipynb"
    cells = json.loads(lesson.read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    (listing,) = re.findall(r"~~~python\n(.*?)~~~", text, flags=re.DOTALL)
    namespace = {"math": math}

    exec(listing, namespace)

    assert namespace["error_of_decay_with_a_bug"](*arguments) == ex.error_of_decay_with_a_bug(*arguments)
