"""Exercises, predictions and recalls: what they say to whatever comes, what they keep, what a page shows."""

import importlib
import math
import os
import random
import sys
import threading
import time
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
import sympy
import torch

from leakyedu import LIState, li_feed_forward_step
from leakyedu.lessons import one_euler_step
from leakyedu.lessons.one_euler_step import exercises as ex
from leakyedu.lessons.start_here import exercises as first
from leakyedu.teaching import exercise as date_of_today, progress
from leakyedu.teaching.exercise import Exercise, Feedback, Prediction, Verdict
from leakyedu.teaching.function import Function
from leakyedu.teaching.guard import run_guarded
from leakyedu.teaching.kinds import NOT_TRIED, Choice, Number, Order, Points, Witness
from leakyedu.teaching.live import Live
from tests.teaching import answer, fresh, live_in, parts, press


class WithoutRepr:
    def __repr__(self):
        raise RuntimeError("no repr")


# -- Predictions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, "soon", 1e6, 0.0075, -3.0, float("nan"), [1]])
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

    assert (
        said.text == 'Not kept. 0.006 looks like a number in s. Answer in ms, or write the unit: "0.006 s".'
    )


def test_a_prediction_by_a_named_mistake_is_told_why_it_was_tempting():
    kind = Number(15.9, "Hz", 0.5)

    @kind.mistake("This is 1/tau.")
    def one_over_tau():
        return 100.0

    assert kind.compare(100).endswith("your prediction is too large by 84.1 Hz. This is 1/tau.")
    assert kind.compare(90).endswith("your prediction is too large by 74.1 Hz.")


# -- What is kept ----------------------------------------------------------------------------------


def next_day(name: str = "one_euler_step"):
    """Return a lesson's file as a new kernel has it."""
    del sys.modules[f"leakyedu.lessons.{name}.exercises"]
    return importlib.import_module(f"leakyedu.lessons.{name}.exercises")


@pytest.fixture
def today():
    lesson = next_day()
    yield lesson
    sys.modules["leakyedu.lessons.one_euler_step.exercises"] = one_euler_step.exercises = ex


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
    asked, told = today.peak_time.compare(), today.peak_time.compare()

    assert asked.text.startswith("You made no prediction. Make one")
    assert told.text == "You made no prediction. It is 6 ms."
    assert today.peak_time.predict(6).text == "Kept as made after the answer was shown: 6 ms."
    assert today.peak_time.compare().text.startswith(
        "You predicted 6 ms, after the answer was shown. It is 6 ms."
    )
    assert next_day().peak_time.prediction == 6


def test_who_answered_and_was_refused_is_told_why_and_not_that_he_made_no_prediction(today):
    refused = today.peak_time.predict("soon")
    why = refused.text.removeprefix("Not kept. ")

    asked, told = today.peak_time.compare(), today.peak_time.compare()

    assert why != refused.text
    assert asked.text.startswith(f"Your last answer was not kept. {why} Answer once more in the cell")
    assert told.text == f"Your last answer was not kept. {why} It is 6 ms."


def test_after_a_refused_answer_the_one_before_it_counts_until_another_is_kept(today):
    today.peak_time.predict(7.5)
    refused = today.peak_time.predict("soon")
    why = refused.text.removeprefix("Not kept. ").removesuffix(" Your earlier one stays: 7.5 ms.")

    told = today.peak_time.tell()
    today.peak_time.predict(7.5)

    assert why not in ("", refused.text)
    assert told.text.startswith(f"Your last answer was not kept. {why} You predicted 7.5 ms. It is 6 ms")
    assert today.peak_time.tell().text.startswith("You predicted 7.5 ms. It is 6 ms")


def test_who_runs_all_cells_is_told_no_answer_and_predicts_before_it_is_shown(today):
    today.peak_time.predict()
    today.peak_time.compare()

    assert today.peak_time.predict(7.5).text == "Kept: you predict 7.5 ms."
    assert progress.record("one_euler_step.peak_time") == {"prediction": 7.5}


