"""Exercises: what each says to the right answer, to every named mistake, and to whatever else comes."""

import ast
import importlib
import inspect
import math
import os
import pkgutil
import random
import re
import sys
import threading
import time
from datetime import date

import ipywidgets as widgets
import numpy as np
import pytest
import sympy
import torch
from ipywidgets.widgets.widget import _instances

import leakyedu.exercises
from leakyedu import LIState, li_feed_forward_step, progress
from leakyedu.exercises import one_euler_step as ex
from leakyedu.exercises import start_here as first
from leakyedu.exercises import whole_sequences
from leakyedu.exercises.exercise import Exercise, Feedback, Prediction, Recall, Verdict
from leakyedu.exercises.guard import run_guarded
from leakyedu.exercises.kinds import NOT_TRIED, Choice, Function, Number, Order, Points, Witness
from tests.exercises import fresh

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MACHINERY = {"exercise", "kinds", "guard", "page", "formula", "expression", "record", "course_map"}
LESSONS = [
    importlib.import_module(f"leakyedu.exercises.{module.name}")
    for module in pkgutil.iter_modules(leakyedu.exercises.__path__)
    if module.name not in MACHINERY
]


def everything(kind: type) -> list:
    return [
        pytest.param(thing, id=f"{lesson.__name__.rpartition('.')[2]}.{name}")
        for lesson in LESSONS
        for name, thing in vars(lesson).items()
        if isinstance(thing, kind)
    ]


EXERCISES, PREDICTIONS, RECALLS = (everything(kind) for kind in (Exercise, Prediction, Recall))
EARLIER = ("From lesson ", "From the start page: ")  # before lesson 1 comes nothing else
MISTAKES = [
    pytest.param(*exercise.values, mistake, id=f"{exercise.id}-{getattr(mistake.answer, '__name__', mistake.answer)}")
    for exercise in EXERCISES
    for mistake in exercise.values[0].kind.mistakes
]  # fmt: skip


class WithoutRepr:
    def __repr__(self):
        raise RuntimeError("no repr")


# -- Every exercise of every lesson --------------------------------------------------------------


def test_there_are_exercises_predictions_and_recalls_to_test():
    assert len(EXERCISES) >= 4
    assert len(PREDICTIONS) >= 3
    assert len(MISTAKES) >= 30
    assert RECALLS


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_untouched_exercise_is_not_tried_yet(exercise):
    verdict = exercise.check(...)

    assert not verdict.passed
    assert verdict.text == NOT_TRIED


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_right_answer_passes(exercise):
    verdict = fresh(exercise).check(exercise.kind.right)

    assert verdict.passed
    assert verdict.text.startswith("Right. ")


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_every_named_mistake_gets_its_own_words_twice_the_same(exercise, mistake):
    verdicts = [fresh(exercise).check(mistake.answer) for _ in range(2)]

    assert verdicts[0].text == f"Not yet. {mistake.text}"
    assert verdicts[0] == verdicts[1]
    assert not verdicts[0].passed


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_two_mistakes_say_the_same(exercise):
    texts = [mistake.text for mistake in exercise.kind.mistakes]

    assert len(texts) >= 2
    assert len(set(texts)) == len(texts)
    assert min(map(len, texts)) > 20


def words_of_the_answer(kind) -> list[str]:
    """Return what would give an answer away: its numbers, its words, the lines of its code."""
    if isinstance(kind, Function):
        body = ast.parse(inspect.getsource(kind.right)).body[0].body
        return [line.strip() for part in body[1:] for line in ast.unparse(part).splitlines()]
    if isinstance(kind, Number):
        return [f"{kind.right:.{digits}g}" for digits in (2, 3, 4, 6)]
    if isinstance(kind, Choice):
        return [kind.options[kind.right], f"({kind.right})"]
    if isinstance(kind, Witness):
        return [", ".join(f"{x:g}" for x in kind.right)]
    return [str(kind.right)]


def stands_in(text: str, words: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(words)}(?!\w|\.\d)", text) is not None


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_no_verdict_gives_the_answer_away(exercise, mistake):
    text = fresh(exercise).check(mistake.answer).text

    assert [words for words in words_of_the_answer(exercise.kind) if stands_in(text, words)] == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_three_hints_come_one_after_the_other_and_the_last_stays(exercise):
    exercise = fresh(exercise)

    hints = [exercise.hint().text for _ in range(4)]

    assert [hint[:11] for hint in hints] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert hints[2] == hints[3]
    assert "`solution()`" in hints[3]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_says_that_it_is_one(exercise):
    assert fresh(exercise).solution().text.startswith("This is the solution, not a hint. ")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_answer_is_the_reference_until_ones_own_has_passed(exercise, capsys):
    exercise = fresh(exercise)

    before = exercise.answer()
    exercise.check(exercise.kind.mistakes[0].answer)
    still = exercise.answer()

    assert before is still is exercise.kind.right
    assert capsys.readouterr().out == 2 * "Going on with the reference: your own answer has not passed yet.\n"


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_a_prediction_is_kept_and_compared(prediction):
    prediction = Prediction(prediction.question, prediction.kind)
    right = prediction.kind.right
    places_are_known = isinstance(prediction.kind, Points)

    said = prediction.predict([value for _, value in right] if places_are_known else right)

    assert said.text.startswith("Kept: you predict ")
    assert prediction.prediction == right
    assert prediction.compare().text.startswith("You predicted ")


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_a_prediction_may_be_skipped_and_that_is_said(prediction):
    prediction = Prediction(prediction.question, prediction.kind)

    said = prediction.predict(...)

    assert said.text.startswith("No prediction yet: replace `...`")
    assert prediction.prediction is None
    assert prediction.compare().text.startswith("You made no prediction. It is ")


