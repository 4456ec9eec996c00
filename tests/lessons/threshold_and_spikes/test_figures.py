"""Lesson 11: what its figures draw, and whether their sentences tell the truth about it."""

import pytest
import torch

from leakyedu.lessons.threshold_and_spikes import figures

STEP_SIZES = torch.tensor([0.002, 0.001, 0.0005], dtype=torch.float64)


def test_how_late_an_event_is_says_the_earliest_and_the_latest():
    euler, exactly = torch.tensor([[0.0002, -0.0001, -0.0007], [0.0002, 0.0004, 0.0015]])
    late = {"Euler": euler, "exact": exactly}

    figure, sentence = figures.lateness_over_dt(STEP_SIZES, late)

    axes = figure.axes[0]
    whole_step, *points = axes.lines[1:]
    assert sentence == (
        "Euler: first spike between 0.7 ms too early and 0.2 ms too late. "
        "Exact: first spike between 0.2 ms too late and 1.5 ms too late. Steps of 0.5 to 2 ms."
    )
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("dt (ms)", "first spike too late (ms)")
    assert whole_step.get_xydata().tolist() == [[0, 0], [2, 2]]
    assert [line.get_label() for line in points] == ["Euler", "exact"]
    assert points[0].get_ydata().tolist() == pytest.approx([0.2, -0.1, -0.7])
    assert figures.lateness_over_dt(STEP_SIZES, late, axes=axes)[0] is figure


def test_spikes_are_told_with_the_steps_in_which_they_were_counted():
    figure, sentence = figures.onset(torch.tensor([0.9, 1.1]), torch.tensor([0.0, 434.0]), 10, dt=0.001)

    assert sentence == "Spikes in 10 s, in steps of 1 ms: 0 at 0.90 V, 434 at 1.10 V."
    assert figure.axes[0].get_ylabel() == "spikes in 10 s, in steps of 1 ms"


def test_the_line_breaks_where_a_step_comes_to_the_threshold():
    figure, sentence = figures.road(0.002, 0.008, 2.0)

    edge = 2 / 3  # 0.75 v + 0.5 V is 1 V
    assert figure.axes[0].get_xticks()[-1] == pytest.approx(edge)
    assert figure.axes[0].get_xticklabels()[-1].get_text() == "0.667"
    assert sentence.startswith(
        "The voltage after a step of 2 ms over the voltage before it, at i = 2 V and tau = 8 ms. "
    )
    assert "Up to 0.667 V" in sentence


@pytest.mark.parametrize(
    ("dts", "late", "words"),
    [
        (STEP_SIZES - 0.001, {"Euler": STEP_SIZES}, "dts must be lengths of a step in second"),
        (STEP_SIZES[:0], {"Euler": STEP_SIZES[:0]}, "dts must be lengths of a step in second"),
        (STEP_SIZES, {}, "late must name at least one list of 3 finite times"),
        (STEP_SIZES, {"Euler": STEP_SIZES / 0}, "Leave out a dt without an event"),
    ],
)
def test_how_late_an_event_is_that_cannot_be_drawn_is_refused(dts, late, words):
    with pytest.raises(ValueError, match=words):
        figures.lateness_over_dt(dts, late)
