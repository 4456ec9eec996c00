"""What a class has done, from what it handed in: the page and the table hold exactly that, and no more."""

import csv
import html
import io
import json
import os
import re
import subprocess
import sys
import zlib
from base64 import urlsafe_b64encode
from collections import Counter
from pathlib import Path

import pytest

from leakyedu.app import cli, course_map, report, run
from leakyedu.app.report import PAGE, TABLE
from leakyedu.lessons import course
from leakyedu.teaching import progress
from leakyedu.teaching.kinds import Choice
from tests.handed_in import class_of, hand_in, line_of
from tests.hostile import TEXTS

STEP = "one_euler_step.step"
TASKS = {task.key: task for task in report.tasks()}


def made(folder: Path, *, names: bool = False) -> list[str]:
    """Write the report for a folder, and return what the command says."""
    said = []
    report.make(folder, None, run.Limits(), names=names, say=said.append)
    return said


def page_in(folder: Path) -> str:
    return (folder / PAGE).read_text(encoding="utf-8")


def table_in(folder: Path) -> list[dict[str, str]]:
    text = (folder / TABLE).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """Return the tables of a page by their captions, each row as the words in its cells."""
    found = {}
    for table in re.findall(r"<table>(.*?)</table>", page, re.DOTALL):
        rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)]
        found[words_of(re.search(r"<caption>(.*?)</caption>", table)[1])] = [
            [words_of(cell) for cell in row] for row in rows[1:]
        ]
    return found


