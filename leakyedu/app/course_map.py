"""The map of the course: what a learner has done in which lesson, and how to take it along.

What is done is read from the learner's :mod:`~leakyedu.teaching.progress`. It is his own word, never a grade.
"""

import itertools
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from leakyedu.app.cli import copy_lessons, is_a_copy
from leakyedu.lessons import lessons
from leakyedu.teaching import progress
from leakyedu.teaching.exercise import Exercise, Feedback, Prediction, Recall, with_news
from leakyedu.teaching.lesson import Lesson
from leakyedu.teaching.live import Live
from leakyedu.teaching.markup import Html, address_of, element, join, printable

TITLE = "The course, and what you have done"
COLUMNS = ["no.", "lesson", "minutes", "predicted", "exercises", "recall", "state"]
DONE = "\N{CHECK MARK} done"
NOTHING = "Nothing is kept yet."
NOT_HERE = "None of these is in this folder, and nothing is kept. `leakyedu lab` copies and opens them."
SELF_REPORTED = (
    "Self-reported: it stands in a file on the learner's machine that anybody can change. It is no grade."
)


def table() -> "Table":
    """Return the lessons with what has been done in each, and a link to each that is in this folder.

    A lesson may be open from elsewhere, as on Colab: what was done in it counts, too.
    """
    records, rows, graded = progress.records(), [], []
    for lesson in lessons():
        row = [str(lesson.number), lesson.title, str(lesson.minutes)]
        here = Path(lesson.notebook).exists()
        if not here and not any(key.startswith(f"{lesson.name}.") for key in records):
            rows.append([*row, "", "", "", "to come"])
            continue
        done = {"prediction": [], "exercise": [], "recall": []}
        for each in asked(lesson, records):
            done[each.kind].append(each.done)
        if here:
            row[1] = (lesson.title, lesson.notebook)
        rows.append(
            [*row, *map(_count, done.values()), DONE if all(done["exercise"] + done["recall"]) else ""]
        )
        graded += done["exercise"] + done["recall"]
    if not graded:
        return Table("The course", ["no.", "lesson"], [row[:2] for row in rows], NOT_HERE)
    return Table(
        TITLE,
        COLUMNS,
        rows,
        f"{sum(graded)} of {len(graded)} exercises and questions passed.",
        again=table,
    )