@pytest.mark.parametrize("bad", [None, "six", 1e6, 0.0075, -3.0, float("nan"), [1]])
def test_a_prediction_that_cannot_be_meant_is_not_kept(bad):
    prediction = Prediction(ex.peak_time.question, ex.peak_time.kind)

    first = prediction.predict(bad)
    prediction.predict(7.5)
    second = prediction.predict(bad)

    assert first.text.startswith("Not kept. ")
    assert second.text == f"{first.text} Your earlier one stays: 7.5 ms."
    assert prediction.prediction == 7.5


def test_a_prediction_in_another_unit_is_asked_about():
    prediction = Prediction(ex.peak_time.question, ex.peak_time.kind)

    said = prediction.predict(0.006)

    assert said.text == "Not kept. 0.006 ms is not between 0.1 and 40 ms. Was it meant in another unit?"


def test_a_prediction_by_a_named_mistake_is_told_why_it_was_tempting():
    def one_over_tau():
        """This is 1/tau."""
        return 100.0

    kind = Number(15.9, "Hz", 0.5, (one_over_tau,))

    assert kind.compare(100).endswith("your prediction is too large by 84.1. This is 1/tau.")
    assert kind.compare(90).endswith("your prediction is too large by 74.1.")


def test_a_decimal_comma_is_recognised():
    comma = "`0, 17` are two numbers. Write a decimal point: `0.17`."

    assert fresh(ex.by_hand).check(0, 17).text == f"Not yet. {comma}"
    assert Prediction(ex.peak_time.question, ex.peak_time.kind).predict(0, 17).text == f"Not kept. {comma}"
    assert "got 3" in fresh(ex.order).check("C", "A", "B").text


@pytest.mark.parametrize("recall", RECALLS)
def test_a_recall_has_five_questions_with_words_for_each_option(recall):
    assert len(recall.questions) == 5
    assert sum(question.startswith(EARLIER) for question, _ in recall.questions) == 1
    for _, choice in recall.questions:
        assert choice.options.keys() == choice.feedback.keys()
        assert len(set(choice.feedback.values())) == len(choice.options) >= 3


# -- What is kept ----------------------------------------------------------------------------------


def next_day(name: str = "one_euler_step"):
    """Return a lesson's file as a new kernel has it."""
    del sys.modules[f"leakyedu.exercises.{name}"]
    return importlib.import_module(f"leakyedu.exercises.{name}")


@pytest.fixture
def today():
    lesson = next_day()
    yield lesson
    sys.modules["leakyedu.exercises.one_euler_step"] = ex


def test_a_prediction_is_there_the_next_day_and_its_cell_may_run_again(today):
    today.peak_time.predict(7.5)
    assert today.peak_time.compare().text.startswith("You predicted 7.5 ms. It is 6 ms: ")

    later = next_day()

    assert later.peak_time.prediction == 7.5
    assert later.peak_time.predict(...).text == "Your prediction is kept: 7.5 ms."
    assert later.peak_time.predict(7.5).text == "Kept: you predict 7.5 ms."
    assert later.peak_time.compare().text.startswith("You predicted 7.5 ms. It is 6 ms: ")


def test_a_prediction_before_the_answer_may_be_changed(today):
    today.peak_time.predict(7.5)

    assert today.peak_time.predict(8).text == "Kept: you predict 8 ms."
    assert progress.record("one_euler_step.peak_time") == {"prediction": 8.0}


def test_a_prediction_changed_after_the_answer_does_not_take_the_place_of_the_one_before(today):
    today.peak_time.predict(7.5)
    today.peak_time.compare()

    said = today.peak_time.predict(6)

    before = "Before it was shown, you predicted 7.5 ms."
    assert said.text == f"Kept as made after the answer was shown: 6 ms. {before}"
    assert today.peak_time.prediction == 6
    assert today.peak_time.compare().text == (
        f"You predicted 6 ms, after the answer was shown. {before} It is 6 ms."
    )
    record = progress.record("one_euler_step.peak_time")
    assert record == {"prediction": 7.5, "seen": True, "after": 6.0}
    assert today.peak_time.predict(7.5).text == "Kept: you predict 7.5 ms."
    assert today.peak_time.prediction == 7.5


def test_a_prediction_made_after_the_answer_alone_says_so(today):
    assert today.peak_time.compare().text == "You made no prediction. It is 6 ms."

    assert today.peak_time.predict(6).text == "Kept as made after the answer was shown: 6 ms."
    assert today.peak_time.compare().text.startswith(
        "You predicted 6 ms, after the answer was shown. It is 6 ms."
    )
    assert next_day().peak_time.prediction == 6


def test_a_prediction_that_a_newer_lesson_cannot_read_counts_as_none(today):
    progress.change("one_euler_step.peak_time", lambda record: record.update(prediction="b"))
    progress.change("one_euler_step.decay_first", lambda record: record.update(prediction="z"))

    assert today.peak_time.prediction is None
    assert today.decay_first.predict(...).text.startswith("No prediction yet")


def test_points_are_kept_as_what_they_are(today):
    today.peak_time.kind = curve().kind

    today.peak_time.predict([0.63, 0.9, 0.95])

    assert progress.record("one_euler_step.peak_time") == {"prediction": [[10, 0.63], [20, 0.9], [30, 0.95]]}
    assert today.peak_time.prediction == ((10, 0.63), (20, 0.9), (30, 0.95))


