"""What every test stands on: each notebook has a home of its own and a kernel as new."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from leakyedu.lessons import course
from leakyedu.lessons.start_here import exercises as ex
from leakyedu.teaching import progress

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow  # pytest and a kernel are started once more


LEAVES = """
import os, leakyedu.model as mine
mine.spoilt = x = 1
open(os.environ["LEAKYEDU_HOME"] + "-found", "w").close()
"""
FINDS = """
import os, leakyedu.model as mine
print("x" in globals(), hasattr(mine, "spoilt"), os.path.exists(os.environ["LEAKYEDU_HOME"] + "-found"))
"""


def notebook(path: Path, *cells: tuple[str, str]) -> str:
    """Write a notebook of these cells, each with what it is said to print."""
    written = [
        nbformat.v4.new_code_cell(
            source, execution_count=1, outputs=[nbformat.v4.new_output("stream", text=text)] if text else []
        )
        for source, text in cells
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=written), path)
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run pytest beside the lessons, on the start page and on notebooks of our own; return what it said."""
    folder, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home") / "progress"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEAKYEDU_HOME", str(home))
        ex.time_constants.check(2)
        before = progress.records()
        notebooks = [
            notebook(folder / "a.ipynb", (LEAVES, "")),
            notebook(folder / "b.ipynb", (FINDS, "False False False\n")),
            notebook(folder / "c.ipynb", ("print(1)", "2\n"), ("1 / 0", ""), ("print(3)", "3\n")),
        ]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-rA",
            f"--rootdir={ROOT.anchor}",
            "-c",
            str(ROOT / "pyproject.toml"),
        ]
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", "00_start_here.ipynb", *notebooks],
            cwd=course(),
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout, before, progress.records()


def outcomes(said: str, name: str) -> set[str]:
    return set(re.findall(rf"^(PASSED|FAILED|ERROR) \S*{name}\.ipynb", said, re.MULTILINE))


def test_a_notebook_neither_reads_nor_changes_the_progress_of_who_runs_it(run):
    said, before, after = run

    assert outcomes(said, "00_start_here") == {"PASSED"}, said
    assert before == after != {}


def test_a_notebook_finds_nothing_that_the_one_before_has_left(run):
    said, *_ = run

    assert outcomes(said, "a") == outcomes(said, "b") == {"PASSED"}, said


def test_what_a_notebook_prints_otherwise_and_what_it_raises_is_found(run):
    said, *_ = run

    assert re.findall(r"^(PASSED|FAILED) \S*c\.ipynb::Cell (\d)", said, re.MULTILINE) == [
        ("PASSED", "2"),
        ("FAILED", "0"),
        ("FAILED", "1"),
    ]
