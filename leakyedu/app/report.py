"""What a class has done and misunderstood, for the teacher: ``leakyedu report FOLDER``.

Learners hand in what ``course_map.export`` gave them, or their ``progress.json``; each is a file in the
folder, or some files in a folder of his own there, as a learning platform packs them. The first part of the
path is the learner's name, and is shown only where that is asked for. Two files come out, beside what was
handed in, readable by their owner alone:

========================  =================================================================
``leakyedu-report.html``  one page without scripts: the mistakes made most, in their words,
                          with their cell and the sentence for the next lesson that the
                          teacher's page has; then each lesson
``leakyedu-report.csv``   a row for each learner and task
========================  =================================================================

What is handed in is the learner's own word, and anybody may have written it: known keys alone are taken, all
text stays text, and a file that holds nothing of the course is named and left out.
"""

import csv
import functools
import hashlib
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leakyedu.app import course_map, run
from leakyedu.app.course_map import Asked
from leakyedu.lessons import course, lessons
from leakyedu.teaching import progress
from leakyedu.teaching.kinds import Choice, Measured, Mistake, Number, Points
from leakyedu.teaching.lesson import Lesson
from leakyedu.teaching.markup import Html, element, inline, join, printable
from leakyedu.teaching.reading import count
from leakyedu.teaching.whole_file import whole_file

PAGE, TABLE = "leakyedu-report.html", "leakyedu-report.csv"
MOST = 2_000_000  # bytes of a file that is handed in; a notebook that shows a line has some 100,000
MOST_LINES = 5  # texts in a file that are looked at, until one of them is a line
TOP = 12  # mistakes at the head of the page
TRIES = {"1 try": (1, 1), "2": (2, 2), "3 to 5": (3, 5), "more": (6, progress.MOST_COUNTED)}
HINTS = {"no hint": (0, 0), "1": (1, 1), "2": (2, 2), "3": (3, progress.MOST_COUNTED)}
COLUMNS = (
    "learner", "lesson", "task", "kind", "predicted", "predicted after the answer", "truth", "right", "tries",
    "hints", "solution read", "passed", "mistakes", "verified",
)  # fmt: skip
# What a spreadsheet may take for the beginning of a formula, wide signs included.
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


class Learner(NamedTuple):
    """What one learner has handed in.

    Attributes:
        name: the first part of the path, without its ending.
        records: of his progress, those of the course alone.
        verified: the keys of what has passed where his notebooks were run here.
    """

    name: str
    records: progress.Records
    verified: frozenset[str] = frozenset()


class LeftOut(NamedTuple):
    """A file that was handed in and cannot be read.

    Attributes:
        name: its path in the folder.
        why: the end of a sentence that begins with it.
    """

    name: str
    why: str


class Made(NamedTuple):
    """A mistake, and how often it was made.

    Attributes:
        task: of which task it is.
        mistake: which one.
        learners: how many have made it.
        times: how often they did, all together.
    """

    task: "Task"
    mistake: Mistake
    learners: int
    times: int


# -- What was handed in ----------------------------------------------------------------------------


def read(folder: Path) -> tuple[list[Learner], list[LeftOut]]:
    """Read all that lies in a folder.

    Args:
        folder: of lines and files, and of folders of them.

    Returns:
        The learners, and the files that were left out; both in the order of their names.
    """
    known, found, left_out = course_map.known(), {}, []
    for path in files(folder):
        place = path.relative_to(folder)
        try:
            records = records_in(path, known)
        except OSError as error:
            left_out.append(LeftOut(str(place), f"cannot be read ({error.strerror or error})"))
        except ValueError as error:
            left_out.append(LeftOut(str(place), str(error)))
        else:
            name = learner_of(place)
            found[name] = progress.merged(found.get(name, {}), records)
    return [Learner(name, records) for name, records in sorted(found.items())], left_out