@pytest.mark.parametrize(
    "number",
    [1.0, True, 0, 6, "1", np.zeros(2), 10**5000, WithoutRepr()],
    ids=lambda number: type(number).__name__,
)
def test_a_hint_by_what_is_no_number_of_one_is_none_and_keeps_nothing(today, number):
    assert today.by_hand.hint(number).text.startswith("There are hints 1 to 3; ")
    assert today.recall.check(number, "b").text.startswith("There are questions 1 to 5; ")
    assert progress.record("one_euler_step.by_hand") == {}


def test_a_whole_number_of_numpy_or_torch_is_one(today):
    assert today.by_hand.hint(np.int64(2)).text.startswith("Hint 2 of 3")
    assert today.recall.check(torch.tensor(1), "b").passed
    assert progress.record("one_euler_step.by_hand") == {"hints": 2}


@pytest.mark.parametrize(
    "answers", [(WithoutRepr(), 1), (10**5000, 1), ("b", "c")], ids=["without words", "huge", "two"]
)
def test_two_answers_at_once_are_none_anywhere(today, answers):
    assert today.peak_time.predict(*answers).text.startswith("Not kept. This wants one answer")
    assert today.recall.check(1, *answers).text.startswith("Not yet. This wants one answer")
    assert today.by_hand.check(*answers).text.startswith("Not yet. This wants one answer")


def test_tries_hints_and_the_first_pass_are_kept(today):
    today.by_hand.check(...)
    assert progress.record("one_euler_step.by_hand") == {}

    today.by_hand.check(0.1)
    today.by_hand.hint()
    today.by_hand.hint(3)
    today.by_hand.hint(1)
    today.by_hand.check(0.17)
    next_day().by_hand.check(0.2)
    next_day().by_hand.solution()

    assert progress.record("one_euler_step.by_hand") == {
        "tries": 3,
        "hints": 3,
        "passed": date.today().isoformat(),
        "solution": True,
    }


def test_each_question_of_a_recall_is_kept(today):
    today.recall.check(2, "c")
    today.recall.check(2, today.recall.questions[1][1].right)
    today.recall.check(3)

    assert progress.records().keys() == {"one_euler_step.recall.2"}
    assert progress.record("one_euler_step.recall.2") == {"tries": 2, "passed": date.today().isoformat()}


def test_an_exercise_of_no_lesson_is_kept_by_itself():
    exercise = fresh(ex.by_hand)

    exercise.check(0.17)

    assert exercise.record.read() == {"tries": 1, "passed": date.today().isoformat()}
    assert progress.records() == {}


def test_what_cannot_be_kept_is_said_on_a_live_page_too(today, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_why_in_memory", "")

    said, *_ = box_of(today.by_hand.check(0.1)._repr_mimebundle_()).children

    assert "This is the voltage after the first step" in said.value
    assert "the lesson goes on." in said.value


def test_what_cannot_be_kept_is_said_below_the_first_words(today, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_why_in_memory", "")

    passed = today.by_hand.check(0.1).passed  # words that nobody is shown
    first, second = (today.by_hand.check(0.17)._repr_mimebundle_() for _ in range(2))

    assert not passed
    for words in first.values():
        assert words.startswith(("Right. 0.17 V.", "<div"))
        assert "the lesson goes on." in words
    assert "the lesson goes on." not in str(second)
    assert today.by_hand.record.read()["tries"] == 3


# The prediction of a lesson that its experiment draws.
DRAWN = {
    "a_leaky_bucket.settles": "bucket",
    "the_equation.sketch": "slope_field",
    "synapses.peak_time": "synapses",
    "one_euler_step.peak_time": "step_order",
    "euler_against_exact.rings_beyond": "step_size",
    "exact_steps.best": "methods",
    "a_filter.cut_off": "filter",
    "whole_sequences.crossover": "speed",
    "learning.end_of_tau": "learning",
    "noise.spread": "noise",
    "threshold_and_spikes.rate_at_start": "threshold",
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_prediction_is_drawn_by_the_experiment_of_its_lesson_and_none_is_not(name):
    (prediction,) = (p.values[0] for p in PREDICTIONS if p.id == name)
    lab = importlib.import_module(f"leakyedu.labs.{DRAWN[name]}").lab

    before = lab.figure(prediction=prediction.prediction)[1]
    prediction.predict(prediction.kind.right)
    after = lab.figure(prediction=prediction.prediction)[1]

    assert "You " not in before
    assert re.search(r"You (predicted|sketched) ", after)


# -- What else may come --------------------------------------------------------------------------


class Broken:
    def __float__(self):
        raise RuntimeError("broken")


def number() -> Exercise:
    return Exercise("?", Number(0.17, "V", 0.0005), ["a", "b", "c"], "d")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "got None: what a function without `return` gives"),
        ("0.17", 'This is the text "0.17". Write the number without quotes'),
        (True, "This wants a number in V, and got `True`"),
        (1j, "This wants a number in V, and got a complex"),
        ([0.17], "This wants a number in V, and got a list"),
        (float("nan"), "nan is no number that a neuron can have"),
        (float("inf"), "inf is no number that a neuron can have"),
        (torch.zeros(3), "got a tensor of shape (3,) that cannot be read as one"),
        (np.zeros(3), "got a NumPy array that cannot be read as one"),
        (sympy.Symbol("v"), "that cannot be read as one"),
        (Broken(), "that cannot be read as one"),
        (print, "This wants a number in V, and got"),
        (170.0, "The digits are right, in thousandths of V. Answer in V."),
        (0.00017, "The digits are right, in thousands of V. Answer in V."),
        (-0.17, "The size is right, the sign is not."),
        (0.18, "0.18 V is too large."),
        (0.12, "0.12 V is too small."),
    ],
)
def test_a_number_that_is_none_or_wrong_gets_words(answer, words):
    verdict = number().check(answer)

    assert not verdict.passed
    assert words in verdict.text