def test_each_mistake_that_was_named_is_counted_and_nothing_else(today):
    for order in ("CAB", "BAC", "BAC", "nothing", ..., 0.17, "CBA"):
        today.order.check(order)
    for letter in ("a", "no letter", today.recall.questions[0][1].right):
        today.recall.check(1, letter)
    today.peak_time.predict(7)

    assert progress.record("one_euler_step.order") == {
        "tries": 6, "passed": date.today().isoformat(), "answer": "CAB",
        "mistakes": {"C before A": 2, "A before B": 1},
    }  # fmt: skip
    assert progress.record("one_euler_step.recall.1")["mistakes"] == {"a": 1}
    assert progress.record("one_euler_step.peak_time") == {"prediction": 7.0}


def test_what_has_passed_is_there_the_next_day_with_its_answer(today, capsys):
    today.by_hand.check("0,17 V")
    today.order.check(["C", "A", "B"])
    today.step.check(today.euler_step)
    capsys.readouterr()
    later = next_day()

    answers = later.by_hand.answer(), later.order.answer(), later.step.answer()

    assert answers == (0.17, "CAB", later.euler_step)
    assert capsys.readouterr().out.splitlines() == [
        *["Going on with your own answer."] * 2,
        "Going on with the reference: run the cell with your own answer again, and then this one, to go on with that.",
    ]
    assert later.by_hand.check().text == "Right. 0.17 V. Your answer is kept: `0,17 V`."
    assert later.by_hand.check().passed
    assert page_of(later.by_hand.check()).typed == {"answer": "0,17 V"}
    assert progress.record("one_euler_step.by_hand")["tries"] == 1


def test_a_kept_answer_that_is_right_no_more_is_not_tried_yet(today):
    progress.change("one_euler_step.by_hand", lambda record: record.update(answer="0.1"))

    assert today.by_hand.check().text.startswith("Not tried yet: answer here with a number in V")


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
        "answer": "0.17",
        "solution": True,
        "mistakes": {"only_one_step": 1, "neither_leak_nor_decay": 1},
    }


def test_each_question_of_a_recall_is_kept(today):
    today.recall.check(2, "c")
    today.recall.check(2, today.recall.questions[1][1].right)
    today.recall.check(3)

    assert progress.records().keys() == {"one_euler_step.recall.2"}
    assert progress.record("one_euler_step.recall.2") == {
        "tries": 2,
        "passed": date.today().isoformat(),
        "mistakes": {"c": 1},
    }


def test_an_exercise_of_no_lesson_is_kept_by_itself():
    exercise = fresh(ex.by_hand)

    exercise.check(0.17)

    assert exercise.record.read() == {
        "tries": 1,
        "passed": date.today().isoformat(),
        "answer": "0.17",
    }
    assert progress.records() == {}


