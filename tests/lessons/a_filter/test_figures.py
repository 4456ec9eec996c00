"""Lesson 7: what its figures draw, and whether their sentences tell the truth about it."""

import pytest
import torch

from leakyedu.lessons.a_filter import figures
from leakyedu.teaching.figure import INPUT, PREDICTION, VOLTAGE


def test_a_drive_and_its_voltage_begin_at_time_0():
    drive = torch.tensor([2.0, 0.0, 2.0, 0.0])
    v = torch.tensor([0.0, 0.5, 0.9, 1.1])

    figure, sentence = figures.drive_and_voltage(drive, v, 0.002, since=0.004)

    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["drive"].get_color() == INPUT
    assert lines["v"].get_color() == VOLTAGE
    assert lines["v"].get_xdata().tolist() == pytest.approx([0, 2, 4, 6])
    assert sentence == (
        "From 4 ms on, the drive goes from 0 V to 2 V and v from 0.9 V to 1.1 V, with a mean of 1 V."
    )


@pytest.mark.parametrize(
    ("drive", "v", "since", "words"),
    [
        (torch.zeros(4), torch.zeros(5), 0.0, r"same shape \(time,\), got \(4,\) and \(5,\)"),
        (torch.zeros(4, 2), torch.zeros(4, 2), 0.0, "Choose one neuron"),
        (torch.zeros(4), torch.zeros(4), 0.004, "below 0.004 s, got 0.004 s"),
        (torch.zeros(4), torch.zeros(4), -0.004, "It is in second"),
    ],
)
def test_a_drive_and_a_voltage_that_do_not_fit_are_refused(drive, v, since, words):
    with pytest.raises(ValueError, match=words):
        figures.drive_and_voltage(drive, v, since=since)


def test_swings_are_drawn_over_the_frequency_and_a_high_prediction_has_its_room():
    curve = ((5, 1.5), (40, 0.2))

    figure, sentence = figures.swing_over_frequency((5, 16, 160), (0.95, 0.7, 0.1), predicted_curve=curve)

    (axes,) = figure.axes
    crosses = [line for line in axes.lines if line.get_color() == PREDICTION]
    assert [tuple(zip(*line.get_data(), strict=True)) for line in crosses] == [curve]
    assert axes.get_ylim()[1] > 1.5
    assert sentence == (
        "Of a swing of 1 V, 0.95 V is left at 5 Hz, and 0.1 V at 160 Hz. Crosses are your prediction, 1.5 V at 5 Hz "
        "at the highest."
    )
    with pytest.raises(ValueError, match=r"swings must be one for each of the frequencies.*got 1 for 2"):
        figures.swing_over_frequency((5, 16), (0.95,))


FREQUENCIES = torch.logspace(0, 2, 41, dtype=torch.float64)


def stage(f, cut_off):
    return 1 / (1 + 1j * f / cut_off)


def test_a_response_is_drawn_as_gain_and_phase():
    curves = {"formula": stage(FREQUENCIES, 20), "two": stage(FREQUENCIES, 20) ** 2}
    points = torch.tensor([10.0, 20.0])

    figure, sentence = figures.frequency_response(
        FREQUENCIES, curves, measured=(points, stage(points, 20)), predicted_cut_off=50
    )

    gain, phase = figure.axes
    assert [line.get_color() for line in phase.lines[:3]] == [INPUT, VOLTAGE, VOLTAGE]
    assert gain.lines[0].get_ydata()[-1] == pytest.approx(1 / 26**0.5)
    assert phase.lines[0].get_ydata()[-1] == pytest.approx(-78.69, abs=0.01)
    assert phase.lines[1].get_ydata()[-1] == pytest.approx(-157.38, abs=0.01)
    assert phase.lines[2].get_ydata().tolist() == pytest.approx([-26.57, -45], abs=0.01)
    assert [x.get_xdata()[0] for x in gain.lines if x.get_color() == PREDICTION] == [50]
    assert sentence == (
        "Formula: gain 0.999 at 1 Hz, 0.707 at 20 Hz, 0.196 at 100 Hz, with a lag of 78.7 degrees. Two: "
        "gain 0.998 at 1 Hz, 0.707 at 12.9 Hz, 0.0385 at 100 Hz, with a lag of 157 degrees. Measured: gain "
        "0.894 at 10 Hz and 0.707 at 20 Hz. You predicted a cut-off of 50 Hz."
    )


def test_both_stages_have_the_colour_of_v_and_the_axis_of_the_gain_begins_at_a_power_of_ten():
    curves = {"both": stage(FREQUENCIES, 20) ** 2, "membrane": stage(FREQUENCIES, 20)}

    figure, _ = figures.frequency_response(FREQUENCIES, curves)

    gain, _ = figure.axes
    assert gain.lines[0].get_color() == VOLTAGE
    assert gain.lines[1].get_color() not in (VOLTAGE, INPUT)
    assert gain.get_ylim()[0] == pytest.approx(0.01)
    # The thin line goes as far as the last curve that falls through it.
    assert max(gain.lines[2].get_xdata()) == pytest.approx(20, rel=1e-3)


def test_a_response_without_a_cut_off_names_none():
    _, sentence = figures.frequency_response(FREQUENCIES, {"all": torch.ones(41, dtype=torch.complex128)})

    assert sentence == "All: gain 1 at 1 Hz, 1 at 100 Hz, with a lag of 0 degrees."


@pytest.mark.parametrize("curves", [{}, {"short": torch.ones(3)}])
def test_a_response_of_another_length_is_refused(curves):
    with pytest.raises(ValueError, match=r"shape \(41,\) of the frequencies"):
        figures.frequency_response(FREQUENCIES, curves)