@pytest.mark.parametrize("answer", [0.17, 0.1704, torch.tensor(0.17), torch.tensor([0.17]), np.float64(0.17), sympy.Rational(17, 100)])  # fmt: skip
def test_a_number_is_right_in_every_type_within_its_tolerance(answer):
    assert number().check(answer).passed


@pytest.mark.parametrize("answer", ["b", "B", " (b) ", "b)", "the second"])
def test_a_choice_is_known_by_its_letter_or_its_words(answer):
    options = {"a": "the first", "b": "the second"}
    choice = Exercise("?", Choice("b", options, {"a": "No.", "b": "Yes."}), ["", "", ""], "")

    assert choice.check(answer).text == "Right. Yes."


@pytest.mark.parametrize("answer", [None, 2, "c", "", ["b"], "ab"])
def test_a_choice_that_is_none_is_told_the_letters(answer):
    choice = Exercise("?", Choice("b", {"a": "1", "b": "2"}, {"a": "No.", "b": "Yes."}), ["", "", ""], "")

    assert 'This wants one of the letters "a", "b", and got' in choice.check(answer).text


@pytest.mark.parametrize("answer", ["CAB", "cab", "C A B", "C, A, B", "C-A-B", "C > A > B", ["C", "A", "B"], ("c", "a", "b")])  # fmt: skip
def test_an_order_may_be_written_in_any_way(answer):
    assert fresh(ex.order).check(answer).passed


@pytest.mark.parametrize("answer", [None, 3, "", "CA", "CABB", "XYZ", [1, 2, 3], ["C", None, "B"]])
def test_an_order_that_is_none_is_told_what_to_give(answer):
    text = fresh(ex.order).check(answer).text

    assert 'the letters A, B, C in order, for example "ABC"' in text


def test_a_wrong_order_without_words_of_its_own_is_told_what_to_ask():
    verdict = fresh(whole_sequences.timing).check("CFADGBE")

    assert verdict.text.endswith("Ask of each line what must have happened before it.")


def test_every_wrong_order_of_the_step_has_words_of_its_own():
    assert {mistake.answer for mistake in ex.order.kind.mistakes} == {"ABC", "ACB", "BAC", "BCA", "CBA"}


def in_place(x, state, p, dt):
    v, i = state
    i += x
    return LIState(v + dt * p.tau_mem_inv * ((p.v_leak - v) + i), i - dt * p.tau_syn_inv * i)


def uses_i_too_early(x, state, p, dt):
    i = i + x  # noqa: F821
    return LIState(state.v, i)


def stops(x, state, p, dt):
    voltage = state.v
    return voltage + undefined  # noqa: F821


def right(x, state, p, dt):
    return ex.euler_step(x, state, p, dt)


STATE = LIState(torch.zeros(1), torch.zeros(1))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, state, p, dt: None, "Your function returns None. It ends without `return`"),
        (lambda x, state, p, dt: [state.v, state.i], "Your function returns a list. Return `v` and `i`"),
        (li_feed_forward_step, "Your function returns the voltage and the state. Here return the state alone: `v` and `i`."),
        (lambda x, state, p, dt: (0 * state.v, right(x, state, p, dt)), "Here return the state alone"),
        (lambda x, state, p, dt: LIState(..., state.i), "A `...` still stands in what your function returns"),
        (lambda x, state, p, dt: LIState(state.v * (...), state.i), "A `...` still stands in line"),
        (lambda x, state, p, dt: (state.v * 1j, state.i), "`v` is complex. Look for a root"),
        (lambda x, state, p, dt: (state.v.to("meta"), state.i), "`v` is on another device or of another layout"),
        (lambda x, state, p, dt: (state.v.to_sparse(), state.i), "`v` is on another device or of another layout"),
        (lambda x, state, p, dt: LIState(*(y * (1 + 3e-6) for y in right(x, state, p, dt))), "it is -1.8019292 where -1.8019238 is right"),
        (lambda x, state, p, dt: state.v, "Your function returns a tensor of shape (50,)"),
        (lambda x, state, p, dt: (state.v,), "Your function returns a tuple"),
        (lambda x, state, p, dt: (state.v.numpy(), state.i), "`v` is a NumPy array; return a tensor"),
        (lambda x, state, p, dt: (1, state.i), "`v` is a plain number; return a tensor"),
        (lambda x, state, p, dt: (state.v, None), "`i` is None. Look for a line that assigns nothing"),
        (lambda x, state, p, dt: (state.v.mean(), state.i), "`v` has the shape () where (50,) was expected"),
        (lambda x, state, p, dt: (state.v.int(), state.i), "`v` holds torch.int32 numbers"),
        (lambda x, state, p, dt: (state.v > 0, state.i), "`v` holds True and False: turn them into 1 and 0"),
        (lambda x, state, p, dt: (state.v / 0, state.i), "`v` holds nan or inf, from ordinary inputs"),
        (lambda x, state, p, dt: right(x, state, p, dt)[::-1], "the wrong way round: return v, then i"),
        (lambda x, state, p, dt: LIState(2 * state.v, right(x, state, p, dt).i), "`i` is right, but not `v`: in case 1, neuron 1"),
        (lambda x, state: state, "Your function takes `(x, state)`; this wants a function of (x, state, p, dt)"),
        (in_place, "your function writes into the tensors it was given"),
        (uses_i_too_early, "Your function uses `i` in line"),
        (uses_i_too_early, "before it has given it a value. What it starts from is among its arguments."),
        (stops, "Your function stopped with NameError in line"),
        (stops, "`return voltage + undefined  # noqa: F821`: name 'undefined' is not defined."),
        (lambda x, state, p, dt: exit(), "Your function stopped with SystemExit"),
        (STATE, "This wants a function of (x, state, p, dt), and got a LIState. Give its name alone, without brackets"),
        (None, "got None"),
        (torch.zeros(3), "got a tensor of shape (3,)"),
        ("my_step", 'got the text "my_step". Give its name alone, without brackets or quotes.'),
        (max, "Your function stopped with"),
    ],
)  # fmt: skip
def test_a_function_that_cannot_be_right_gets_words_of_its_own(answer, words):
    verdict = fresh(ex.step).check(answer)

    assert not verdict.passed
    assert words in verdict.text
    assert verdict == fresh(ex.step).check(answer)