def test_what_cannot_be_kept_is_said_on_a_live_page_too(today, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_why_in_memory", "")

    said = page_of(today.by_hand.check(0.1)).words["said"]

    assert "This is the voltage after the first step" in said
    assert "the lesson goes on." in said


def test_what_cannot_be_kept_is_said_below_the_first_words(today, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_why_in_memory", "")

    passed = today.by_hand.check(0.1).passed  # words that nobody is shown
    first, second = (today.by_hand.check(0.17)._repr_mimebundle_() for _ in range(2))

    assert not passed
    for kind in ("text/plain", "text/html"):
        assert first[kind].startswith(("Right. 0.17 V.", "<div"))
        assert "the lesson goes on." in first[kind]
    assert "the lesson goes on." not in str(second)
    assert today.by_hand.record.read()["tries"] == 3


def test_the_day_of_the_first_right_answer_stays(monkeypatch):
    exercise = fresh(ex.by_hand)
    exercise.check(0.17)
    first = exercise.record.read()["passed"]
    monkeypatch.setattr(date_of_today, "date", SimpleNamespace(today=lambda: date(2099, 1, 1)))

    exercise.check(0.17)

    assert exercise.record.read() == {"tries": 2, "passed": first, "answer": "0.17"}


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
        ("a lot", "`a lot` is not understood as a number. This wants a number in V."),
        (True, "This wants a number in V, and got `True`"),
        (1j, "This wants a number in V, and got a complex"),
        ([0.17], "This wants a number in V, and got a list"),
        ((0.1, 0.17), "This wants a number in V, and got 2 numbers."),
        ("0.17 or 0.18", "`0.17 or 0.18` holds two numbers. This wants a number in V: give one of them."),
        ("earlier", "`earlier` is not understood as a number. This wants a number in V."),
        (float("nan"), "nan is no number to answer with"),
        (float("inf"), "inf is no number to answer with"),
        (torch.zeros(3), "got a tensor of shape (3,)."),
        (np.zeros(3), "got a NumPy array."),
        (sympy.Symbol("v"), "got a formula that still holds symbols"),
        (Broken(), "This wants a number in V, and got a Broken."),
        (print, "This wants a number in V, and got"),
        (170.0, "That is right in mV. Answer in V."),
        (0.00017, "The digits are right, the decimal point is not."),
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


def in_place(x, state, p, dt):
    v, i = state
    i += x
    return LIState(v + dt * p.tau_mem_inv * ((p.v_leak - v) + i), i - dt * p.tau_syn_inv * i)


def asks_itself(x, state, p, dt):
    return LIState(*(y.detach() for y in right(x.requires_grad_(), state, p, dt)))


def asks_of_the_state(x, state, p, dt):
    state.v.requires_grad_()
    return LIState(*(y.detach() for y in right(x, state, p, dt)))


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
        (lambda x, state, p, dt: [state.v], "Your function returns one value; two are wanted: `v` and `i`."),
        (li_feed_forward_step, "Your function returns the voltage and the state. Here return the state alone: `v` and `i`."),
        (lambda x, state, p, dt: (0 * state.v, right(x, state, p, dt)), "Here return the state alone"),
        (lambda x, state, p, dt: LIState(..., state.i), "A `...` still stands in what your function returns"),
        (lambda x, state, p, dt: LIState(state.v * (...), state.i), "A `...` still stands in line"),
        (lambda x, state, p, dt: (state.v * 1j, state.i), "`v` is complex: take its length, `abs()`."),
        (lambda x, state, p, dt: (state.v.to("meta"), state.i), "`v` is on another device or of another layout"),
        (lambda x, state, p, dt: (state.v.to_sparse(), state.i), "`v` is on another device or of another layout"),
        (lambda x, state, p, dt: LIState(*(y * (1 + 3e-6) for y in right(x, state, p, dt))), "it is 1.1240751 where 1.1240717 is right"),
        (lambda x, state, p, dt: state.v, "Your function returns a tensor of shape (50,)"),
        (lambda x, state, p, dt: (state.v,), "Your function returns one value; two are wanted: `v` and `i`."),
        (lambda x, state, p, dt: (state.v, state.i, 1, 2), "Your function returns four values; two are wanted: `v` and `i`."),
        (lambda x, state, p, dt: (1, state.i), "`v` is a plain number; return a tensor"),
        (lambda x, state, p, dt: (state.v, None), "`i` is None. Look for a line that assigns nothing"),
        (lambda x, state, p, dt: (state.v.mean(), state.i), "`v` is one number where 50 were expected: a value for each neuron."),
        (lambda x, state, p, dt: (state.v.int(), state.i), "`v` holds torch.int32 numbers"),
        (lambda x, state, p, dt: (state.v > 0, state.i), "`v` holds True and False: turn them into 1 and 0"),
        (lambda x, state, p, dt: (state.v / 0, state.i), "`v` holds nan or inf, from ordinary inputs"),
        (lambda x, state, p, dt: right(x, state, p, dt)[::-1], "the wrong way round: return v, then i"),
        (lambda x, state, p, dt: LIState(2 * state.v, right(x, state, p, dt).i), "`i` is right, but not `v`: in case 1, neuron 1"),
        (lambda x, state: state, "Your function takes `(x, state)`; this wants a function of (x, state, p, dt)"),
        (in_place, "your function writes into the tensors it was given"),
        (asks_of_the_state, "makes the very tensor it was given ask for a gradient"),
        (asks_itself, "makes the very tensor it was given ask for a gradient"),
        (uses_i_too_early, "Here `i` has no value yet. The one from before this step is in `state`: begin with `v, i = state`."),
        (stops, "`return voltage + undefined  # noqa: F821`. The name `undefined` is not known."),
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
        lambda x, state, p, dt: list(right(x, state, p, dt)),
        lambda *arguments: right(*arguments),
        lambda x, s, p, dt: LIState(
            (1 - dt * p.tau_mem_inv) * s.v + dt * p.tau_mem_inv * (p.v_leak + s.i + x), (s.i + x) * (1 - dt * p.tau_syn_inv)
        ),
    ],
    ids=["reference", "tuple", "list", "star", "another algebraic form"],
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
    return float(x.sum())


def averages() -> Exercise:
    def cases(generator):
        return [(torch.rand(n, generator=generator) + 1,) for n in (3, 5, 8)]

    exercise = Exercise("?", Function(mean, ("average",), cases, each="time"), ["a", "b", "c"], "d")
    exercise.mistake("This is the sum: divide it by the number of values.")(total)
    return exercise


@pytest.mark.parametrize(
    "answer", [mean, lambda x: x.mean(), lambda x: np.mean(x.numpy()), lambda x: sum(x.tolist()) / len(x)]
)
def test_a_function_of_one_number_may_return_it_in_any_type(answer):
    assert averages().check(answer).text == "Right. It agrees on 3 numbers, each of a random case."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (total, "This is the sum: divide it by the number of values."),
        (lambda x: 1.002 * total(x), "This is the sum: divide it by the number of values."),
        (lambda x: 1000 * mean(x), "a thousand times too large: is something in ms or mV"),
        (lambda x: mean(x) / 1000, "a thousandth of what it should be"),
        (lambda x: -mean(x), "right in size and has the wrong sign"),
        (lambda x: x, "`average` is a tensor of shape (3,); return one number."),
        (
            lambda x: [mean(x)],
            "`average` is a list that holds one number, because of brackets or a comma perhaps: return the number alone, its first entry `[0]`.",
        ),
        (lambda x: (mean(x), 0), "Your function returns two values; one is wanted: `average`."),
        (lambda x: "1.5", '`average` is the text "1.5"; return one number.'),
        (lambda x: mean(x) > 0, "`average` is `True`; return one number."),
        (lambda x: float("nan"), "`average` is nan or inf, from ordinary inputs."),
        (lambda x: 0.5, "`average` is not right: in case 1, it is 0.5 where "),
        (
            lambda x: 0.5,
            " is right. Your function returns the same number in every case, whatever it is given.",
        ),
    ],
)
def test_a_function_of_one_number_gets_words_of_its_own(answer, words):
    verdict = averages().check(answer)

    assert not verdict.passed
    assert words in verdict.text
    assert "There " not in verdict.text