def files(folder: Path) -> list[Path]:
    """Return what was handed in, in order: all but what a system or this report has put there."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.is_symlink() or not path.is_dir())
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path not in (folder / PAGE, folder / TABLE)
    )


def learner_of(place: Path) -> str:
    """Return whose a file is.

    Args:
        place: its path in the folder: ``Anna.txt``, or ``Anna/progress.json``.
    """
    return place.parts[0] if len(place.parts) > 1 else place.stem


def records_in(path: Path, known: progress.Known) -> progress.Records:
    """Return the records in a file that was handed in.

    Args:
        path: of a line, with other words around it perhaps, or of a progress file.
        known: what the course asks for.

    Raises:
        OSError: if it cannot be opened.
        ValueError: if it is none of these; why, as the end of a sentence.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError("is no file")  # what waits for a writer, or leads to another folder
    with path.open("rb") as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise ValueError(f"is larger than {MOST // 1_000_000} MB")
    # As PowerShell and Notepad write.
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, errors="replace")
    # A notebook or a page holds the line between other signs than a mail does.
    lines = [course_map.line_in(text), *re.findall(r"\bleakyedu\d+:[\w=-]+", text)[:MOST_LINES]]
    if text.lstrip().startswith("{"):
        lines.insert(0, text)
    why = "holds no line that `course_map.export` gives"
    for line in filter(None, lines):
        try:
            if records := progress.read(line, known):
                return records
            why = "holds nothing that this course asks for"
        except ValueError:
            if not line.startswith("{"):
                ours = line.startswith(progress.MARK)
                why = "holds a line that is damaged or not whole" if ours else "is of another leakyedu"
    raise ValueError(why)


def with_runs(learners: Sequence[Learner], runs: Iterable[run.Run]) -> list[Learner]:
    """Add what was seen where notebooks were run to what learners say.

    Args:
        learners: with what they handed in.
        runs: of notebooks.
    """
    known, both = course_map.known(), {learner.name: learner for learner in learners}
    for each in runs:
        name = learner_of(each.place)
        own = both.get(name, Learner(name, {}))
        try:
            seen = progress.read(each.progress, known)
        except ValueError:
            seen = {}  # the notebook has kept nothing, or has written something else there
        # When something was predicted, and how often it was tried, a run cannot see.
        seen = {key: {f: r[f] for f in ("passed", "mistakes") if f in r} for key, r in seen.items()}
        seen = {key: record for key, record in seen.items() if record}
        passed = {key for key, record in seen.items() if "passed" in record}
        both[name] = Learner(name, progress.merged(seen, own.records), own.verified | passed)
    return [both[name] for name in sorted(both)]


# -- The course ------------------------------------------------------------------------------------


class Task:
    """One thing that a lesson asks for, with what the report says of it.

    Args:
        lesson: whose it is.
        asked: what is asked.
        heading: the one above its cell.
        cell: the call in its cell.
        sentences: an answer, or nothing -> the sentence for the next lesson.
    """

    def __init__(
        self, lesson: Lesson, asked: Asked, heading: str, cell: str, sentences: dict[str, str]
    ) -> None:
        self.lesson, self.asked, self.heading, self.cell = lesson, asked, heading, cell
        self._sentences, self._judged = sentences, {}

    @property
    def key(self) -> str:
        """The key of its records."""
        return self.asked.key

    def sentence(self, mistake: Mistake) -> str:
        """Return what the teacher's page says for the next lesson, or nothing.

        Args:
            mistake: that was made.
        """
        return self._sentences.get(self.shown(mistake), self._sentences.get("", ""))

    def shown(self, mistake: Mistake) -> str:
        """Return the answer that makes a mistake, or the name of one that does not fit into a line."""
        kind = self.asked.answered
        return kind.show(mistake.answer) if isinstance(kind, (Number, Choice)) else f"`{mistake.key}`"

    def where(self) -> str:
        """Return which question it is, where a cell asks several."""
        return f"{self.asked.name}: {self.asked.question}" if self.asked.kind == "recall" else ""

    def judged(self, record: dict) -> tuple[Any, Any, str, Mistake | None]:
        """Judge a prediction: what was predicted before and after, the row it belongs to, its mistake.

        Args:
            record: of this task.
        """
        which = repr((record.get("prediction"), record.get("after")))
        if which not in self._judged:
            before, after = self.asked.thing.kept_in(record)
            row, mistake = ("", None) if before is None else _row_of(self.asked.answered, before)
            self._judged[which] = (before, after, row, mistake)
        return self._judged[which]