@pytest.mark.parametrize(
    "answer",
    [
        right,
        lambda x, state, p, dt: tuple(right(x, state, p, dt)),
        lambda *arguments: right(*arguments),
        lambda x, s, p, dt: LIState(
            (1 - dt * p.tau_mem_inv) * s.v + dt * p.tau_mem_inv * (p.v_leak + s.i + x), (s.i + x) * (1 - dt * p.tau_syn_inv)
        ),
    ],
    ids=["reference", "tuple", "star", "another algebraic form"],
)  # fmt: skip
def test_every_right_function_passes(answer):
    assert fresh(ex.step).check(answer).passed


def test_a_right_function_with_a_gradient_passes_with_a_remark():
    def with_gradient(x, state, p, dt):
        v, i = right(x, state, p, dt)
        return LIState(v.requires_grad_(), i)

    verdict = fresh(ex.step).check(with_gradient)

    assert verdict.passed
    assert "carries a gradient, which nobody asked for" in verdict.text


def test_a_stub_is_not_tried_yet():
    def my_step(x, state, p, dt):
        return ...

    assert fresh(ex.step).check(my_step).text == NOT_TRIED


def test_the_first_wrong_neuron_is_named_with_its_numbers():
    def wrong_where_v_is_large(x, state, p, dt):
        v, i = right(x, state, p, dt)
        return LIState(torch.where(state.v > 1, 0, v), i)

    text = fresh(ex.step).check(wrong_where_v_is_large).text

    (case,) = ex.neurons(torch.Generator().manual_seed(0))[:1]
    neuron = int((case[1].v > 1).nonzero()[0])
    assert (
        f"in case 1, neuron {neuron + 1}, it is 0 where {float(right(*case).v[neuron]):.5g} is right." in text
    )
    assert f"state.v = {float(case[1].v[neuron]):.4g}" in text
    assert f"dt = {case[3]:.4g}" in text


def test_answer_is_ones_own_function_once_it_has_passed(capsys):
    exercise = fresh(ex.step)

    exercise.check(right)
    exercise.check(stops)

    assert exercise.answer() is right
    assert capsys.readouterr().out == "Going on with your own answer.\n"


# -- Kinds of their own ----------------------------------------------------------------------------


def mean(x):
    return float(x.mean())


def total(x):
    """This is the sum: divide it by the number of values."""
    return float(x.sum())


def averages() -> Exercise:
    def cases(generator):
        return [(torch.rand(n, generator=generator) + 1,) for n in (3, 5, 8)]

    return Exercise("?", Function(mean, ("average",), cases, (total,), each="time"), ["a", "b", "c"], "d")


@pytest.mark.parametrize(
    "answer", [mean, lambda x: x.mean(), lambda x: np.mean(x.numpy()), lambda x: sum(x.tolist()) / len(x)]
)
def test_a_function_of_one_number_may_return_it_in_any_type(answer):
    assert averages().check(answer).text == "Right. It agrees on 3 numbers, each of a random case."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (total, "This is the sum: divide it by the number of values."),
        (lambda x: 1000 * mean(x), "a thousand times too large: is something in milliseconds"),
        (lambda x: mean(x) / 1000, "a thousandth of what it should be"),
        (lambda x: -mean(x), "right in size and has the wrong sign"),
        (lambda x: x, "`average` is a tensor of shape (3,); return one number."),
        (lambda x: [mean(x)], "`average` is a list; return one number."),
        (lambda x: "1.5", '`average` is the text "1.5"; return one number.'),
        (lambda x: mean(x) > 0, "`average` is `True`; return one number."),
        (lambda x: float("nan"), "`average` is nan or inf, from ordinary inputs."),
        (lambda x: 0.5, "`average` is not right: in case 1, it is 0.5 where "),
        (lambda x: 0.5, " is right."),
    ],
)
def test_a_function_of_one_number_gets_words_of_its_own(answer, words):
    verdict = averages().check(answer)

    assert not verdict.passed
    assert words in verdict.text
    assert "There " not in verdict.text


def root(x):
    return math.sqrt(x) if x > 0 else 0.0


def of_the_negative(x):
    """Below 0 there is no root: treat that case first."""
    return math.sqrt(x)


def nan_of_the_negative(x):
    """The root is nan below 0: treat that case first."""
    return float(torch.tensor(x).sqrt())


