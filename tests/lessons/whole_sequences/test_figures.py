"""Lesson 8: what its figures draw, and whether their sentences tell the truth about it."""

import pytest
import torch

from leakyedu.lessons.whole_sequences import figures
from tests.lessons.whole_sequences.test_lab import recording


def test_a_level_of_a_scan_doubles_what_an_input_has_reached():
    after = [(0.8 ** torch.arange(12.0)) * (torch.arange(12) < 2**k) for k in range(4)]

    figure, sentence = figures.levels(after, 8)

    assert sentence == (
        "Of 8 steps, 1 hold a jump on level 0, and 8 a current on level 3. The grey lines show what the last one is "
        "made of: of 8 steps, joined in 3 levels. A larger dot is a larger current."
    )
    joined, *dots = figure.axes[0].collections
    assert [int((d.get_sizes() > 0).sum()) for d in dots] == [1, 2, 4, 8]
    ends = {(tuple(map(int, a)), tuple(map(int, b))) for a, b in joined.get_segments()}
    # Two by two, then two pairs, then two fours.
    assert ends == {
        *(((n - back, 0), (n, 1)) for n in (1, 3, 5, 7) for back in (0, 1)),
        *(((n - back, 1), (n, 2)) for n in (3, 7) for back in (0, 2)),
        *(((7 - back, 2), (7, 3)) for back in (0, 4)),
    }


def test_the_sum_inside_the_shortcut_is_what_it_returns_without_its_powers():
    good = torch.tensor([1.0, 1.9, 2.71])

    figure, _ = figures.overflow(torch.cat([good, torch.tensor([torch.inf])]), factor=0.9)

    returned, inside, *_ = figure.axes[0].lines
    assert returned.get_ydata().tolist() == pytest.approx(good.tolist())
    # Of inputs of 1: the powers of 1 / 0.9, added up.
    assert inside.get_ydata().tolist() == pytest.approx([1, 1 + 1 / 0.9, 1 + 1 / 0.9 + 1 / 0.81], rel=1e-6)


def test_over_neurons_the_sentence_says_from_how_many_on_the_accelerator_wins():
    figure, sentence = figures.over_neurons(recording())

    loop = next(x for x in figure.axes[0].lines if x.get_label() == "loop, one CPU core")
    assert loop.get_ydata()[0] == pytest.approx(10)  # ms
    assert sentence == (
        "1,000 steps, recorded 2001-02-03: for 8 neurons the loop takes 10 ms on one core of the CPU and "
        "40 ms on A GPU, simulate 0.08 ms and 1 ms; for 512 neurons the loop takes 10 ms on one core of the "
        "CPU and 40 ms on A GPU, simulate 5.12 ms and 1 ms. From 100 neurons on, simulate is faster on A GPU."
    )
