"""What a learner has done is kept: through killed kernels, full disks and two kernels at once."""

import base64
import contextlib
import errno
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

import platformdirs
import platformdirs.macos
import platformdirs.windows
import pytest
from hypothesis import example, given, strategies as st

from leakyedu.app import course_map
from leakyedu.teaching import progress
from tests.stranger import stranger


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
    """Start another kernel, which has `count` too."""
    set_up = (
        "from leakyedu.teaching import progress\n"
        "count = lambda key: progress.change(key, lambda r: r.update(tries=r.get('tries', 0) + 1))\n"
    )
    environment = os.environ | {"LEAKYEDU_HOME": str(home)}
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
        ("darwin", {"XDG_DATA_HOME": "/data"}, "~/Library/Application Support/leakyedu"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/leakyedu"),
        ("win32", {}, "~/AppData/Local/leakyedu"),
        ("win32", {"XDG_DATA_HOME": "/data"}, "~/AppData/Local/leakyedu"),
        ("linux", {"LEAKYEDU_HOME": "/else"}, "/else"),
    ],
)
def test_the_file_lies_where_the_platform_keeps_data(monkeypatch, platform, variables, expected):
    for name in ("LEAKYEDU_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    local = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local")
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", lambda _: local)  # what Windows would say
    here = {"darwin": platformdirs.macos.MacOS, "win32": platformdirs.windows.Windows}
    monkeypatch.setattr(platformdirs, "PlatformDirs", here.get(platform, platformdirs.PlatformDirs))
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


@pytest.mark.slow
def test_a_kernel_killed_at_any_moment_leaves_a_whole_file(home):
    chance = random.Random(0)
    lengths, kept = [], 0
    for _ in range(40):
        victim = kernel(
            "n = 0\nwhile True:\n  count(f'lesson.{n % 40}')\n  n += 1\n  print('kept', flush=True)", home
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
    assert {path.name for path in home.iterdir()} == {"progress.json", "progress.lock"}
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


def test_broken_files_do_not_become_more_and_more(home):
    home.mkdir()
    for n in range(30):
        (home / "progress.json").write_bytes(b"broken %d" % n)
        count()

    beside = {path.read_bytes() for path in home.glob("progress.broken-*.json")}
    assert beside == {*(b"broken %d" % n for n in range(progress.MOST_BROKEN - 1)), b"broken 29"}


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
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user of whom no list knows
    count()
    count()

    assert progress.record("lesson.task") == {"tries": 2}
    assert "could not determine the home directory" in progress.news()


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


@pytest.mark.skipif(sys.platform == "win32", reason="every drive has locks there")
@pytest.mark.parametrize("name", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_where_files_cannot_be_locked_they_are_written_all_the_same(home, monkeypatch, name):
    def refuse(*_):
        raise OSError(getattr(errno, name), name)

    monkeypatch.setattr("fcntl.flock", refuse)
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
    assert {path.name for path in home.iterdir()} == {"progress.json", "progress.lock"}


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


# -- Somebody else ---------------------------------------------------------------------------------------

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX: permission bits, pipes and devices")


@posix
@pytest.mark.parametrize("past", ["none", "left open by an earlier version"])
def test_another_user_can_neither_read_progress_nor_hold_its_lock(monkeypatch, past):
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others altogether
    folder.chmod(0o755)
    monkeypatch.setenv("LEAKYEDU_HOME", str(folder / "home"))
    (folder / "home").mkdir()
    (folder / "home" / "progress.json").write_bytes(b"broken")
    count()
    if past != "none":
        for path in (folder / "home").iterdir():
            path.chmod(0o644)
        count()
    names = ["progress.broken-1.json", "progress.json", "progress.lock"]
    assert sorted(path.name for path in (folder / "home").iterdir()) == names

    with stranger(
        f"""
        held = []
        for name in {names}:
            try:
                held.append(os.open(os.path.join({str(folder / "home")!r}, name), os.O_RDONLY))
                fcntl.flock(held[-1], fcntl.LOCK_EX)
                print(name, end=" ")
            except PermissionError:
                print("refused", end=" ")
        """
    ) as told:
        assert told == "refused refused refused "
        progress.news()
        count("lesson.while_he_waits")

    assert progress.news() == ""
    assert "lesson.while_he_waits" in (folder / "home" / "progress.json").read_text("utf-8")
    shutil.rmtree(folder)


@posix
def test_the_usual_folder_is_closed_to_others_and_a_chosen_one_stays_as_it_is(monkeypatch, tmp_path):
    def mode(path):
        return oct(stat.S_IMODE(path.stat().st_mode))

    chosen, usual = tmp_path / "chosen", tmp_path / "leakyedu"
    for folder in (chosen, usual):
        folder.mkdir(mode=0o755)
        (folder / "progress.txt").write_text("something else")
    monkeypatch.setenv("LEAKYEDU_HOME", str(chosen))
    count()
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "made"))
    count()
    monkeypatch.delenv("LEAKYEDU_HOME")
    monkeypatch.setattr(progress.sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    count()

    assert {mode(folder / "progress.txt") for folder in (chosen, usual)} == {"0o644"}
    assert [mode(folder) for folder in (chosen, tmp_path / "made", usual)] == ["0o755", "0o700", "0o700"]
    assert {mode(folder / "progress.json") for folder in (chosen, usual)} == {"0o600"}


def bind(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(name)


def device(name: str) -> None:
    try:
        os.mknod(name, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("a device is missing: only root may make one")


@posix
@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        ("home", os.mkfifo, "LEAKYEDU_HOME is no folder"),
        ("home", bind, "LEAKYEDU_HOME is no folder"),
        ("home", device, "LEAKYEDU_HOME is no folder"),
        *(
            (f"home/progress.{name}", make, f"progress.{name} is no file")
            for name in ("json", "lock")
            for make in (os.mkfifo, bind, device, os.mkdir)
        ),
    ],
)
def test_what_is_no_file_holds_up_no_lesson(monkeypatch, tmp_path, name, make, why):
    monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
    Path(name).parent.mkdir(exist_ok=True)
    make(name)

    code = "for n in range(2): count('lesson.task')\nprint(progress.records()); print(progress.news())"
    with kernel(code, tmp_path / "home") as other:
        try:
            told = other.communicate(timeout=30)[0]
        finally:
            other.kill()

    assert told == (
        "{'lesson.task': {'tries': 2}}\n"
        f"Your progress is kept in this kernel only and ends with it ({why}); the lesson goes on.\n"
    )


# -- Taken along ----------------------------------------------------------------------------------------


def fill() -> dict:
    progress.change("lesson.guess", lambda record: record.update(prediction=7.5, seen=True, after=5.0))
    progress.change("lesson.curve", lambda record: record.update(prediction=[[5.0, 0.4], [10.0, 0.6]]))
    progress.change("lesson.task", lambda record: record.update(tries=3, hints=2, passed="2026-11-20"))
    progress.change("lesson.other", lambda record: record.update(tries=4, mistakes={"forgets_dt": 3}))
    return progress.records()


def on_another_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "another"))
    assert progress.records() == {}


