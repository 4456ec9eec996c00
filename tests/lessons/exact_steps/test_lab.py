"""Lesson 6's experiment: its numbers."""

import math
import re

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from leakyedu import methods as one_step, simulate
from leakyedu.lessons.exact_steps import lab as methods
from leakyedu.model import LIParameters
from leakyedu.stimuli import pulse

P = LIParameters.from_tau()


def largest_error(name, dt, spike=0.0, p=P):
    return methods.respond([methods.METHODS[name]], dt, spike, p).error.abs().max().item()


def response(milliseconds, tau_syn=5.0):
    return (math.exp(-milliseconds / 10) - math.exp(-milliseconds / tau_syn)) / (10 / tau_syn - 1)


def test_the_methods_are_those_of_the_library():
    assert methods.LAB.controls["method"].options == tuple(known.function.__name__ for known in one_step.ALL)


def test_to_hold_the_current_is_no_better_than_euler():
    run = methods.respond([one_step.held_current, one_step.euler], 0.001, 0.0, P)

    assert run.error.abs().amax(0).tolist() == pytest.approx([0.0263, 0.0255], abs=5e-5)
    assert run.v.amax(0).tolist() == pytest.approx([0.2763, 0.2693], abs=5e-5)


def test_to_hold_the_current_makes_the_area_a_tenth_too_large_where_that_of_euler_is_right():
    held, euler = (methods.area(method, 0.001, P) for method in (one_step.held_current, one_step.euler))

    assert held == pytest.approx(0.2 / (1 - math.exp(-0.2)), rel=1e-12)
    assert held == pytest.approx(1.10, abs=0.005)
    assert euler == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("name", methods.METHODS)
@pytest.mark.parametrize("tau_syn", [0.004, 0.010])
def test_an_area_is_the_sum_over_a_long_run(name, tau_syn):
    method, p = methods.METHODS[name], LIParameters.from_tau(tau_syn=tau_syn)

    area = methods.area(method, 0.002, p)

    v = simulate(pulse(300, dtype=torch.float64), p=p, dt=0.002, method=method).v
    assert area == pytest.approx(v.sum().item() * 0.002 / tau_syn, rel=1e-10)


@pytest.mark.parametrize(("moved", "cost"), [(4, 0.063), (3, 0.029), (2, 0.107)])
def test_a_spike_that_is_moved_to_the_grid_costs_accuracy_even_with_exact_steps(moved, cost):
    error = methods.cost_of_moving(0.0033, moved / 1000, P)

    assert error == pytest.approx(cost, abs=5e-4)
    assert error == pytest.approx(response(abs(moved - 3.3)), rel=1e-9)


@pytest.mark.parametrize(("spike", "dt"), [(0.0, 0.0001), (0.004, 0.001), (0.0033, 0.0001), (0.0033, 0.0033)])
@pytest.mark.parametrize("tau_syn", [0.001, 0.010, 0.020])
def test_exact_steps_are_exact_where_the_spike_is_on_the_grid(spike, dt, tau_syn):
    assert largest_error("exact", dt, spike, LIParameters.from_tau(tau_syn=tau_syn)) < 1e-12


@pytest.mark.parametrize(
    ("spike", "dt", "moved"),
    [
        (3.3, 1, 3),
        (3.3, 2, 4),
        (3.3, 4, 4),
        (3.3, 8, 0),
        (0.5, 1, 0),
        (1.5, 1, 2),
        (4, 8, 0),
        (3.3, 0.1, 3.3),
    ],
)
def test_a_spike_is_moved_to_the_nearest_step_and_a_half_to_the_even_one(spike, dt, moved):
    run = methods.respond([one_step.exact], dt / 1000, spike / 1000, P)

    assert 1000 * run.moved == pytest.approx(moved, abs=1e-9)
    assert not run.v[run.seconds <= run.moved + 1e-9].any()


