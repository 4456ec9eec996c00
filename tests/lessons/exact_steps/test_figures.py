"""Lesson 6: what its figure draws, and whether its sentence tells the truth about it."""

import pytest
import torch

from leakyedu.lessons.exact_steps import figures
from leakyedu.teaching.figure import CURRENT
from tests.teaching.test_plotting import lines_of

RATIOS = torch.tensor([0.5, 1.0, 2.0, 4.0])


def test_the_size_of_a_factor_is_drawn_and_told_where_it_passes_one():
    euler, backward = 1 - RATIOS, 1 / (1 + RATIOS)

    figure, sentence = figures.growth(RATIOS, {"Euler": euler, "backward Euler": backward})

    assert sentence == (
        "Factors without their sign, for steps of up to 4 time constants; grey is the true one. Euler diverges from 4 on: the longest step multiplies by 3. "
        "Backward Euler never diverges: the longest step multiplies by 0.2."
    )
    first, second = lines_of(figure.axes[0], CURRENT)
    assert first.get_ydata().tolist() == [0.5, 0, 1, 3]
    assert second.get_ydata().tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 3, 1 / 5])
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


@pytest.mark.parametrize("factors", [{}, {"Euler": RATIOS[1:]}])
def test_factors_of_another_shape_are_refused(factors):
    with pytest.raises(ValueError, match=r"shape of ratios, \(4,\), .*one factor for each length"):
        figures.growth(RATIOS, factors)
