"""Answers as students write them, given to the checks of a lesson: ``python -m tests.lessons.replay LESSON [TASK]``.

``tests/lessons/LESSON/answers.yaml`` maps a task to rows. A row holds an answer, ``cell`` as it stands in a
cell or ``field`` as it is typed on the page, and what a good teacher would do, ``must``:

=============  ==========================================================================
``right``      it passes; a prediction is told that it came true
a key          it is told the mistake of this name
``wrong``      it is wrong, and no mistake is named
``asks``       it is not judged
=============  ==========================================================================

What stands after a colon, as in ``asks: in mV``, is a part of the words that come, upper and lower case alike.
"""

import ast
import contextlib
import io
import re
import sys
import warnings
from typing import Any, NamedTuple

import numpy as np
import sympy
import torch
import yaml

from leakyedu.teaching.exercise import Exercise, Prediction
from leakyedu.teaching.lesson import Lesson
from tests.lessons.notebook import BY_NAME, ROOT, code_of, run

NAMES = {"torch": torch, "np": np, "numpy": np, "sympy": sympy, "math": __import__("math")}


class Row(NamedTuple):
    """One answer.

    Attributes:
        task: what it answers.
        typed: the text itself.
        in_cell: whether it stands in a cell.
        must: what is to happen.
    """

    task: str
    typed: str
    in_cell: bool
    must: str


def rows_of(lesson: Lesson) -> list[Row]:
    """Return all answers of a lesson."""
    text = (ROOT / "tests/lessons" / lesson.name / "answers.yaml").read_text(encoding="utf-8")
    return [
        Row(task, str(row.get("cell", row.get("field"))), "cell" in row, row["must"])
        for task, rows in yaml.load(text, yaml.CSafeLoader).items()
        for row in rows
    ]


def names_of(lesson: Lesson) -> dict[str, Any]:
    """Return what the first cell of a lesson leaves to the others."""
    names = dict(NAMES)
    run(code_of(lesson)[0].source, names)
    return (
        names
        | {"ex": lesson.exercises}
        | {
            name: getattr(lesson.exercises, name).kind.right
            for name in ("psp", "propagator")
            if hasattr(lesson.exercises, name)
        }
    )


def value_of(source: str, names: dict[str, Any]) -> Any:
    """Return what a cell leaves as an answer: its last line's value, or what that defines."""
    *_, last = ast.parse(source).body
    names = dict(names)
    value = run(source, names)
    if isinstance(last, ast.Expr):
        return value
    name = last.name if isinstance(last, ast.FunctionDef) else last.targets[0].id
    return names[name]


def judged(task: Exercise | Prediction, row: Row, names: dict[str, Any]) -> tuple[str, str]:
    """Return what became of an answer, as a row says it, and the words that came."""
    kind = task.kind
    try:
        parse = getattr(kind, "parse", str)  # an option is clicked
        answer = value_of(row.typed, names) if row.in_cell else parse(row.typed)
    except Exception as error:
        return "asks", f"the cell itself: {error}"
    if isinstance(task, Exercise):
        fresh = Exercise(task.question, kind, task.hints, "")
        verdict = (
            fresh.check(*answer)
            if type(answer) is tuple and not hasattr(kind, "parse")
            else fresh.check(answer)
        )
        if verdict.passed:
            return "right", verdict.text
        return told(kind, verdict.text), verdict.text
    fresh = Prediction(task.question, kind)
    said = fresh.predict(answer).text
    if fresh.prediction is None:
        return told(kind, said), said
    said = fresh.tell().text
    if re.search("saw it coming|and so it is|is of that size", said):
        return "right", said
    return told(kind, said), said


def told(kind: Any, text: str) -> str:
    """Return the key of the mistake whose words stand in a text; if there is none, that it was wrong."""
    return next((mistake.key for mistake in kind.mistakes if mistake.text in text), "wrong")


def fits(row: Row, became: str, words: str) -> bool:
    """Tell whether what became of an answer is what was expected."""
    wanted, _, part = row.must.partition(": ")
    same = became == wanted or (wanted == "asks" and became == "wrong")
    return same and part.lower() in words.lower()


def differences(lesson: Lesson, only: str = "", every: int = 1) -> tuple[int, list[tuple[Row, str, str]]]:
    """Return how many answers were tried, and those judged otherwise than expected.

    Args:
        lesson: whose answers they are.
        only: the task that is asked for, if not all.
        every: try one of so many.
    """
    rows, found = [row for row in rows_of(lesson) if only in ("", row.task)][::every], []
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a kernel shows them, and goes on
        names = names_of(lesson)
        for row in rows:
            became, words = judged(getattr(lesson.exercises, row.task), row, names)
            if not fits(row, became, words):
                found.append((row, became, words))
    return len(rows), found


if __name__ == "__main__":
    tried, found = differences(BY_NAME[sys.argv[1]], *sys.argv[2:])
    for row, became, words in found:
        print(
            f"{row.task} | {'cell' if row.in_cell else 'field'} {row.typed!r}\n    must {row.must}\n    {became}: {words}"
        )
    print(f"{tried} answers, {len(found)} judged otherwise")
