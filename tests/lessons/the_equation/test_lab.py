"""Lesson 2's experiment: its numbers."""

import math

import pytest
import torch
from scipy.integrate import solve_ivp

from leakyedu import simulate
from leakyedu.lessons.the_equation import lab as slope_field
from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState

CELLS = pytest.mark.parametrize(
    ("tau_mem", "v_leak", "i"), [(0.01, 0.0, 1.0), (0.002, 0.0, -1.0), (0.05, -0.3, 1.5)]
)


@CELLS
def test_the_slope_is_the_rate_of_change_of_the_solution(tau_mem, v_leak, i):
    p = LIParameters.from_tau(tau_mem=tau_mem, v_leak=v_leak)
    seconds = torch.linspace(0, 0.06, 31, dtype=torch.float64, requires_grad=True)

    v = slope_field.solution(seconds, 0.02, -0.7, i, p)

    (rates,) = torch.autograd.grad(v.sum(), seconds)
    torch.testing.assert_close(slope_field.slopes(v, i, p), rates, rtol=1e-9, atol=1e-10)


@CELLS
def test_the_solution_is_that_of_an_ordinary_solver_after_the_start_and_before(tau_mem, v_leak, i):
    p = LIParameters.from_tau(tau_mem=tau_mem, v_leak=v_leak)
    after = torch.linspace(0.01, 0.06, 11, dtype=torch.float64)
    before = torch.linspace(0.01, 0, 11, dtype=torch.float64)

    def slope(_, v):
        return (v_leak - v + i) / tau_mem

    for seconds in (after, before):
        v = slope_field.solution(seconds, 0.01, 1.2, i, p)

        span = seconds[0].item(), seconds[-1].item()
        solved = solve_ivp(slope, span, [1.2], t_eval=seconds.tolist(), rtol=1e-10, atol=1e-12)
        assert v.tolist() == pytest.approx(solved.y[0].tolist(), rel=1e-8, abs=1e-9)


def test_the_solution_is_that_of_the_library():
    p = LIParameters.from_tau(tau_syn=float("inf"), tau_mem=0.02, v_leak=0.1)
    start = LIState(v=torch.tensor(-0.5, dtype=torch.float64), i=torch.tensor(0.8, dtype=torch.float64))

    v = simulate(torch.zeros(60, dtype=torch.float64), start, p, 0.001, method=exact).v

    seconds = 0.005 + 0.001 * torch.arange(1, 61, dtype=torch.float64)
    torch.testing.assert_close(slope_field.solution(seconds, 0.005, -0.5, 0.8, p), v, rtol=1e-12, atol=1e-14)


def test_a_later_start_moves_the_solution_and_does_not_change_it():
    seconds = torch.linspace(0.03, 0.06, 7, dtype=torch.float64)

    late = slope_field.solution(seconds, 0.03, -0.5, 1.0)

    torch.testing.assert_close(late, slope_field.solution(seconds - 0.03, 0.0, -0.5, 1.0), rtol=1e-7, atol=0)


def test_nothing_changes_at_v_leak_plus_i_and_all_slopes_lead_there():
    p = LIParameters.from_tau(tau_mem=0.01, v_leak=0.25)
    v = torch.tensor([-1.0, 0.5, 0.75, 1.0, 2.0], dtype=torch.float64)

    assert slope_field.slopes(v, 0.5, p).tolist() == pytest.approx([175, 25, 0, -25, -125])


@pytest.mark.parametrize(("i", "tau_mem"), [(1.0, 10), (-1.0, 2), (1.5, 50)])
def test_all_segments_are_equally_long_on_the_screen(i, tau_mem):
    figure, _ = slope_field.LAB.figure(i=i, tau_mem=tau_mem)
    figure.draw_without_rendering()
    axes = figure.axes[0]

    drawn = [axes.transData.transform(ends) for ends in axes.collections[0].get_segments()]

    lengths = [math.dist(*ends) for ends in drawn]
    assert lengths == pytest.approx([0.025 * axes.bbox.width] * 27 * 12, rel=1e-6)


def test_no_segment_lies_along_the_level_where_the_picture_begins():
    heights = slope_field.segments(1.0).mean(1)[:, 1]

    assert float((heights - 1.0).abs().min()) == pytest.approx(0.125)


@pytest.mark.parametrize("tau_mem", [0.002, 0.05])
def test_each_segment_has_the_slope_at_its_middle(tau_mem):
    p = LIParameters.from_tau(tau_mem=tau_mem)

    ends = slope_field.segments(0.6, p)

    rise = ends[:, 1] - ends[:, 0]
    expected = (0.6 - ends.mean(1)[:, 1]) / tau_mem / 1000
    assert (rise[:, 1] / rise[:, 0]).tolist() == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-12)


def test_the_lab_says_the_slope_at_the_start_and_the_voltage_at_40_ms():
    _, sentence = slope_field.LAB.figure(prediction=0.6)

    # 1 - 1.5 exp(-3.5) = 0.9547
    assert sentence == (
        "At the start, 5 ms and -0.5 V, v changes by 0.15 V per ms. It heads for v_leak + i = 1 V, where "
        "dv/dt = 0, and is 0.955 V at 40 ms. You predicted 0.6 V at 40 ms, 0.355 V from the solution."
    )


def test_where_the_slope_is_zero_the_voltage_stays():
    _, sentence = slope_field.LAB.figure(v_start=0.3, i=0.1 + 0.2)

    assert sentence == "The start, 0.3 V, is v_leak + i, where dv/dt = 0: there v stays."


@pytest.mark.parametrize(
    ("sketch", "words"),
    [
        ([(5, -0.5), (15, 0.5), (40, 1.0)], "You sketched 3 points, at most 0.0518 V from the solution"),
        ([(0, 1.0), (5, 0.0)], "You sketched 2 points, at most 0.5 V from the solution after the start."),
        ([(0, 1.0)], "You sketched 1 point, none of them after the start."),
    ],
)
def test_a_sketch_is_held_against_the_solution_after_the_start(sketch, words):
    figure, sentence = slope_field.LAB.figure(prediction=sketch)

    (drawn,) = [line for line in figure.axes[0].get_lines() if line.get_label() == "your prediction"]
    assert list(zip(*drawn.get_data(), strict=True)) == sketch
    assert words in sentence  # 1 - 1.5 exp(-1) = 0.448


def test_an_empty_sketch_is_no_prediction():
    assert slope_field.LAB.figure(prediction=[])[1] == slope_field.LAB.figure()[1]


def test_the_past_of_a_fast_neuron_is_clipped_and_the_picture_keeps_its_limits():
    figure, sentence = slope_field.LAB.figure(start=40, v_start=1.5, i=-1.0, tau_mem=2)

    highest = max(max(line.get_ydata()) for line in figure.axes[0].get_lines())
    assert highest == 2 * slope_field.TOP
    assert figure.axes[0].get_ylim() == (-1.25, 1.75)
    assert "and is 1.5 V at 40 ms" in sentence
