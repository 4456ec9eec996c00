"""The teacher's pages and plans: each names cells that are there, and its minutes add up."""

import ast
import itertools
import json
import re
from importlib.metadata import metadata

import pytest

from leakyedu.app import cli, course_map, demo, report
from leakyedu.teaching import plotting
from leakyedu.teaching.exercise import Prediction
from leakyedu.teaching.kinds import Choice, Measured, Number, Points
from leakyedu.teaching.lab import Lab
from leakyedu.teaching.lesson import Lesson
from tests.lessons.notebook import ALL, COURSE, LESSONS, ROOT, for_all, headings_of, path_of, read

TEACHING = COURSE / "teaching"
FILES = sorted(TEACHING.glob("*.md"))
PLANS = {"plan_50_minutes": 50, "plan_three_hours": 180}
BEFORE = ("Minutes", "Board sketch", "On the wall")
AFTER = ("For the next lesson", "When it breaks", "Six concept questions, before and after")

every_plan = pytest.mark.parametrize("plan", PLANS)


def each_file() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in FILES}


def page_of(lesson: Lesson) -> str:
    return (TEACHING / lesson.notebook).with_suffix(".md").read_text(encoding="utf-8")


def text_of(plan: str) -> str:
    return (TEACHING / f"{plan}.md").read_text(encoding="utf-8")


def sections_of(page: str) -> dict[str, str]:
    return dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))


def tables_of(text: str) -> list[list[dict[str, str]]]:
    """Return the tables of a page, each row as a mapping from the words at the head of its columns."""
    tables = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()
        )
        assert all(len(row) == len(head) for row in rows), block
        tables.append([dict(zip(head, row, strict=True)) for row in rows])
    return tables


def tables_of_cells(plan: str) -> list[list[dict[str, str]]]:
    return [table for table in tables_of(text_of(plan)) if "cell" in table[0]]


def named_in(cell: str) -> list[tuple[str, str]]:
    """Return what a plan calls a cell, in order: the beginning of its code, or its heading."""
    return re.findall(r"`([^`]+)`|\*\*([^*]+)\*\*", cell)