def roots() -> Exercise:
    mistakes = (of_the_negative, nan_of_the_negative)
    return Exercise("?", Function(root, ("y",), lambda _: [(2.0,), (-2.0,)], mistakes), ["a", "b", "c"], "d")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x / math.sqrt(x), "Below 0 there is no root: treat that case first."),
        (lambda x: x if x > 0 else math.nan, "`y` is nan or inf, from ordinary inputs."),
        (lambda x: torch.tensor(x) ** 0.5, "The root is nan below 0: treat that case first."),
        (lambda x: 3.0, "`y` is not right: in case 1"),
        (lambda x: [][0], "Your function stopped with IndexError"),
        (lambda x: int("nine"), "Your function stopped with ValueError"),
    ],
)
def test_a_mistake_may_be_to_stop_or_to_give_nan(answer, words):
    assert fresh(roots()).check(answer).text.startswith(f"Not yet. {words}")


def rate(dt, tau):
    return 1 - dt / tau


def rate_with_a_bug(dt, tau):
    return 1 - dt / max(tau, 0.005)


def slow(dt=0.001, tau=0.01):
    """Here tau is above 5 ms, where the bug sleeps."""
    return tau >= 0.005


def hunt() -> Exercise:
    kind = Witness((0.001, 0.002), rate, rate_with_a_bug, {"dt": (0, 0.1), "tau": (1e-3, 1)}, (slow,))
    return Exercise("?", kind, ["a", "b", "c"], "d")


@pytest.mark.parametrize("answer", [(0.001, 0.002), [0.001, 0.002], (np.float64(0.001), torch.tensor(0.002))])
def test_arguments_that_show_a_bug_pass_with_both_results(answer):
    assert hunt().check(answer).text == (
        "Right. With dt = 0.001, tau = 0.002 it returns 0.8, where 0.5 is right."
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((0.001, 0.01), "Here tau is above 5 ms, where the bug sleeps."),
        ((0, 0.002), "With dt = 0, tau = 0.002 it returns 1, and that is right. Try others."),
        ((0.001,), "This wants 2 numbers in brackets, (dt, tau), and got 1."),
        ((0.001, 0), "`tau` must be from 0.001 to 1, got 0."),
        ((0.001, float("nan")), "`tau` must be from 0.001 to 1, got nan."),
        (0.001, "This wants 2 numbers in brackets, (dt, tau), and got a plain number."),
        (("a", "b"), "This wants 2 numbers in brackets, (dt, tau), and got a tuple."),
    ],
)
def test_arguments_that_show_no_bug_get_words(answer, words):
    assert hunt().check(answer).text == f"Not yet. {words}"


def curve() -> Prediction:
    points = Points(lambda t: 1 - math.exp(-t / 10), (10, 20, 30), ("time (ms)", "v (V)"), tolerance=0.02)
    return Prediction("Where is v?", points)


def test_points_of_a_curve_are_kept_as_pairs_and_compared_where_they_are_farthest():
    prediction = curve()

    kept = prediction.predict([0.63, 0.9, 0.95])

    assert kept.text == "Kept: you predict v (V) 0.63, 0.9, 0.95."
    assert prediction.prediction == ((10, 0.63), (20, 0.9), (30, 0.95))
    assert prediction.compare().text == (
        "You predicted v (V) 0.63, 0.9, 0.95. It is 0.6321, 0.8647, 0.9502. "
        "At time (ms) 20 your prediction is too high by 0.0353, more than elsewhere."
    )
    near = curve()
    near.predict([(10, 0.63), (20, 0.86), (30, 0.95)])
    assert near.compare().text.endswith("You saw it coming.")


@pytest.mark.parametrize(
    "answer",
    [None, 0.63, [0.63], "abc", [1, 2, float("inf")], [1, 2, None], [(1, 1), (2, 2), (3, 3)], [], iter(())],
)
def test_points_that_are_none_are_not_kept(answer):
    prediction = curve()

    assert prediction.predict(answer).text.startswith("Not kept. ")
    assert prediction.compare().text == "You made no prediction. It is 0.6321, 0.8647, 0.9502."


# -- What a learner's code may do ----------------------------------------------------------------


def spins(*_):
    while True:
        time.sleep(0)


def spins_and_swallows(*_):
    while True:
        try:
            time.sleep(0)
        except Exception:
            continue


@pytest.mark.parametrize("task", [spins, spins_and_swallows])
def test_an_endless_answer_is_stopped_with_a_sentence(task):
    threads = threading.active_count()

    outcome = run_guarded(task, patience=0.2)

    assert isinstance(outcome.error, TimeoutError)
    assert (
        str(outcome.error) == "took longer than 0.2 seconds and was stopped; "
        "look for a loop that never ends, for a `print`, or for something slow"
    )
    assert threading.active_count() == threads


def test_an_endless_step_is_reported_by_its_check(monkeypatch):
    monkeypatch.setattr(run_guarded, "__defaults__", (0.2,))

    verdict = fresh(ex.step).check(spins)

    assert verdict.text.startswith("Not yet. Your function took longer than 0.2 seconds and was stopped")


def test_a_call_that_cannot_be_stopped_is_named():
    release = threading.Event()

    outcome = run_guarded(lambda: release.wait(30), patience=0.1)
    release.set()

    assert str(outcome.error) == "is inside a call that cannot be stopped; restart the kernel"


def test_a_check_works_on_another_thread_too():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(fresh(ex.step).check(right)))

    thread.start()
    thread.join(10)

    assert verdicts[0].passed


def test_what_an_answer_prints_and_draws_is_dropped(capfd):
    import matplotlib.pyplot as plt

    mine = plt.figure()

    def task():
        print("hello")
        plt.figure()
        plt.plot([1, 2])

    error = run_guarded(task).error

    assert error is None
    assert capfd.readouterr().out == ""
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


