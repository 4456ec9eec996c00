"""Lesson 9: what its figures draw, and whether their sentences tell the truth about it."""

import pytest
import torch

from leakyedu import simulate
from leakyedu.lessons.learning import figures
from leakyedu.stimuli import pulse
from leakyedu.teaching.figure import PREDICTION, VOLTAGE
from tests.teaching.test_plotting import lines_of

TARGET = simulate(pulse(40)).v
SNAPSHOTS = {0: torch.zeros(40), 2: 0.5 * TARGET}


def test_a_gradient_is_drawn_over_the_steps_before_the_last_input_and_what_was_predicted_beside_it():
    curve = ((2, 0.1), (5, 0.2), (10, 0.05))

    figure, sentence = figures.reach(
        {"the default neuron": simulate(pulse(40)).v.flip(0)}, predicted_curve=curve
    )

    axes = figure.axes[0]
    (line,) = lines_of(axes, VOLTAGE)
    assert list(line.get_xdata()[:3]) == [0, 1, 2]
    assert line.get_ydata()[:3].tolist() == pytest.approx([0.1, 0.17, 0.217])
    (crosses,) = lines_of(axes, PREDICTION)
    assert tuple(zip(*crosses.get_data(), strict=True)) == curve
    assert sentence == (
        "For the default neuron: 0.1 V per V for the last input, most for the one 5 steps before it, "
        "0.269 V per V. Crosses are your prediction, 0.2 V 5 steps before the last at the highest."
    )


def test_fits_are_drawn_over_their_target_and_the_last_one_is_solid():
    figure, sentence = figures.fits({"start": torch.zeros(40), "half": 0.5 * TARGET}, TARGET)

    (target,) = [x for x in figure.axes[0].lines if x.get_label() == "target"]
    start, half = lines_of(figure.axes[0], VOLTAGE)
    torch.testing.assert_close(torch.as_tensor(target.get_ydata()), TARGET.double(), rtol=0, atol=0)
    assert (start.get_linestyle(), half.get_linestyle()) == (":", "-")
    off = TARGET.square().mean().sqrt().item()
    assert sentence == (
        "The target is highest, 0.269 V, after 6 ms, and 0.0146 V at its end. Off by, as the root of the "
        f"mean square: {off:.3g} V (start), {off / 2:.3g} V (half)."
    )


def test_a_training_is_drawn_as_its_losses_beside_the_moving_fit():
    figure, sentence = figures.training([1.0, 0.5, 0.25], SNAPSHOTS, TARGET)

    left, right = figure.axes
    assert left.get_yscale() == "log"
    assert list(left.lines[0].get_ydata()) == [1.0, 0.5, 0.25]
    assert list(left.lines[1].get_xdata()) == [0, 2]
    assert [x.get_text() for x in right.get_legend().texts] == ["target", "step 0", "step 2"]
    assert sentence.startswith("The loss goes from 1 at step 0 to 0.25 at step 2. The target is highest,")


def test_a_loss_of_other_inputs_than_those_that_are_drawn_is_told_as_such():
    figure, sentence = figures.training([1.0, 0.5, 0.25], SNAPSHOTS, TARGET, drawn="new spikes")

    assert [axes.get_title() for axes in figure.axes] == ["on what it learned from", "on new spikes"]
    assert sentence.startswith(
        "The loss on what it learned from goes from 1 at step 0 to 0.25 at step 2. "
        "On new spikes the target is highest, 0.269 V,"
    )


def test_the_loss_on_what_is_new_is_drawn_beside_the_other_with_its_lowest_step():
    figure, sentence = figures.training(
        [1.0, 0.5, 0.25], SNAPSHOTS, TARGET, drawn="new spikes", others=[1.0, 0.4, 0.6], since=6.0, unit="V^2"
    )

    left, right = figure.axes
    new, lowest = (x for x in left.lines if x.get_color() == VOLTAGE)
    assert list(new.get_ydata()) == [1.0, 0.4, 0.6]
    assert (list(lowest.get_xdata()), list(lowest.get_ydata())) == ([1], [0.4])
    assert left.get_ylabel() == "loss (V\N{SUPERSCRIPT TWO})"
    assert [x.get_text() for x in left.get_legend().texts] == ["what it learned from", "new spikes"]
    assert right.lines[0].get_xdata()[:2].tolist() == pytest.approx([6001, 6002])
    assert sentence.startswith(
        "The loss on what it learned from goes from 1 at step 0 to 0.25 at step 2; on new spikes it is lowest at step 1, "
        "0.4. On new spikes the target is highest, 0.269 V, after 6006 ms,"
    )


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: figures.reach({}), r"gradients must each have the shape \(time,\)"),
        (lambda: figures.reach({"two": torch.zeros(40, 2)}), r"\(40, 2\)"),
        (lambda: figures.fits({}, TARGET), "voltages must be at least one"),
        (lambda: figures.fits({"short": TARGET[:9]}, TARGET), r"of the target's shape \(40,\)"),
        (lambda: figures.training([], SNAPSHOTS, TARGET), "losses must be finite numbers above 0"),
        (lambda: figures.training([1.0, -1.0, 1.0], SNAPSHOTS, TARGET), "Draw squared differences"),
        (
            lambda: figures.training([1.0], SNAPSHOTS, TARGET),
            r"snapshots must be of steps 0 to 0, got \[2\]",
        ),
        (
            lambda: figures.training([1.0] * 3, SNAPSHOTS, TARGET, others=[1.0]),
            "others must be one for each of the 3 losses, got 1",
        ),
    ],
)
def test_what_cannot_be_drawn_of_a_training_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