RIGHT, OTHER = "right", "another answer"


def _row_of(kind: Any, answer: Any) -> tuple[str, Mistake | None]:
    """Return in which row of a table a prediction stands, and which mistake it makes."""
    if isinstance(kind, Points):
        shape = kind.shape([value for _, value in answer])
        if shape == "":
            return RIGHT, None
        return next(((f"`{m.key}`", m) for m in kind.mistakes if m.key == shape), (OTHER, None))
    trial = kind.try_out(answer)
    if trial.passed:
        return RIGHT, None
    if isinstance(kind, Measured):
        return ("far too small" if answer < kind.right else "far too large"), None
    named = kind.named(trial.text)
    return next(((kind.show(m.answer), m) for m in kind.mistakes if m.key == named), (OTHER, None))


def tasks() -> list[Task]:
    """Return all that the course asks for, in order."""
    found = []
    for lesson in lessons():
        cells, sentences = _cells(lesson), _sentences(lesson)
        for asked in course_map.asked(lesson, {}):
            name = asked.key.partition(".")[2]
            heading, cell = cells.get(name.partition(".")[0], ("", ""))
            found.append(Task(lesson, asked, heading, cell, sentences.get(name, {})))
    return found


def _cells(lesson: Lesson) -> dict[str, tuple[str, str]]:
    """Return for each task of a lesson the heading above its cell, and the call in it."""
    found, heading = {}, ""
    for cell in json.loads((course() / lesson.notebook).read_bytes())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = (re.findall(r"^#+ (.+)$", source, re.MULTILINE) or [heading])[-1]
        elif asks := re.search(r"\bex\.(\w+)\.(predict|check|show)\(", source):
            found.setdefault(asks[1], (heading, f"ex.{asks[1]}.{asks[2]}"))
    return found


def _sentences(lesson: Lesson) -> dict[str, dict[str, str]]:
    """Return what the teacher's page says for the next lesson: a task -> an answer, or nothing -> a sentence.

    Of a question it says what an answer reveals, and below that what to ask; where it says neither, the right
    answer's aim stands for it. All else stands in one table.
    """
    page = (course() / "teaching" / lesson.notebook).with_suffix(".md")
    found: dict[str, dict[str, str]] = {}
    if not page.exists():
        return found
    for section in page.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        lines = re.findall(r"^\|(.*)\|$", body, re.MULTILINE)[2:]
        table = [[cell.strip() for cell in line.split("|")] for line in lines]
        if heading.startswith("Vote "):
            (name,) = re.findall(r"^`ex\.(\w+)`", body, re.MULTILINE)
            ask = " ".join(body.rpartition("|\n")[2].split())
            aims = [AIM.sub("", what) for *_, what in table if AIM.search(what)]
            reveals = {
                answer: f"It reveals: {what.removesuffix('.')}. {ask}".strip() for answer, _, what in table
            }
            found[name] = {"": ask or f"The aim: {'; '.join(aims)}."} | reveals
        elif heading == NEXT:
            for task, sentence in table:
                name, number = TASK.fullmatch(task).groups()
                found[name if number is None else f"{name}.{number}"] = {"": sentence}
    return found


NEXT, TASK = "For the next lesson", re.compile(r"`ex\.(\w+)`(?:, question (\d))?")
AIM = re.compile(r"[:.;] [tT]he aim$")  # as the page says of the right answer


# -- What is counted -------------------------------------------------------------------------------


