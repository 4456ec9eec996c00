"""Lesson 4's exercises: their numbers, and answers in other forms."""

import pytest
import torch

from leakyedu.lessons.one_euler_step import exercises as ex


def test_the_numbers_of_lesson_4_are_those_of_the_model():
    assert ex.peak_time.kind.right == 6
    assert ex.area_left.kind.right == pytest.approx(0.8)
    assert ex.by_hand.kind.right == pytest.approx(0.17, rel=1e-12)


def test_the_step_is_tried_on_a_thousand_neurons_with_parameters_per_neuron_among_them():
    cases = ex.neurons(torch.Generator().manual_seed(0))

    assert sum(case[0].numel() for case in cases) == 1000
    assert {case[2].tau_mem_inv.ndim for case in cases} == {0, 1}
    assert {case[0].ndim for case in cases} == {1, 2, 3}
    assert {case[0].dtype for case in cases} == {torch.float32, torch.float64}