def missing(table: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Return the cells that no notebook holds, read from its top to its bottom as a class does."""
    absent, places = [], {}
    for row in table:
        number = row["lesson"]
        if not number or int(number) >= len(ALL):
            continue  # a break, or a lesson to come
        cells = read(ALL[int(number)]).cells
        for code, heading in named_in(row["cell"]):
            later = range(places.get(number, -1) + 1, len(cells))
            found = [
                n
                for n in later
                if (code and cells[n].cell_type == "code" and cells[n].source.startswith(code))
                or (heading and re.search(rf"^#+ {re.escape(heading)}$", cells[n].source, re.MULTILINE))
            ]
            if found:
                places[number] = found[0]
            else:
                absent.append((number, code or heading))
    return absent


# -- A page for each lesson ------------------------------------------------------------------------


@for_all(LESSONS)
def test_a_lesson_has_its_page_with_its_parts(lesson):
    page = page_of(lesson)

    ((_, title), *_) = headings_of(lesson)
    assert page.startswith(f"# Teaching lesson {lesson.number}: ")
    assert page.partition("\n")[0].partition(": ")[2].lower()[:6] in title.lower()
    assert f"](../{lesson.notebook})" in page
    headings = list(sections_of(page))
    votes = [heading for heading in headings if heading.startswith("Vote ")]
    assert headings == [*BEFORE, *votes, *AFTER]


@for_all(LESSONS)
def test_a_page_calls_its_numbers_estimates(lesson):
    assert "estimates" in page_of(lesson).partition("## ")[0]


@for_all(LESSONS)
def test_the_minutes_of_a_page_are_those_of_the_lesson(lesson):
    (table,) = tables_of(sections_of(page_of(lesson))["Minutes"])
    minutes = sum(int(row.get("min") or row["minutes"]) for row in table)

    (said,) = re.findall(r"\*\*Time\*\* about (\d+) minutes", read(lesson).cells[0].source)
    assert minutes == int(said) == lesson.minutes


def asked_on_the_wall(lesson: Lesson) -> list[tuple[str, str]]:
    """Return the heading and the name of each question that a class sees, in order."""
    asked = []
    shown = demo.on_a_wall(json.loads(path_of(lesson).read_bytes()), lesson.question)["cells"]
    for cell in shown:
        if vote := re.match(r"vote\((.+?), (ex\..+?), drawing=", cell["source"]):
            asked += [(ast.literal_eval(vote[1]), name) for name in re.findall(r"ex\.(\w+)", vote[2])]
    return asked


def answers_to(prediction: Prediction) -> dict[str, bool]:
    """Return the answers to a question that have a name, as a page says them, and whether each is right."""
    kind = prediction.kind
    if isinstance(kind, Measured):
        return {kind.show(kind.right): True, "far too small": False, "far too large": False}
    if isinstance(kind, Points):
        return {"the right curve": True} | {f"`{mistake.key}`": False for mistake in kind.mistakes}
    wrong = {kind.show(mistake.answer): False for mistake in kind.mistakes}
    return wrong | {kind.show(kind.right): True}


def one_line(text: str) -> str:
    return " ".join(text.split())


@for_all(LESSONS)
def test_a_page_has_each_question_of_the_wall_as_it_is_asked_there(lesson):
    votes = [
        (heading, text)
        for heading, text in sections_of(page_of(lesson)).items()
        if heading.startswith("Vote ")
    ]

    wall = asked_on_the_wall(lesson)
    assert [heading for heading, _ in votes] == [f"Vote {n}: {h}" for n, (h, _) in enumerate(wall, 1)]
    for (_, text), (_, name) in zip(votes, wall, strict=True):
        prediction = getattr(lesson.exercises, name)
        asked, given, *_ = text.strip().split("\n\n")
        assert one_line(asked) == one_line(f"`ex.{name}`: {prediction.question}")
        assert one_line(given) == f"Given: {prediction.given}"


@for_all(LESSONS)
def test_a_vote_says_what_to_expect_of_each_option_or_of_named_mistakes(lesson):
    for heading, text in sections_of(page_of(lesson)).items():
        if not heading.startswith("Vote "):
            continue
        (name,) = re.findall(r"^`ex\.(\w+)`", text, re.MULTILINE)
        prediction = getattr(lesson.exercises, name)
        known, (table,) = answers_to(prediction), tables_of(text)
        given = [row["answer"] for row in table]
        assert all(row["expected"] and row["what it reveals"] for row in table)
        assert [answer for answer in given if answer not in known] == [], name
        assert any(known[answer] for answer in given), name
        assert len(given) == len(set(given)) >= 3, name
        if isinstance(prediction.kind, Choice):
            assert set(given) == set(known)


@for_all(LESSONS)
def test_a_page_lists_the_presets_of_the_lab_as_they_are(lesson):
    lab = lesson.lab.LAB
    (table,) = tables_of(sections_of(page_of(lesson))["On the wall"])

    assert 4 <= len(lab.presets) <= 6
    assert [(row["preset"], row["controls"], row["you say"]) for row in table] == [
        (preset.name, in_words(lab, preset.settings), preset.says) for preset in lab.presets
    ]


def in_words(lab: Lab, settings: dict) -> str:
    """Return settings as a page says them."""
    shown = {key: value if isinstance(value, str) else f"{value:g}" for key, value in settings.items()}
    return (
        "; ".join(f"{lab.controls[key].label}: {value}" for key, value in shown.items()) or "as at the start"
    )


@for_all(LESSONS)
def test_there_are_six_questions_with_their_answers(lesson):
    lines = re.findall(r"^(\d)\. (.+)$", sections_of(page_of(lesson))[AFTER[-1]], re.MULTILINE)

    assert [number for number, _ in lines] == list("123456")
    assert [line for _, line in lines if not re.search(r"\? \(.+\)$", line)] == []


@for_all(LESSONS)
def test_a_page_has_a_sentence_for_each_exercise_and_each_question_of_the_recall(lesson):
    (table,) = tables_of(sections_of(page_of(lesson))["For the next lesson"])

    asked = [each.key.split(".")[1:] for each in course_map.asked(lesson, {}) if each.kind != "prediction"]
    named = [re.fullmatch(r"`ex\.(\w+)`(?:, question (\d))?", row["task"]).groups() for row in table]
    assert sorted(list(filter(None, names)) for names in named) == sorted(asked)
    assert [row for row in table if not re.search(r"[.?]\)?$", row["begin with"])] == []
    assert [row for row in table if not 30 < len(row["begin with"]) < 160] == []


@for_all(LESSONS)
def test_a_page_names_tasks_that_the_lesson_has(lesson):
    tasks = re.findall(r"`ex\.(\w+)", page_of(lesson))

    assert [task for task in tasks if not hasattr(lesson.exercises, task)] == []


# -- Plans, cell by cell ---------------------------------------------------------------------------


@every_plan
def test_the_minutes_of_a_plan_follow_each_other_to_its_end(plan):
    rows = [row for row in tables_of_cells(plan)[0] if row["minute"] != "before"]
    spans = [tuple(map(int, row["minute"].split("-"))) for row in rows]

    assert spans[0][0] == 0
    assert spans[-1][1] == PLANS[plan]
    assert all(start < end for start, end in spans)
    assert [b for a, b in itertools.pairwise(spans) if a[1] != b[0]] == []


@every_plan
def test_a_plan_names_cells_that_are_there_and_in_their_order(plan):
    tables = tables_of_cells(plan)

    assert sum(len(named_in(row["cell"])) for table in tables for row in table) > 20
    assert [cell for table in tables for cell in missing(table)] == []


@every_plan
def test_each_row_of_a_plan_says_what_is_said(plan):
    rows = [row for row in tables_of_cells(plan)[0] if row["minute"] != "before"]

    assert [row for row in rows if not re.fullmatch(r'"[^"]+[.?]"', row["the teacher says"])] == []
    assert [row for row in rows if not row["the class"]] == []


SIX = {1: ("settles", "input_halves"), 4: ("peak_time", "decay_first"), 5: ("halved", "at_7_ms")}
LONG = {Number: 3, Choice: 6}  # minutes of a vote: a letter is argued about, and voted on again


def minutes_of(row: dict[str, str]) -> int:
    start, end = map(int, row["minute"].split("-"))
    return end - start


def test_fifty_minutes_hold_six_votes_and_two_labs():
    (rows,) = tables_of_cells("plan_50_minutes")
    asked, labs = {}, []
    for row in rows:
        for name in re.findall(r"`ex\.(\w+)\.predict\(\)`", row["cell"]):
            kind = getattr(ALL[int(row["lesson"])].exercises, name).kind
            assert minutes_of(row) == LONG[type(kind)], name
            asked.setdefault(int(row["lesson"]), []).append(name)
        labs += [row["lesson"]] if "`lab.show(`" in row["cell"] else []

    assert {number: tuple(names) for number, names in asked.items()} == SIX
    assert labs == ["1", "5"]


def test_the_plan_for_the_wall_is_the_same_and_names_its_screens_in_their_order():
    (rows,) = tables_of(text_of("plan_demo"))
    spans = [tuple(map(int, row["minute"].split("-"))) for row in rows]
    walls = {number: [name for _, name in asked_on_the_wall(ALL[number])] for number in SIX}
    votes, passed = {}, {number: [] for number in SIX}
    for row in rows:
        number = int(row["lesson"])
        names = re.findall(r"`ex\.(\w+)`", row["screen"])
        passed[number] += names
        if re.match("a (number|letter)", row["the class"]):
            name = names[0]
            kind = getattr(ALL[number].exercises, name).kind
            assert minutes_of(row) == LONG[type(kind)], name
            votes[number] = (*votes.get(number, ()), name)

    assert (spans[0][0], spans[-1][1]) == (0, 50)
    assert [b for a, b in itertools.pairwise(spans) if a[1] != b[0]] == []
    assert votes == SIX
    assert {n: names == walls[n][: len(names)] for n, names in passed.items()} == dict.fromkeys(SIX, True)
    assert sum("sees" in row["the class"] or "stop" in row["the class"] for row in rows) == 2  # labs
    assert [row for row in rows if not re.fullmatch(r'"[^"]+[.?]"', row["the teacher says"])] == []
    assert sum(bool(row["if three minutes late"]) for row in rows) >= 8


@pytest.mark.parametrize(
    "row",
    [
        {"lesson": "4", "cell": "`ex.no_such_task.predict()`"},
        {"lesson": "4", "cell": "`dt = 0.001`"},  # a line of a cell, not its first
        {"lesson": "4", "cell": "`ex.step.check(my_step)`"},
        {"lesson": "4", "cell": "**No such heading**"},
        {"lesson": "4", "cell": "`ex.peak_time.compare()`, `ex.peak_time.predict()`"},  # turned round
    ],
)
def test_a_cell_that_is_not_there_is_found(row):
    assert len(missing([row])) == 1


# -- What all of them say --------------------------------------------------------------------------


def is_known(code: str) -> bool:
    """Tell whether a line of code is one of the notebooks, of the package or of a command that we know."""
    if command := re.fullmatch(r"(?:LEAKYEDU_HOME=~/\w+ )?leakyedu (.+)", code):
        return cli._parser().parse_args(command[1].split()) is not None
    if command := re.fullmatch(r"(?:\.venv/bin/)?pip install (?:-e )?'\.\[(\w+)\]'", code):
        return command[1] in metadata("leakyedu").get_all("Provides-Extra")
    if command := re.fullmatch(r"plotting\.(\w+)\(\)", code):
        return hasattr(plotting, command[1])
    if code in (cli.SITE, "index.html"):  # what `leakyedu site` makes
        return True
    if re.fullmatch(r"[\w-]+\.(json|html|csv)", code):
        return code in ("progress.json", report.PAGE, report.TABLE)
    if setting := re.fullmatch(r"(JUPYTER_[A-Z_]+)=1", code):  # which our own server makes
        return f'"{setting[1]}"' in (ROOT / "leakyedu/app/cli.py").read_text(encoding="utf-8")
    if "LEAKYEDU_HOME" in code or code == cli.FOLDER:
        return code.split()[0].removeprefix("$env:") in (ROOT / "README.md").read_text(encoding="utf-8")
    return any(code in cell.source for lesson in ALL for cell in read(lesson).cells) or bool(
        (call := re.fullmatch(r"course_map\.(\w+)", code)) and hasattr(course_map, call[1])
    )


@pytest.mark.parametrize("name", [*PLANS, "README"])
def test_all_other_code_is_known(name):
    prose = text_of(name)
    for row in (row for table in tables_of_cells(name) for row in table):
        prose = prose.replace(row["cell"], " ")

    codes = re.findall(r"`([^`\n]+)`", re.sub(r"\n(?!\n)", " ", prose))
    assert len(codes) >= 4
    assert [code for code in codes if not is_known(code)] == []


def test_code_that_nobody_knows_is_found():
    assert not is_known("plotting.no_such_thing()")
    assert not is_known("course_map.no_such_thing")
    assert not is_known("pip install '.[nothing]'")
    assert not is_known("no-such-file.html")


def test_the_lessons_to_forget_are_lessons():
    names = re.findall(r'course_map\.forget\("(\w+)"\)', text_of("README"))

    assert names == [ALL[number].name for number in (1, 4, 5)]


@for_all(each_file)
def test_a_link_leads_to_a_file_that_is_there(text):
    targets = re.findall(r"\]\(([^)#]+)\)", text)

    assert len(targets) >= 1
    assert [t for t in targets if not t.startswith("https://") and not (TEACHING / t).exists()] == []


@for_all(each_file)
def test_a_line_is_short_enough_to_print(text):
    # A row of a table, and a line to copy, cannot be broken.
    lines = [line for line in text.splitlines() if not line.startswith(("|", "    "))]

    assert [line for line in lines if len(line) > 145] == []
