"""Lesson 5's experiment: its numbers."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch

from leakyedu import simulate
from leakyedu.lessons.euler_against_exact import lab as step_size
from leakyedu.model import LIParameters
from leakyedu.stimuli import pulse

DEFAULT = LIParameters.from_tau()


def line(axes, label):
    return next(line for line in axes.get_lines() if line.get_label() == label)


def test_the_points_are_those_of_the_library():
    p = LIParameters.from_tau(tau_syn=4e-3, tau_mem=15e-3)

    ours = step_size.euler_response(p, 0.0005)

    theirs = simulate(pulse(120, dtype=torch.float64), p=p, dt=0.0005)
    assert (ours.v[0], ours.i[0]) == (0, 1)
    torch.testing.assert_close(ours.v[1:], theirs.v, rtol=1e-12, atol=1e-15)
    torch.testing.assert_close(ours.i[1:], theirs.i, rtol=1e-12, atol=1e-15)


def test_the_curve_is_the_matrix_exponential_also_where_the_time_constants_are_equal():
    p = LIParameters.from_tau(tau_syn=8e-3, tau_mem=8e-3)
    times = torch.linspace(0, 0.06, 7, dtype=torch.float64)

    ours = step_size.exact_response(p, times)

    a = np.array([[-125.0, 125.0], [0.0, -125.0]])
    truth = np.array([scipy.linalg.expm(t * a)[:, 1] for t in times.tolist()])
    np.testing.assert_allclose(torch.stack(tuple(ours), 1).numpy(), truth, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("dt", "error"), [(2, 0.0590), (1, 0.0255), (0.5, 0.0120), (0.25, 0.0058), (0.125, 0.0029)]
)
def test_the_largest_error_is_that_of_the_closed_form(dt, error):
    (errors,) = step_size.errors_of_voltage(DEFAULT, [dt / 1000])

    # Euler's powers and the double exponential, both for 10 and 5 ms.
    t = np.arange(1, len(errors) + 1) * dt
    euler = (1 - dt / 10) ** (t / dt) - (1 - dt / 5) ** (t / dt)
    truth = np.abs(euler - np.exp(-t / 10) + np.exp(-t / 5))
    np.testing.assert_allclose(errors.numpy(), truth, rtol=0, atol=1e-7)  # float32's 5 and 10 ms
    assert float(errors.max()) == pytest.approx(error, abs=5e-5)


def test_errors_of_several_step_sizes_are_those_of_each():
    together = step_size.errors_of_voltage(DEFAULT, [0.002, 0.0007])

    alone = [step_size.errors_of_voltage(DEFAULT, [dt])[0] for dt in (0.002, 0.0007)]
    assert [len(errors) for errors in together] == [30, 85]
    assert all(map(torch.equal, together, alone))


@pytest.mark.parametrize(
    ("dt", "says", "changes_sign", "grows"),
    [
        (1.0, "is smooth", False, False),
        (4.875, "is smooth", False, False),
        (5.0, "is smooth", False, False),
        (5.125, "rings", True, False),
        (9.875, "rings", True, False),
        (10.0, "rings", True, False),
        (10.125, "diverges", True, True),
        (14.0, "diverges", True, True),
    ],
)
def test_what_the_lab_says_is_what_the_current_does(dt, says, changes_sign, grows):
    _, sentence = step_size.LAB.figure(dt=dt)

    i = step_size.euler_response(LIParameters.from_tau(0.005, 0.01), dt / 1000).i[:5]
    assert f"With dt = {dt:.4g} ms Euler {says}: " in sentence
    assert bool((i[1:] * i[:-1] < 0).all()) == changes_sign
    assert bool((i[1:].abs() > i[:-1].abs() * (1 + 1e-9)).all()) == grows


@pytest.mark.parametrize("tau_syn", [2.0, 5.0, 7.5, 10.0])
@pytest.mark.parametrize("tau_mem", [5.0, 7.5, 20.0])
def test_short_steps_have_the_slope_one(tau_syn, tau_mem):
    p = LIParameters.from_tau(tau_syn / 1000, tau_mem / 1000)
    dts = step_size.STEP_SIZES[step_size.FINEST]

    slope = step_size.slope_of_error(dts, [float(e.max()) for e in step_size.errors_of_voltage(p, dts)])

    assert slope == pytest.approx(1, abs=0.1)


def test_the_slope_of_a_power_is_its_exponent():
    dts = (0.1, 0.3, 2.0)

    assert step_size.slope_of_error(dts, [7 * dt**2.5 for dt in dts]) == pytest.approx(2.5, rel=1e-12)


@pytest.mark.parametrize(
    ("tau_syn", "tau_mem", "words"),
    [
        (5.0, 10.0, "i changes sign in each step (factor -0.6). The smallest time constant decides, tau_syn"),
        (9.0, 5.0, "v's own part changes sign in each step (factor -0.6)."),
        (5.0, 5.0, "The smallest time constant decides, tau_syn = tau_mem = 5 ms: it rings beyond that"),
    ],
)
def test_the_smallest_time_constant_decides(tau_syn, tau_mem, words):
    _, sentence = step_size.LAB.figure(dt=8.0, tau_syn=tau_syn, tau_mem=tau_mem)

    assert "Euler rings" in sentence
    assert words in sentence


def test_the_lab_marks_its_step_on_the_curve_of_errors():
    figure, sentence = step_size.LAB.figure(dt=1.0)

    mark = figure.axes[1].get_lines()[-1]
    assert mark.get_xdata()[0] == 1.0
    assert mark.get_ydata()[0] == pytest.approx(0.0255, abs=5e-5)
    assert sentence.endswith("The largest error of v is 0.0255 V; for short steps it grows with slope 1.03.")


def test_the_largest_error_stands_between_the_point_and_the_curve():
    figure, _ = step_size.LAB.figure(dt=2.0)

    mark = line(figure.axes[0], "largest error")
    low, high = sorted(mark.get_ydata())
    t = mark.get_xdata()[0]
    assert low == pytest.approx(math.exp(-t / 10) - math.exp(-t / 5), abs=1e-12)
    assert high - low == pytest.approx(0.0590, abs=5e-5)


def test_an_error_beyond_the_picture_is_an_arrow_and_its_true_number():
    figure, sentence = step_size.LAB.figure(dt=14.0, tau_syn=2.0, tau_mem=5.0)

    mark = figure.axes[1].get_lines()[-1]
    largest = float(sentence.split("largest error of v is ")[1].split(" V")[0])
    v = [0.0]  # powers of 1 - 14/5 and 1 - 14/2
    for n in range(1, 5):
        v.append(14 / 5 * ((-1.8) ** n - (-6.0) ** n) / (-1.8 + 6))
    assert mark.get_marker() == "^"
    assert mark.get_ydata()[0] < figure.axes[1].get_ylim()[1]
    assert largest == pytest.approx(max(map(abs, v)), rel=0.005)


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (6.0, " You predicted that it rings beyond 6 ms."),
        (50, " You predicted that it rings beyond 50 ms, which is outside of the picture."),
        (0, " You predicted that it rings beyond 0 ms, which is outside of the picture."),
    ],
)
def test_a_prediction_is_named_and_leaves_the_rest_as_it_was(prediction, words):
    figure, sentence = step_size.LAB.figure(prediction=prediction)

    without, alone = step_size.LAB.figure()
    assert sentence == alone + words
    assert [axes.get_xlim() for axes in figure.axes] == [axes.get_xlim() for axes in without.axes]


@pytest.mark.parametrize("show", ["v", "i"])
@pytest.mark.parametrize("dt", [0.5, 2.0, 4.0, 7.0, 10.0, 11.0, 12.0])
def test_what_rings_and_what_diverges_stays_in_the_picture(show, dt):
    figure, _ = step_size.LAB.figure(dt=dt, show=show)

    bottom, top = figure.axes[0].get_ylim()
    drawn = line(figure.axes[0], "Euler").get_ydata()
    assert bottom <= min(drawn) <= max(drawn) <= top


def test_the_largest_error_is_longer_than_a_point_is_wide():
    figure, _ = step_size.LAB.figure(dt=2.0)

    figure.draw_without_rendering()
    low, high = figure.axes[0].transData.transform(line(figure.axes[0], "largest error").get_xydata())[:, 1]
    point = line(figure.axes[0], "Euler").get_markersize() * figure.dpi / 72
    assert abs(high - low) > 1.5 * point