def test_a_line_brings_everything_to_another_machine(monkeypatch, tmp_path):
    records, line = fill(), progress.export()
    on_another_machine(monkeypatch, tmp_path)

    assert line.isascii()
    assert "\n" not in line
    assert progress.restore(f"  {line[:30]}\n{line[30:]}\n") == 4
    assert progress.records() == records
    assert progress.restore(line) == 4
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


def test_what_was_changed_elsewhere_does_not_change_a_prediction_made_here(monkeypatch, tmp_path):
    progress.change("lesson.guess", lambda record: record.update(prediction=8.0, seen=True, after=6.0))
    line = progress.export()
    on_another_machine(monkeypatch, tmp_path)
    progress.change("lesson.guess", lambda record: record.update(prediction=7.0))

    progress.restore(line)

    assert progress.record("lesson.guess") == {"prediction": 7.0, "seen": True}


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


# -- What comes may be anything --------------------------------------------------------------------------


def line_of(records: dict) -> str:
    content = json.dumps({"schema": 1, "records": records}).encode()
    return "leakyedu1:" + base64.urlsafe_b64encode(zlib.compress(content)).decode("ascii")


@pytest.mark.parametrize("record", [{}, {"seen": True}, {"other": "x" * 100}])
def test_a_line_full_of_records_takes_the_room_of_no_real_one(home, record):
    progress.restore(line_of({f"lesson.{n}": record for n in range(1000)}))
    for n in range(20):
        count(f"real.task_{n}")

    told = kernel("print(sum(r == {'tries': 1} for r in progress.records().values()))", home)
    assert told.communicate(timeout=60)[0] == "20\n"
    progress.forget("lesson")
    assert len(progress.records()) == 20
    assert list(home.glob("*broken*")) == []
    assert progress.news() == ""


def test_lines_do_not_add_up_to_more_than_a_course_has():
    count("real.task")
    brought = [progress.restore(line_of({f"a{n}.b{m}": {"tries": 1} for m in range(300)})) for n in range(3)]

    print(f"\n3 lines of 300 records each: {brought} were taken")
    assert brought == [300, progress.MOST_RECORDS - 301, 0]
    assert len(progress.records()) == progress.MOST_RECORDS


def test_of_a_mistake_that_was_counted_twice_the_larger_count_is_kept():
    mine, theirs = {"forgets_dt": 2, "a": 1}, {"forgets_dt": 5, "B before C": 1}
    progress.change("lesson.task", lambda record: record.update(mistakes=mine))

    progress.restore(line_of({"lesson.task": {"mistakes": theirs}}))

    counted = {"forgets_dt": 5, "a": 1, "B before C": 1}
    assert progress.record("lesson.task") == {"mistakes": counted}


