"""Lesson 8's exercises: their numbers, and answers in other forms."""

import pytest
import torch

from leakyedu.lessons.whole_sequences import exercises as whole_sequences
from tests.lessons.notebook import BY_NAME, walk
from tests.teaching import fresh


def test_the_numbers_of_lesson_8_are_those_of_scan_and_float32():
    assert whole_sequences.depth.kind.right == 12
    assert 815 <= whole_sequences.overflow.kind.right <= 825
    assert whole_sequences.steps_of_float64() == pytest.approx(6715, abs=5)
    assert pytest.approx(0.9, rel=1e-7) == whole_sequences.A


def test_the_shortcut_is_right_until_it_overflows():
    x = torch.rand(800, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y, truth = 0.0, []
    for jump in x.tolist():
        y = 0.9 * y + jump
        truth.append(y)

    torch.testing.assert_close(
        whole_sequences.shortcut(x, 0.9), torch.tensor(truth).double(), rtol=1e-6, atol=0
    )
    assert not whole_sequences.shortcut(torch.ones(990, dtype=torch.float32), 0.9).isfinite().all()


def test_two_steps_in_one_do_what_they_do_one_after_the_other():
    def in_one_line(first, second):
        return second.a * first.a, second.a * first.b + second.b

    assert fresh(whole_sequences.combine).check(in_one_line).passed


def with_numbers(first, second):
    (a1, b1), (a2, b2) = first, second
    return a2 * a1, a2 * b1 + b2


def with_names(first, second):
    return second.a * first.a, second.a * first.b + second.b


def with_functions_of_torch(first, second):
    return torch.mul(first[0], second[0]), torch.add(second[1], torch.mul(second[0], first[1]))


@pytest.mark.usefixtures("fresh_exercises", "unpainted")
@pytest.mark.parametrize("combine", [with_numbers, with_names, with_functions_of_torch])
def test_the_lesson_goes_on_with_whatever_has_passed(combine, capsys):
    said = walk(BY_NAME["whole_sequences"], {"combine": combine})

    assert said["combine"].passed
    assert "2.64 V, 2.64 V; swapped 2.28 V" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "is done with one or two steps by then."), (6, "of that size."), (5000, "sooner than this.")],
)
def test_a_number_that_machines_differ_in_is_not_called_wrong(number, words):
    said = whole_sequences.crossover.kind.compare(number)

    assert said.endswith(words)
    assert "Machines differ: what you have measured counts." in said


@pytest.mark.parametrize("answer", [(9, 3), (100, 16), (1000, 1), (48, 16)])
def test_the_bug_of_the_blocks_shows_from_the_third_on(answer):
    assert fresh(whole_sequences.block_hunt).check(answer).passed