def words_of(cell: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(div|strong)>", " ", cell))).strip()


def section_of(page: str, lesson: int) -> str:
    (found,) = re.findall(rf"<section><h2>{lesson} .*?</section>", page, re.DOTALL)
    return found


# -- A class whose mistakes are known ----------------------------------------------------------------


@pytest.fixture(scope="module")
def class_of_200(tmp_path_factory):
    """Return what 200 made-up learners did, and the folder with the report on it."""
    folder, made_up = tmp_path_factory.mktemp("class"), class_of(200)
    hand_in(folder, made_up)
    assert made(folder, names=True)[0] == "200 learners, no file left out."
    return made_up, folder


def mistakes_in(key: str, record: dict) -> dict[str, int]:
    """Return the mistakes in what a made-up learner did, and how often: of a prediction, it was made of one."""
    kind, answer = TASKS[key].asked.answered, record.get("prediction")
    if isinstance(answer, list):
        answer = [value for _, value in answer]
    made_of = {mistake.key: 1 for mistake in kind.mistakes if answer is not None and mistake.answer == answer}
    return made_of or record.get("mistakes", {})


def test_the_page_holds_exactly_the_mistakes_that_were_made(class_of_200):
    made_up, folder = class_of_200
    learners, times = Counter(), Counter()
    for key, record in (each for records in made_up.values() for each in records.items()):
        for mistake, number in mistakes_in(key, record).items():
            learners[key, mistake] += 1
            times[key, mistake] += number

    expected = {}
    for task in TASKS.values():
        for m in task.asked.answered.mistakes:
            if number := learners[task.key, m.key]:
                words = f"{task.shown(m)} {m.text}".replace("`", "")
                place = " ".join(filter(None, [task.heading, task.cell, task.where()]))
                sentence = task.sentence(m).replace("`", "")
                expected[task.lesson.number, place, words] = [
                    str(number),
                    str(times[task.key, m.key]),
                    sentence,
                ]
    tables = tables_of(page_in(folder))
    shown = {
        (lesson, place, words): rest
        for lesson in range(12)
        for place, words, *rest in tables[f"The mistakes in lesson {lesson}"]
    }
    assert len(expected) > 700
    assert shown == expected


def test_the_mistakes_of_most_learners_stand_first(class_of_200):
    tables = tables_of(page_in(class_of_200[1]))

    of_lessons = [row for lesson in range(12) for row in tables[f"The mistakes in lesson {lesson}"]]
    most = sorted(((int(row[2]), int(row[3])) for row in of_lessons), reverse=True)
    top = [(int(row[3]), int(row[4])) for row in tables["The mistakes that most learners made"]]
    assert top == most[: report.TOP]


def test_the_page_holds_what_was_predicted_before_it_was_shown(class_of_200):
    made_up, folder = class_of_200
    page = page_in(folder)
    tables = tables_of(page)

    for key, task in TASKS.items():
        if task.asked.kind != "prediction":
            continue
        records = [records[key] for records in made_up.values() if key in records]
        before = [record for record in records if "prediction" in record]
        wrong = Counter(mistake for record in before for mistake in mistakes_in(key, record))
        section = section_of(page, task.lesson.number)
        section = section[section.index(f"<code>{task.cell}</code>: ") :]
        said = re.search(r"<p>(\d+) of \d+ predicted before they looked(?:, (\d+) only after it)?", section)
        assert (int(said[1]), int(said[2])) == (len(before), sum("after" in record for record in records))
        rows = re.search(r"<table>.*?</table>", section, re.DOTALL)[0]
        rows = next(iter(tables_of(rows).values()))
        kind = task.asked.answered
        expected = {task.shown(m).replace("`", ""): wrong[m.key] for m in kind.mistakes}
        expected = {row: n for row, n in expected.items() if n or isinstance(kind, Choice)}
        right = len(before) - sum(wrong.values())
        if not kind.mistakes:  # what differs between machines
            expected, right = {"far too large": right - _right(kind, before)}, _right(kind, before)
        expected[f"{kind.show(kind.right)}: what happens".replace("`", "")] = right
        assert {row: int(number) for row, number, _ in rows} == expected, key
    assert len([name for name in tables if name.startswith("Answers to ")]) >= 30


def _right(kind, records: list[dict]) -> int:
    return sum(record["prediction"] == kind.right for record in records)


def test_the_page_says_who_passed_after_how_many_tries_and_hints(class_of_200):
    made_up, folder = class_of_200
    section = section_of(page_in(folder), 4)

    row = next(
        row
        for row in tables_of(section)["Who passed in lesson 4, after how many tries and hints"]
        if row[1] == "ex.step.check"
    )
    known = [records[STEP] for records in made_up.values() if STEP in records]
    passed = [record for record in known if "passed" in record]
    tries, hints = (Counter(min(r[name], 6) for r in passed) for name in ("tries", "hints"))
    assert list(map(int, row[2:])) == [
        len(passed), tries[1], tries[2], tries[3] + tries[4] + tries[5], tries[6],
        *(hints[n] for n in range(4)),
        sum("solution" in record for record in known),
        sum("passed" not in record and record["tries"] > 0 for record in known),
    ]  # fmt: skip


def test_the_table_holds_what_each_learner_did_and_nothing_else(class_of_200):
    made_up, folder = class_of_200

    rows = {(row["learner"], f"{TASKS_BY[row['lesson'], row['task']]}"): row for row in table_in(folder)}

    assert set(rows) == {(name, key) for name, records in made_up.items() for key in records}
    for (name, key), row in rows.items():
        record = made_up[name][key]
        assert row["passed"] == record.get("passed", "")
        assert (row["tries"], row["hints"]) == tuple(str(record.get(n, "")) for n in ("tries", "hints"))
        assert row["solution read"] == ("yes" if "solution" in record else "")
        named = dict(part.rsplit(" ", 1) for part in row["mistakes"].split("; ") if " " in part)
        if "prediction" in record:
            assert row["mistakes"] == "".join(mistakes_in(key, record))
            assert row["right"] == ("no" if mistakes_in(key, record) else row["right"])
            assert row["predicted"]
        else:
            assert {mistake: int(n) for mistake, n in named.items()} == record.get("mistakes", {})
        assert bool(row["predicted after the answer"]) == ("after" in record)


TASKS_BY = {(str(task.lesson.number), key.partition(".")[2]): key for key, task in TASKS.items()}


def test_each_mistake_of_a_lesson_has_its_cell_and_its_sentence():
    for task in TASKS.values():
        assert task.heading
        assert re.fullmatch(r"ex\.\w+\.(predict|check|show)", task.cell)
        if task.lesson.number:
            sentences = [task.sentence(mistake) for mistake in task.asked.answered.mistakes]
            assert [s for s in sentences if not re.search(r"[^ ][.?]\)?$", s)] == [], task.key


# -- Names -----------------------------------------------------------------------------------------


def test_names_are_shown_only_where_that_is_asked_for(tmp_path):
    names = ["Anna Abel", "Bo Berg", "Cem Can"]
    hand_in(tmp_path, {name: {STEP: {"tries": n}} for n, name in enumerate(names)})
    (tmp_path / "Dora Dahl.txt").write_text("I have lost it")

    said = made(tmp_path)
    without = page_in(tmp_path), table_in(tmp_path)
    made(tmp_path, names=True)
    with_names = page_in(tmp_path), table_in(tmp_path)

    assert said[0] == "Left out: Dora Dahl.txt holds no line that `course_map.export` gives."
    assert [name for name in [*names, "Dora"] if name in without[0] or name in str(without[1])] == []
    assert sorted(row["learner"] for row in without[1]) == ["1", "2", "3"]
    assert "1 file could not be read; the command has named what it left out." in without[0]
    assert [row[0] for row in tables_of(with_names[0])[OF_ALL]] == names
    assert sorted(row["learner"] for row in with_names[1]) == names
    assert tables_of(with_names[0])["Why each was left out"] == [
        ["Dora Dahl.txt", "holds no line that course_map.export gives"]
    ]


OF_ALL = next(
    f"Of {n} predictions, and {len(TASKS) - n} exercises and questions"
    for n in [sum(task.asked.kind == "prediction" for task in TASKS.values())]
)


def test_the_number_of_a_learner_says_nothing_of_his_place_in_the_list():
    records = {f"learner {n}": {STEP: {"tries": n}} for n in range(40)}
    learners = [report.Learner(name, own) for name, own in records.items()]

    drawn = [learner.name for _, learner in report._called(learners, names=False)]

    assert sorted(drawn) == sorted(records)
    assert drawn != sorted(drawn)
    assert drawn == [learner.name for _, learner in report._called(learners[::-1], names=False)]


# -- What is handed in -------------------------------------------------------------------------------

RECORD = {STEP: {"tries": 3, "mistakes": {"forgets_dt": 2}}}
LINE = line_of(RECORD)
AS_A_FILE = json.dumps({"schema": 1, "records": RECORD})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Anna.txt", LINE.encode()),
        ("Anna.md", f"Dear teacher,\n\n> {LINE[:60]}\n> {LINE[60:]}\n\nSee you".encode()),
        ("Anna.txt", f"\ufeff{LINE}\r\n".encode()),
        ("Anna.txt", LINE.encode("utf-16")),  # as PowerShell writes
        ("Anna", f'"{LINE}"'.encode()),
        ("Anna.json", AS_A_FILE.encode()),
        (
            "Anna.ipynb",
            json.dumps({"cells": [{"outputs": [{"data": {"text/html": f"<code>{LINE}</code>"}}]}]}).encode(),
        ),
        ("Anna/progress.json", AS_A_FILE.encode()),
        ("Anna/some/where/line.txt", LINE.encode()),
    ],
)
def test_whatever_a_line_stands_in_it_is_read(tmp_path, name, content):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(content)

    assert report.read(tmp_path) == ([report.Learner("Anna", RECORD)], [])