def made(learners: Sequence[Learner], tasks: Sequence[Task]) -> list[Made]:
    """Return the mistakes that were made, those of most learners first.

    A prediction makes one where it was made before the answer was shown; else a check has named it.
    """
    found = []
    for task in tasks:
        people, times = Counter(), Counter()
        for learner in learners:
            if (record := learner.records.get(task.key)) is None:
                continue
            if task.asked.kind == "prediction":
                mistake = task.judged(record)[3]
                named = {mistake.key: 1} if mistake else {}
            else:
                named = {key: n for key, n in record.get("mistakes", {}).items() if n}
            people.update(named.keys())
            times.update(named)
        found += [
            Made(task, m, people[m.key], times[m.key]) for m in task.asked.answered.mistakes if people[m.key]
        ]
    return sorted(found, key=lambda each: (-each.learners, -each.times))


def rows(learners: Sequence[Learner], tasks: Sequence[Task], *, names: bool) -> Iterator[list[str]]:
    """Return the rows of the table, the names of its columns first.

    Args:
        learners: all of them.
        tasks: those of the course.
        names: whether learners are named.
    """
    yield list(COLUMNS)
    for called, learner in _called(learners, names=names):
        for task in tasks:
            if (record := learner.records.get(task.key)) is not None:
                yield [_cell(x) for x in (called, str(task.lesson.number), *_row(learner, task, record))]


def _called(learners: Sequence[Learner], *, names: bool) -> list[tuple[str, Learner]]:
    """Return learners by their names, or by numbers in an order that says nothing of these."""
    if names:
        return [(learner.name, learner) for learner in learners]
    drawn = sorted(learners, key=lambda each: hashlib.sha256(repr(each).encode(errors="replace")).digest())
    return [(str(n), learner) for n, learner in enumerate(drawn, start=1)]


def _row(learner: Learner, task: Task, record: dict) -> tuple[str, ...]:
    """Return what stands in a row behind the lesson."""
    asked, verified = task.asked, "yes" if task.key in learner.verified else ""
    name = task.key.partition(".")[2]
    if asked.kind == "prediction":
        before, after, row, mistake = task.judged(record)
        right = "" if before is None else "yes" if row == RIGHT else "no"
        shown = (_plain(x) for x in (before, after, asked.answered.right))
        return (name, asked.kind, *shown, right, "", "", "", "", mistake.key if mistake else "", "")
    named = "; ".join(f"{key} {n}" for key, n in record.get("mistakes", {}).items() if n)
    counts = (str(record.get(field, 0)) for field in ("tries", "hints"))
    solution = "yes" if record.get("solution") else ""
    return (name, asked.kind, "", "", "", "", *counts, solution, record.get("passed", ""), named, verified)


def _plain(x: Any) -> str:
    """Return a prediction as a spreadsheet reads it."""
    if isinstance(x, (list, tuple)):
        return " ".join(f"{value:.6g}" for _, value in x)
    return f"{x:.6g}" if isinstance(x, (int, float)) else x or ""


@functools.cache
def _cell(words: str) -> str:
    """Return words that no spreadsheet takes for a formula; one that begins as such gets a quote in front."""
    words = printable(words)
    return f"'{words}" if FORMULA.match(words) and not PLAIN_NUMBER.fullmatch(words) else words


# -- The page --------------------------------------------------------------------------------------


