"""What a learner has done is kept: through killed kernels, full disks and two kernels at once."""

import base64
import contextlib
import errno
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

import pytest

from leakyedu import progress


def forget_everything():
    progress._memory.clear()
    progress._news.clear()
    progress._why_in_memory = ""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Return the folder of a learner without a past, and forget what other tests have kept in memory."""
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "home"))
    forget_everything()
    yield tmp_path / "home"
    forget_everything()


def count(key: str = "lesson.task") -> None:
    progress.change(key, lambda record: record.update(tries=record.get("tries", 0) + 1))


def kernel(code: str, home: Path, **options) -> subprocess.Popen:
    """Start another kernel, which has `count` too, and the file alone: torch takes a second to load."""
    set_up = (
        "import progress\n"
        "count = lambda key: progress.change(key, lambda r: r.update(tries=r.get('tries', 0) + 1))\n"
    )
    environment = os.environ | {"LEAKYEDU_HOME": str(home), "PYTHONPATH": str(Path(progress.__file__).parent)}
    command = [sys.executable, "-c", set_up + code]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, **options)


# -- Kept --------------------------------------------------------------------------------------------


def test_what_was_never_done_has_an_empty_record(home):
    assert progress.record("lesson.task") == {}
    assert progress.records() == {}
    assert not home.exists()
    assert progress.news() == ""


def test_a_change_is_read_by_the_next_kernel(home):
    count()
    count()

    told = kernel("print(progress.record('lesson.task'))", home).communicate(timeout=60)[0]
    assert told == "{'tries': 2}\n"
    assert [path.name for path in home.iterdir() if path.suffix == ".json"] == ["progress.json"]
    assert json.loads((home / "progress.json").read_text("utf-8")) == {
        "schema": 1,
        "records": {"lesson.task": {"tries": 2}},
    }


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/leakyedu"),
        ("linux", {}, "~/.local/share/leakyedu"),
        ("darwin", {}, "~/Library/Application Support/leakyedu"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/leakyedu"),
        ("win32", {}, "~/AppData/Local/leakyedu"),
        ("linux", {"LEAKYEDU_HOME": "/else"}, "/else"),
    ],
)
def test_the_file_lies_where_the_platform_keeps_data(monkeypatch, platform, variables, expected):
    for name in ("LEAKYEDU_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(progress.sys, "platform", platform)

    assert progress.home() == Path(expected).expanduser()


def test_a_lesson_is_forgotten_and_no_other():
    count("lesson.task")
    count("lesson.recall.1")
    count("lesson_two.task")

    assert progress.forget("lesson") == 2
    assert progress.forget("lesson") == 0
    assert progress.records() == {"lesson_two.task": {"tries": 1}}


# -- Whatever happens ----------------------------------------------------------------------------------


def test_a_kernel_killed_at_any_moment_leaves_a_whole_file(home):
    chance = random.Random(0)
    lengths, kept = [], 0
    for _ in range(60):
        victim = kernel(
            "print('ready', flush=True)\nn = 0\nwhile True:\n  n += 1\n  count(f'lesson.{n % 40}')", home
        )
        victim.stdout.readline()
        time.sleep(chance.uniform(0, 0.02))
        victim.kill()
        victim.communicate()
        if (home / "progress.json").exists():
            content = json.loads((home / "progress.json").read_text("utf-8"))
            tries = sum(record["tries"] for record in content["records"].values())
            assert tries >= kept, "a killed kernel took away what was kept before it"
            kept = tries
            lengths.append(tries)

    assert len(set(lengths)) > 20, "the kernels were killed before they had kept anything"
    count()
    assert list(home.glob("*.tmp")) == []
    assert list(home.glob("*broken*")) == []
    assert progress.news() == ""


def test_two_kernels_and_the_threads_of_one_lose_nothing_of_each_other(home):
    kernels = [kernel("for n in range(40): count('lesson.task')", home) for _ in range(2)]
    threads = [threading.Thread(target=lambda: [count() for _ in range(20)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in kernels:
        other.communicate(timeout=60)

    assert progress.record("lesson.task") == {"tries": 120}
    assert progress.news() == ""


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b'{"schema": 1, "records": {"lesson.task": {"tri',
        b"\xff\x00\xfe",
        b"[]",
        b'{"records": {}}',
        b'{"schema": "1", "records": {}}',
        b'{"schema": 0, "records": {}}',
        b'{"schema": 1, "records": []}',
        b'{"schema": 1, "records": {"lesson.task": 3}}',
        b'{"schema": 1, "records": {"lesson.task": {"tries": "many"}}}',
        b'{"schema": 1, "records": {"lesson.task": {"tries": -1, "hints": 1.5}}}',
        b'{"schema": 1, "records": {"lesson.task": {"hints": null}}}',
        b'{"schema": 1, "records": {"lesson.task": {"tries": ' + b"9" * 4000 + b"}}}",
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_kept_beside_and_said_once(home, broken):
    home.mkdir()
    (home / "progress.json").write_bytes(broken)

    count()

    assert progress.record("lesson.task") == {"tries": 1}
    assert (home / "progress.broken-1.json").read_bytes() == broken
    assert progress.news() == (
        "Your progress could not be read and begins anew; the old file is kept as `progress.broken-1.json`."
    )
    assert progress.news() == ""


def test_one_odd_record_spoils_no_other(home):
    home.mkdir()
    odd = (
        b'{"schema": 1, "records": {"lesson.task": {"tries": 1.5}, "lesson.other": {"passed": "2026-11-20"}}}'
    )
    (home / "progress.json").write_bytes(odd)

    assert progress.records() == {"lesson.other": {"passed": "2026-11-20"}}
    assert progress.news() == (
        "Some of your progress could not be read and begins anew; the old file is kept as "
        "`progress.broken-1.json`."
    )
    assert (home / "progress.broken-1.json").read_bytes() == odd


def test_a_second_broken_file_does_not_take_the_place_of_the_first(home):
    home.mkdir()
    for content in (b"one", b"two"):
        (home / "progress.json").write_bytes(content)
        count()

    assert (home / "progress.broken-1.json").read_bytes() == b"one"
    assert (home / "progress.broken-2.json").read_bytes() == b"two"


def test_the_file_of_a_newer_version_is_left_alone(home):
    home.mkdir()
    newer = b'{"schema": 2, "people": {}}'
    (home / "progress.json").write_bytes(newer)

    count()
    count()

    assert progress.record("lesson.task") == {"tries": 2}
    assert (home / "progress.json").read_bytes() == newer
    assert progress.news() == (
        "Your progress is kept in this kernel only and ends with it (a newer leakyedu has written it); the "
        "lesson goes on."
    )


@contextlib.contextmanager
def as_nobody():
    """Be a user whom the system refuses what it would not refuse to root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no permission bits there")
