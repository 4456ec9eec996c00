"""The command: what it copies, what it never touches, and the JupyterLab that it starts."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import leakyedu
from leakyedu import lessons
from leakyedu.app import cli
from leakyedu.app.voting import Class
from leakyedu.lessons import notebooks

EULER = "04_one_euler_step.ipynb"
NEW = "04_one_euler_step_new.ipynb"
CHECKOUT = Path(cli.__file__).parents[2]
EACH = len(notebooks())


def write_lesson(path: Path, *sources: str, kind: str = "code") -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["the answer is 42\n"]}]
    cells = [
        {"cell_type": "markdown", "id": "opening", "metadata": {}, "source": ["# A lesson\n", "µ, τ"]},
        *({"cell_type": kind, "id": f"cell-{n}", "metadata": {}, "source": s} for n, s in enumerate(sources)),
    ]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell.update(outputs=outputs, execution_count=7)
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "widgets": {"state": "42"}}
    path.write_text(
        json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
    )


def build_course(folder: Path) -> Path:
    (folder / "figures").mkdir(parents=True)
    (folder / "teaching").mkdir()
    write_lesson(folder / "00_start_here.ipynb", "1 + 1")
    write_lesson(folder / EULER, "a = 1", "print(a)")
    write_lesson(folder / "teaching" / "05_demo.ipynb", "0")
    (folder / "figures" / "speed.json").write_text("[1]")
    return folder


def take_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command find its lessons in a folder."""
    for module in (lessons, cli):
        monkeypatch.setattr(module, "course", lambda: folder)


@pytest.fixture
def course(tmp_path, monkeypatch):
    folder = build_course(tmp_path / "course")
    take_from(folder, monkeypatch)
    return folder


@pytest.fixture
def mine(tmp_path, course):
    """Return the learner's folder after its first copy."""
    folder = tmp_path / "mine"
    cli.copy_lessons(folder)
    return folder


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def sources(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in read(path)["cells"]]


def edit(path: Path, change) -> bytes:
    """Save a notebook as JupyterLab would after ``change``, and return its bytes."""
    notebook = read(path)
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1), "utf-8")
    return path.read_bytes()


def work(notebook: dict) -> None:
    notebook["cells"][1]["source"] = ["a = 1\n", "my_answer = 2"]


def run_all(notebook: dict) -> None:
    notebook["cells"][1].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}])


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# What is copied


def test_the_lessons_and_their_figures_are_copied_and_the_teacher_s_are_not(course, tmp_path):
    cli.main(["copy", str(tmp_path / "deep" / "mine")])

    assert set(everything(tmp_path / "deep" / "mine")) == {
        "00_start_here.ipynb",
        EULER,
        os.path.join("figures", "speed.json"),
    }


