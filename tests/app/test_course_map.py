"""The map of the course: it shows what is done, and takes it to another machine."""

import re
from pathlib import Path

import nbformat
import pytest

from leakyedu.app import course_map
from leakyedu.app.cli import copy_lessons
from leakyedu.app.course_map import Table
from leakyedu.lessons import lessons
from leakyedu.lessons.one_euler_step import exercises as one_euler_step
from leakyedu.lessons.start_here import exercises as start_here
from leakyedu.teaching import progress

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "course"
LESSONS = lessons()
NAMES = [lesson.name for lesson in LESSONS]


@pytest.fixture(autouse=True)
def _in_the_folder_of_the_lessons(monkeypatch):
    monkeypatch.chdir(COURSE)


def row(number: int) -> list:
    return course_map.table().rows[number]


# -- What it holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(COURSE.glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_stands_in_the_map_under_its_number_and_title(path):
    number, _, name = path.stem.partition("_")
    title = re.match(r"# (.+)", nbformat.read(path, as_version=4).cells[0].source)[1]

    lesson = LESSONS[int(number)]

    assert lesson.name == name
    assert title.endswith(lesson.title)
    assert row(int(number))[1] == (lesson.title, path.name)


def test_a_lesson_takes_the_minutes_that_its_notebook_says():
    for path in COURSE.glob("[0-9]*.ipynb"):
        text = nbformat.read(path, as_version=4).cells[0].source
        for minutes in re.findall(r"\*\*Time\*\* about (\d+) min", text):
            assert LESSONS[int(path.stem[:2])].minutes == int(minutes)


def test_every_file_of_exercises_knows_its_number():
    for number, lesson in enumerate(LESSONS[1:], start=1):
        assert lesson.exercises.__doc__.startswith(f"Lesson {number}: ")


def test_a_lesson_that_is_not_in_this_folder_is_to_come(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    (tmp_path / LESSONS[1].notebook).touch()

    rows = course_map.table().rows

    assert [row[1] for row in rows if row[-1] == "to come"] == [
        lesson.title for lesson in (LESSONS[0], *LESSONS[2:])
    ]


def test_in_a_folder_without_lessons_the_table_says_so(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    table = course_map.table()

    assert [row[1] for row in table.rows] == [lesson.title for lesson in LESSONS]
    assert table.end.startswith("None of these is in this folder, and nothing is kept.")


def test_a_lesson_that_is_open_from_elsewhere_counts_too(monkeypatch, tmp_path):
    """On Colab the folder holds no lesson."""
    monkeypatch.chdir(tmp_path)
    by_hand = one_euler_step.by_hand
    by_hand.check(by_hand.kind.right)

    table = course_map.table()

    (row,) = (row for row in table.rows if row[-1] != "to come")
    assert row[:2] == ["4", "One Euler step, in this order"]
    assert row[4] == "1 of 3"
    assert table.end.startswith("1 of ")


# -- What it shows -----------------------------------------------------------------------------------


def test_what_is_done_is_counted_and_a_lesson_ticked_when_all_is_passed():
    assert row(0)[3:] == ["", "0 of 1", "", ""]
    assert row(4)[3:] == ["0 of 3", "0 of 3", "0 of 5", ""]

    start_here.time_constants.check(1)
    assert row(0)[-1] == ""
    start_here.time_constants.check(2)
    one_euler_step.peak_time.predict(7.5)
    one_euler_step.by_hand.check(0.17)
    one_euler_step.recall.check(1, "b")
    one_euler_step.recall.check(2, "b")

    assert row(0)[3:] == ["", "1 of 1", "", course_map.DONE]
    assert row(4)[3:] == ["1 of 3", "1 of 3", "1 of 5", ""]
    assert course_map.table().end.startswith("3 of ")


def test_a_whole_lesson_is_done_without_predictions_too():
    for exercise in (one_euler_step.order, one_euler_step.by_hand, one_euler_step.step):
        exercise.check(exercise.kind.right)
    for number, (_, choice) in enumerate(one_euler_step.recall.questions, start=1):
        one_euler_step.recall.check(number, choice.right)

    assert row(4)[3:] == ["0 of 3", "3 of 3", "5 of 5", course_map.DONE]


def test_a_lesson_with_a_question_left_is_not_done():
    for exercise in (one_euler_step.order, one_euler_step.by_hand, one_euler_step.step):
        exercise.check(exercise.kind.right)

    assert row(4)[3:] == ["0 of 3", "3 of 3", "0 of 5", ""]


def test_the_summary_says_what_was_done_and_that_it_is_self_reported():
    one_euler_step.peak_time.predict(7.5)
    one_euler_step.decay_first.tell()
    one_euler_step.area_left.predict(0.2)
    one_euler_step.area_left.compare()
    one_euler_step.area_left.predict(0.8)
    one_euler_step.by_hand.check(0.1)
    one_euler_step.by_hand.hint()
    one_euler_step.step.solution()
    one_euler_step.step.check(one_euler_step.euler_step)
    one_euler_step.recall.check(2, "a")

    summary = course_map.summary("Ada <3")

    day = progress.record("one_euler_step.step")["passed"]
    lesson = "4 One Euler step, in this order"
    assert summary.title == "Progress of Ada <3, self-reported"
    assert summary.rows == [
        [lesson, "peak_time", "predicted 7.5 ms before the answer was shown", "", ""],
        [lesson, "decay_first", "not predicted", "", ""],
        [lesson, "area_left", "predicted 0.2 before the answer was shown, 0.8 after it", "", ""],
        [lesson, "by_hand", "not yet", "1", "1"],
        [lesson, "step", f"passed {day}, solution read", "1", ""],
        [lesson, "question 2", f"passed {day}", "1", ""],
    ]
    assert summary.end == course_map.SELF_REPORTED
    assert "It is no grade." in repr(summary)
    assert "Ada &lt;3" in summary.html


def test_a_summary_of_nothing_says_so():
    assert course_map.summary().title == "Progress, self-reported"
    assert course_map.summary().end.startswith("Nothing is kept yet. Self-reported: ")


def test_a_table_is_aligned_text_in_a_terminal_and_a_table_with_heads_on_a_page():
    table = Table("T", ["a", "b"], [["1", ("two & three", "x.ipynb")], ["four", ""]], "End.")

    assert repr(table) == "T\n\na     b\n1     two & three\nfour\n\nEnd."
    assert '<th scope="col" style="text-align:left">a</th>' in table.html
    assert '<a href="x.ipynb">two &amp; three</a>' in table.html
    assert table._repr_mimebundle_() == {"text/plain": repr(table), "text/html": table.html}


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_whatever_a_lesson_asks_for_can_be_kept_and_taken_along(lesson, monkeypatch, tmp_path):
    asked = course_map.asked(lesson, {})
    for one in asked:
        if one.kind == "prediction":
            one.thing.predict(one.thing.kind.right)
        progress.change(one.key, lambda record: record.update(tries=1, passed="2026-11-20"))
    records, line = progress.records(), course_map.export().code
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "elsewhere"))
    course_map.restore(line)

    assert list(records) == [one.key for one in asked]
    assert ["prediction" in records[one.key] for one in asked] == [one.kind == "prediction" for one in asked]
    assert progress.records() == records