def page(
    learners: Sequence[Learner],
    left_out: Sequence[LeftOut],
    runs: Sequence[run.Run],
    tasks: Sequence[Task],
    *,
    names: bool,
) -> Html:
    """Return the page.

    Args:
        learners: all of them.
        left_out: the files that could not be read.
        runs: of notebooks.
        tasks: those of the course.
        names: whether learners, and files, are named.
    """
    mistakes = made(learners, tasks)
    parts = [_opening(learners, left_out, runs, names=names)]
    parts.append(element("h2", "The mistakes made most"))
    parts.append(_mistakes(mistakes[:TOP], "The mistakes that most learners made", with_lesson=True))
    for lesson in dict.fromkeys(task.lesson for task in tasks):
        own = [task for task in tasks if task.lesson is lesson]
        begun = [each for each in learners if any(task.key in each.records for task in own)]
        if begun:
            of_lesson = [each for each in mistakes if each.task.lesson is lesson]
            parts.append(_lesson(own, begun, of_lesson, runs=bool(runs)))
    if names:
        parts += [element("h2", "Learners"), _learners(learners, tasks, runs=bool(runs))]
    if runs:
        parts += [element("h2", "Notebooks that were run"), _runs(runs, names=names)]
    if left_out and names:
        reasons = [(each.name, inline(each.why)) for each in left_out]
        table = _table("Why each was left out", ("file", "it"), reasons)
        parts += [element("h2", "Files that were left out"), table]
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width"),
        element("title", "What the class has done"),
        element("style", Html(STYLE)),
    ]
    body = element("body", element("main", *parts))
    return join(Html("<!DOCTYPE html>\n"), element("html", element("head", *head), body, lang="en"), "\n")


def _opening(
    learners: Sequence[Learner], left_out: Sequence[LeftOut], runs: Sequence[run.Run], *, names: bool
) -> Html:
    """Return the head of the page: of how many, when, and what their word is worth."""
    said = [f"{course_map.SELF_REPORTED} Nothing here says what anybody has learned."]
    if runs:
        said.append(VERIFIED)
    if left_out and not names:
        said.append(
            f"{count(len(left_out), 'file')} could not be read; the command has named what it left out."
        )
    when = f"{count(len(learners), 'learner')}, {time.strftime('%Y-%m-%d')}."
    paragraphs = (element("p", each) for each in (when, *said))
    return join(element("h1", "What the class has done"), *paragraphs)


def _lesson(
    tasks: Sequence[Task], learners: Sequence[Learner], mistakes: Sequence[Made], *, runs: bool
) -> Html:
    """Return what was done in one lesson, by those who have begun it."""
    lesson = tasks[0].lesson
    predictions = [task for task in tasks if task.asked.kind == "prediction"]
    others = [task for task in tasks if task.asked.kind != "prediction"]
    parts = [
        element("h2", f"{lesson.number} {lesson.title}"),
        element("p", f"{count(len(learners), 'learner')} began it. {lesson.question}"),
    ]
    parts += [_prediction(task, learners) for task in predictions]
    parts += [element("h3", "Exercises and questions"), _passed(others, learners, runs=runs)]
    if mistakes:
        parts += [element("h3", "Mistakes"), _mistakes(mistakes, f"The mistakes in lesson {lesson.number}")]
    return element("section", *parts)


def _prediction(task: Task, learners: Sequence[Learner]) -> Html:
    """Return what was predicted, against the truth."""
    kind, answers, others, late, looked = task.asked.answered, Counter(), [], 0, 0
    for learner in learners:
        record = learner.records.get(task.key, {})
        before, after, row, _ = task.judged(record)
        if before is not None:
            answers[row] += 1
            others += [before] if row == OTHER else []
        elif after is not None:
            late += 1
        elif record.get("seen"):
            looked += 1
    early = answers.total()
    options = (
        [kind.show(key) for key in kind.options if key != kind.right] if isinstance(kind, Choice) else []
    )
    named = [row for row, _ in answers.most_common() if row not in (RIGHT, OTHER, *options)]
    shown = [(f"{kind.show(kind.right)}: what happens", answers[RIGHT])]
    shown += [(row, answers[row]) for row in (*options, *named)]
    if others:
        ends = [kind.show(end) for end in (min(others), max(others))] if isinstance(kind, Number) else []
        shown.append((f"{OTHER}{', from ' if ends else ''}{' to '.join(ends)}", len(others)))
    said = f"{early} of {len(learners)} predicted before they looked"
    said += f", {late} only after it" if late else ""
    said += f", {looked} looked without predicting" if looked else ""
    table = [(inline(row), str(number), _bar(number, early)) for row, number in shown]
    return join(
        element("h3", task.heading),
        element("p", inline(f"`{task.cell}`: {task.asked.question}")),
        element("p", f"{said}."),
        _table(f"Answers to {task.cell}", ("predicted", "learners", "share"), table),
    )