def test_without_a_name_the_folder_is_leakyedu_lessons_here(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    cli.main(["copy"])

    assert (tmp_path / "leakyedu-lessons" / EULER).exists()
    assert capsys.readouterr().out == (
        f"The lessons are in {tmp_path / 'leakyedu-lessons'}: 2 copied.\nOpen 00_start_here.ipynb first.\n"
    )


def test_a_lesson_that_the_learner_spelt_in_capitals_is_not_written_over(mine, monkeypatch):
    before, glob = edit(mine / EULER, work), Path.glob

    def as_on_windows_and_macos(folder, pattern, **how):
        # The folder lists a name as it was written last, and any spelling of it opens the file.
        found = glob(folder, pattern, **how)
        return (path.with_name("04_One_Euler_Step.ipynb") if path == mine / EULER else path for path in found)

    monkeypatch.setattr(Path, "glob", as_on_windows_and_macos)
    cli.copy_lessons(mine)

    assert (mine / EULER).read_bytes() == before


def test_a_folder_whose_name_the_console_cannot_say_is_said_all_the_same(tmp_path):
    command = [sys.executable, "-m", "leakyedu.app.cli", "copy", "神経"]
    as_on_windows = os.environ | {"PYTHONIOENCODING": "cp1252"}

    done = subprocess.run(command, cwd=tmp_path, env=as_on_windows, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert b"\\u795e\\u7d4c: 12 copied." in done.stdout
    assert (tmp_path / "神経" / EULER).exists()


def test_no_stored_answer_travels_with_a_lesson(mine):
    notebook = read(mine / EULER)

    assert [(c["outputs"], c["execution_count"]) for c in notebook["cells"][1:]] == [([], None)] * 2
    assert "42" not in (mine / EULER).read_text("utf-8")


def test_a_copy_has_the_cells_of_its_lesson_and_a_mark(course, mine):
    lesson, copy = read(course / EULER), read(mine / EULER)

    mark = copy["metadata"].pop("leakyedu")
    del copy["metadata"]["language_info"]
    lesson["metadata"].pop("widgets")
    for cell in lesson["cells"][1:]:
        cell.update(outputs=[], execution_count=None)
    assert copy == lesson
    assert mark["version"] == leakyedu.__version__
    assert len(mark["copied"]) == 64


def test_jupyterlab_finds_nothing_to_correct_in_a_lesson_that_is_only_opened(mine):
    from ipykernel.ipkernel import IPythonKernel

    assert read(mine / EULER)["metadata"]["language_info"] == IPythonKernel.language_info


def test_a_second_copy_changes_nothing(mine):
    before = everything(mine)

    sentences = cli.copy_lessons(mine)

    assert everything(mine) == before
    assert sentences == [f"The lessons are in {mine}: 2 left alone."]


def test_copied_lessons_are_valid_notebooks(mine):
    nbformat = pytest.importorskip("nbformat")

    nbformat.validate(nbformat.read(mine / EULER, as_version=nbformat.NO_CONVERT))


def test_jupyterlab_saves_a_lesson_byte_for_byte_as_it_was_copied(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    cli.copy_lessons(tmp_path / "mine")
    before = everything(tmp_path / "mine")

    for path in (tmp_path / "mine").glob("*.ipynb"):
        nbformat.write(nbformat.read(path, as_version=nbformat.NO_CONVERT), path)

    assert len(before) >= len(notebooks())
    assert everything(tmp_path / "mine") == before


# What the learner did stays


def change_kind(notebook):
    notebook["cells"][1] = {"cell_type": "raw", "id": "cell-0", "metadata": {}, "source": "a = 1"}


@pytest.mark.parametrize(
    "change",
    [
        work,
        change_kind,
        lambda notebook: notebook["cells"].pop(),
        lambda notebook: notebook["cells"].reverse(),
        lambda notebook: notebook["cells"][2].update(source=""),
        lambda notebook: notebook["cells"].append({"cell_type": "raw", "metadata": {}, "source": "note"}),
        lambda notebook: notebook["metadata"].pop("leakyedu"),
        lambda notebook: notebook["metadata"].update(leakyedu="mine"),
        lambda notebook: notebook["metadata"]["leakyedu"].update(copied={}),
        lambda notebook: notebook.pop("cells"),
        lambda notebook: notebook["cells"].append(None),
    ],
)
def test_a_changed_notebook_is_never_overwritten_by_a_newer_lesson(course, mine, change):
    changed = edit(mine / EULER, change)
    write_lesson(course / EULER, "a = 2")

    cli.copy_lessons(mine)
    cli.copy_lessons(mine)

    assert (mine / EULER).read_bytes() == changed
    assert sources(mine / NEW)[1:] == ["a = 2"]


def test_a_changed_notebook_is_never_overwritten_by_its_own_lesson(mine):
    changed = edit(mine / EULER, work)
    before = everything(mine)

    cli.copy_lessons(mine)

    assert (mine / EULER).read_bytes() == changed
    assert everything(mine) == before


@pytest.mark.parametrize(
    "wreck", [b"", b"[]", b"null", b'{"cells": [{"cell_type": "code", "sou', b"\xff\xfe\x00", b"[" * 100_000]
)
def test_a_wrecked_notebook_stays_and_the_lesson_arrives_beside_it_once(mine, wreck):
    (mine / EULER).write_bytes(wreck)

    sentences = cli.copy_lessons(mine)
    cli.copy_lessons(mine)

    assert (mine / EULER).read_bytes() == wreck
    assert sources(mine / NEW)[1:] == ["a = 1", "print(a)"]
    assert len(list(mine.glob("04*"))) == 2
    assert f"{EULER} cannot be read and was left alone; the new lesson is {NEW}." in sentences


def test_a_folder_with_the_name_of_a_lesson_stays(mine):
    (mine / EULER).unlink()
    (mine / EULER).mkdir()

    cli.copy_lessons(mine)

    assert (mine / EULER).is_dir()
    assert (mine / NEW).is_file()


def test_a_renamed_notebook_stays_and_the_lesson_is_copied_again(mine):
    changed = edit(mine / EULER, work)
    (mine / EULER).rename(mine / "my_step.ipynb")

    cli.copy_lessons(mine)

    assert (mine / "my_step.ipynb").read_bytes() == changed
    assert sources(mine / EULER)[1:] == ["a = 1", "print(a)"]


def test_a_notebook_that_was_only_run_keeps_its_outputs(mine):
    with_outputs = edit(mine / EULER, run_all)

    cli.copy_lessons(mine)

    assert (mine / EULER).read_bytes() == with_outputs


def test_a_notebook_that_was_only_run_is_replaced_by_a_newer_lesson(course, mine):
    edit(mine / EULER, run_all)
    edit(mine / EULER, lambda notebook: notebook["cells"].append(empty_cell()))
    write_lesson(course / EULER, "a = 2")

    sentences = cli.copy_lessons(mine)

    assert sources(mine / EULER)[1:] == ["a = 2"]
    assert sentences == [f"The lessons are in {mine}: 1 replaced by a newer version, 1 left alone."]
    assert not (mine / NEW).exists()


def empty_cell() -> dict:
    """What JupyterLab appends when the last cell is run."""
    return {"cell_type": "code", "metadata": {}, "source": [], "outputs": [], "execution_count": None}


def test_each_newer_lesson_arrives_once_under_a_name_of_its_own(course, mine):
    edit(mine / EULER, work)

    write_lesson(course / EULER, "a = 2")
    first = [cli.copy_lessons(mine), cli.copy_lessons(mine)]
    write_lesson(course / EULER, "a = 3")
    cli.copy_lessons(mine)
    edit(mine / "04_one_euler_step_new_2.ipynb", work)
    cli.copy_lessons(mine)

    assert f"{EULER} has your changes and was left alone; the new lesson is {NEW}." in first[0]
    assert first[1] == [f"The lessons are in {mine}: 2 left alone."]
    assert {p.name: sources(p)[1][:5] for p in mine.glob("04*_new*")} == {
        NEW: "a = 2",
        "04_one_euler_step_new_2.ipynb": "a = 1",
    }


def test_a_learner_who_wrote_the_newer_lesson_himself_needs_no_copy_of_it(course, mine):
    write_lesson(course / EULER, "a = 1\nmy_answer = 2", "print(a)")
    changed = edit(mine / EULER, work)

    cli.copy_lessons(mine)

    assert (mine / EULER).read_bytes() == changed
    assert not (mine / NEW).exists()


def test_copying_into_the_lessons_themselves_changes_nothing(course):
    before = everything(course)

    cli.copy_lessons(course)

    assert everything(course) == before


def test_a_figure_of_the_learner_s_stays_beside_the_newer_one(course, mine):
    (mine / "figures" / "speed.json").write_text("[9]")

    cli.copy_lessons(mine)
    cli.copy_lessons(mine)

    assert {p.name: p.read_text() for p in (mine / "figures").iterdir()} == {
        "speed.json": "[1]",
        "speed_old.json": "[9]",
    }


def rename(path: Path) -> None:
    path.rename(path.with_name(f"my_{path.name}"))


def leave_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda path: edit(path, work), f"{EACH} left alone"),
        (leave_half, f"{EACH} left alone"),
        (rename, f"{EACH} copied"),
        (lambda path: edit(path, run_all), f"{EACH} replaced by a newer version"),
        (Path.unlink, f"{EACH} copied"),
    ],
    ids=["changed", "half-written", "renamed", "only run", "deleted"],
)
@pytest.mark.parametrize("way", ["newer", "older"])
def test_all_lessons_of_the_course_arrive_and_take_no_work_away(tmp_path, monkeypatch, do, said, way):
    real, other, mine = cli.course(), tmp_path / "other", tmp_path / "mine"
    shutil.copytree(real, other)
    for path in other.glob("[0-9]*.ipynb"):
        edit(path, lambda notebook: notebook["cells"].pop())
    before, after = (real, other) if way == "newer" else (other, real)
    take_from(before, monkeypatch)
    cli.copy_lessons(mine)
    copied = everything(mine)
    for path in mine.glob("*.ipynb"):
        do(path)
    work_of_the_learner = everything(mine)
    take_from(after, monkeypatch)

    sentences = cli.copy_lessons(mine)

    changed = {
        name: content
        for name, content in work_of_the_learner.items()
        if said != f"{EACH} replaced by a newer version" and content != copied.get(name)
    }
    assert sentences[0] == f"The lessons are in {mine}: {said}."
    assert {name: content for name, content in everything(mine).items() if name in changed} == changed
    there = [
        sources(mine / name) for name in everything(mine) if name.endswith(".ipynb") and name not in changed
    ]
    assert all(sources(path) in there for path in after.glob("[0-9]*.ipynb"))


