"""Lesson 3: what its figures draw, and whether their sentences tell the truth about it."""

import math

import numpy as np
import pytest

from leakyedu import LIParameters
from leakyedu.lessons.synapses import figures
from leakyedu.teaching.figure import CURRENT, INPUT, VOLTAGE
from tests.teaching.test_plotting import lines_of


def test_the_difference_of_two_decays_is_drawn_beside_them_and_told():
    figure, sentence = figures.two_decays(LIParameters.from_tau(tau_syn=0.004, tau_mem=0.016))

    (leak,), (current,), (difference,) = (
        lines_of(figure.axes[0], color) for color in (INPUT, CURRENT, VOLTAGE)
    )
    ms = difference.get_xdata()
    np.testing.assert_allclose(leak.get_ydata(), np.exp(-ms / 16), rtol=1e-6)
    np.testing.assert_allclose(current.get_ydata(), np.exp(-ms / 4), rtol=1e-6)
    np.testing.assert_allclose(difference.get_ydata(), leak.get_ydata() - current.get_ydata())
    at = 16 * math.log(4) / 3
    assert f"After {at:.1f} ms" in sentence
    assert f"by {math.exp(-at / 16) - math.exp(-at / 4):.2f};" in sentence


@pytest.mark.parametrize(
    ("tau_mem", "tau_syn", "told"),
    [
        (0.010, 0.005, "With 10 and 5 ms v reaches 0.25 V after 6.9 ms, area 5.0 mV s."),
        (0.010, 0.010, "With 10 and 10 ms v reaches 0.37 V after 10.0 ms, area 10.0 mV s."),
        (0.010, 0.020, "With 10 and 20 ms v reaches 0.50 V after 13.9 ms, area 20.0 mV s."),
    ],
)
def test_a_response_is_told_by_its_peak_and_its_area(tau_mem, tau_syn, told):
    assert figures.areas([(tau_mem, tau_syn)])[1] == told


def test_each_pair_of_time_constants_has_a_line_and_a_sentence():
    figure, sentence = figures.areas([(0.010, 0.005), (0.020, 0.005)])

    lines = lines_of(figure.axes[0], VOLTAGE)
    assert [line.get_linestyle() for line in lines] == ["-", "--"]
    assert [line.get_ydata().max() for line in lines] == pytest.approx([0.25, 4 ** (-4 / 3)], abs=1e-5)
    assert sentence.count("With ") == 2