# -- Taken along -------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Return a function that goes to another machine."""
    monkeypatch.chdir(tmp_path)
    return lambda: monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "elsewhere"))


def test_a_pasted_line_brings_back_what_was_done(elsewhere):
    assert course_map.export().text == course_map.NOTHING
    one_euler_step.peak_time.predict(7.5)
    one_euler_step.by_hand.check(0.17)
    line = course_map.export().code
    elsewhere()

    said = course_map.restore(line)

    assert said.text == "Brought back: 2 records. Run the map again to see them."
    assert one_euler_step.peak_time.prediction == 7.5
    assert progress.record("one_euler_step.by_hand")["tries"] == 1


def test_a_file_brings_back_what_was_done(elsewhere, tmp_path):
    one_euler_step.by_hand.check(0.17)
    assert course_map.export("progress.txt").text.startswith("Written to `progress.txt`. ")
    elsewhere()

    assert course_map.restore(Path("progress.txt")).text.startswith("Brought back: 1 record. ")
    assert course_map.restore("progress.txt").text.startswith("Brought back: 1 record. ")


NEITHER = "Not brought back: there is neither such a line nor such a file."


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (..., "Nothing to bring back: put the line"),
        ("", "Nothing to bring back: put the line"),
        (None, NEITHER),
        (b"leakyedu1:", "Not brought back. This is no progress that can be read"),
        ("nowhere.txt", NEITHER),
        ("leakyedu.txt", NEITHER),
        ("~nobody-of-that-name/x", NEITHER),
        (".", NEITHER),
        ("a\0b", NEITHER),
        ("x" * 5000, NEITHER),
        (
            "leakyedu1:abc",
            'Not brought back. This is no progress that can be read: it begins with "leakyedu1:"',
        ),
        ("leakyedu9:abc", "Not brought back. This is no progress that can be read"),
    ],
)
def test_what_is_no_progress_is_said_to_be_none(elsewhere, source, words):
    assert course_map.restore(source).text.startswith(words)
    assert progress.records() == {}