def summary(name: str = "") -> "Table":
    """Return all that was done, to be printed or handed in.

    Args:
        name: of the learner.
    """
    records, rows = progress.records(), []
    for lesson in lessons():
        for each in asked(lesson, records):
            if each.record:
                tries, hints = (str(each.record.get(key, "")) for key in ("tries", "hints"))
                rows.append([f"{lesson.number} {lesson.title}", each.name, each.result(), tries, hints])
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
    if file is None or file == "":
        return Feedback(
            "Keep this line. On another machine, `course_map.restore` brings all of it back.", line
        )
    try:
        path = Path(os.path.expanduser(file))  # that of Path raises for an unknown user
        if path.exists() and not line_in(path.read_text(encoding="utf-8", errors="replace")):
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

    What no lesson here asks for is left out: no map would show it, and nothing could forget it.

    Args:
        source: the line, or the name of the file that holds it.
    """
    if source is ... or source == "":
        return Feedback(
            "Nothing to bring back: put the line, or the name of its file, in quotes between the brackets."
        )
    text = str(source)
    if line_in(text) is None:
        try:
            path = Path(os.path.expanduser(text.strip(" \n\"'")))
            text = path.read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            return Feedback("Not brought back: there is neither such a line nor such a file.")
    line = line_in(text) or text
    try:
        brought = progress.restore(line, known())
        return Feedback(f"Brought back: {_records(brought)}. Run the map again to see them.")
    except ValueError as error:
        return Feedback(f"Not brought back. {error}")


def known() -> progress.Known:
    """Return what the course asks for: the keys of its records, and those of the mistakes of each.

    A prediction is kept itself, and no mistake of it is counted.
    """
    return {
        each.key: () if each.kind == "prediction" else [mistake.key for mistake in each.answered.mistakes]
        for lesson in lessons()
        for each in asked(lesson, {})
    }


def line_in(text: str) -> str | None:
    """Return what :func:`export` gave out of a text that a mail program or a learner put around it.

    None if nothing in it looks like that, of this version or another one.
    """
    found = re.search(r"\bleakyedu\d+:", text)
    if found is None:
        return None
    # A quoted mail has marks at the beginning of each line.
    lines = (line.strip("> \t\"'`") for line in text[found.start() :].splitlines())
    return "".join(itertools.takewhile(re.compile(r"[\w:=-]+").fullmatch, lines))


def forget(lesson: int | str = ...) -> Feedback:
    """Forget what was done in a lesson, to begin it anew, and put a clean copy of it beside.

    Args:
        lesson: its number, its name or its notebook, for example ``4`` or ``"one_euler_step"``.
    """
    if lesson is ...:
        return Feedback("Nothing is forgotten: put the number of the lesson between the brackets.")
    given = str(lesson).strip().removesuffix(".ipynb")
    for known in lessons():
        number = str(known.number)
        if given in (known.name, known.notebook.removesuffix(".ipynb"), number, number.zfill(2)):
            brought = _records(progress.forget(known.name))
            said = f"Forgotten: {brought} of lesson {number}, {known.title}. {_clean_copy(known)}"
            return Feedback(f"{said} Restart its kernel, too.".replace("  ", " "))
    return Feedback(
        f"`{printable(given)[:60]}` is no lesson. They have the numbers 0 to {lessons()[-1].number}."
    )


def _clean_copy(lesson: Lesson) -> str:
    """Put a clean copy beside the lesson that is in this folder, and say what it is called."""
    if not is_a_copy(Path(lesson.notebook)):
        return ""
    try:
        *_, said = copy_lessons(Path.cwd(), f"{lesson.number:02}")
    except OSError as error:
        return f"A clean copy cannot be written: {error.strerror or error}."
    return said


class Table:
    """Rows of words below a heading: text in a terminal, a table on a page.

    Args:
        title: what the table is.
        columns: names of the columns.
        rows: the words in them; a pair of words and the name of a file beside the notebook
            is a link.
        end: a sentence below.
        again: makes it anew, where it may change while it is on a page.
    """

    def __init__(
        self,
        title: str,
        columns: Iterable[str],
        rows: Iterable[Iterable],
        end: str,
        again: "Callable[[], Table] | None" = None,
    ) -> None:
        self.title, self.columns, self.rows, self.end = title, list(columns), [list(r) for r in rows], end
        self._again = again

    def __repr__(self) -> str:
        rows = [self.columns, *([c[0] if isinstance(c, tuple) else c for c in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return printable("\n".join([self.title, "", *lines, "", self.end]))

    @property
    def html(self) -> Html:
        """The table as HTML."""
        left = "text-align:left"
        caption = element("caption", self.title, style=left)
        head = (element("th", name, scope="col", style=left) for name in self.columns)
        rows = ((element("td", _cell(cell), style=left) for cell in row) for row in self.rows)
        body = (element("tr", *row) for row in rows)
        table = element("table", caption, element("thead", element("tr", *head)), element("tbody", *body))
        return join(table, element("p", self.end))

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        return with_news({"text/plain": repr(self), "text/html": self.html})

    def _ipython_display_(self) -> None:
        if self._again is None:
            raise NotImplementedError  # it stays as it is: IPython goes on with its words
        self.alive().show(table)

    def alive(self) -> Live:
        """Return it for a page, which looks again whenever it comes into sight."""
        seen = [self._repr_mimebundle_()]

        def look(_: dict) -> None:
            seen[0] = self._again()._repr_mimebundle_()
            if live.words["table"] != seen[0]["text/html"]:
                live.say(table=seen[0]["text/html"])
                live.keep()

        live = Live(
            {"kind": "words", "name": "table", "looks": True},
            respond=look,
            kept=lambda: dict(seen[0]),
            asleep="To look again, run the first code cell, then this one.",
            words={"table": seen[0]["text/html"]},
        )
        return live


def _cell(words: str | tuple[str, str]) -> str:
    if isinstance(words, tuple):
        return element("a", words[0], href=address_of(words[1]))
    return words


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"


def _count(done: list[bool]) -> str:
    return f"{sum(done)} of {len(done)}" if done else ""


class Asked(NamedTuple):
    """One thing that a lesson asks for, and what is known of it.

    Attributes:
        key: of its record.
        name: as a learner reads it.
        kind: ``"prediction"``, ``"exercise"`` or ``"recall"``.
        record: what the progress holds of it.
        thing: the prediction, the exercise, or the questions to which it belongs.
        question: in words.
        answered: by which kind of answer, of :mod:`leakyedu.teaching.kinds`.
    """

    key: str
    name: str
    kind: str
    record: dict
    thing: Any
    question: str
    answered: Any

    @property
    def predicted(self) -> Any:
        """What was predicted last, if it is a prediction."""
        return self.thing.last_in(self.record)

    @property
    def done(self) -> bool:
        """Whether it was predicted or passed."""
        return self.predicted is not None if self.kind == "prediction" else "passed" in self.record

    def result(self) -> str:
        """Say in words what has been done."""
        if self.kind == "prediction":
            before, after = (
                None if value is None else self.thing.kind.show(value)
                for value in self.thing.kept_in(self.record)
            )
            if after is None:
                return f"predicted {before} before the answer was shown" if before else "not predicted"
            return (
                f"predicted {before} before the answer was shown, {after} after it"
                if before
                else (f"predicted {after} after the answer was shown")
            )
        result = f"passed {self.record['passed']}" if self.done else "not yet"
        return f"{result}, solution read" if self.record.get("solution") else result


def asked(lesson: Lesson, records: progress.Records) -> list[Asked]:
    """Return all that a lesson asks for, in order, with what the records say of it."""
    found = []

    def add(key: str, name: str, kind: str, thing: Any, question: str, answered: Any) -> None:
        found.append(Asked(key, name, kind, records.get(key, {}), thing, question, answered))

    for name, thing in vars(lesson.exercises).items():
        key = f"{lesson.name}.{name}"
        if isinstance(thing, (Exercise, Prediction)):
            kind = "exercise" if isinstance(thing, Exercise) else "prediction"
            add(key, name, kind, thing, thing.question, thing.kind)
        elif isinstance(thing, Recall):
            for number, (question, choice) in enumerate(thing.questions, start=1):
                add(f"{key}.{number}", f"question {number}", "recall", thing, question, choice)
    return found
