"""Lesson 3: what its figures draw, and whether their sentences tell the truth about it."""

import math

import numpy as np
import pytest

from leakyedu import LIParameters, simulate, stimuli
from leakyedu.lessons.synapses import figures
from leakyedu.methods import exact
from leakyedu.teaching.figure import CURRENT, INPUT, PREDICTION, VOLTAGE
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


def test_each_pair_of_time_constants_has_axes_of_one_scale_and_a_sentence():
    figure, sentence = figures.areas([(0.010, 0.005), (0.020, 0.005)])

    curves = [lines_of(axes, VOLTAGE)[0].get_ydata() for axes in figure.axes]
    assert [curve.max() for curve in curves] == pytest.approx([0.25, 4 ** (-4 / 3)], abs=1e-5)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert sentence.count("With ") == 2


@pytest.mark.parametrize(
    ("steps", "told"),
    [(20, "The voltage rises to 0.148 V after 2 ms."), (300, "The voltage peaks at 0.25 V after 6.9 ms.")],
)
def test_at_the_spike_the_current_jumps_and_the_voltage_does_not(steps, told):
    response = simulate(stimuli.pulse(steps), dt=1e-4, method=exact)

    figure, sentence = figures.from_rest(response, 1e-4)

    # What is drawn before the first step ends at its state.
    v, i = (lines_of(figure.axes[0], color)[-1] for color in (VOLTAGE, CURRENT))
    for line in (v, i):
        assert line.get_xdata() == pytest.approx([-0.01 * steps, 0, 0, 0.1])
    assert v.get_ydata() == pytest.approx([0, 0, 0, math.exp(-0.01) - math.exp(-0.02)], abs=1e-6)
    assert i.get_ydata() == pytest.approx([0, 0, 1, math.exp(-0.02)])
    assert sentence == f"At the spike i jumps from 0 to 1 V, and v is 0 V. {told}"


def test_what_was_predicted_of_a_response_is_drawn_and_told():
    response = simulate(stimuli.pulse(300), dt=1e-4, method=exact)

    figure, sentence = figures.from_rest(
        response, 1e-4, predicted_peak=5.0, predicted_curve=[(1, 0.1), (4, 0.3)]
    )

    drawn = [list(line.get_xdata()) for line in figure.axes[0].lines if line.get_color() == PREDICTION]
    assert drawn == [[5.0, 5.0], [1, 4]]
    assert sentence.endswith(
        " You predicted the peak after 5 ms. Crosses are your prediction, 0.3 V after 4 ms at the highest."
    )