def test_an_answer_that_warns_is_no_error():
    import warnings

    outcome = run_guarded(lambda: warnings.warn("careful", stacklevel=1))

    assert outcome.error is None


def test_torch_is_put_back_as_it_was():
    zeros, dtype, random = torch.zeros, torch.get_default_dtype(), torch.get_rng_state()

    def task():
        torch.zeros = None
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(5)

    run_guarded(task)

    assert torch.zeros is zeros
    assert torch.get_default_dtype() is dtype
    assert torch.equal(torch.get_rng_state(), random)


def test_a_random_answer_gets_the_same_words_twice():
    def random(x, state, p, dt):
        return LIState(torch.randn_like(state.v), state.i)

    assert fresh(ex.step).check(random) == fresh(ex.step).check(random)


# -- On a page -----------------------------------------------------------------------------------


def box_of(bundle: dict) -> widgets.Widget:
    return _instances[bundle[WIDGET_VIEW]["model_id"]]


def test_feedback_is_text_in_a_terminal_and_html_on_a_page():
    feedback = Feedback("Use `a < b`, not <b>.", code="if a < b:")

    bundle = feedback._repr_mimebundle_()

    assert repr(feedback) == bundle["text/plain"] == "Use `a < b`, not <b>.\n\nif a < b:"
    assert "Use <code>a &lt; b</code>, not &lt;b&gt;." in bundle["text/html"]
    assert "<pre><code>if a &lt; b:</code></pre>" in bundle["text/html"]
    assert 'role="status"' in bundle["text/html"]


def test_a_verdict_is_a_value():
    verdict = Verdict("Right. 0.17 V.", passed=True)

    assert verdict == Verdict("Right. 0.17 V.", passed=True)
    assert verdict != Verdict("Right. 0.17 V.", passed=False)
    with pytest.raises(AttributeError):
        verdict.passed = False


def test_a_failed_verdict_brings_buttons_for_hints_and_the_solution():
    exercise = fresh(ex.step)
    words, buttons, more = box_of(exercise.check(...)._repr_mimebundle_()).children

    said = []
    for button in (buttons.children[0], buttons.children[0], buttons.children[1]):
        button.click()
        said.append(more.value)

    assert "Not tried yet" in words.value
    assert [button.description for button in buttons.children] == ["Hint", "Solution"]
    assert "Hint 1 of 3" in said[0]
    assert "Hint 2 of 3" in said[1]
    assert "def euler_step(x, state, p, dt)" in said[2]


def test_an_earlier_hint_can_be_read_again_by_its_number():
    exercise = fresh(ex.step)
    first, second = exercise.hint(), exercise.hint()

    assert exercise.hint(1) == first
    assert exercise.hint(2) == second
    assert exercise.hint().text.startswith("Hint 3 of 3")
    assert exercise.hint(0).text == "There are hints 1 to 3; `0` is none of them."


def send(field: widgets.Widget, typed: str) -> None:
    """Send what was typed, as the page does."""
    field._handle_custom_msg({"answer": typed}, [])


@pytest.mark.parametrize(
    ("exercise", "typed", "words"),
    [
        (ex.by_hand, "0.17", "Right. 0.17 V."),
        (ex.by_hand, " 0,17 V ", "Right. 0.17 V."),
        (ex.by_hand, "0.1", "This is the voltage after the first step."),
        (ex.by_hand, "a lot", "Write the number without quotes"),
        (ex.by_hand, "", "Not tried yet"),
        (ex.order, "c a b", "Right. C, then A, then B"),
        (hunt(), "0.001, 0.002", "Right. With dt = 0.001"),
        (hunt(), "(0.001; ten)", "This wants 2 numbers in brackets"),
    ],
)
def test_an_answer_may_be_typed_on_the_page(exercise, typed, words):
    exercise = fresh(exercise)
    said, field, *_ = box_of(exercise.check(...)._repr_mimebundle_()).children

    send(field, typed)

    assert words in said.value


def test_a_choice_is_made_on_the_page_too():
    prediction = Prediction(ex.decay_first.question, ex.decay_first.kind)
    said, menu = box_of(prediction.predict(...)._repr_mimebundle_()).children

    assert "No prediction yet" in said.value
    assert menu.value is None
    menu.value = "b"

    assert prediction.prediction == "b"
    assert "Kept: you predict (b) they come one step later." in said.value


def test_a_prediction_is_typed_on_the_page_too():
    number, points = Prediction(ex.peak_time.question, ex.peak_time.kind), curve()

    for prediction, typed in ((number, "7,5 ms"), (points, "[0.63, 0.9, 0.95]")):
        said, field = box_of(prediction.predict(...)._repr_mimebundle_()).children
        send(field, typed)
        assert "Kept: you predict" in said.value

    assert number.prediction == 7.5
    assert points.prediction == ((10, 0.63), (20, 0.9), (30, 0.95))


def test_a_passed_verdict_brings_no_buttons():
    assert WIDGET_VIEW not in fresh(ex.by_hand).check(0.17)._repr_mimebundle_()


def test_a_recall_is_shown_as_text_and_as_buttons(monkeypatch):
    bundles = []
    monkeypatch.setattr("leakyedu.exercises.exercise.display", lambda bundle, raw: bundles.append(bundle))

    ex.recall.show()

    rows = box_of(bundles[0]).children
    assert "1. Which current drives the voltage within one step?" in bundles[0]["text/plain"]
    assert len(rows) == 5
    question, options, words = rows[0].children
    assert options.value is None
    assert "Which current drives" in question.value
    options.value = "a"
    assert "Not yet. Then an input would act one step late." in words.value
    options.value = "b"
    assert "Right. The input acts in its own step" in words.value


