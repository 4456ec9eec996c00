"""A prediction in front of a class: what is on the wall before the vote, after it, and after the answer."""

import ipywidgets as widgets
import pytest

from leakyedu.exercises import a_leaky_bucket, one_euler_step
from leakyedu.exercises.page import Field
from leakyedu.exercises.vote import vote
from tests.test_labs import inside


@pytest.fixture
def wall(monkeypatch):
    """Return a function that holds a vote; it returns the box on the wall and what was displayed since."""
    displayed = []
    monkeypatch.setattr("leakyedu.exercises.vote.display", displayed.append)

    def hold(*predictions, **arguments):
        vote("When?", *predictions, **{"happens": lambda: displayed.append("a figure")} | arguments)
        box = displayed.pop()
        return box, displayed

    return hold


def words(box: widgets.Widget) -> str:
    return " ".join(text.value for text in inside(box, widgets.HTML))


def show(box: widgets.Widget) -> widgets.Button:
    (button,) = inside(box, widgets.Button)
    return button


def test_the_wall_holds_the_question_and_no_answer(wall):
    box, displayed = wall(one_euler_step.peak_time)

    assert "<h2>When?</h2>" in words(box)
    assert one_euler_step.peak_time.question in words(box)
    assert len(inside(box, Field)) == 1
    assert displayed == []


def test_the_options_of_a_choice_are_on_the_wall(wall):
    box, _ = wall(one_euler_step.decay_first)

    (options,) = inside(box, widgets.RadioButtons)
    assert [words for words, _ in options.options] == [
        one_euler_step.decay_first.kind.show(key) for key in "abc"
    ]


def test_the_answer_comes_when_it_is_asked_for_and_the_comparison_follows(wall):
    box, displayed = wall(one_euler_step.peak_time)
    one_euler_step.peak_time.predict(7.0)

    show(box).click()

    assert displayed[0] == "a figure"
    assert displayed[1].text.startswith("You predicted 7 ms. It is 6 ms")
    assert "leakyedu-answered" in box._dom_classes
    assert not show(box).disabled


def test_a_vote_that_is_changed_before_the_answer_is_the_one_that_counts(wall):
    box, displayed = wall(one_euler_step.decay_first)
    (options,) = inside(box, widgets.RadioButtons)

    options.value = "b"
    options.value = "c"
    show(box).click()

    assert displayed[1].text.startswith("You predicted (c)")


def test_two_questions_that_are_answered_together_are_asked_together(wall):
    box, displayed = wall(a_leaky_bucket.settles, a_leaky_bucket.larger_tau)

    show(box).click()

    assert len(displayed) == 3
    assert all(q.question in words(box) for q in (a_leaky_bucket.settles, a_leaky_bucket.larger_tau))


def test_a_second_answer_takes_the_place_of_the_first_and_what_follows_is_told(wall):
    told = []
    box, displayed = wall(one_euler_step.peak_time, then=lambda: told.append(1))

    show(box).click()
    show(box).click()

    assert len(displayed) == 4
    assert told == [1, 1]