def _bar(part: int, whole: int) -> Html:
    share = part / whole if whole else 0
    return join(element("span", style=f"width:{share * 8:.2f}em", aria_hidden="true"), f"{share:.0%}")


def _passed(tasks: Sequence[Task], learners: Sequence[Learner], *, runs: bool) -> Html:
    """Return who has passed, after how many tries and hints."""
    head = ["task", "cell", "passed", *(f"in {name}" for name in TRIES), *(f"with {name}" for name in HINTS)]
    head += ["solution read", "tried, not passed", *["verified"][: int(runs)]]
    shown = []
    for task in tasks:
        known = [(each, each.records[task.key]) for each in learners if task.key in each.records]
        passed = [record for _, record in known if "passed" in record]
        counts = [len(passed)]
        passed = [record for record in passed if "tries" in record]  # of a run alone nobody knows how many
        counts += [_within(passed, "tries", *span) for span in TRIES.values()]
        counts += [_within(passed, "hints", *span) for span in HINTS.values()]
        counts.append(sum(bool(record.get("solution")) for _, record in known))
        counts.append(sum("passed" not in record and record.get("tries", 0) > 0 for _, record in known))
        if runs:
            counts.append(sum(task.key in each.verified for each, _ in known))
        name = task.asked.name if task.asked.kind == "recall" else task.heading
        shown.append((name, element("code", task.cell), *map(str, counts)))
    number = tasks[0].lesson.number
    return _table(f"Who passed in lesson {number}, after how many tries and hints", head, shown)


def _within(records: Sequence[dict], field: str, low: int, high: int) -> int:
    return sum(low <= record.get(field, 0) <= high for record in records)


def _mistakes(mistakes: Sequence[Made], caption: str, *, with_lesson: bool = False) -> Html:
    """Return mistakes in their words, with their cell and what to say in the next lesson."""
    if not mistakes:
        return element("p", "None was named.")
    shown = []
    for task, mistake, learners, times in mistakes:
        cell = (element("div", words) for words in (task.heading, element("code", task.cell), task.where()))
        words = join(element("strong", inline(task.shown(mistake))), element("div", inline(mistake.text)))
        shown.append([join(*cell), words, str(learners), str(times), inline(task.sentence(mistake))])
        if with_lesson:
            shown[-1].insert(0, f"{task.lesson.number} {task.lesson.title}")
    head = [*["lesson"][: int(with_lesson)], "cell", "mistake", "learners", "times", "for the next lesson"]
    return _table(caption, head, shown)


def _learners(learners: Sequence[Learner], tasks: Sequence[Task], *, runs: bool) -> Html:
    """Return what each learner has done, all lessons together."""
    graded = [task.key for task in tasks if task.asked.kind != "prediction"]
    asked = [task for task in tasks if task.asked.kind == "prediction"]
    shown = []
    for learner in learners:
        known = learner.records
        passed = [known[key] for key in graded if "passed" in known.get(key, {})]
        predicted = sum(task.judged(known[task.key])[0] is not None for task in asked if task.key in known)
        taken = (sum(record.get(name, 0) for record in passed) for name in ("tries", "hints"))
        counts = [predicted, len(passed), *taken, *[len(learner.verified)][: int(runs)]]
        shown.append((learner.name, *map(str, counts)))
    head = ["name", "predicted before", "passed", "tries", "hints", *["verified"][: int(runs)]]
    return _table(f"Of {len(asked)} predictions, and {len(graded)} exercises and questions", head, shown)