@pytest.mark.parametrize("number", [0, 6, "1", None, 1.0])
def test_a_question_that_is_not_there_is_said_to_be_none(number):
    text = ex.recall.check(number, "a").text

    assert text == f"There are questions 1 to 5; `{number!r}` is none of them."


def test_a_recall_question_without_an_answer_is_not_tried_yet():
    assert ex.recall.check(1).text == NOT_TRIED


def test_kinds_say_what_they_want():
    kinds = [Number(1.0, "V", 0.1), Number(1.0, "", 0.1), ex.decay_first.kind, ex.order.kind, ex.step.kind]

    assert [kind.expected() for kind in kinds] == [
        "a number in V",
        "a number",
        'one of the letters "a", "b", "c"',
        'the letters A, B, C in order, for example "ABC"',
        "a function of (x, state, p, dt)",
    ]
    assert {type(kind) for kind in kinds} == {Number, Choice, Order, Function}


# -- Answers that are odd in themselves ----------------------------------------------------------


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError("nope")


def raises_the_unspeakable(x, state, p, dt):
    raise UnspeakableError


def with_an_odd_signature(x, state, p, dt):
    return state


with_an_odd_signature.__signature__ = 3


@pytest.mark.parametrize("answer", [raises_the_unspeakable, with_an_odd_signature, WithoutRepr()])
@pytest.mark.parametrize("exercise", [ex.step, ex.order, ex.by_hand])
def test_a_check_raises_for_no_object(exercise, answer):
    verdict = fresh(exercise).check(answer)

    assert not verdict.passed
    assert verdict.text.startswith("Not yet. ")


def test_neither_do_two_answers_nor_a_tensor_without_numbers():
    assert not fresh(ex.by_hand).check(WithoutRepr(), 1).passed
    assert not fresh(ex.by_hand).check(torch.zeros(1, device="meta")).passed
    assert ex.recall.check().text == "There are questions 1 to 5; `0` is none of them."
    assert ex.recall.check(True, "b").text.endswith("`True` is none of them.")


def patches_torch(x, state, p, dt):
    torch.Tensor.__add__ = lambda a, b: a
    torch.Tensor.brand_new = 1
    torch.exp = None
    return LIState(state.v, state.i)


def test_a_wrong_answer_does_not_pass_by_patching_torch():
    add, exp = torch.Tensor.__add__, torch.exp

    verdict = fresh(ex.step).check(patches_torch)

    assert not verdict.passed
    assert torch.Tensor.__add__ is add
    assert torch.exp is exp
    assert not hasattr(torch.Tensor, "brand_new")


def moves_house(x, state, p, dt):
    os.chdir("/")
    os.environ["LEAKYEDU_ODD"] = "1"
    sys.path.insert(0, "/")
    sys.setrecursionlimit(5000)
    torch.nn.functional.relu = None
    return state


def test_folder_environment_and_path_are_put_back():
    def surroundings():
        functional = torch.nn.functional.relu
        return os.getcwd(), dict(os.environ), list(sys.path), sys.getrecursionlimit(), functional

    before = surroundings()

    assert not fresh(ex.step).check(moves_house).passed
    assert surroundings() == before


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_right_answer_passes_whatever_device_a_notebook_has_made_the_default(exercise):
    with torch.device("meta"):
        assert fresh(exercise).check(exercise.kind.right).passed


def test_a_check_inside_a_checked_answer_is_no_reason_to_wait():
    inner = fresh(ex.step)

    def checks_itself(x, state, p, dt):
        assert inner.check(right).passed
        return right(x, state, p, dt)

    start = time.perf_counter()

    assert fresh(ex.step).check(checks_itself).passed
    assert time.perf_counter() - start < 3


def every_generator() -> tuple:
    """Return the states of the generators that a learner may draw from."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002


@pytest.mark.parametrize(
    "draw",
    [
        random.random,
        np.random.rand,
        lambda: torch.rand(()).item(),
    ],
)
def test_a_random_answer_gets_the_same_words_twice_and_changes_no_generator(draw):
    def by_chance(x, state, p, dt):
        return LIState(state.v * draw(), state.i)

    states = every_generator()
    first, second = fresh(ex.step).check(by_chance), fresh(ex.step).check(by_chance)

    assert first == second
    assert states == every_generator()


def test_two_checks_at_once_say_what_one_says_and_leave_the_output_open():
    def slow(x, state, p, dt):
        time.sleep(0.01)
        return LIState(state.v * torch.rand(()), state.i)

    alone, said, output = fresh(ex.step).check(slow), [], sys.stdout
    threads = [threading.Thread(target=lambda: said.append(fresh(ex.step).check(slow))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert said == [alone] * 3
    assert sys.stdout is output
    assert not sys.stdout.closed


def test_what_an_answer_displays_does_not_reach_the_page(monkeypatch):
    class Shell:
        display_pub = "the page"

    seen = []
    monkeypatch.setattr("leakyedu.exercises.guard.get_ipython", lambda: Shell)

    fresh(ex.step).check(lambda x, state, p, dt: seen.append(Shell.display_pub))

    assert seen[0] != "the page"
    assert Shell.display_pub == "the page"


def test_a_number_that_looks_right_is_shown_with_its_digits():
    assert fresh(first.time_constants).check(2.0001).text == "Not yet. 2.0001 is too large."