def root(x):
    return math.sqrt(x) if x > 0 else 0.0


def roots() -> Exercise:
    exercise = Exercise("?", Function(root, ("y",), lambda _: [(2.0,), (-2.0,)]), ["a", "b", "c"], "d")
    exercise.mistake("Below 0 there is no root: treat that case first.")(math.sqrt)

    @exercise.mistake("The root is nan below 0: treat that case first.")
    def nan_of_the_negative(x):
        return float(torch.tensor(x).sqrt())

    return exercise


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x / math.sqrt(x), "Below 0 there is no root: treat that case first."),
        (lambda x: x if x > 0 else math.nan, "`y` is nan or inf, from ordinary inputs."),
        (lambda x: torch.tensor(x) ** 0.5, "The root is nan below 0: treat that case first."),
        (lambda x: 3.0, "`y` is not right: in case 1"),
        (lambda x: int("nine"), "Your function stopped with ValueError"),
        (lambda x: x if x > 0 else math.sqrt(x), "Your function stops in line"),
    ],
)
def test_a_mistake_may_be_to_stop_or_to_give_nan(answer, words):
    assert fresh(roots()).check(answer).text.startswith(f"Not yet. {words}")


def rate(dt, tau):
    return 1 - dt / tau


def rate_with_a_bug(dt, tau):
    return 1 - dt / max(tau, 0.005)