def _runs(runs: Sequence[run.Run], *, names: bool) -> Html:
    """Return how the run of each notebook ended."""
    parts = [element("p", text) for text in run.closed(runs)]
    if names:
        shown = [(str(each.place), each.ended, f"{each.seconds:.0f} s") for each in runs]
        return join(*parts, _table("How each ended", ("notebook", "it", "time"), shown))
    ends = Counter(each.ended for each in runs).items()
    return join(*parts, _table("How they ended", ("it", "notebooks"), [(end, str(n)) for end, n in ends]))


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """Return a table; what stands below a column of numbers is at its right."""
    rows = [list(row) for row in rows]
    columns = zip(*rows, strict=True)
    of_numbers = [all(re.fullmatch(r"[\d,]+( s)?", cell) for cell in column) for column in columns]
    side = [{"class": "number"} if numbers else {} for numbers in of_numbers or [False] * len(head)]
    top = (element("th", name, scope="col", **where) for name, where in zip(head, side, strict=True))
    body = [
        element("tr", *(element("td", cell, **where) for cell, where in zip(row, side, strict=True)))
        for row in rows
    ]
    parts = [element("caption", caption), element("thead", element("tr", *top)), element("tbody", *body)]
    wide = {"class": "wide", "tabindex": "0", "role": "region", "aria_label": caption}
    return element("div", element("table", *parts), **wide)


POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # no script, whatever comes into the page
VERIFIED = (
    "Verified is what has passed where a learner's notebook was run here. That is strangers' code: one that "
    "is made to pass its own checks is not told apart. What was typed on a page and not into a cell is "
    "self-reported."
)
STYLE = """
:root { color-scheme: light dark; --line: #767676; --bar: #0072B2; }
@media (prefers-color-scheme: dark) { :root { --bar: #56B4E9; } }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: auto; padding: 1rem; }
h2 { margin-top: 3rem; border-top: 2px solid var(--line); padding-top: 1rem; }
h3 { margin: 2rem 0 .5rem; }
p { max-width: 45rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
th, td { border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; min-width: 9rem; max-width: 28rem; }
td.number { min-width: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td > span[aria-hidden] { display: inline-block; height: .8em; margin-right: .5em; background: var(--bar); }
@media print { .wide { overflow: visible; } tr { break-inside: avoid; } }
"""


# -- The command -----------------------------------------------------------------------------------


def make(
    folder: Path | None,
    notebooks: Path | None,
    limits: run.Limits,
    *,
    names: bool,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Write the report for what lies in a folder, in notebooks, or in both.

    Args:
        folder: of what was handed in, if anything was.
        notebooks: the folder of notebooks to be run, if any shall be.
        limits: of each run.
        names: whether learners are named.
        say: is told what is left out, and what is written.

    Returns:
        The page and the table.

    Raises:
        OSError: if they cannot be written.
        ValueError: if there is nothing to report.
    """
    learners, left_out = read(folder) if folder else ([], [])
    for name, why in left_out:
        say(printable(f"Left out: {name} {why}."))
    runs = list(run.run_all(notebooks, limits, say)) if notebooks else []
    learners, asked, out = with_runs(learners, runs), tasks(), folder or notebooks
    if not learners:
        raise ValueError(f"nothing in {printable(str(out))} holds progress of this course")
    table = io.StringIO()
    # In quotes, all of it: where a spreadsheet splits at semicolons, a name could hold a formula of its own.
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows(rows(learners, asked, names=names))
    contents = {
        out / PAGE: page(learners, left_out, runs, asked, names=names).encode(),
        # A spreadsheet takes a file without that mark for one of old Windows.
        out / TABLE: table.getvalue().encode("utf-8-sig"),
    }
    for path, content in contents.items():
        with whole_file(path, 0o600) as file:
            file.write(content)
    say(f"{count(len(learners), 'learner')}, {count(len(left_out), 'file')} left out.")
    whose = "With names" if names else "Without names"
    say(printable(f"{whose}, and for you alone: {out / PAGE}, and {TABLE} beside it."))
    return list(contents)