@pytest.mark.parametrize("past", [True, False])
def test_a_read_only_home_keeps_in_memory_and_says_so_once(monkeypatch, past):
    home = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others altogether
    monkeypatch.setenv("LEAKYEDU_HOME", str(home))
    if past:
        count()
        (home / "progress.json").chmod(0o644)
    home.chmod(0o555)
    (home / "progress.lock").touch()

    with as_nobody():
        count()
        count("lesson.other")
        records = progress.records()

    assert records == {"lesson.task": {"tries": 2 if past else 1}, "lesson.other": {"tries": 1}}
    assert progress.news() == (
        "Your progress is kept in this kernel only and ends with it (Permission denied); the lesson goes on."
    )
    assert progress.news() == ""
    home.chmod(0o755)
    count("lesson.third")
    assert json.loads((home / "progress.json").read_text("utf-8"))["records"] == {
        **records,
        "lesson.third": {"tries": 1},
    }
    shutil.rmtree(home)


def test_a_home_that_is_a_file_keeps_in_memory(home):
    home.write_text("here stands something else", "utf-8")

    count()
    count()

    assert progress.record("lesson.task") == {"tries": 2}
    assert progress.forget("lesson") == 1
    assert "kept in this kernel only" in progress.news()


def test_without_any_home_what_is_done_is_kept_in_memory(monkeypatch):
    monkeypatch.delenv("LEAKYEDU_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(progress.Path, "home", no_home)
    count()
    count()

    assert progress.record("lesson.task") == {"tries": 2}
    assert "(Could not determine home directory); the lesson goes on." in progress.news()


def test_a_recovered_home_that_fails_again_is_said_again(home):
    home.write_text("", "utf-8")
    count()
    assert "kept in this kernel only" in progress.news()
    home.unlink()
    count()
    assert progress.news() == ""
    shutil.rmtree(home)
    home.write_text("", "utf-8")

    count()

    assert "kept in this kernel only" in progress.news()


def test_a_link_to_a_file_elsewhere_stays_a_link(home, tmp_path):
    home.mkdir()
    (tmp_path / "synchronised").mkdir()
    (home / "progress.json").symlink_to(tmp_path / "synchronised" / "mine.json")

    count()
    count()

    assert (home / "progress.json").is_symlink()
    assert json.loads((tmp_path / "synchronised" / "mine.json").read_text("utf-8"))["records"] == {
        "lesson.task": {"tries": 2}
    }


def test_where_files_cannot_be_locked_they_are_written_all_the_same(home, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(progress, "_lock", refuse)
    count()

    assert json.loads((home / "progress.json").read_text("utf-8"))["records"] == {"lesson.task": {"tries": 1}}
    assert progress.news() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of a file are POSIX's")
def test_a_full_disk_keeps_in_memory_and_leaves_the_file_whole(home):
    count("lesson.before")
    before = (home / "progress.json").read_bytes()

    told = kernel(
        "import resource\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)}, {len(before)}))\n"
        "for n in range(3): count('lesson.task')\n"
        "print(progress.records()); print(progress.news())",
        home,
    ).communicate(timeout=60)[0]

    assert told == (
        "{'lesson.before': {'tries': 1}, 'lesson.task': {'tries': 3}}\n"
        "Your progress is kept in this kernel only and ends with it (File too large); the lesson goes on.\n"
    )
    assert (home / "progress.json").read_bytes() == before
    assert list(home.glob("*.tmp")) == []


def test_a_lock_that_is_never_let_go_is_no_reason_to_wait_for_ever(home, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    home.mkdir()
    holder = kernel(
        "with progress._locked(): print('held', flush=True); input()", home, stdin=subprocess.PIPE
    )
    holder.stdout.readline()

    count()

    assert progress.record("lesson.task") == {"tries": 1}
    assert "another kernel holds its file" in progress.news()
    holder.communicate("\n", timeout=60)
    count()
    assert progress.record("lesson.task") == {"tries": 2}
    assert json.loads((home / "progress.json").read_text("utf-8"))["records"]["lesson.task"] == {"tries": 2}


# -- Taken along ----------------------------------------------------------------------------------------


def fill() -> dict:
    progress.change("lesson.guess", lambda record: record.update(prediction=7.5, seen=True, after=5.0))
    progress.change("lesson.curve", lambda record: record.update(prediction=[[5.0, 0.4], [10.0, 0.6]]))
    progress.change("lesson.task", lambda record: record.update(tries=3, hints=2, passed="2026-11-20"))
    return progress.records()


def on_another_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "another"))
    assert progress.records() == {}


def test_a_line_brings_everything_to_another_machine(monkeypatch, tmp_path):
    records, line = fill(), progress.export()
    on_another_machine(monkeypatch, tmp_path)

    assert line.isascii()
    assert "\n" not in line
    assert progress.restore(f"  {line[:30]}\n{line[30:]}\n") == 3
    assert progress.records() == records
    assert progress.restore(line) == 3
    assert progress.records() == records


def test_the_line_of_a_whole_course_fits_into_a_message():
    for n in range(150):
        progress.change(
            f"lesson_{n % 11}.task_{n}",
            lambda record, n=n: record.update(tries=n % 7, hints=n % 3, passed=f"2026-11-{n % 28 + 1:02}"),
        )

    assert len(progress.export()) < 4000


def test_what_was_done_here_is_not_undone_by_what_comes(monkeypatch, tmp_path):
    fill()
    line = progress.export()
    on_another_machine(monkeypatch, tmp_path)
    progress.change("lesson.guess", lambda record: record.update(prediction=6.0, after=None))
    progress.change("lesson.task", lambda record: record.update(tries=1, passed="2026-11-24", solution=True))

    progress.restore(line)

    assert progress.record("lesson.guess") == {"prediction": 6.0, "after": None, "seen": True}
    assert progress.record("lesson.task") == {
        "tries": 3,
        "hints": 2,
        "passed": "2026-11-20",
        "solution": True,
    }


def test_a_damaged_line_changes_nothing_and_is_said_to_be_none():
    records, line = fill(), progress.export()
    middle, newer = line[:20] + "AAAA" + line[24:], "leakyedu2:" + line[10:]
    damaged = [
        line + "AAAA",
        line + "%",
        "",
        "hello",
        "leakyedu1:",
        "leakyedu1:é",
        newer,
        middle,
        line[:-9],
        line[1:],
    ]

    for text in damaged:
        with pytest.raises(ValueError, match=r'it begins with "leakyedu1:" and must be whole\.'):
            progress.restore(text)

    assert progress.records() == records


def test_a_line_that_would_unpack_into_all_of_the_memory_is_refused():
    for content in (
        b" " * 300_000_000,
        b'{"schema": 1, "records": {' + b'"a": {}, ' * 200_000 + b'"b": {}}}',
    ):
        bomb = "leakyedu1:" + base64.urlsafe_b64encode(zlib.compress(content, 9)).decode("ascii")

        with pytest.raises(ValueError, match="must be whole"):
            progress.restore(bomb)
