"""What a page needs to judge answers without Python: tables, as JSON can write them.

All of it is read where it stands: what is right, the mistakes and the words in a lesson's exercises, what is
understood as a number or a formula in :mod:`leakyedu.teaching`. ``judge.mjs`` says what becomes of it.
"""

import re
from collections.abc import Iterator
from typing import Any

from leakyedu.app.site import plain
from leakyedu.teaching import formula, page, reading
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Order, Points, Witness
from leakyedu.teaching.lesson import Lesson
from leakyedu.teaching.record import Record
from leakyedu.teaching.says import SAYS


def tables(lesson: Lesson) -> dict[str, Any]:
    """Return all tasks of a lesson, in order, with all that judging an answer looks at.

    Args:
        lesson: whose tasks they are.
    """
    return {"lesson": lesson.name, "tasks": list(_tasks(lesson))}


def shared() -> dict[str, Any]:
    """Return what all lessons share: what numbers, units and formulas are made of, and what is said."""
    return {
        "bar": {str(passed).lower(): colour for passed, colour in page.BAR.items()},
        "says": SAYS,
        "reading": {
            "signs": _characters(reading.SIGNS),
            "quotes": reading.QUOTES,
            "units": reading.UNITS,
            "lower": reading.LOWER,
            "meant": reading.MEANT,
            "counted": reading.COUNTED,
            "words": reading.WORDS,
            "functions": reading.FUNCTIONS,
            "digits": reading.DIGITS,
            "length": reading.LENGTH,
            "separated": [reading.SURELY_SEPARATED, *reading.SEPARATED],
            "patterns": {name.lower(): _pattern(getattr(reading, name)) for name in PATTERNS},
        },
        "choice": {"before": Choice.BEFORE, "ordinals": Choice.ORDINALS},
        "order": {"between": Order.BETWEEN},
        "formula": {
            "letters": _characters(formula.KEYBOARD),
            "functions": list(formula.FUNCTIONS),
            "constants": list(formula.CONSTANTS),
            "left_side": formula.LEFT_SIDE.pattern,
            "word": formula.WORD.pattern,
            "way_out": formula.WAY_OUT,
            "ways_out": formula.WAYS_OUT,
            "limits": {name.lower(): getattr(formula, name) for name in LIMITS},
            "compared": {
                name.lower(): getattr(Expression, name) for name in ("TOLERANCE", "LOOSE", "DIVIDED")
            },
        },
    }


PATTERNS = (
    "SUPERSCRIPTS",
    "FRACTIONS",
    "GROUPS",
    "TWO",
    "EITHER",
    "BEFORE",
    "EXPLAINED",
    "ABOUT",
    "MULTIPLE",
    "RADIANS",
)
LIMITS = ("LENGTH", "NODES", "DEPTH", "EXPONENT", "LARGEST")


def _pattern(pattern: re.Pattern) -> dict[str, str]:
    return {"source": pattern.pattern, "flags": "i" if pattern.flags & re.I else ""}


def _characters(table: dict[int, str]) -> dict[str, str]:
    """Return a table of ``str.translate`` by its characters."""
    return {chr(code): said for code, said in table.items()}


def _tasks(lesson: Lesson) -> Iterator[dict[str, Any]]:
    def asked(task: str, record: Record, kind: Any) -> dict[str, Any]:
        return {"key": record.key, "task": task, **_judged_by(kind)}

    for task in vars(lesson.exercises).values():
        if isinstance(task, Recall):
            for (_, kind), record in zip(task.questions, task.records, strict=True):
                yield asked("recall", record, kind)
        elif isinstance(task, Prediction):
            yield asked("prediction", task.record, task.kind)
        elif isinstance(task, Exercise):
            words, code = task.way()
            leads = {"hints": list(task.hints), "solution": words, "code": code}
            yield asked("exercise", task.record, task.kind) | leads


def _judged_by(kind: Any) -> dict[str, Any]:
    """Return the table of a kind, with what follows from it: what to give, in words, and what is compared."""
    if isinstance(kind, Function):
        return {"kind": "Function"}
    more: dict[str, Any] = {"expected": kind.expected()}
    match kind:
        case Points():
            more |= {"rule": kind.rule(), "far": kind.far(), "computed_alike": kind.ALIKE}
        case Witness():
            functions = {"function": kind.function, "wrong": kind.wrong}
            more |= {name: plain.written_out(function) for name, function in functions.items()}
            more["hiding"] = [plain.written_out(hides) for hides in kind.hiding]
        case Expression():
            more["points"] = kind.points
    return kind.table() | more