def test_what_one_learner_hands_in_twice_is_put_together(tmp_path):
    hand_in(
        tmp_path / "Anna", {"laptop": RECORD, "binder": {STEP: {"tries": 5, "mistakes": {"forgets_dt": 1}}}}
    )

    ((learner,), left_out) = report.read(tmp_path)

    assert (learner.name, left_out) == ("Anna", [])
    assert learner.records == {STEP: {"tries": 5, "mistakes": {"forgets_dt": 2}}}


def packed(content: bytes) -> bytes:
    return f"{progress.MARK}{urlsafe_b64encode(zlib.compress(content)).decode()}".encode()


def with_records(records: object) -> bytes:
    return packed(json.dumps({"schema": 1, "records": records}).encode())


NO_LINE, DAMAGED, NOTHING = (
    "holds no line that `course_map.export` gives",
    "holds a line that is damaged or not whole",
    "holds nothing that this course asks for",
)
BROKEN = {
    "empty": (b"", NO_LINE),
    "words": (b"I did all of it, promised.", NO_LINE),
    "bytes": (bytes(range(256)) * 20, NO_LINE),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), NO_LINE),
    "an archive": (b"PK\x03\x04" + bytes(500), NO_LINE),
    "halves of characters": ("\ud800\udfff".encode("utf-16", "surrogatepass"), NO_LINE),
    "too large": (b"x" * (report.MOST + 1), "is larger than 2 MB"),
    "json": (b'{"name": "Anna"}', NO_LINE),
    "json without an end": (b'{"schema": 1, "records": {', NO_LINE),
    "a list": (b"[1, 2, 3]", NO_LINE),
    "deep json": (b'{"a":' * 100_000, NO_LINE),
    "a newer file": (b'{"schema": 2, "people": {}}', NO_LINE),
    "the mark alone": (b"leakyedu1:", DAMAGED),
    "a newer line": (b"leakyedu2:" + LINE[10:].encode(), "is of another leakyedu"),
    "cut off": (LINE[:-9].encode(), DAMAGED),
    "a letter too many": (LINE.encode() + b"A", DAMAGED),
    "changed in the middle": (LINE[:30].encode() + b"AAAA" + LINE[34:].encode(), DAMAGED),
    "not base64": (b"leakyedu1:====", DAMAGED),
    "base64 of words": (b"leakyedu1:" + urlsafe_b64encode(b"hello, teacher"), DAMAGED),
    "two ends": (packed(b"{}") + b"AAAA", DAMAGED),
    "a bomb": (packed(b" " * 50_000_000), DAMAGED),
    "no schema": (packed(b'{"records": {}}'), DAMAGED),
    "an old schema": (packed(b'{"schema": 0, "records": {}}'), DAMAGED),
    "records in a list": (with_records([1]), DAMAGED),
    "no records": (with_records({}), NOTHING),
    "another course": (with_records({"cooking.soup": {"tries": 1}}), NOTHING),
    "an unknown task": (with_records({"one_euler_step.nothing": {"tries": 1}}), NOTHING),
    "an unknown mistake alone": (with_records({STEP: {"mistakes": {"no_such": 1}}}), NOTHING),
    "a count that is none": (with_records({STEP: {"tries": -1}}), NOTHING),
    "a count without end": (with_records({STEP: {"tries": 10**30}}), NOTHING),
    "mistakes in a list": (with_records({STEP: {"tries": 1, "mistakes": ["forgets_dt"]}}), NOTHING),
    "a record that is none": (with_records({STEP: "passed"}), NOTHING),
}