# --fresh


def test_fresh_puts_a_clean_copy_beside_a_wrecked_one_each_time(mine, capsys):
    changed = edit(mine / EULER, work)

    cli.main(["copy", str(mine), "--fresh", "04"])
    cli.main(["copy", str(mine), "--fresh", "4"])

    assert (mine / EULER).read_bytes() == changed
    assert sources(mine / "04_one_euler_step_fresh.ipynb")[1:] == ["a = 1", "print(a)"]
    assert sources(mine / "04_one_euler_step_fresh_2.ipynb")[1:] == ["a = 1", "print(a)"]
    assert len(list(mine.glob("*.ipynb"))) == 4
    assert "A clean copy of lesson 04 is 04_one_euler_step_fresh.ipynb.\n" in capsys.readouterr().out


def test_fresh_makes_no_second_copy_of_a_lesson_that_has_just_arrived(mine):
    (mine / EULER).unlink()

    sentences = cli.copy_lessons(mine, fresh="04")

    assert len(list(mine.glob("*.ipynb"))) == 2
    assert f"A clean copy of lesson 04 is {EULER}." in sentences


def test_fresh_of_an_unknown_lesson_names_the_lessons_and_copies_nothing(course, tmp_path):
    with pytest.raises(SystemExit) as stop:
        cli.main(["copy", str(tmp_path / "mine"), "--fresh", "99"])

    assert stop.value.code == (
        "There is no lesson '99' to copy afresh; the lessons are 00_start_here, 04_one_euler_step."
    )
    assert not (tmp_path / "mine").exists()


