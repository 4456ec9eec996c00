"""Lesson 11's exercises: their numbers, and answers in other forms."""

import ast
import math
import re
from inspect import getsource
from pathlib import Path

import nbformat
import pytest
import torch

from leakyedu.lessons.threshold_and_spikes import exercises as threshold_and_spikes


def spikes_in(duration: float, i: float, dt: float = 1e-6) -> list[int]:
    """Return the steps at which one neuron of lesson 11 spikes, counted from 1."""
    v, spikes = 0.0, []
    for number in range(1, round(duration / dt) + 1):
        v = v + dt / 0.01 * (i - v)
        if v >= 1:
            v = 0.0
            spikes.append(number)
    return spikes


def test_the_rates_of_lesson_11_are_those_of_its_step():
    spikes = spikes_in(0.1, 1.5, dt=1e-5)

    assert threshold_and_spikes.rate_at_start.kind.right == pytest.approx(91.0, abs=0.05)
    assert 1e5 / (spikes[1] - spikes[0]) == pytest.approx(91.0, abs=0.1)
    assert threshold_and_spikes.firing_rate(3.0, 0.01) > 2 * threshold_and_spikes.firing_rate(1.5, 0.01)


def test_the_minimal_current_of_lesson_11_has_no_spike_below_and_one_above():
    right = threshold_and_spikes.minimal_current.kind.right

    assert len(spikes_in(0.02, right - 1e-3)) == 0
    assert len(spikes_in(0.02, right + 1e-3)) == 1


def test_below_the_rheobase_of_lesson_11_there_is_no_spike_and_above_it_there_is():
    right = threshold_and_spikes.rheobase.kind.right

    assert len(spikes_in(1.0, right, dt=1e-4)) == 0
    assert len(spikes_in(1.0, right + 1e-3, dt=1e-4)) >= 1


def test_a_spike_of_lesson_11_may_be_early_or_late():
    exact_time = 0.01 * math.log(3)

    assert 2e-3 * spikes_in(0.02, 1.5, dt=2e-3)[0] < exact_time
    assert 1e-3 * spikes_in(0.02, 1.5, dt=1e-3)[0] > exact_time


def test_the_step_of_lesson_11_is_the_one_of_plain_numbers():
    v, z = threshold_and_spikes.fire_and_reset(
        torch.tensor([0.95, 0.5]), torch.tensor([2.0, 2.0]), 1e-3, 0.01, 1.0
    )

    torch.testing.assert_close(v, torch.tensor([0.0, 0.65]), rtol=0, atol=1e-7)
    assert z.tolist() == [1, 0]
    assert v.tolist() == pytest.approx([threshold_and_spikes.next_v(u, 2.0) for u in (0.95, 0.5)])


@pytest.mark.parametrize(
    ("asked", "predicted", "words"),
    [
        ("rheobase", 0, "Without a leak any current would do"),
        ("rate_at_start", 100, "That is 1/tau"),
        ("rate_at_start", 150, "v rises in a straight line"),
    ],
)
def test_a_prediction_of_lesson_11_that_is_a_misconception_is_told_so(asked, predicted, words):
    assert words in getattr(threshold_and_spikes, asked).kind.compare(predicted)


def test_the_notebook_shows_the_step_in_which_the_bug_is_hunted():
    notebook = nbformat.read(
        Path(__file__).parents[3] / "course" / "11_threshold_and_spikes.ipynb", as_version=4
    )
    (listing,) = re.findall(r"```python\n(.*?)```", "\n".join(c.source for c in notebook.cells), re.DOTALL)

    shown, kept = (
        ast.parse(code).body[0] for code in (listing, getsource(threshold_and_spikes.next_v_with_a_bug))
    )

    assert shown.name == kept.name
    assert [a.arg for a in shown.args.args] == [a.arg for a in kept.args.args]
    assert [ast.unparse(x) for x in shown.body] == [ast.unparse(x) for x in kept.body[1:]]  # its docstring