@pytest.mark.parametrize("tau_syn", [0.001, 0.005, 0.010, 0.020])
def test_the_exact_curve_is_the_matrix_exponential(tau_syn):
    seconds = torch.tensor([0.0, 0.0033, 0.005, 0.020, 0.040], dtype=torch.float64)

    curve = methods.exact_response(seconds, 0.0033, LIParameters.from_tau(tau_syn=tau_syn))

    a = np.array([[-100, 100], [0, -1 / tau_syn]])
    oracle = [0, 0, *(expm(a * (t - 0.0033))[0, 1] for t in seconds.tolist()[2:])]
    np.testing.assert_allclose(curve, oracle, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("known", [known for known in one_step.ALL if known.order < math.inf])
def test_half_a_step_leaves_of_an_error_what_the_order_promises(known):
    coarse, fine = (largest_error(known.function.__name__, dt) for dt in (0.0004, 0.0002))

    assert math.log2(coarse / fine) == pytest.approx(known.order, abs=0.1)


@pytest.mark.parametrize("dt", [0.0003, 0.001, 0.0047, 0.008])
def test_methods_side_by_side_are_each_the_method_alone(dt):
    run = methods.respond(methods.METHODS.values(), dt, 0.0, P)

    alone = [methods.respond([method], dt, 0.0, P).v[:, 0] for method in methods.METHODS.values()]
    torch.testing.assert_close(run.v, torch.stack(alone, 1), rtol=1e-10, atol=1e-13)


def test_the_first_picture_says_what_the_held_current_costs():
    _, sentence = methods.LAB.figure()

    assert sentence == (
        "With held_current, v is off by up to 0.0263 V: its peak is 0.276 V (true: 0.25 V), "
        "its area 1.1 times the exact one. Smallest error at this dt: exact, less than 1e-12 V."
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"spike": 3.3}, "3.3 ms is moved to 3 ms, which alone costs up to 0.0287 V"),
        ({"spike": 3.3, "dt": 4.0}, "3.3 ms is moved to 4 ms, which alone costs up to 0.063 V"),
        (
            {"spike": 0.5},
            "backward_euler, up to 0.0294 V, whose own error cancels that of the moved spike in part",
        ),
        (
            {"method": "euler", "dt": 8.0, "tau_syn": 1.0},
            "does not settle: each step multiplies its error by -7",
        ),
        (
            {"spike": 3.3, "dt": 2.0},
            f"all {methods.IN_WORDS[len(one_step.ALL)]} alike, up to 0.063 V.",
        ),
        (
            {"spike": 3.3, "prediction": "euler"},
            "own error cancels that of the moved spike in part. You predicted euler, which is off by",
        ),
        (
            {"spike": 3.3, "prediction": "backward_euler"},
            "You predicted backward_euler, and so it is.",
        ),
    ],
)
def test_a_sentence_names_what_is_special(settings, words):
    _, sentence = methods.LAB.figure(**settings)

    assert words in sentence


def test_what_explodes_stays_at_the_edge_of_the_picture():
    figure, sentence = methods.LAB.figure(method="euler", dt=8.0, tau_syn=1.0)

    limits = np.array([methods.V_LIMITS, methods.V_LIMITS, methods.ERROR_LIMITS])
    drawn = [line.get_ydata() for axes in figure.axes for line in axes.lines if len(line.get_ydata()) == 6]
    assert float(re.search(r"up to (\S+) V in 40 ms", sentence)[1]) > 1000
    assert len(drawn) == len(limits)
    assert max(abs(np.concatenate(drawn))) == limits.max()


@pytest.mark.parametrize("spike", [0.0, 3.3])
def test_each_exact_step_lies_on_the_path_in_the_plane_wherever_the_spike_is(spike):
    figure, _ = methods.LAB.figure(method="exact", dt=2.0, spike=spike)

    curve, plane, _ = figure.axes
    (drawn,) = [line for line in plane.lines if line.get_label() == "exact"]
    i, v = drawn.get_data()
    n = np.arange(len(i))
    assert len(i) >= 18
    np.testing.assert_allclose(i, np.exp(-0.4 * n), rtol=1e-12)
    np.testing.assert_allclose(v, np.exp(-0.2 * n) - np.exp(-0.4 * n), rtol=0, atol=1e-12)
    assert plane.get_ylim() == curve.get_ylim()


def test_euler_goes_straight_on_where_the_path_bends():
    figure, _ = methods.LAB.figure(method="euler", dt=4.0)

    (drawn,) = [line for line in figure.axes[1].lines if line.get_label() == "euler"]
    assert [float(x[0]) for x in drawn.get_data()] == [1, 0]
    assert [float(x[1]) for x in drawn.get_data()] == pytest.approx([0.2, 0.4])


def test_a_prediction_that_is_no_method_is_refused():
    with pytest.raises(ValueError, match=r"prediction must be one of euler, .* got 'midpoint'"):
        methods.LAB.figure(spike=3.3, prediction="midpoint")


def test_the_mark_on_the_grid_stands_where_the_spike_is_moved_to():
    figure, _ = methods.LAB.figure(spike=3.3, dt=1.0)

    (mark,) = [line for line in figure.axes[2].lines if line.get_label() == "on the grid"]
    assert list(mark.get_xdata()) == pytest.approx([3.0])


@pytest.mark.parametrize("settings", [{}, {"method": "exact", "spike": 3.3}, {"method": "euler", "dt": 2.0}])
def test_a_small_error_fills_its_axes_and_none_is_cut_that_has_room(settings):
    figure, _ = methods.LAB.figure(**settings)

    method = settings.get("method", methods.LAB.start["method"])
    for axes in figure.axes:
        (drawn,) = [line.get_ydata() for line in axes.lines if line.get_label() == method]
        bottom, top = axes.get_ylim()
        assert bottom < min(drawn) <= max(drawn) < top
        assert max(abs(drawn)) > 0.25 * top


@pytest.mark.parametrize(("spike", "drawn"), [(3.3, 1), (3.0, 0)])
def test_the_error_by_the_move_is_drawn_where_a_spike_is_moved(spike, drawn):
    figure, _ = methods.LAB.figure(method="exact", spike=spike)

    fine = [line for line in figure.axes[2].lines if len(line.get_xdata()) > 100]
    assert len(fine) == drawn
    assert all(abs(line.get_ydata()).max() == pytest.approx(0.0287, abs=1e-3) for line in fine)