def test_lines_bring_no_more_mistakes_than_an_exercise_has_room_for():
    most = progress.MOST_MISTAKES
    progress.change("lesson.task", lambda record: record.update(mistakes={"mine": 1}))

    for n in range(3):
        progress.restore(line_of({"lesson.task": {"mistakes": {f"m{n}_{k}": 1 for k in range(most)}}}))

    kept = progress.record("lesson.task")["mistakes"]
    assert (len(kept), kept["mine"]) == (most, 1)


def test_a_count_of_mistakes_does_not_grow_past_what_can_be_read_again():
    full = {"mistakes": {"forgets_dt": progress.MOST_COUNTED}}
    progress.change("lesson.task", lambda record: record.update(full))
    progress.change("lesson.task", lambda record: record["mistakes"].update(forgets_dt=10**6))

    assert progress.record("lesson.task") == full


@pytest.mark.parametrize(
    "mistakes",
    [
        [],
        "forgets_dt",
        None,
        {"forgets_dt": "many"},
        {"forgets_dt": True},
        {"forgets_dt": -1},
        {"forgets_dt": 10**6},
        {"=cmd|' /C calc'!A0": 1},
        {"<script>": 1},
        {"\ud800": 1},
        {"": 1},
        {"x" * 61: 1},
        {f"m{n}": 1 for n in range(progress.MOST_MISTAKES + 1)},
    ],
)
def test_counts_that_no_check_has_made_are_left_out_of_what_a_line_brings(mistakes):
    line = line_of({"lesson.odd": {"tries": 1, "mistakes": mistakes}, "lesson.task": {"tries": 1}})

    assert progress.restore(line) == 1
    assert progress.records() == {"lesson.task": {"tries": 1}}


def test_what_an_earlier_version_kept_is_read_and_a_newer_one_is_read_by_it():
    """Earlier versions leave a field alone that they do not know; their lines have none."""
    count()
    assert progress.restore(line_of({"lesson.task": {"tries": 3, "passed": "2026-11-20"}})) == 1
    assert progress.record("lesson.task") == {"tries": 3, "passed": "2026-11-20"}
    assert progress.export().startswith("leakyedu1:")


def test_a_mistake_that_no_exercise_has_is_not_brought_back_by_the_map():
    named = {"forgets_dt": 2, "no_such_mistake": 9}
    odd = {"one_euler_step.order": {"mistakes": {"no_such_mistake": 1}}}

    said = course_map.restore(line_of({"one_euler_step.step": {"tries": 3, "mistakes": named}} | odd))

    assert said.text.startswith("Brought back: 1 record.")
    assert progress.records() == {"one_euler_step.step": {"tries": 3, "mistakes": {"forgets_dt": 2}}}


def test_what_no_lesson_asks_for_is_not_brought_back_by_the_map():
    asked = {"one_euler_step.by_hand": {"tries": 1}}
    odd = {"one_euler_step.nothing": {"tries": 1}, "nowhere.task": {"tries": 1}}

    assert course_map.restore(line_of(asked | odd)).text.startswith("Brought back: 1 record.")
    assert progress.records() == asked


KEYS = ["lesson.task", "lesson.recall.1", "one_euler_step.peak_time", "one_euler_step.by_hand"]
WORDS = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["2026-11-20", "2026-02-30", "20261120", "\ud800", "2026-11-20\ud800", "a", "\x1b[2J"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | WORDS
    | st.integers()
    | st.sampled_from([10**6, 10**6 - 1, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.dictionaries(st.sampled_from([*progress.FIELDS, "other", "\ud800"]), VALUES, max_size=4) | VALUES


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(KEYS) | WORDS, RECORDS, max_size=5))
@example({"one_euler_step.by_hand": {"passed": "2026-11-20\ud800"}})
@example({"lesson.task": {"tries": 999_999}})
@example({"one_euler_step.peak_time": {"prediction": 10**400}})
@example({"lesson.\ud800": {"tries": 1}})
def test_whatever_a_line_held_what_is_kept_is_read_and_shown(records):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEAKYEDU_HOME", folder)
        patch.setattr(os, "fsync", lambda _: None)  # nobody switches the computer off
        progress.restore(line_of(records))
        count()

        kept = progress.records()
        content = json.loads((Path(folder) / "progress.json").read_text("utf-8"))["records"]
        shown = [course_map.table(), course_map.summary()]

        assert "tries" in kept["lesson.task"]
        assert kept == {key: record for key, record in content.items() if record}
        assert {path.name for path in Path(folder).iterdir()} == {"progress.json", "progress.lock"}
        assert progress.news() == ""
        assert all(words.encode() for table in shown for words in table._repr_mimebundle_().values())
        for lesson in {key.partition(".")[0] for key in kept}:
            progress.forget(lesson)
        assert progress.records() == {}


def test_a_record_that_could_not_be_read_again_is_refused(home):
    count()
    before = (home / "progress.json").read_bytes()

    for key, fields in (("no key", {"tries": 1}), ("lesson.task", {"passed": "yesterday"})):
        with pytest.raises(ValueError, match=r"A record has a key such as 'lesson\.exercise'"):
            progress.change(key, lambda record, fields=fields: record.update(fields))

    assert (home / "progress.json").read_bytes() == before