# What goes wrong


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_an_interrupted_copy_leaves_the_old_notebook_whole(course, mine, monkeypatch, function):
    before = everything(mine)
    write_lesson(course / EULER, "a = 2")
    monkeypatch.setattr(os, function, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        cli.copy_lessons(mine)

    assert everything(mine) == before


def test_a_notebook_is_on_the_disk_before_it_takes_its_name(course, tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), replace(a, b)))

    cli.copy_lessons(tmp_path / "mine")

    assert calls == ["fsync", "replace"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="files have no permission bits there")
def test_a_notebook_that_was_closed_to_others_is_not_opened_by_a_newer_lesson(course, mine):
    modes = [(mine / EULER).stat().st_mode & 0o777]
    (mine / EULER).chmod(0o600)
    write_lesson(course / EULER, "a = 2")

    cli.copy_lessons(mine)

    modes.append((mine / EULER).stat().st_mode & 0o777)
    (mine / "usual").touch()
    assert modes == [(mine / "usual").stat().st_mode & 0o777, 0o600]


KILLED = """
import sys, pathlib
from leakyedu import lessons
from leakyedu.app import cli
lessons.course = cli.course = lambda: pathlib.Path(sys.argv[1])
print("ready", flush=True)
while True:
    for notebook in pathlib.Path(sys.argv[2]).glob("0*"):
        notebook.unlink()
    cli.copy_lessons(pathlib.Path(sys.argv[2]))
"""


def test_a_killed_copy_leaves_no_half_notebook(course, tmp_path):
    mine = tmp_path / "mine"
    write_lesson(course / EULER, "x = 1\n" * 200_000)
    command = [sys.executable, "-c", KILLED, course, mine]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT)

    with process:
        process.stdout.readline()
        time.sleep(0.7)
        process.kill()

    assert mine.exists()
    assert all(len(sources(path)) == 2 for path in mine.glob("*.ipynb"))


@pytest.mark.parametrize(
    ("function", "code", "words"),
    [
        ("fsync", errno.ENOSPC, "No space left on device"),
        ("replace", errno.EACCES, "Permission denied"),
        ("mkdir", errno.EROFS, "Read-only file system"),
    ],
)
def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(
    course, tmp_path, monkeypatch, function, code, words
):
    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, function, fail)
    if function == "mkdir":
        monkeypatch.setattr(Path, "mkdir", fail)

    with pytest.raises(SystemExit) as stop:
        cli.main(["copy", str(tmp_path / "mine")])

    assert stop.value.code == f"The lessons cannot be copied to {tmp_path / 'mine'}: {os.strerror(code)}."
    assert words in stop.value.code or os.name == "nt"