def test_each_of_30_kinds_of_broken_files_is_named_and_left_out(tmp_path):
    for name, (content, _) in BROKEN.items():
        (tmp_path / f"{name}.txt").write_bytes(content)
    hand_in(tmp_path, {"whole": RECORD})

    said = made(tmp_path, names=True)

    assert len(BROKEN) >= 30
    expected = {f"{name}.txt": why for name, (_, why) in BROKEN.items()}
    assert said[: len(BROKEN)] == [f"Left out: {name} {expected[name]}." for name in sorted(expected)]
    assert said[len(BROKEN)] == f"1 learner, {len(BROKEN)} files left out."
    assert dict(tables_of(page_in(tmp_path))["Why each was left out"]) == {
        name: why.replace("`", "") for name, why in expected.items()
    }
    assert [row["learner"] for row in table_in(tmp_path)] == ["whole"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX: pipes, links and permission bits")
def test_what_is_no_file_holds_nobody_up(tmp_path):
    hand_in(tmp_path, {"whole": RECORD})
    os.mkfifo(tmp_path / "a pipe.txt")
    (tmp_path / "a link.txt").symlink_to(tmp_path / "whole.txt")
    (tmp_path / "a link to a folder").symlink_to("/")
    (tmp_path / "nowhere.txt").symlink_to("nowhere")

    learners, left_out = report.read(tmp_path)

    assert [learner.name for learner in learners] == ["whole"]
    assert [(each.name, each.why) for each in left_out] == [
        (name, "is no file") for name in ("a link to a folder", "a link.txt", "a pipe.txt", "nowhere.txt")
    ]


def test_what_a_system_or_an_earlier_report_has_left_there_is_not_read(tmp_path):
    hand_in(tmp_path, {"whole": RECORD})
    for name in (".DS_Store", ".git/config", "Anna/.ipynb_checkpoints/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"something")
    made(tmp_path)

    assert made(tmp_path)[0] == "1 learner, no file left out."


# -- Texts stay texts --------------------------------------------------------------------------------


def test_no_name_and_no_record_becomes_a_part_of_the_page(tmp_path):
    names = [re.sub(r"[/\0]", "", text)[:80].encode(errors="replace").decode() for text in TEXTS.values()]
    hand_in(tmp_path, dict.fromkeys([*names, "a & b \" ' `c` $x$"], RECORD))
    spelled = {
        STEP: {"tries": 1, "answer": "<script>ran++</script>"},
        "a_leaky_bucket.larger_tau": {"prediction": "<b>b</b>"},
    }
    hand_in(tmp_path, {"in his records": spelled})
    (tmp_path / "<i>broken.txt").write_text("nothing")

    said = made(tmp_path, names=True)

    page = page_in(tmp_path)
    tags = set(re.findall(r"<(\w+)", page))
    assert tags == {
        "html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3", "p", "div", "table",
        "caption", "thead", "tbody", "tr", "th", "td", "code", "strong", "span",
    }  # fmt: skip
    assert "default-src 'none'" in html.unescape(page)
    assert "\u202e" not in page
    assert "\u202e" not in "".join(said)
    assert "&lt;img src=x onerror=ran++&gt;" in page


@pytest.mark.parametrize("sign", [*"=+-@\t\uff1d\uff0b\uff0d\uff20"])
def test_no_cell_of_the_table_is_taken_for_a_formula(tmp_path, sign):
    hand_in(tmp_path, {f"{sign}HYPERLINK(1)": RECORD | {"a_leaky_bucket.settles": {"prediction": -0.4}}})

    made(tmp_path, names=True)

    rows = table_in(tmp_path)
    assert {row["learner"] for row in rows} == {f"'{sign}HYPERLINK(1)"}
    assert [row["predicted"] for row in rows if row["predicted"]] == ["-0.4"]  # a number stays one


# -- What is written where ---------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX: permission bits")
def test_two_files_are_written_for_their_owner_alone_and_nothing_else_anywhere(tmp_path):
    """Python tells of each file that it opens to write; the learner's own progress is left alone."""
    handed_in, home = tmp_path / "handed in", tmp_path / "home"
    hand_in(handed_in, {"Anna": RECORD})
    before = (handed_in / "Anna.txt").read_bytes()
    code = (
        # When it is imported, an older filelock tries links in a folder of its own, and torch for CUDA asks ldconfig.
        "import filelock, torch\n"
        "import json, sys, tests.watched as watched\n"
        "from leakyedu.app import cli\n"
        "cli.main(['report', sys.argv[1]])\n"
        "print(json.dumps([sorted(watched.files), watched.requests, watched.programs]))"
    )
    own = {"HOME": str(home), "LEAKYEDU_HOME": str(home / "progress"), "PYTHONDONTWRITEBYTECODE": "1"}
    home.mkdir()

    done = subprocess.run(
        [sys.executable, "-c", code, handed_in],
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    files, requests, programs = json.loads(done.stdout.splitlines()[-1])
    ours = [path for path in files if not path.startswith(("/dev/", "/proc/"))]
    written = {re.sub(r"\.(leakyedu-report\.\w+)\.[0-9a-f]{16}\.part$", r"\1", path) for path in ours}
    assert written == {str(handed_in / PAGE), str(handed_in / TABLE)}
    assert (requests, programs) == ([], [])
    assert sorted(path.name for path in handed_in.iterdir()) == ["Anna.txt", TABLE, PAGE]
    assert (handed_in / "Anna.txt").read_bytes() == before
    assert {oct((handed_in / name).stat().st_mode & 0o777) for name in (PAGE, TABLE)} == {"0o600"}
    assert list(home.rglob("*")) == []


def test_the_teachers_page_lists_each_place_that_something_is_written_to():
    page = (course() / "teaching/README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^\| what \| where \|.*?\n\n", page, re.MULTILINE | re.DOTALL)

    assert set(re.findall(r"`([\w.-]+\.\w+)`", listed)) == {"progress.json", PAGE, TABLE}
    assert "`leakyedu demo 4 --class --save votes.json`" in listed
    words = {
        "prediction": "predictions",
        "passed": "days",
        "answer": "right answers",
        "solution": "solutions read",
    }
    words |= {"mistakes": "which mistake", "after": "predictions", "seen": "predictions"}
    assert [name for name in progress.FIELDS if words.get(name, name) not in listed] == []


# -- Beside what was run -----------------------------------------------------------------------------


def test_what_has_passed_where_a_notebook_was_run_is_marked_and_nothing_else(tmp_path, monkeypatch):
    passed = {"tries": 1, "passed": "2026-11-30"}
    hand_in(tmp_path, {"Anna": {STEP: passed, "one_euler_step.order": passed}, "Bo": {STEP: passed}})
    seen = {STEP: passed, "one_euler_step.by_hand": {"tries": 2}}
    kept = json.dumps({"schema": 1, "records": seen})
    runs = [
        run.Run(Path("Anna.ipynb"), run.ENDED, 8.0, True, kept),
        run.Run(Path("Cem/04.ipynb"), "was stopped after 300 s", 300.0, True, "what is no progress"),
    ]
    monkeypatch.setattr(run, "run_all", lambda folder, limits, say: iter(runs))

    report.make(tmp_path, tmp_path, run.Limits(), names=True, say=lambda _: None)

    verified = {(row["learner"], row["task"]) for row in table_in(tmp_path) if row["verified"]}
    page = page_in(tmp_path)
    tables = tables_of(page)
    assert verified == {("Anna", "step")}
    assert [(row[0], row[-1]) for row in tables[OF_ALL]] == [("Anna", "1"), ("Bo", "0"), ("Cem", "0")]
    assert tables["How each ended"] == [
        ["Anna.ipynb", "ran to its end", "8 s"],
        ["Cem/04.ipynb", "was stopped after 300 s", "300 s"],
    ]
    assert run.STRANGERS in html.unescape(page)
    assert run.CUT in html.unescape(page)


def test_tries_and_predictions_of_a_run_are_not_counted_as_the_learners():
    seen = {STEP: {"tries": 3, "passed": "2026-11-30"}, "one_euler_step.peak_time": {"prediction": 7.5}}
    kept = json.dumps({"schema": 1, "records": seen})
    done = run.Run(Path("Anna.ipynb"), run.ENDED, 8.0, True, kept)

    (anna,) = report.with_runs([], [done])

    assert anna.records == {STEP: {"passed": "2026-11-30"}}
    page = report.page([anna], [], [done], report.tasks(), names=False)
    rows = tables_of(page)["Who passed in lesson 4, after how many tries and hints"]
    (counts,) = (row[2:] for row in rows if row[2] == "1")
    assert counts == [
        "1",
        *["0"] * (len(counts) - 2),
        "1",
    ]  # it passed, verified; nobody knows after how many


def test_a_network_that_was_not_cut_is_said(tmp_path, monkeypatch):
    hand_in(tmp_path, {"Anna": RECORD})
    runs = [run.Run(Path("Anna.ipynb"), run.ENDED, 8.0, apart, "") for apart in (True, False)]
    monkeypatch.setattr(run, "run_all", lambda folder, limits, say: iter(runs))

    report.make(tmp_path, tmp_path, run.Limits(), names=False, say=lambda _: None)

    assert "Network not cut" in page_in(tmp_path)
    assert "Anna" not in page_in(tmp_path)


# -- The command -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a folder of what was handed in, or of notebooks with --run"),
        (["nowhere"], "there is no folder 'nowhere'"),
        (["."], "nothing in {here} holds progress of this course."),
        (["--run", "."], "there is no notebook in {here}."),
        ([".", "--memory", "0"], "this is a number above 0, got '0'"),
        ([".", "--seconds", "nan"], "this is a number above 0, got 'nan'"),
        ([".", "--", "x"], "only `leakyedu lab` passes arguments on to JupyterLab, got ['x']"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as end:
        cli.main(["report", *arguments])

    told = f"{capsys.readouterr().err}{end.value.code}"
    assert said.format(here=tmp_path) in told
    assert list(tmp_path.iterdir()) == []


def test_the_command_tells_where_the_report_is(tmp_path, capsys):
    hand_in(tmp_path, {"Anna": RECORD})

    cli.main(["report", str(tmp_path)])

    assert capsys.readouterr().out.splitlines() == [
        "1 learner, no file left out.",
        f"Without names, and for you alone: {tmp_path / PAGE}, and {TABLE} beside it.",
    ]


def test_the_course_knows_each_mistake_that_a_check_can_count():
    known = course_map.known()

    assert sum(map(len, known.values())) > 800
    assert known["one_euler_step.peak_time"] == ()
    assert "forgets_dt" in known[STEP]
