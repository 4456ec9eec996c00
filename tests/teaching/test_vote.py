"""A prediction in front of a class: what is on the wall before the vote, after it, and after the answer."""

import ipywidgets as widgets
import pytest

from leakyedu.lessons.a_leaky_bucket import exercises as a_leaky_bucket
from leakyedu.lessons.one_euler_step import exercises as one_euler_step
from leakyedu.teaching.live import Live
from leakyedu.teaching.vote import vote
from tests.teaching import answer, fresh, parts


@pytest.fixture
def wall(monkeypatch):
    """Return a function that holds a vote; it returns the box on the wall and what was displayed since."""
    displayed = []
    monkeypatch.setattr("leakyedu.teaching.vote.display", displayed.append)

    def hold(*predictions, **arguments):
        vote("When?", *predictions, **{"happens": lambda: displayed.append("a figure")} | arguments)
        box = displayed.pop()
        return box, displayed

    return hold


def of(box: widgets.Box, kind: type) -> list:
    return [child for child in box.children if isinstance(child, kind)]


def words(box: widgets.Box) -> str:
    return " ".join(text.value for text in of(box, widgets.HTML))


def show(box: widgets.Box) -> widgets.Button:
    (button,) = of(box, widgets.Button)
    return button


def test_the_wall_holds_the_question_and_no_answer(wall):
    box, displayed = wall(one_euler_step.peak_time)

    assert "<h2>When?</h2>" in words(box)
    assert one_euler_step.peak_time.question in words(box)
    (live,) = of(box, Live)
    assert len(parts(live, "field")) == 1
    assert displayed == []


def test_the_options_of_a_choice_are_on_the_wall(wall):
    box, _ = wall(one_euler_step.decay_first)

    (live,) = of(box, Live)
    (options,) = parts(live, "options")
    assert [words for _, words in options["options"]] == [
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
    (live,) = of(box, Live)

    answer(live, "b")
    answer(live, "c")
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


def test_what_happens_goes_on_with_the_reference_and_says_nothing_of_an_answer(wall, capsys):
    used, step = [], fresh(one_euler_step.step)
    box, _ = wall(one_euler_step.peak_time, happens=lambda: used.append(step.answer()))

    show(box).click()
    aloud = step.answer()

    assert used == [aloud] == [step.kind.right]
    assert capsys.readouterr().out.count("Going on with the reference") == 1
