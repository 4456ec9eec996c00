"""The map of the course: what a learner has done in which lesson, and how to take it along.

What is done is read from the learner's :mod:`~leakyedu.progress`. It is his own word, never a grade.
"""

import html
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from leakyedu import progress
from leakyedu.exercises import (
    a_filter,
    a_leaky_bucket,
    euler_against_exact,
    exact_steps,
    learning,
    noise,
    one_euler_step,
    start_here,
    synapses,
    the_equation,
    threshold_and_spikes,
    whole_sequences,
)
from leakyedu.exercises.exercise import Exercise, Feedback, Prediction, Recall, with_news

DONE = "\N{CHECK MARK} done"
NOTHING = "Nothing is kept yet."
SELF_REPORTED = (
    "Self-reported: it stands in a file on the learner's machine that anybody can change. It is no grade."
)


class Lesson(NamedTuple):
    """A lesson of the course; its number is its place in :data:`LESSONS`.

    Attributes:
        file: its exercises.
        title: as it stands in its notebook.
        minutes: how long it takes, an estimate.
    """

    file: ModuleType
    title: str
    minutes: int

    @property
    def name(self) -> str:
        """The name of its notebook and of its file of exercises."""
        return self.file.__name__.rpartition(".")[2]


LESSONS = (
    Lesson(start_here, "Start here", 5),
    Lesson(a_leaky_bucket, "A leaky bucket and an RC circuit", 25),
    Lesson(the_equation, "From Kirchhoff's law to the equation, in sympy", 35),
    Lesson(synapses, "Synapses: jumps and decay", 30),
    Lesson(one_euler_step, "One Euler step, in this order", 35),
    Lesson(euler_against_exact, "Euler against the exact solution", 45),
    Lesson(exact_steps, "Exact steps", 40),
    Lesson(a_filter, "The leaky integrator as a filter", 35),
    Lesson(whole_sequences, "Whole sequences at once, on CPU and GPU", 45),
    Lesson(learning, "Learning through a leaky readout", 45),
    Lesson(noise, "Noise", 35),
    Lesson(threshold_and_spikes, "Threshold and spikes: what stays, what breaks", 35),
)


def table() -> "Table":
    """Return the lessons with what has been done in each, and a link to each that is in this folder."""
    records, rows, graded = progress.records(), [], []
    for number, lesson in enumerate(LESSONS):
        row = [str(number), lesson.title, str(lesson.minutes)]
        notebook = f"{number:02}_{lesson.name}.ipynb"
        if not Path(notebook).exists():
            rows.append([*row, "", "", "", "to come"])
            continue
        done = {"prediction": [], "exercise": [], "recall": []}
        for asked in _asked(lesson, records):
            done[asked.kind].append(asked.done)
        row[1] = (lesson.title, notebook)
        rows.append(
            [*row, *map(_count, done.values()), DONE if all(done["exercise"] + done["recall"]) else ""]
        )
        graded += done["exercise"] + done["recall"]
    return Table(
        "The course, and what you have done",
        ["no.", "lesson", "minutes", "predicted", "exercises", "recall", "state"],
        rows,
        f"{sum(graded)} of {len(graded)} exercises and questions passed.",
    )


def summary(name: str = "") -> "Table":
    """Return all that was done, to be printed or handed in.

    Args:
        name: of the learner.
    """
    records, rows = progress.records(), []
    for number, lesson in enumerate(LESSONS):
        for asked in _asked(lesson, records):
            if asked.record:
                tries, hints = (str(asked.record.get(key, "")) for key in ("tries", "hints"))
                rows.append([f"{number} {lesson.title}", asked.name, asked.result(), tries, hints])
    return Table(
        f"Progress of {name}, self-reported" if name else "Progress, self-reported",
        ["lesson", "task", "result", "tries", "hints"],
        rows,
        SELF_REPORTED if rows else f"{NOTHING} {SELF_REPORTED}",
    )


def export(file: str | Path | None = None) -> Feedback:
    """Give what was done as one line of text, for another machine.

    Args:
        file: where to write the line, if not below the cell.
    """
    if not progress.records():
        return Feedback(NOTHING)
    line = progress.export()
    if file is None:
        return Feedback(
            "Keep this line. On another machine, `course_map.restore` brings all of it back.", line
        )
    try:
        path = Path(file).expanduser()
        if path.exists() and not _is_line(path.read_text(encoding="utf-8", errors="replace")):
            return Feedback(f"`{file}` is there already and holds something else. Name another file.")
        path.write_text(line + "\n", encoding="ascii")
    except (TypeError, ValueError):
        return Feedback('This wants the name of a file in quotes, for example "progress.txt".')
    except OSError as error:
        return Feedback(
            f"`{file}` cannot be written ({error.strerror}). Without a name, the line is shown here."
        )
    return Feedback(f"Written to `{file}`. On another machine, `course_map.restore` brings all of it back.")


