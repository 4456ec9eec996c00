"""A page without Python judges as Python does: the same verdict, and the same words."""

import functools
import json
import math
import random
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from leakyedu.app import site
from leakyedu.app.site.plain import written_out
from leakyedu.app.site.tables import shared, tables
from leakyedu.teaching import exercise, expression, formula, kinds, reading, shapes
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.guard import Outcome
from leakyedu.teaching.reading import apart, whole, written
from leakyedu.teaching.says import SAYS, say
from tests.app.site.answers import MADE_UP, Answer, corpus, generated, made_up, odd
from tests.lessons.notebook import ALL, BY_NAME

HERE = Path(__file__).parent
SITE = Path(site.__file__).parent
TODAY = date.today().isoformat()


@pytest.fixture(autouse=True)
def unguarded(monkeypatch):
    """Take the guard away, which is for the code of learners: a text has none, and it takes most of the time."""
    monkeypatch.setattr(exercise, "run_guarded", lambda task: Outcome(task(), None))
    monkeypatch.setattr(exercise, "heal", lambda: None)


@functools.cache
def all_tables() -> list[dict]:
    return [tables(lesson) for lesson in (*ALL, MADE_UP)]


def on_a_page(asked: list[tuple] = (), numbers: list[float] = ()) -> dict:
    """Return what the page's script says."""
    if (node := shutil.which("node")) is None:
        pytest.skip("no Node.js on the path")
    names = {name for name, *_ in asked}
    lessons = [table for table in all_tables() if table["lesson"] in names]
    given = {"shared": shared(), "lessons": lessons, "asked": asked, "numbers": numbers}
    given["curve"] = str(Path(shapes.__file__).with_name("curve.js"))
    done = subprocess.run(
        [node, HERE / "judging.mjs"],
        input=json.dumps(given, allow_nan=False),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def in_python(answer: Answer) -> list[dict]:
    """Return what Python says of an answer, as the script's replies have it, but for the state."""
    task, kind = answer.task, answer.kind
    given = kind.parse(answer.typed) if hasattr(kind, "parse") else answer.typed
    match task:
        case Recall():
            fresh = Recall(*task.questions)
            return [_reply(fresh.check(answer.number, given), fresh.records[answer.number - 1])]
        case Exercise():
            fresh = Exercise(task.question, kind, task.hints, "")
            return [_reply(fresh.check(given), fresh.record)]
    fresh = Prediction(task.question, kind)
    said = [_reply(fresh.predict(given), fresh.record)]
    return [*said, _reply(fresh.tell(), fresh.record)]


def _reply(said, record) -> dict:
    text, html = (words.replace(BESIDE_A_CELL, "") for words in (said.text, str(said.html)))
    return {"text": text, "code": said.code, "html": html, "record": json.loads(json.dumps(record.read()))}


BESIDE_A_CELL = ", or write it between the brackets"  # which a page without cells does not say


def differences(answers: list[Answer]) -> list[tuple]:
    """Return each answer to which the page says something else than Python, and what both say."""
    truths = [in_python(answer) for answer in answers]
    asked = []
    for answer, said in zip(answers, truths, strict=True):
        where = (answer.lesson.name, answer.key)
        if len(said) == 1:
            asked.append((*where, "check", answer.typed, {}, TODAY))
        else:
            asked += [
                (*where, "predict", answer.typed, {}, TODAY),
                (*where, "tell", "", said[0]["record"], TODAY),
            ]
    replies = iter(on_a_page(asked)["replies"])
    found = []
    for answer, said in zip(answers, truths, strict=True):
        for truth in said:
            reply = next(replies)
            same_verdict = (reply.get("state") == "passed") == truth["text"].startswith("Right. ")
            if not same_verdict or rounded({name: reply.get(name) for name in truth}) != rounded(truth):
                found.append((answer.key, answer.typed, truth, reply))
    return found


def rounded(x):
    """Return data whose numbers have 13 digits: exp and log of a browser differ from Python's in the last ones."""
    if isinstance(x, dict):
        return {name: rounded(value) for name, value in x.items()}
    if isinstance(x, list):
        return [rounded(value) for value in x]
    return float(f"{x:.13g}") if isinstance(x, float) else x


def every(n: int, answers: list[Answer]) -> list[Answer]:
    return answers[:: max(1, len(answers) // n)]


def test_a_sample_of_the_corpus_and_of_others_is_judged_as_in_python():
    sample = every(150, corpus()) + generated(150, seed=1)

    assert len(sample) >= 300
    assert differences(sample) == []


@pytest.mark.slow
def test_the_corpus_is_judged_as_in_python():
    answers = corpus()

    assert len(answers) >= 2000
    assert differences(answers) == []


@pytest.mark.thorough
def test_what_hardly_anybody_types_is_judged_as_in_python_by_every_sentence(monkeypatch):
    said = set()

    def heard(case, **values):
        said.add(case)
        return say(case, **values)

    for module in (reading, kinds, formula, expression):
        monkeypatch.setattr(module, "say", heard)

    assert differences(odd() + made_up() + generated(2000, seed=3)) == []
    # Nobody has found a text that has two readings of as many numbers, or one that is none at all.
    assert SAYS.keys() - said <= {"several readings", "no numbers"}


@pytest.mark.thorough
def test_ten_thousand_other_answers_are_judged_as_in_python():
    answers = generated(10_000, seed=2)

    assert len(answers) == 10_000
    assert differences(answers) == []


def test_numbers_are_written_as_python_writes_them():
    draw = random.Random(0)
    numbers = [draw.uniform(-10, 10) * 10.0 ** draw.randint(-12, 17) for _ in range(400)]
    numbers += [
        0.0,
        1.0,
        -1.0,
        1.0625,
        12.25,
        0.125,
        1234.5,
        2.5,
        1e15,
        1e16,
        999.95,
        0.99995,
        9.9996,
        1e-5,
        5e-324,
        0.0001,
    ]
    numbers += [round(x, 3) for x in numbers[:200]]

    shown = on_a_page(numbers=numbers)["shown"]

    assert shown == [
        [written(x), written(x, 6), f"{x:.4g}", f"{x:.12g}", whole(x), repr(x), list(apart(x, x * 1.0001))]
        for x in numbers
    ]


# -- What a page asks for beside a verdict -----------------------------------------------------------


STEP = BY_NAME["one_euler_step"]


def test_hints_come_in_tiers_and_the_solution_is_the_one_of_python():
    task, key = STEP.exercises.by_hand, "one_euler_step.by_hand"
    actions = [*["hint"] * 4, "solution"]

    *hints, way = on_a_page([(STEP.name, key, action, "", {}, TODAY) for action in actions])["replies"]

    assert [reply["text"][:11] for reply in hints] == [f"Hint {n} of 3" for n in (1, 2, 3, 3)]
    assert [reply["record"]["hints"] for reply in hints] == [1, 2, 3, 3]
    assert hints[2]["code"] == task.hints[2].partition("\n\n")[2]
    assert (way["text"], way["code"]) == task.way()
    assert way["record"] == {"solution": True}


def test_what_has_passed_stands_and_a_later_prediction_does_not_take_the_place_of_an_honest_one():
    by_hand, peak, first = (f"one_euler_step.{name}" for name in ("by_hand", "peak_time", "decay_first"))
    kept = {"tries": 2, "passed": "2026-01-02", "answer": "0.17 V"}
    seen = {"prediction": 7.0, "seen": True}

    stands, letter, later, told = on_a_page(
        [
            (STEP.name, by_hand, "check", None, kept, TODAY),
            (STEP.name, first, "predict", None, {"prediction": "a"}, TODAY),
            (STEP.name, peak, "predict", "6 ms", seen, TODAY),
            (STEP.name, peak, "tell", "", seen | {"after": 6.0}, TODAY),
        ]
    )["replies"]

    assert (stands["state"], stands["text"], stands["record"]) == (
        "passed",
        "Right. 0.17 V. Your answer is kept: `0.17 V`.",
        kept,
    )
    assert letter["text"].startswith("Your prediction is kept: (a) ")
    assert later["record"] == seen | {"after": 6.0}
    assert (
        later["text"]
        == "Kept as made after the answer was shown: 6 ms. Before it was shown, you predicted 7 ms."
    )
    assert told["text"].startswith(
        "You predicted 6 ms, after the answer was shown. Before it was shown, you predicted 7 ms."
    )


def test_who_was_refused_is_told_the_reason_until_an_answer_is_kept():
    peak = "one_euler_step.peak_time"
    asked = [("predict", "soon"), ("tell", ""), ("predict", "7.5"), ("tell", "")]

    refused, told, kept, compared = on_a_page([(STEP.name, peak, *one, {}, TODAY) for one in asked])[
        "replies"
    ]

    why = refused["text"].removeprefix("Not kept. ")
    assert told["text"] == f"Your last answer was not kept. {why} It is 6 ms."
    assert kept["text"].startswith("Kept: ")
    # The page keeps the record, which is empty here.
    assert compared["text"] == "You made no prediction. It is 6 ms."


def test_a_function_to_be_written_is_shown_and_not_judged():
    (table,) = (task for task in tables(STEP)["tasks"] if task["key"] == "one_euler_step.step")

    (reply,) = on_a_page([(STEP.name, "one_euler_step.step", "check", "x", {}, TODAY)])["replies"]

    assert table["kind"] == "Function"
    assert len(table["hints"]) == 3
    assert "judged in Python" in reply["error"]


def test_the_tables_hold_all_tasks_in_order():
    keys = [task["key"] for task in tables(STEP)["tasks"]]

    assert keys[:4] == [
        f"one_euler_step.{name}" for name in ("peak_time", "decay_first", "area_left", "by_hand")
    ]
    assert keys[-5:] == [f"one_euler_step.recall.{number}" for number in range(1, 6)]


def with_a_word(x):
    return f"{x}"


def is_near(x):
    return math.isclose(x, 1.0, abs_tol=0.1)


def test_what_is_no_plain_arithmetic_is_not_written_out():
    with pytest.raises(ValueError, match="`is_near` cannot be written out for a page"):
        written_out(is_near)
    with pytest.raises(ValueError, match=r"`with_a_word` cannot be written out for a page: `f'{x}'`"):
        written_out(with_a_word)
