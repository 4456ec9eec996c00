"""A prediction in front of a class: what is on the wall before the vote, after it, and after the answer."""

import ipywidgets as widgets
import pytest

from leakyedu.lessons.a_leaky_bucket import exercises as a_leaky_bucket
from leakyedu.lessons.one_euler_step import exercises as one_euler_step, figures
from leakyedu.teaching import plotting
from leakyedu.teaching.live import Live
from leakyedu.teaching.markup import element
from leakyedu.teaching.vote import vote
from tests.teaching import answer, fresh, parts


def show_steps(right: float = 0.8) -> None:
    print("what is for the learner who sees the code")
    plotting.show(*figures.one_step())
    plotting.show(*figures.wheels(right=right))


@pytest.fixture
def wall(monkeypatch):
    """Return a function that holds a vote; it returns the box on the wall."""
    displayed = []
    monkeypatch.setattr("leakyedu.teaching.vote.display", displayed.append)

    def hold(*predictions, **arguments):
        vote(
            "When?", *predictions, **{"drawing": element("b", "a drawing"), "happens": show_steps} | arguments
        )
        return displayed.pop()

    return hold


def of(box: widgets.Box, kind: type) -> list:
    return [child for screen in box.children for child in screen.children if isinstance(child, kind)]


def words(screen: widgets.Box) -> str:
    return " ".join(text.value for text in screen.children if isinstance(text, widgets.HTML))


def button(box: widgets.Box) -> widgets.Button:
    (found,) = of(box, widgets.Button)
    return found


def said(box: widgets.Box) -> str:
    return of(box, widgets.HTML)[-1].value


def test_the_wall_holds_the_question_with_what_is_given_and_drawn_and_no_answer(wall):
    box = wall(one_euler_step.peak_time)

    (screen,) = box.children
    assert "<h2>When?</h2>" in words(screen)
    assert one_euler_step.peak_time.question in words(screen)
    assert "Given: tau_mem = 10 ms, tau_syn = 5 ms" in words(screen)
    assert "<code>v = v + dt/tau_mem (v_leak - v + i)</code>" in words(screen)
    assert "a drawing" in words(screen)
    (live,) = of(box, Live)
    assert len(parts(live, "field")) == 1
    assert said(box) == ""


def test_the_options_of_a_choice_are_on_the_wall(wall):
    (live,) = of(wall(one_euler_step.decay_first), Live)

    (options,) = parts(live, "options")
    assert [words for _, words in options["options"]] == [
        one_euler_step.decay_first.kind.show(key) for key in "abc"
    ]


def test_a_curve_is_drawn_in_place_of_the_drawing(wall):
    box = wall(a_leaky_bucket.rise)

    assert "a drawing" not in words(box.children[0])
    assert len(parts(of(box, Live)[0], "curve")) == 1


def test_the_answer_is_what_is_said_of_the_vote_above_the_last_picture_and_nothing_that_is_printed(
    wall, capsys
):
    box = wall(one_euler_step.peak_time)
    one_euler_step.peak_time.predict(7.0)

    button(box).click()

    verdict, _, picture = said(box).partition("<figure")
    assert "You predicted 7 ms. It is 6 ms" in verdict
    assert picture.count("<figcaption") == 1
    assert "2 wheels" in picture
    assert capsys.readouterr().out == ""
    assert "leakyedu-answered" in box._dom_classes
    assert not button(box).disabled


def test_a_vote_that_is_changed_before_the_answer_is_the_one_that_counts(wall):
    box = wall(one_euler_step.decay_first)
    (live,) = of(box, Live)

    answer(live, "b")
    answer(live, "c")
    button(box).click()

    assert "You predicted (c)" in said(box)


def test_a_vote_that_was_not_taken_is_told_with_the_reason_above_what_happens(wall):
    box = wall(one_euler_step.peak_time)
    (live,) = of(box, Live)

    answer(live, "soon")
    button(box).click()

    verdict = said(box).partition("<figure")[0]
    assert "Your last answer was not kept. <code>soon</code> is not understood as a number." in verdict
    assert "made no prediction" not in verdict
    assert "It is 6 ms" in verdict


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        ("c", ["Your vote: (c) they become smaller", "It is: (a) they stay the same"]),
        ("a", ["It is, as you voted: (a) they stay the same"]),
        (..., ["It is: (a) they stay the same"]),
    ],
)
def test_where_the_options_are_gone_their_words_stand_above_what_is_said(wall, chosen, lines):
    box = wall(one_euler_step.decay_first)
    one_euler_step.decay_first.predict(chosen)

    button(box).click()

    first = said(box).partition("You ")[0]
    assert [line in first for line in lines] == [True] * len(lines)
    assert first.count("<b>") == len(lines)


def test_two_questions_that_are_answered_together_have_a_screen_each_and_one_answer(wall):
    box = wall(a_leaky_bucket.settles, a_leaky_bucket.larger_tau)

    first, second = box.children
    button(box).click()

    assert a_leaky_bucket.settles.question in words(first)
    assert a_leaky_bucket.larger_tau.question in words(second)
    assert button(box) in second.children
    assert said(box).count("You made no prediction.") == 2


def test_a_second_answer_takes_the_place_of_the_first_and_what_follows_is_told(wall):
    told, shares = [], iter((0.8, 0.7))
    box = wall(
        one_euler_step.peak_time, happens=lambda: show_steps(next(shares)), then=lambda: told.append(1)
    )

    button(box).click()
    button(box).click()

    assert "0.70" in said(box)
    assert "0.80" not in said(box)
    assert told == [1, 1]


def test_what_cannot_be_shown_is_told_below_what_is_said_of_the_vote(wall):
    def fails():
        raise ZeroDivisionError("a > b")

    box = wall(one_euler_step.peak_time, happens=fails)

    button(box).click()

    assert "It is 6 ms" in said(box)
    assert "What happens cannot be shown: a &gt; b" in said(box)
    assert not button(box).disabled


def test_what_happens_goes_on_with_the_reference_and_says_nothing_of_an_answer(wall, capsys):
    used, step = [], fresh(one_euler_step.step)

    def happens():
        used.append(step.answer())
        show_steps()

    box = wall(one_euler_step.peak_time, happens=happens)

    button(box).click()
    aloud = step.answer()

    assert used == [aloud] == [step.kind.right]
    assert capsys.readouterr().out.count("Going on with the reference") == 1