def hunt() -> Exercise:
    kind = Witness((0.001, 0.002), rate, rate_with_a_bug, {"dt": (0, 0.1), "tau": (1e-3, 1)})

    @kind.mistake("Here tau is above 5 ms, where the bug sleeps.")
    def slow(dt=0.001, tau=0.01):
        return tau >= 0.005

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
        ((0.001,), "This wants 2 numbers in brackets, (dt, tau), and got 1 number."),
        ((0.001, 0), "`tau` goes from 0.001 to 1, and got 0."),
        (
            (0.001, float("nan")),
            "One of these is no number to answer with. Look for a division by 0, or for something that grew without end.",
        ),
        (0.001, "This wants 2 numbers in brackets, (dt, tau), and got a plain number."),
        (("a", 1), "`a` is not understood as a number. This wants a number."),
        (
            (0.001, ...),
            "This wants 2 numbers in brackets, (dt, tau). Entry 2 is no number: `...` still stands there.",
        ),
    ],
)
def test_arguments_that_show_no_bug_get_words(answer, words):
    assert hunt().check(answer).text == f"Not yet. {words}"


def curve() -> Prediction:
    points = Points(
        lambda t: 1 - math.exp(-t / 10), (10, 20, 30), ("time (ms)", "v (V)"), tolerance=0.02, axis=(0, 1.2)
    )
    return Prediction("Where is v?", points)