def restore(source: Any = ...) -> Feedback:
    """Bring back what :func:`export` gave; of what is here already nothing is lost.

    Args:
        source: the line, or the name of the file that holds it.
    """
    if source is ...:
        return Feedback(
            "Nothing to bring back: replace `...` by the line or by the name of its file, in quotes."
        )
    line = str(source).strip(" \n\"'")
    if not _is_line(line):
        try:
            line = Path(line).expanduser().read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            return Feedback("Not brought back: there is neither such a line nor such a file.")
    try:
        return Feedback(f"Brought back: {_records(progress.restore(line))}. Run the map again to see them.")
    except ValueError as error:
        return Feedback(f"Not brought back. {error}")


def _is_line(text: str) -> bool:
    """Tell whether a text looks like what :func:`export` gives, of this version or another one."""
    return re.match(r"\s*leakyedu\d+:", text) is not None


def forget(lesson: str) -> Feedback:
    """Forget what was done in a lesson, to begin it anew.

    Args:
        lesson: its name, for example ``"one_euler_step"``.
    """
    names = [lesson.name for lesson in LESSONS]
    if lesson not in names:
        return Feedback(f"`{lesson}` is no lesson. They are called {', '.join(names)}.")
    return Feedback(f"Forgotten: {_records(progress.forget(lesson))} of `{lesson}`. Restart its kernel, too.")


class Table:
    """Rows of words below a heading: text in a terminal, a table on a page.

    Args:
        title: what the table is.
        columns: names of the columns.
        rows: the words in them; a pair of words and an address is a link.
        end: a sentence below.
    """

    def __init__(self, title: str, columns: Iterable[str], rows: Iterable[Iterable], end: str) -> None:
        self.title, self.columns, self.rows, self.end = title, list(columns), [list(r) for r in rows], end

    def __repr__(self) -> str:
        rows = [self.columns, *([c[0] if isinstance(c, tuple) else c for c in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([self.title, "", *lines, "", self.end])

    @property
    def html(self) -> str:
        """The table as HTML."""
        left = 'style="text-align:left"'
        head = "".join(f'<th scope="col" {left}>{_cell(name)}</th>' for name in self.columns)
        rows = ["".join(f"<td {left}>{_cell(cell)}</td>" for cell in row) for row in self.rows]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return (
            f"<table><caption {left}>{html.escape(self.title)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><p>{html.escape(self.end)}</p>"
        )

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        return with_news({"text/plain": repr(self), "text/html": self.html})


def _cell(words: str | tuple[str, str]) -> str:
    if isinstance(words, tuple):
        return f'<a href="{html.escape(words[1])}">{html.escape(words[0])}</a>'
    return html.escape(words)


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"


def _count(done: list[bool]) -> str:
    return f"{sum(done)} of {len(done)}" if done else ""


class _Asked(NamedTuple):
    """One thing that a lesson asks for, and what is known of it."""

    name: str
    kind: str
    record: dict
    thing: Any

    @property
    def predicted(self) -> Any:
        return self.thing.last_in(self.record)

    @property
    def done(self) -> bool:
        return self.predicted is not None if self.kind == "prediction" else "passed" in self.record

    def result(self) -> str:
        """Say in words what has been done."""
        if self.kind == "prediction":
            if not self.done:
                return "not predicted"
            when = "after" if self.record.get("after") is not None else "before"
            return f"predicted {self.thing.kind.show(self.predicted)}, {when} the answer was shown"
        result = f"passed {self.record['passed']}" if self.done else "not yet"
        return f"{result}, solution read" if self.record.get("solution") else result


def _asked(lesson: Lesson, records: progress.Records) -> list[_Asked]:
    asked = []
    for name, thing in vars(lesson.file).items():
        key = f"{lesson.name}.{name}"
        if isinstance(thing, Exercise):
            asked.append(_Asked(name, "exercise", records.get(key, {}), thing))
        elif isinstance(thing, Prediction):
            asked.append(_Asked(name, "prediction", records.get(key, {}), thing))
        elif isinstance(thing, Recall):
            asked += [
                _Asked(f"question {number}", "recall", records.get(f"{key}.{number}", {}), thing)
                for number in range(1, len(thing.questions) + 1)
            ]
    return asked
