"""Lesson 5: what its figures draw, and whether their sentences tell the truth about it."""

import math

import pytest
import torch

from leakyedu.lessons.euler_against_exact import figures
from leakyedu.teaching.figure import VOLTAGE

STEP_SIZES = torch.tensor([0.002, 0.001, 0.0005], dtype=torch.float64)


def test_an_error_over_time_is_as_much_too_high_as_it_is_too_low():
    curve = ((4, 0.02), (10, 0.01))

    figure, sentence = figures.error_over_time([0.001, 0.0005], predicted_curve=curve)

    one, half = (line for line in figure.axes[0].lines if line.get_color() == VOLTAGE)
    for line, dt in ((one, 1), (half, 0.5)):
        n = torch.arange(round(60 / dt) + 1, dtype=torch.float64)
        euler = ((1 - dt / 10) ** n - (1 - dt / 5) ** n).numpy()
        exact = (torch.exp(-n * dt / 10) - torch.exp(-n * dt / 5)).numpy()
        assert line.get_xdata() == pytest.approx((dt * n).numpy())
        assert line.get_ydata() == pytest.approx(euler - exact, abs=1e-12)
        # The area of each is w tau_syn, but for what a sum over few points and a tail after 60 ms take.
        assert abs(line.get_ydata().sum()) < 0.05 * abs(line.get_ydata()).sum()
    assert sentence == (
        "With dt = 1 ms Euler is up to 0.0255 V too high, after 4 ms, and later up to 0.00748 V too low, after 23 ms. "
        "With dt = 0.5 ms Euler is up to 0.012 V too high, after 4 ms, and later up to 0.0036 V too low, after 23.5 ms. "
        "Crosses are your prediction, 0.02 V after 4 ms at the highest."
    )


def test_an_error_over_dt_says_the_power_that_it_was_made_of():
    errors = {"one step": 0.01 * (STEP_SIZES / 0.001) ** 2, "over 20 ms": 0.03 * (STEP_SIZES / 0.001)}

    _, sentence = figures.error_over_dt(STEP_SIZES, errors)

    assert sentence == (
        "One step: 0.04 V at dt = 2 ms and 0.0025 V at 0.5 ms, slope 2.00. "
        "Over 20 ms: 0.06 V at dt = 2 ms and 0.015 V at 0.5 ms, slope 1.00. Each dashed line is a fit."
    )


def test_the_triangle_of_an_error_over_dt_has_the_slope_of_its_line():
    figure, _ = figures.error_over_dt(STEP_SIZES, {"Euler": 5 * STEP_SIZES**1.5})

    axes = figure.axes[0]
    line, points, triangle = axes.lines
    (left, right, _, _), (low, _, high, _) = triangle.get_data()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("dt (ms)", "error of v (V)")
    assert points.get_xdata().tolist() == [0.5, 1.0, 2.0]
    assert high / low == pytest.approx((right / left) ** 1.5)
    assert line.get_ydata()[-1] / line.get_ydata()[0] == pytest.approx(4**1.5)
    assert [text.get_text() for text in axes.texts] == ["slope 1.50", "Euler"]
    assert figures.error_over_dt(STEP_SIZES, {"Euler": STEP_SIZES}, axes=axes)[0] is figure


def test_a_line_of_one_slope_is_as_steep_in_each_picture_of_errors():
    one, two = (figures.error_over_dt(STEP_SIZES, {"Euler": e}) for e in (STEP_SIZES, STEP_SIZES**2))

    heights = [math.log10(high / low) for low, high in (x.axes[0].get_ylim() for x, _ in (one, two))]
    assert heights == pytest.approx([4, 4])


@pytest.mark.parametrize(
    ("dts", "errors", "words"),
    [
        (STEP_SIZES[:1], {"Euler": STEP_SIZES[:1]}, "dts must be at least two different lengths"),
        (STEP_SIZES - 0.001, {"Euler": STEP_SIZES}, "dts must be at least two different lengths"),
        (STEP_SIZES, {"Euler": STEP_SIZES[:2]}, r"errors\['Euler'\] must be 3 finite numbers above 0"),
        (STEP_SIZES, {"Euler": STEP_SIZES - 0.001}, r"Take abs\(\), and leave out a dt"),
        (STEP_SIZES, {}, "errors must name at least one error"),
    ],
)
def test_an_error_over_dt_that_cannot_be_drawn_is_refused(dts, errors, words):
    with pytest.raises(ValueError, match=words):
        figures.error_over_dt(dts, errors)