def test_points_of_a_curve_are_kept_as_pairs_and_compared_where_they_are_farthest():
    prediction = curve()

    kept = prediction.predict([0.63, 0.9, 0.95])

    assert kept.text == "Kept: you predict v = 0.63, 0.9, 0.95 V."
    assert prediction.prediction == ((10, 0.63), (20, 0.9), (30, 0.95))
    assert prediction.compare().text == (
        "You predicted v = 0.63, 0.9, 0.95 V. It is 0.6321, 0.8647, 0.9502 V. "
        "At 20 ms your prediction is too high by 0.0353 V, more than elsewhere."
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

    refused = prediction.predict(answer).text

    assert refused.startswith("Not kept. ")
    assert prediction.prediction is None
    why = refused.removeprefix("Not kept. ")
    assert prediction.tell().text == f"Your last answer was not kept. {why} It is 0.6321, 0.8647, 0.9502 V."


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


def page_of(said: Feedback) -> Live:
    """Return what is alive of words on a page."""
    return said.asked.on_page(said.shown())


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
    page = page_of(exercise.check(...))

    said = []
    for button in ("Hint", "Hint", "Solution"):
        press(page, button)
        said.append(page.words["below"])

    assert "Not tried yet" in page.words["said"]
    assert [button["name"] for button in parts(page, "button")] == ["Hint", "Solution"]
    assert "Hint 1 of 3" in said[0]
    assert "Hint 2 of 3" in said[1]
    assert "def my_step(x, state, p, dt)" in said[2]


def test_an_earlier_hint_can_be_read_again_by_its_number():
    exercise = fresh(ex.step)
    first, second = exercise.hint(), exercise.hint()

    assert exercise.hint(1) == first
    assert exercise.hint(2) == second
    assert exercise.hint().text.startswith("Hint 3 of 3")
    assert exercise.hint(0).text == "There are hints 1 to 3; `0` is none of them."


@pytest.mark.parametrize(
    ("exercise", "typed", "words"),
    [
        (ex.by_hand, "0.17", "Right. 0.17 V."),
        (ex.by_hand, " 0,17 V ", "Right. 0.17 V."),
        (ex.by_hand, "0.1", "This is the voltage after the first step."),
        (ex.by_hand, "a lot", "<code>a lot</code> is not understood as a number."),
        (ex.by_hand, "", "Not tried yet"),
        (ex.order, "c a b", "Right. C, then A, then B"),
        (hunt(), "0.001, 0.002", "Right. With dt = 0.001"),
        (hunt(), "(0.001; many)", "<code>many</code> is not understood as a number."),
    ],
)
def test_an_answer_may_be_typed_on_the_page(exercise, typed, words):
    exercise = fresh(exercise)
    page = page_of(exercise.check(...))

    answer(page, typed)

    assert words in page.words["said"]
    assert page.done == "an answer"


def test_a_choice_is_made_on_the_page_too():
    prediction = Prediction(ex.decay_first.question, ex.decay_first.kind)
    page = page_of(prediction.predict(...))

    assert "No prediction yet" in page.words["said"]
    assert page.typed == {"answer": ""}
    answer(page, "b")

    assert prediction.prediction == page.typed["answer"] == "b"
    assert "Kept: you predict (b) they come one step later." in page.words["said"]


def test_a_prediction_is_typed_on_the_page_too():
    number, points = Prediction(ex.peak_time.question, ex.peak_time.kind), curve()

    for prediction, typed in ((number, "7,5 ms"), (points, "[0.63, 0.9, 0.95]")):
        page = page_of(prediction.predict(...))
        answer(page, typed)
        assert "Kept: you predict" in page.words["said"]

    assert number.prediction == 7.5
    assert points.prediction == ((10, 0.63), (20, 0.9), (30, 0.95))


def test_the_field_stays_when_an_answer_has_passed():
    page = page_of(fresh(ex.by_hand).check(0.17))

    assert parts(page, "field")
    assert page.typed == {"answer": "0.17"}


@pytest.fixture
def left(monkeypatch):
    """Return what is displayed from now on, one bundle after another."""
    bundles = []
    for display in ("display", "update_display"):
        monkeypatch.setattr(f"leakyedu.teaching.live.{display}", lambda bundle, **_: bundles.append(bundle))
    return bundles


def test_a_question_that_was_answered_shows_its_answer_the_next_day(today, left):
    today.recall.check(1, "b")
    today.recall.check(2, "c")

    next_day().recall.show()

    kept, place = left
    assert live_in(place).typed == {"1": "b"}
    assert "(b) the one after the jump (your answer)" in kept["text/plain"]
    assert kept["text/plain"].count("(your answer)") == 1
    assert "Right. The input acts in its own step" in kept["text/html"]


def test_a_recall_is_shown_as_text_and_as_buttons(left):
    ex.recall.show()

    kept, place = left
    page = live_in(place)
    assert "1. Which current drives the voltage within one step?" in kept["text/plain"]
    assert [part["label"] for part in parts(page, "options")] == [f"Answer {n}" for n in range(1, 6)]
    assert page.typed == {}
    assert "Which current drives" in page.words["asked 1"]
    answer(page, "a", "1")
    assert "Not yet. Then an input would act one step late." in page.words["said 1"]
    answer(page, "b", "1")
    assert "Right. The input acts in its own step" in page.words["said 1"]
    assert "Right. The input acts in its own step" in left[-1]["text/html"]
    assert "the one after the jump (your answer)" in left[-1]["text/html"]


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


def test_an_async_function_is_told_so_and_never_called():
    async def waits(x, state, p, dt):
        return state

    assert fresh(ex.step).check(waits).text == (
        "Not yet. Your function begins with `async def`: called, it returns no values yet. Begin it with `def` alone."
    )


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


def test_a_check_inside_a_checked_answer_is_no_reason_to_wait():
    inner = fresh(ex.step)

    def checks_itself(x, state, p, dt):
        assert inner.check(right).passed
        return right(x, state, p, dt)

    assert fresh(ex.step).check(checks_itself).passed  # who waits for another is stopped


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
    monkeypatch.setattr("leakyedu.teaching.guard.get_ipython", lambda: Shell)

    fresh(ex.step).check(lambda x, state, p, dt: seen.append(Shell.display_pub))

    assert seen[0] != "the page"
    assert Shell.display_pub == "the page"


def test_a_number_that_looks_right_is_shown_with_its_digits():
    assert (
        fresh(first.time_constants).check(2.0001).text == "Not yet. 2.0001 time constants would be too many."
    )


def test_where_there_is_no_room_for_another_mistake_the_newest_is_kept():
    record = {"mistakes": {f"m{n}": 1 for n in range(progress.MOST_MISTAKES)}}

    date_of_today._count(record, False, None, "new")

    kept = record["mistakes"]
    assert (kept["new"], len(kept)) == (1, progress.MOST_MISTAKES)