FULL = """
import pathlib, resource, sys
from leakyedu import lessons
from leakyedu.app import cli
lessons.course = cli.course = lambda: pathlib.Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
cli.main(["copy", sys.argv[2]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of a file are POSIX's")
@pytest.mark.parametrize("room", [0, 15_000, 20_000])
def test_on_a_full_disk_each_lesson_is_the_old_or_the_new_one(tmp_path, room):
    newer, mine = tmp_path / "newer", tmp_path / "mine"
    cli.copy_lessons(mine)
    before = everything(mine)
    shutil.copytree(cli.course(), newer)
    for path in newer.glob("[0-9]*.ipynb"):
        edit(path, lambda notebook: notebook["cells"].pop())

    done = subprocess.run(
        [sys.executable, "-c", FULL, newer, mine, str(room)], cwd=CHECKOUT, capture_output=True, text=True
    )

    after = everything(mine)
    assert done.returncode == 1
    assert done.stderr == f"The lessons cannot be copied to {mine}: {os.strerror(errno.EFBIG)}.\n"
    assert after.keys() == before.keys()
    replaced = [name for name in after if after[name] != before[name]]
    lost = [name for name in replaced if sources(mine / name) != sources(newer / name)]
    print(
        f"\nRoom for {room} bytes, {len(after)} files: {len(lost)} lost, {len(replaced)} replaced as a whole"
    )
    assert lost == []


def test_a_file_in_place_of_the_folder_is_said_in_one_sentence(course, tmp_path):
    (tmp_path / "mine").write_text("my file")

    with pytest.raises(SystemExit) as stop:
        cli.main(["copy", str(tmp_path / "mine")])

    assert stop.value.code == f"{tmp_path / 'mine'} is a file. Name a folder for the lessons."
    assert (tmp_path / "mine").read_text() == "my file"


def test_lost_lessons_are_said_in_one_sentence(course, tmp_path):
    shutil.rmtree(course)

    with pytest.raises(SystemExit, match=r"There are no lessons in .*course\. Install leakyedu again\."):
        cli.copy_lessons(tmp_path / "mine")


@pytest.mark.parametrize("module", ["jupyterlab", "ipywidgets"])
def test_a_missing_extra_is_said_with_the_line_that_installs_it(course, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SystemExit) as stop:
        cli.main(["lab", str(tmp_path / "mine")])

    assert stop.value.code == f'{module} is missing. Install it with: {cli.PIP} install "leakyedu[course]"'
    cli.main(["copy", str(tmp_path / "mine")])


@pytest.mark.parametrize("module", ["voila", "jupyterlab"])
def test_what_a_demonstration_lacks_is_said_with_the_line_that_installs_it(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SystemExit) as stop:
        cli.main(["demo"])

    assert stop.value.code == f'{module} is missing. Install it with: {cli.PIP} install "leakyedu[demo]"'


@pytest.mark.parametrize("module", ["sphinx", "sympy"])
def test_what_a_site_lacks_is_said_with_the_line_that_installs_it(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SystemExit) as stop:
        cli.main(["site"])

    assert stop.value.code == f'{module} is missing. Install it with: {cli.PIP} install "leakyedu[site]"'


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "COMMAND"),
        (["demo", "--port", "70000"], "a port is a number from 0 to 65535, got '70000'"),
        (["demo", "four"], "a lesson has a number, for example 04, got 'four'"),
        (["demo", "--class", "4"], "an address is like 192.168.1.5, or hands, got '4'; lessons come before"),
        (["demo", "--class", "localhost"], "an address is like 192.168.1.5, or hands, got 'localhost'"),
        (["demo", "--class", "0.0.0.0"], "0.0.0.0 is no address of one network; name that of the class"),
        (["demo", "--save", "votes.json"], "--save keeps the votes of a class: it needs --class"),
        (["demo", "--", "--debug"], "only `leakyedu lab` passes arguments on"),
        (["teach"], "invalid choice: 'teach'"),
        (["lab", "--port", "70000"], "a port is a number from 0 to 65535, got '70000'"),
        (["lab", "--port", "-1"], "a port is a number from 0 to 65535, got '-1'"),
        (["copy", "--", "--debug"], "only `leakyedu lab` passes arguments on"),
    ],
)
def test_a_wrong_command_line_is_told_what_is_right(course, capsys, argv, words):
    with pytest.raises(SystemExit) as stop:
        cli.main(argv)

    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_the_command_ends_without_a_traceback_as_a_program(tmp_path):
    (tmp_path / "file").write_text("")

    done = subprocess.run(
        [sys.executable, "-m", "leakyedu.app.cli", "copy", tmp_path / "file"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr == f"{tmp_path / 'file'} is a file. Name a folder for the lessons.\n"


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])

    assert stop.value.code == 0
    assert capsys.readouterr().out == f"leakyedu {leakyedu.__version__}\n"


@pytest.mark.parametrize("argv", [["--help"], ["lab", "--help"], ["copy", "--help"]])
def test_help_names_the_folder_and_promises_the_learner_s_changes(capsys, argv):
    with pytest.raises(SystemExit):
        cli.main(argv)

    out = capsys.readouterr().out
    assert "never over your changes" in out
    assert max(map(len, out.splitlines())) <= 100


# A demonstration


@pytest.fixture
def demonstrated(monkeypatch):
    """Return a function that runs ``leakyedu demo`` and returns what would be shown."""

    def show(*argv: str) -> tuple:
        calls = []
        monkeypatch.setattr("leakyedu.app.demo.run", lambda *given: calls.append(given))
        cli.main(["demo", *argv])
        return calls[0]

    return show


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ([], ([], None, True, None)),
        (["4"], ([4], None, True, None)),
        (["1", "04", "05_euler_against_exact"], ([1, 4, 5], None, True, None)),
        (["--no-browser", "--port", "8123"], ([], 8123, False, None)),
    ],
)
def test_the_lessons_the_port_and_the_browser_of_a_demonstration_are_passed_on(demonstrated, argv, shown):
    assert demonstrated(*argv) == shown


@pytest.mark.parametrize(("user", "told"), [(0, True), (1000, False)])
def test_root_is_told_so_before_a_demonstration_and_nobody_else(
    demonstrated, monkeypatch, capsys, user, told
):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)

    demonstrated()

    assert ("You are root" in capsys.readouterr().out) is told


@pytest.fixture
def opened(demonstrated, monkeypatch):
    """Return a function that opens a room for a class, as another user than root; it returns where."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr("leakyedu.app.voting.Phones", lambda address, saved: (address, saved))
    monkeypatch.setattr("leakyedu.app.voting.networks", lambda: iter(["192.168.1.5", "10.0.0.7"]))
    return lambda *argv: demonstrated("4", *argv)[-1]


def test_phones_reach_the_address_that_is_named(opened):
    assert opened("--class", "192.168.1.9") == ("192.168.1.9", None)
    assert opened("--class", "10.0.0.1", "--save", "votes.json") == ("10.0.0.1", Path("votes.json"))