@pytest.mark.parametrize(
    "around",
    [
        "{line}",
        "\ufeff{line}\n",
        "'{line}'",
        "Keep this line. On another machine, `course_map.restore` brings all of it back.\n\n{line}\n\nSee you",
        "> {start}\n> {end}\n>\n> Yours, Ada",
    ],
)
def test_a_line_is_found_in_what_stands_around_it(elsewhere, tmp_path, around):
    one_euler_step.by_hand.check(0.17)
    line = course_map.export().code
    text = around.format(line=line, start=line[:40], end=line[40:])
    (tmp_path / "mail.txt").write_text(text, encoding="utf-8")
    elsewhere()

    assert course_map.restore(text).text.startswith("Brought back: 1 record. ")
    assert course_map.restore(tmp_path / "mail.txt").text.startswith("Brought back: 1 record. ")


def test_a_line_may_come_in_quotes_and_a_file_in_any_encoding(elsewhere, tmp_path):
    one_euler_step.by_hand.check(0.17)
    line = course_map.export().code
    (tmp_path / "with_a_mark.txt").write_bytes(b"\xff\xfe" + line.encode("utf-16-le"))
    elsewhere()

    assert course_map.restore("with_a_mark.txt").text.startswith("Not brought back. This is no progress")
    assert course_map.restore(f' "{line}"\n').text.startswith("Brought back: 1 record.")


def test_no_other_file_is_overwritten(elsewhere, tmp_path):
    one_euler_step.by_hand.check(0.17)
    (tmp_path / "lesson.ipynb").write_text("{}", encoding="utf-8")

    said = course_map.export("lesson.ipynb")

    assert said.text == "`lesson.ipynb` is there already and holds something else. Name another file."
    assert (tmp_path / "lesson.ipynb").read_text(encoding="utf-8") == "{}"
    assert course_map.export("progress.txt") == course_map.export("progress.txt")
    for odd in (5, "a\0b", ["a"]):
        assert course_map.export(odd).text.startswith("This wants the name of a file in quotes")


def test_a_map_tells_what_is_the_matter_with_the_progress(monkeypatch, tmp_path):
    (tmp_path / "progress.json").write_text("broken", encoding="utf-8")
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path))

    first, second = (course_map.table()._repr_mimebundle_() for _ in range(2))

    for words in first.values():
        assert "Your progress could not be read and begins anew" in words
    assert "could not be read" not in str(second)


def test_a_file_that_cannot_be_written_is_named(elsewhere):
    one_euler_step.by_hand.check(0.17)

    assert course_map.export("no/such/folder").text == (
        "`no/such/folder` cannot be written (No such file or directory). Without a name, the line is shown here."
    )


@pytest.mark.parametrize(
    "named", [4, "4", "04", "one_euler_step", "04_one_euler_step", "04_one_euler_step.ipynb"]
)
def test_a_lesson_may_be_begun_anew(named):
    one_euler_step.by_hand.check(0.17)
    one_euler_step.recall.check(1, "b")
    start_here.time_constants.check(2)

    nothing, said = course_map.forget(), course_map.forget(named)

    assert nothing.text == "Nothing is forgotten: put the number of the lesson between the brackets."
    assert said.text == (
        "Forgotten: 2 records of lesson 4, One Euler step, in this order. Restart its kernel, too."
    )
    assert progress.records().keys() == {"start_here.time_constants"}


def test_with_a_lesson_that_is_begun_anew_comes_a_clean_copy(monkeypatch, tmp_path):
    copy_lessons(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}

    said = course_map.forget(4).text

    assert said == (
        "Forgotten: 0 records of lesson 4, One Euler step, in this order. "
        "A clean copy of lesson 04 is 04_one_euler_step_fresh.ipynb. Restart its kernel, too."
    )
    assert {path.name for path in tmp_path.iterdir()} - before == {"04_one_euler_step_fresh.ipynb"}


def test_a_map_on_a_page_looks_again(monkeypatch):
    table = course_map.table()
    live = table.alive()
    one_euler_step.by_hand.check(0.17)

    live.receive({"look": "table", "mark": "1"})

    assert live.words["table"] == course_map.table().html != table.html
    assert live.done == "1"


def test_only_a_lesson_can_be_begun_anew():
    last = LESSONS[-1].number

    assert course_map.forget("4.5").text == f"`4.5` is no lesson. They have the numbers 0 to {last}."
