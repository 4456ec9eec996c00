"""Lesson 10: what its figures draw, and whether their sentences tell the truth about it."""

import math

import pytest
import torch

from leakyedu.lessons.noise import figures
from leakyedu.lessons.noise.lab import UNSCALED
from leakyedu.teaching.figure import INPUT, PREDICTION, VOLTAGE
from tests.teaching.test_plotting import lines_of

SCATTERED = torch.tensor([[0.0, 0.0, 0.0], [1.0, -1.0, 0.0], [2.0, -2.0, 0.0]])


def test_paths_are_drawn_from_time_0_with_one_standard_deviation_around_their_mean():
    figure, sentence = figures.paths(SCATTERED + 1, 0.002, shown=2)

    lines = lines_of(figure.axes[0], VOLTAGE)
    assert [line.get_ydata().tolist() for line in lines] == [[1, 2, 3], [1, 0, -1]]
    assert lines[0].get_xdata().tolist() == pytest.approx([0, 2, 4])
    band = lines_of(figure.axes[0], INPUT)
    assert [line.get_ydata().tolist() for line in band] == [[1, 0, -1], [1, 2, 3]]
    assert sentence == (
        "After 4 ms the standard deviation of 3 voltages is 2 V: 33 % of them lie between the thick grey lines. "
        "The picture shows 2 of them."
    )


def test_the_path_of_one_neuron_is_told_by_how_far_it_went():
    sentence = figures.paths(SCATTERED[:, :1] - 0.5)[1]

    assert sentence == "In 2 ms the voltage wanders from -0.5 V to 1.5 V."


def test_a_predicted_spread_is_drawn_on_both_sides_and_told():
    figure, sentence = figures.paths(SCATTERED, predicted_spread=1.2)

    drawn = [line for line in figure.axes[0].lines if line.get_color() == PREDICTION]
    assert [line.get_ydata()[0] for line in drawn] == [-1.2, 1.2]
    assert sentence.endswith(" You predicted 1.2 V.")


def test_the_picture_grows_for_a_predicted_spread_that_is_a_little_too_large():
    figure, sentence = figures.paths(SCATTERED, predicted_spread=2.4)

    assert sentence.endswith(" You predicted 2.4 V.")
    assert figure.axes[0].get_ylim() == pytest.approx((-2.76, 2.76))


def test_a_predicted_spread_outside_of_the_picture_is_told_as_such():
    figure, sentence = figures.paths(SCATTERED, predicted_spread=14)

    assert sentence.endswith(" You predicted 14 V, which is outside of the picture.")
    assert figure.axes[0].get_ylim()[1] < 3


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_half_the_strength_looks_half_as_large(strength):
    v = strength * torch.linspace(-0.5, 0.5, 21)[:, None]

    figure, sentence = figures.kicks_and_leak(v, v[1:] - v[:-1], 0.001, first=11)

    near, far = (axes.get_ylim() for axes in figure.axes)
    assert near == pytest.approx((-0.022, 0.55))
    assert far == (-0.55, 0.55)
    assert sentence.endswith(f"from {-0.5 * strength:g} V to {0.5 * strength:g} V.")


@pytest.mark.parametrize("v", [torch.zeros(3), torch.zeros(1, 3), torch.zeros(3, 0)])
def test_paths_of_another_shape_are_refused(v):
    with pytest.raises(ValueError, match=r"shape \(time, neurons\) from time 0 on, got .*one neuron as"):
        figures.paths(v)