@pytest.mark.parametrize(("typed", "address"), [("", "192.168.1.5"), (" 10.0.0.7 ", "10.0.0.7")])
def test_without_an_address_the_teacher_is_told_the_likeliest_and_confirms_it(
    opened, monkeypatch, capsys, typed, address
):
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    assert opened("--class") == (address, None)
    assert "192.168.1.5, 10.0.0.7" in capsys.readouterr().out
    assert "Press Enter for 192.168.1.5" in asked[0]


def test_where_nobody_can_confirm_an_address_nothing_is_opened(opened, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)

    with pytest.raises(SystemExit, match=r"^Name the one for phones: leakyedu demo 4 --class ADDRESS\."):
        opened("--class")


def test_a_typed_address_that_is_none_is_named(opened, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "my laptop")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    with pytest.raises(SystemExit, match=r"^an address is like 192\.168\.1\.5, or hands, got 'my laptop'"):
        opened("--class")


def test_a_class_that_raises_hands_has_no_door(opened):
    room = opened("--class", "hands")

    assert type(room) is Class
    assert room.address is None


def test_root_opens_no_door_for_phones(demonstrated, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)

    with pytest.raises(SystemExit, match="reach this program, so it is not run as root"):
        demonstrated("4", "--class", "127.0.0.1")

    assert type(demonstrated("4", "--class", "hands")[-1]) is Class


# JupyterLab


@pytest.fixture
def launched(course, tmp_path, monkeypatch):
    """Return a function that runs ``leakyedu lab`` and returns what JupyterLab would be started with."""
    from jupyterlab.labapp import LabApp

    def launch(*argv: str) -> list[str]:
        calls = []
        monkeypatch.setattr(LabApp, "launch_instance", lambda argv: calls.append(argv))
        cli.main(["lab", str(tmp_path / "mine"), *argv])
        assert (tmp_path / "mine" / EULER).exists()
        return calls[0]

    return launch


OLD_KERNEL = {
    "argv": ["/usr/bin/python2", "-m", "ipykernel", "-f", "{connection_file}"],
    "display_name": "Old",
}


@pytest.mark.parametrize("prefers", [None, "0"])
def test_a_lesson_runs_in_the_environment_of_the_command_and_not_in_an_old_one(
    launched, monkeypatch, tmp_path, prefers
):
    from jupyter_client.kernelspec import KernelSpecManager

    old = tmp_path / "jupyter/kernels/python3"
    old.mkdir(parents=True)
    (old / "kernel.json").write_text(json.dumps(OLD_KERNEL))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setattr("jupyter_core.paths._do_i_own", lambda path: False)  # as on a shared machine
    # First set, or what the command sets would outlive this test.
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    if prefers is None:
        monkeypatch.delenv("JUPYTER_PREFER_ENV_PATH")

    launched()

    argv = KernelSpecManager().get_kernel_spec("python3").argv
    assert (argv == OLD_KERNEL["argv"]) is (prefers == "0")  # who has chosen otherwise gets what he chose


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_and_told_and_nobody_else(launched, monkeypatch, capsys, user, allowed):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)

    assert ("--ServerApp.allow_root=True" in launched()) is allowed
    assert ("You are root" in capsys.readouterr().out) is allowed


def test_the_browser_is_left_closed_on_request_only(launched):
    assert "--ServerApp.open_browser=False" in launched("--no-browser")
    assert "--ServerApp.open_browser=False" not in launched()


def test_the_port_is_passed_on(launched):
    assert "--ServerApp.port=8123" in launched("--port", "8123")


def windows_in(argv: list[str]) -> list[Path]:
    return [Path(x.partition("=")[2]) for x in argv if x.startswith("--LabApp.workspaces_dir=")]


def test_jupyterlab_begins_without_its_side_bar_and_then_as_the_learner_left_it(launched):
    (folder,) = windows_in(launched())
    (kept,) = folder.iterdir()
    begun = json.loads(kept.read_text())
    kept.write_text("as the learner left it")

    launched()

    assert begun["data"]["layout-restorer:data"]["left"]["collapsed"]
    assert kept.read_text() == "as the learner left it"


def test_where_no_window_can_be_kept_jupyterlab_starts_all_the_same(launched, tmp_path, monkeypatch):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path / "a file" / "progress"))

    assert windows_in(launched()) == []


def test_nothing_is_fetched_and_no_token_is_set(launched):
    argv = launched()

    assert "--LabApp.news_url=None" in argv
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in argv
    assert "--LabApp.extension_manager=readonly" in argv
    assert "--ServerApp.kernel_websocket_connection_class=leakyedu.app.server.PromptConnection" in argv
    assert not [argument for argument in argv if "token" in argument or "password" in argument]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["--ip=0.0.0.0"], "ServerApp.ip"),
        (["--ServerApp.ip", "0.0.0.0"], "ServerApp.ip"),
        (["--notebook-dir=/"], "ServerApp.root_dir"),
        (["--LabApp.news_url=https://example.org"], "LabApp.news_url"),
    ],
)
def test_an_argument_for_jupyter_takes_the_place_of_ours(launched, theirs, ours):
    argv = launched("--", *theirs)

    assert argv[-len(theirs) :] == theirs
    assert not [argument for argument in argv[: -len(theirs)] if argument.startswith(f"--{ours}=")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run ``leakyedu lab`` from a checkout with a tiny course; return what Jupyter says of itself."""
    root = tmp_path_factory.mktemp("checkout")
    compiled = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "leakyedu", root / "leakyedu", ignore=compiled)
    build_course(root / "course")
    port = free_port()
    folders = {f"JUPYTER_{name}_DIR": str(root / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "leakyedu.app.cli", "lab", "mine", "--no-browser", "--port", "1"]
    command += ["--", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    with (
        (root / "log").open("w") as log,
        subprocess.Popen(command, cwd=root, env=os.environ | folders, stdout=log, stderr=log) as process,
    ):
        try:
            yield wait_for_server(root, process) | {"said": (root / "log").read_text(), "asked_port": port}
        finally:
            process.terminate()


def wait_for_server(root: Path, process: subprocess.Popen) -> dict:
    for _ in range(600):
        for path in (root / "runtime").glob("jpserver-*.json"):
            info = json.loads(path.read_text() or "{}")
            if info and answers("127.0.0.1", info["port"]):
                return info
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{(root / 'log').read_text()}")


def answers(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(2)
        return client.connect_ex((address, port)) == 0


def get(server: dict, path: str, token: str | None = None) -> tuple[int, str, str]:
    """Return status, final address and text of a page."""
    headers = {"Authorization": f"token {token}"} if token is not None else {}
    try:
        with urlopen(Request(server["url"] + path, headers=headers), timeout=30) as page:
            return page.status, page.url, page.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.url, error.read().decode()


@pytest.mark.slow
def test_the_server_shows_the_start_page_in_jupyterlab(server):
    status, address, page = get(server, "", server["token"])

    assert status == 200
    assert address.endswith("/lab/tree/00_start_here.ipynb")
    assert "jupyter-config-data" in page


def test_the_server_works_in_the_learner_s_folder(server):
    status, _, listing = get(server, "api/contents", server["token"])

    assert status == 200
    names = {item["name"] for item in json.loads(listing)["content"]}
    assert names == {"00_start_here.ipynb", EULER, "figures"}
    assert Path(server["root_dir"]).name == "mine"


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_without_its_token_the_server_tells_nothing(server, token):
    page_status, page_address, page = get(server, "lab/tree/00_start_here.ipynb", token)

    assert len(server["token"]) >= 32
    assert page_status in (401, 403) or "/login" in page_address
    assert "jupyter-config-data" not in page
    assert get(server, "api/contents", token)[0] in (401, 403)


def test_the_server_is_bound_to_this_computer_only(server):
    # On Linux 127.0.0.2 is this computer too: a server bound to every address answers there.
    assert answers("127.0.0.1", server["port"])
    assert not answers("127.0.0.2", server["port"])
    assert server["hostname"] == "127.0.0.1"


def test_arguments_for_jupyter_win_in_jupyter(server):
    assert server["port"] == server["asked_port"]


@pytest.mark.parametrize(
    ("plugin", "setting", "value"),
    [
        ("@jupyterlab/docmanager-extension:plugin", "autosaveInterval", 15),
        ("@jupyterlab/notebook-extension:tracker", "kernelShutdown", True),
        ("@jupyter-widgets/jupyterlab-manager:plugin", "saveState", False),
        ("@jupyterlab/apputils-extension:notification", "fetchNews", "false"),
        ("@jupyterlab/apputils-extension:notification", "checkForUpdates", False),
    ],
)
def test_jupyterlab_saves_soon_ends_kernels_keeps_no_widgets_and_fetches_nothing(
    server, plugin, setting, value
):
    status, _, answer = get(server, f"lab/api/settings/{plugin}", server["token"])

    assert status == 200
    assert json.loads(answer)["schema"]["properties"][setting]["default"] == value


def put(server: dict, name: str, notebook: dict) -> tuple[int, str]:
    """Save a notebook as the page does; return the status and what the server says."""
    request = Request(
        f"{server['url']}api/contents/{name}",
        data=json.dumps({"type": "notebook", "format": "json", "content": notebook}).encode(),
        headers={"Authorization": f"token {server['token']}"},
        method="PUT",
    )
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes the disk of a running program full")
@pytest.mark.parametrize("short_of", [1, 100, 9_000, 90_000])
def test_a_save_on_a_full_disk_is_refused_and_the_notebook_stays_whole(server, short_of):
    import resource

    path = Path(server["root_dir"], "mine.ipynb")
    write_lesson(path, "x = 1\n" * 10_000)
    before = path.read_bytes()
    notebook = read(path)
    notebook["cells"].append({"cell_type": "raw", "id": "mine", "metadata": {}, "source": "new\n" * 30_000})
    assert put(server, "measured.ipynb", notebook)[0] == 201
    measured = Path(server["root_dir"], "measured.ipynb")
    size = measured.stat().st_size
    measured.unlink()

    free = resource.prlimit(server["pid"], resource.RLIMIT_FSIZE)
    resource.prlimit(server["pid"], resource.RLIMIT_FSIZE, (size - short_of, free[1]))
    # Twice, as autosave does: Jupyter itself takes what the first save has left for the good notebook.
    refused = [put(server, "mine.ipynb", notebook) for _ in range(2)]
    left = path.read_bytes()
    resource.prlimit(server["pid"], resource.RLIMIT_FSIZE, free)
    status, _ = put(server, "mine.ipynb", notebook)

    assert [code for code, _ in refused] == [500, 500]
    assert all("File too large" in said for _, said in refused)
    assert left == before
    assert status == 200
    assert sources(path)[-1] == "new\n" * 30_000
    path.unlink()


def test_the_server_says_where_the_lessons_are_before_it_starts(server):
    first, rest = server["said"].split("\n", 1)

    assert first == f"The lessons are in {server['root_dir']}: 2 copied."
    assert "JupyterLab runs until you press Ctrl+C here.\n" in rest
    assert ("You are root" in rest) is (getattr(os, "geteuid", lambda: 1)() == 0)


# -- What somebody got past it ---------------------------------------------------------------------


def test_what_is_saved_while_the_lessons_are_copied_stays(course, mine, monkeypatch):
    write_lesson(course / EULER, "a = 2")  # a newer lesson; the learner's is unchanged
    marks, looked = cli._marks, []

    def save_after_the_first_look(path):
        found = marks(path)
        if path.name == EULER and not looked:
            looked.append(path)
            edit(mine / EULER, work)
        return found

    monkeypatch.setattr(cli, "_marks", save_after_the_first_look)
    cli.copy_lessons(mine)

    monkeypatch.undo()
    assert read(mine / EULER) == json.loads((mine / EULER).read_bytes())
    assert sources(mine / EULER) != sources(course / EULER)
    assert sources(mine / NEW) == sources(course / EULER)


@pytest.mark.parametrize("text", ["4", "04", "004", " 4", "04_one_euler_step", "4.0"])
def test_a_lesson_may_be_named_in_any_way(course, mine, text):
    cli.main(["copy", str(mine), "--fresh", text])

    assert (mine / "04_one_euler_step_fresh.ipynb").exists()


@pytest.mark.parametrize("text", ["", "four", "-"])
def test_a_lesson_without_a_number_is_asked_for_one(course, mine, capsys, text):
    with pytest.raises(SystemExit):
        cli.main(["copy", str(mine), f"--fresh={text}"])

    assert "a lesson has a number, for example 04" in capsys.readouterr().err


def test_a_tilde_is_the_home_folder(course, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    cli.main(["copy", "~/lessons"])

    assert (tmp_path / "lessons" / EULER).exists()


def test_a_tilde_before_a_name_that_nobody_has_is_a_letter(course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    cli.main(["copy", "~nobody-of-that-name"])

    assert (tmp_path / "~nobody-of-that-name" / EULER).exists()


def test_in_the_folder_of_the_lessons_it_is_that_one(mine, monkeypatch, capsys):
    monkeypatch.chdir(mine)

    cli.main(["copy", "--fresh", "04"])

    assert (mine / "04_one_euler_step_fresh.ipynb").exists()
    assert not (mine / "leakyedu-lessons").exists()


@pytest.mark.parametrize(("root", "opens"), [("mine", False), ("elsewhere", True), (None, True)])
def test_in_the_terminal_of_a_jupyterlab_that_shows_the_folder_no_second_one_is_started(
    mine, monkeypatch, tmp_path, capsys, root, opens
):
    opened = []
    monkeypatch.setattr(cli, "_open_lab", lambda *given: opened.append(given))
    monkeypatch.delenv("JUPYTER_SERVER_ROOT", raising=False)
    if root:
        monkeypatch.setenv("JUPYTER_SERVER_ROOT", str(tmp_path / root))
    monkeypatch.chdir(mine)

    cli.main(["lab", "--fresh", "04"])

    assert bool(opened) is opens
    said = capsys.readouterr().out
    assert "A clean copy of lesson 04 is 04_one_euler_step_fresh.ipynb." in said
    assert ("open a lesson in the list on its left" in said) is not opens


@pytest.mark.parametrize("here", ["", "."])
def test_the_current_folder_is_not_filled_by_accident(course, tmp_path, monkeypatch, capsys, here):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit):
        cli.main(["copy", here])

    assert "name a folder of its own for the lessons" in capsys.readouterr().err
    assert not (tmp_path / EULER).exists()


def test_checkpoints_of_jupyterlab_do_not_travel(course, tmp_path):
    (course / "figures" / ".ipynb_checkpoints").mkdir()
    (course / "figures" / ".ipynb_checkpoints" / "speed-checkpoint.json").write_text("[0]")

    cli.copy_lessons(tmp_path / "mine")

    assert [path.name for path in (tmp_path / "mine" / "figures").iterdir()] == ["speed.json"]