def test_variances_in_their_bands_are_counted_and_told():
    dts, expected = torch.tensor([0.002, 0.001]), torch.tensor([0.06, 0.05])

    figure, sentence = figures.in_bands(
        dts,
        {"scaled": torch.tensor([0.061, 0.049]), "naive": torch.tensor([0.11, 0.05])},
        expected,
        0.1,
    )

    assert sentence == (
        "The band reaches 10 % to either side of the theory. Scaled: 2 of 2 inside. "
        "Naive: 1 of 2 inside, at dt = 1 ms."
    )
    lines = [line for line in figure.axes[0].lines if line.get_label() in {"scaled", "naive"}]
    assert lines[0].get_xdata().tolist() == pytest.approx([1, 2])
    assert lines[1].get_ydata().tolist() == pytest.approx([0.05, 0.11])
    assert figure.axes[0].get_ylim()[0] == 0
    assert [line.get_color() for line in lines] == [VOLTAGE, UNSCALED]  # as in the lab


def test_variances_of_another_shape_are_refused():
    dts = torch.tensor([0.002, 0.001])

    with pytest.raises(ValueError, match=r"shape of dts, \(2,\), got .*one number for each dt"):
        figures.in_bands(dts, {"scaled": torch.zeros(3)}, torch.zeros(2), 0.1)
    with pytest.raises(ValueError, match=r"must have the shape of dts"):
        figures.in_bands(dts, {}, torch.zeros(2), 0.1)


def test_samples_are_drawn_over_their_bell_and_told_by_how_many_lie_within_one_deviation():
    figure, sentence = figures.bells({"few": torch.tensor([0.0, 0.05, -0.05, 3.0, -3.0])}, 1.0)

    assert sentence == "Within 1 V of 0 V lie 68 % of a bell curve. Few: 60 %."  # none is beyond 4 V
    (bell,) = lines_of(figure.axes[0], INPUT)
    v, percent = bell.get_data()
    width = v[1] - v[0]
    assert percent.max() == pytest.approx(100 * width / math.sqrt(2 * math.pi), rel=0.01)
    (sample,) = figure.axes[0].patches
    assert sample.get_data().values.sum() == pytest.approx(100)
    assert sample.get_data().values[20] == pytest.approx(60)  # 0 V is in the middle of a bin
    assert figure.axes[0].get_ylim()[1] < 60
    assert sample.get_label() == "few (↑ 60 %)"


def test_a_filled_sample_covers_no_other_and_what_is_beyond_the_picture_is_told():
    some = torch.tensor([0.0, 1.0, -1.0, 5.0])

    figure, sentence = figures.bells({"a": some[:3], "b": some, "c": some[:3]}, 1.0)

    first, second, filled = figure.axes[0].patches
    assert filled.get_fill()
    assert filled.get_zorder() < min(first.get_zorder(), second.get_zorder())
    assert sentence.endswith(" Up to 25.0 % are outside of the picture.")


@pytest.mark.parametrize("spread", [0.0, -1.0, math.nan, math.inf])
def test_a_bell_without_a_width_is_refused(spread):
    with pytest.raises(ValueError, match="spread must be a finite voltage above 0, got "):
        figures.bells({"few": torch.zeros(3)}, spread)


def test_what_follows_a_path_is_told_by_its_variance_and_by_how_far_it_is_off():
    figure, sentence = figures.followed(SCATTERED, {"mirror": -SCATTERED, "same": SCATTERED}, 0.002)

    assert sentence == (
        "After 4 ms 3 true paths, of which one is drawn, have a variance of 4 V^2. Mirror: variance 4 V^2, off by 3.27 V. "
        "Same: variance 4 V^2, off by 0 V."
    )
    (true,) = lines_of(figure.axes[0], INPUT)
    mirror, same = lines_of(figure.axes[0], VOLTAGE)
    assert true.get_ydata().tolist() == same.get_ydata().tolist() == [0, 1, 2]
    assert mirror.get_ydata().tolist() == [0, -1, -2]
    assert mirror.get_xdata().tolist() == pytest.approx([0, 2, 4])


@pytest.mark.parametrize("others", [{}, {"short": SCATTERED[1:]}])
def test_what_has_not_the_shape_of_the_path_is_refused(others):
    with pytest.raises(ValueError, match=r"paths of true's shape \(time, neurons\), \(3, 3\)"):
        figures.followed(SCATTERED, others)
