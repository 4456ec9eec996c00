"""A class gets a newer course by nbgitpuller: what a learner wrote is there after every pull.

Each case is played with the real library: a teacher's repository that holds what ``leakyedu copy`` writes, a
learner's clone of it, something that the learner does, something that the teacher publishes, and a pull.
"""

import itertools
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbgitpuller.pull import GitPuller

from leakyedu.app import cli
from leakyedu.teaching import progress

CHECKOUT = Path(cli.__file__).parents[2]
LESSON, OTHER, NEXT = "04_one_euler_step.ipynb", "01_a_leaky_bucket.ipynb", "12_the_next_lesson.ipynb"
RENUMBERED = "05_one_euler_step.ipynb"
FIGURE = "figures/speed_nvidia_h200.json"
EXERCISE = "write-check"  # the id of the cell in which a learner writes a step

QUESTION = "by-hand-check"  # and of one that is a single line

MY_STEP = """def my_step(x, state, p, dt):
    i = state.i + x  # first the jump
    v = state.v + dt * p.tau_mem_inv * (p.v_leak - state.v + i)
    return LIState(v, i - dt * p.tau_syn_inv * i)


ex.step.check(my_step)"""
MY_NOTE = "My note: the voltage is driven by the current **after** the jump.\n\nAsk on Tuesday why."
MY_ANSWER = "ex.by_hand.check(0.17)  # as on my paper"
MY_CODE = "my_guess = 3  # litres"
THEIR_NOTE = "From your teacher: read this before you write."
STUB = "    return ..."
THEIR_STUB = "    v = ...\n    return LIState(v, ...)"

Notebook = nbformat.NotebookNode


# -- Notebooks, as JupyterLab reads and saves them ---------------------------------------------------------


def read(path: Path) -> Notebook:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def edit(path: Path, change: Callable[[Notebook], None]) -> None:
    notebook = read(path)
    change(notebook)
    nbformat.write(notebook, path)


def place(notebook: Notebook, name: str) -> int:
    return [cell.id for cell in notebook.cells].index(name)


def exercise(notebook: Notebook) -> Notebook:
    return notebook.cells[place(notebook, EXERCISE)]


def note(source: str, name: str = "note") -> Notebook:
    return nbformat.v4.new_markdown_cell(source, id=name)


def code(source: str, name: str = "code") -> Notebook:
    return nbformat.v4.new_code_cell(source, id=name)


def write_notebook(path: Path, *cells: Notebook) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)


def run(notebook: Notebook) -> None:
    """Give the cells the outputs of a run from top to bottom: those stored in the repository."""
    stored = {cell.id: cell for cell in read(CHECKOUT / "course" / LESSON).cells}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = stored[cell.id].outputs, stored[cell.id].execution_count


# -- What a learner does. Each returns the cells that were written -----------------------------------------


def writes_the_exercise(mine):
    edit(mine / LESSON, lambda notebook: exercise(notebook).update(source=MY_STEP))
    return [MY_STEP]


def answers_a_question(mine):
    edit(mine / LESSON, lambda notebook: notebook.cells[place(notebook, QUESTION)].update(source=MY_ANSWER))
    return [MY_ANSWER]


def adds_a_note_after_it(mine):
    edit(mine / LESSON, lambda notebook: notebook.cells.insert(place(notebook, EXERCISE) + 1, note(MY_NOTE)))
    return [MY_NOTE]


def adds_a_note_before_it(mine):
    edit(mine / LESSON, lambda notebook: notebook.cells.insert(place(notebook, EXERCISE), note(MY_NOTE)))
    return [MY_NOTE]


def adds_a_cell_at_the_end(mine):
    edit(mine / LESSON, lambda notebook: notebook.cells.append(code(MY_CODE)))
    return [MY_CODE]


def runs_everything(mine):
    edit(mine / LESSON, run)
    return []


def runs_everything_and_writes(mine):
    edit(mine / LESSON, run)
    return [*writes_the_exercise(mine), *adds_a_note_after_it(mine), *adds_a_cell_at_the_end(mine)]


def deletes_the_exercise(mine):
    edit(mine / LESSON, lambda notebook: notebook.cells.remove(exercise(notebook)))
    return []


def deletes_the_end_and_writes(mine):
    edit(mine / LESSON, lambda notebook: notebook.update(cells=notebook.cells[:-3]))
    return writes_the_exercise(mine)


def moves_the_exercise_to_the_end(mine):
    written = writes_the_exercise(mine)
    edit(mine / LESSON, lambda n: n.cells.append(n.cells.pop(place(n, EXERCISE))))
    return written


def splits_the_exercise(mine):
    step, check = MY_STEP.split("\n\n\n")

    def split(notebook):
        exercise(notebook).source = step
        notebook.cells.insert(place(notebook, EXERCISE) + 1, code(check))

    edit(mine / LESSON, split)
    return [step, check]


def renames_the_notebook(mine):
    written = writes_the_exercise(mine)
    (mine / LESSON).rename(mine / "my_step.ipynb")
    return written


def copies_the_notebook(mine):
    written = writes_the_exercise(mine)
    (mine / LESSON).rename(mine / "04_one_euler_step-Copy1.ipynb")
    git(mine, "checkout", LESSON)
    return written


def makes_a_notebook(mine):
    write_notebook(mine / "mine.ipynb", note(MY_NOTE), code(MY_STEP))
    return [MY_NOTE, MY_STEP]


def makes_a_notebook_with_the_name_of_the_next(mine):
    write_notebook(mine / NEXT, note(MY_NOTE), code(MY_STEP))
    return [MY_NOTE, MY_STEP]


def deletes_the_notebook(mine):
    (mine / LESSON).unlink()
    return []


def measures_another_speed(mine):
    (mine / FIGURE).write_text('{"mine": 1}\n')
    return writes_the_exercise(mine)


LEARNERS = [
    writes_the_exercise,
    answers_a_question,
    adds_a_note_after_it,
    adds_a_note_before_it,
    adds_a_cell_at_the_end,
    runs_everything,
    runs_everything_and_writes,
    deletes_the_exercise,
    deletes_the_end_and_writes,
    moves_the_exercise_to_the_end,
    splits_the_exercise,
    renames_the_notebook,
    copies_the_notebook,
    makes_a_notebook,
    makes_a_notebook_with_the_name_of_the_next,
    deletes_the_notebook,
    measures_another_speed,
]

# -- What a teacher does. Each returns the cells that were written -----------------------------------------


def asks_for_a_newer_package(course):
    (course / "requirements.txt").write_text("leakyedu[course]>=99\n")
    return []


def adds_a_notebook(course):
    write_notebook(course / NEXT, note(THEIR_NOTE))
    return [THEIR_NOTE]


BY_THE_RULES = [asks_for_a_newer_package, adds_a_notebook]


def changes_the_exercise(course):
    def change(notebook):
        exercise(notebook).source = exercise(notebook).source.replace(STUB, THEIR_STUB)

    edit(course / LESSON, change)
    return [exercise(read(course / LESSON)).source]


def inserts_after_it(course):
    edit(course / LESSON, lambda n: n.cells.insert(place(n, EXERCISE) + 1, note(THEIR_NOTE, "theirs")))
    return [THEIR_NOTE]


def inserts_before_it(course):
    edit(course / LESSON, lambda n: n.cells.insert(place(n, EXERCISE), note(THEIR_NOTE, "theirs")))
    return [THEIR_NOTE]


def changes_it_and_inserts_after_it(course):
    return [*changes_the_exercise(course), *inserts_after_it(course)]


def changes_a_question_and_inserts_after_it(course):
    def change(notebook):
        n = place(notebook, QUESTION)
        notebook.cells[n].source = notebook.cells[n].source.replace("in V", "in volts")
        notebook.cells.insert(n + 1, note(THEIR_NOTE, "theirs"))

    edit(course / LESSON, change)
    notebook = read(course / LESSON)
    return [notebook.cells[place(notebook, QUESTION)].source, THEIR_NOTE]


def changes_another_cell(course):
    def change(notebook):
        notebook.cells[place(notebook, "lab")].source = THEIR_NOTE

    edit(course / LESSON, change)
    return [THEIR_NOTE]


def adds_a_cell_to_the_end(course):
    edit(course / LESSON, lambda notebook: notebook.cells.append(note(THEIR_NOTE, "theirs")))
    return [THEIR_NOTE]


def removes_the_exercise(course):
    edit(course / LESSON, lambda notebook: notebook.cells.remove(exercise(notebook)))
    return []


def removes_the_last_cell(course):
    edit(course / LESSON, lambda notebook: notebook.cells.pop())
    return []


def changes_the_metadata(course):
    edit(course / LESSON, lambda notebook: notebook.metadata.update(title="One step"))
    return []


def stores_the_outputs(course):
    edit(course / LESSON, run)
    return []


def changes_a_figure(course):
    (course / FIGURE).write_text('{"theirs": 1}\n')
    return []


def renumbers_the_lesson(course):
    written = changes_another_cell(course)
    (course / LESSON).rename(course / RENUMBERED)
    return written


def withdraws_the_lesson(course):
    (course / LESSON).unlink()
    return []


AGAINST_THE_RULES = [
    changes_the_exercise,
    inserts_after_it,
    inserts_before_it,
    changes_it_and_inserts_after_it,
    changes_a_question_and_inserts_after_it,
    changes_another_cell,
    adds_a_cell_to_the_end,
    removes_the_exercise,
    removes_the_last_cell,
    changes_the_metadata,
    stores_the_outputs,
    changes_a_figure,
    renumbers_the_lesson,
    withdraws_the_lesson,
]

# Pulls that stop with an error: nbgitpuller wants back a file that the teacher has no longer.
STOPPED = [(renames_the_notebook, renumbers_the_lesson), (deletes_the_notebook, renumbers_the_lesson)]
# How many of the teacher's cells do not reach a learner, where it is not none: the learner's lines win.
NOT_ARRIVED = {
    (adds_a_cell_at_the_end, adds_a_cell_to_the_end): 1,
    (adds_a_note_after_it, changes_it_and_inserts_after_it): 1,
    (adds_a_note_after_it, inserts_after_it): 1,
    (adds_a_note_before_it, inserts_before_it): 1,
    (answers_a_question, changes_a_question_and_inserts_after_it): 2,
    (deletes_the_end_and_writes, adds_a_cell_to_the_end): 1,
    (deletes_the_end_and_writes, changes_it_and_inserts_after_it): 1,
    (deletes_the_end_and_writes, changes_the_exercise): 1,
    (deletes_the_exercise, changes_it_and_inserts_after_it): 1,
    (deletes_the_exercise, changes_the_exercise): 1,
    (deletes_the_exercise, inserts_before_it): 1,
    (measures_another_speed, changes_it_and_inserts_after_it): 1,
    (measures_another_speed, changes_the_exercise): 1,
    (moves_the_exercise_to_the_end, adds_a_cell_to_the_end): 1,
    (moves_the_exercise_to_the_end, changes_it_and_inserts_after_it): 1,
    (moves_the_exercise_to_the_end, changes_the_exercise): 1,
    (moves_the_exercise_to_the_end, inserts_before_it): 1,
    (runs_everything_and_writes, adds_a_cell_to_the_end): 1,
    (runs_everything_and_writes, changes_it_and_inserts_after_it): 2,
    (runs_everything_and_writes, changes_the_exercise): 1,
    (runs_everything_and_writes, inserts_after_it): 1,
    (splits_the_exercise, changes_it_and_inserts_after_it): 1,
    (splits_the_exercise, changes_the_exercise): 1,
    (writes_the_exercise, changes_it_and_inserts_after_it): 1,
    (writes_the_exercise, changes_the_exercise): 1,
}
MERGED = [pair for pair in itertools.product(LEARNERS, AGAINST_THE_RULES) if pair not in STOPPED]

# -- A class -----------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


class Class(NamedTuple):
    """The folders of a teacher and of one learner, with a remote between them."""

    course: Path
    mine: Path
    remote: Path

    def publish(self) -> None:
        git(self.course, "add", "--all")
        git(self.course, "commit", "--message=A newer course")
        git(self.course, "push", self.remote.as_uri(), "main")

    def pull(self) -> str:
        """Pull as a click on the link does, and return what nbgitpuller says."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # nbgitpuller closes no pipe of git's
            return "".join(GitPuller(self.remote.as_uri(), str(self.mine)).pull())

    def notebooks(self) -> list[Path]:
        return [path for path in self.mine.rglob("*.ipynb") if ".git" not in path.parts]

    def missing(self, sources: list[str]) -> list[str]:
        """Return those of the cells that are in no notebook of the learner's."""
        there = [cell.source for path in self.notebooks() for cell in read(path).cells]
        return [source for source in sources if source not in there]


@pytest.fixture(scope="module")
def first_day(tmp_path_factory):
    """Make the repository of a class and a learner's clone of it, once; each case has a copy of its own."""
    root = tmp_path_factory.mktemp("class")
    cli.copy_lessons(root / "course")
    for more in set((root / "course").glob("*.ipynb")) - {root / "course" / name for name in (LESSON, OTHER)}:
        more.unlink()  # two lessons are a course, and 60 pulls of them take half the time
    git(root / "course", "init", "--initial-branch=main")
    git(root / "course", "add", "--all")
    git(root / "course", "commit", "--message=The course")
    git(root, "clone", "--bare", "course", "remote")
    # Named by an address, so that it is cloned as from a far machine: without the past.
    Class(root / "course", root / "mine", root / "remote").pull()
    return root


@pytest.fixture
def room(first_day, tmp_path):
    """Return a class whose learner has answered lesson 1, in the notebook and in the progress."""
    shutil.copytree(first_day, tmp_path / "room")
    room = Class(*(tmp_path / "room" / name for name in ("course", "mine", "remote")))
    git(room.mine, "remote", "set-url", "origin", room.remote.as_uri())
    edit(room.mine / OTHER, lambda notebook: notebook.cells.append(code("my_answer = 1")))
    progress.change("a_leaky_bucket.task", lambda record: record.update(tries=2))
    return room


@pytest.fixture(scope="module")
def tally():
    """Count cases, and print at the end what got lost in them."""
    cases = []
    yield cases
    lost = [f"{learner} / {teacher}: {n}" for learner, teacher, _, n in cases if n]
    print(
        f"\n{len(cases)} pulls: {sum(case[2] for case in cases)} cells of learners lost, "
        f"{sum(case[3] for case in cases)} of the teacher's, in {len(lost)} pulls:",
        *lost,
        sep="\n  ",
    )


def play(room, tally, learner, teacher, before_the_pull=lambda room: None) -> tuple[list[str], list[str]]:
    """Let both work and pull; return the cells of each that are nowhere in the learner's folder."""
    kept = {path: path.read_bytes() for path in (room.mine / OTHER, progress.home() / "progress.json")}
    ours = learner(room.mine)
    before_the_pull(room)
    theirs = teacher(room.course)
    room.publish()

    room.pull()

    assert {path: path.read_bytes() for path in kept} == kept
    for path in room.notebooks():
        nbformat.validate(read(path))
    lost = room.missing(ours), room.missing(theirs)
    tally.append((learner.__name__, teacher.__name__, *map(len, lost)))
    return lost


def named(functions):
    return {"argvalues": functions, "ids": [function.__name__ for function in functions]}


def paired(pairs, first=None, mark=pytest.mark.slow):
    """Make cases of pairs; all but the first ones, where some are named, get the mark."""
    return {
        "argvalues": [
            pytest.param(*pair, marks=() if first is None or pair in first else mark) for pair in pairs
        ],
        "ids": [f"{mine.__name__}-{theirs.__name__}" for mine, theirs in pairs],
    }


# -- Pulls -------------------------------------------------------------------------------------------------


# A pull starts some ten processes: these on every change, all of them with the slow tests.
FIRST = [
    (writes_the_exercise, adds_a_notebook),
    (runs_everything_and_writes, asks_for_a_newer_package),
    (renames_the_notebook, adds_a_notebook),
]


@pytest.mark.parametrize(
    ("learner", "teacher"), **paired([*itertools.product(LEARNERS, BY_THE_RULES)], first=FIRST)
)
def test_where_the_teacher_keeps_the_rules_nobody_loses_a_cell(room, tally, learner, teacher):
    assert play(room, tally, learner, teacher) == ([], [])


# Each learner and each teacher a few times; all pairs take minutes.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("learner", "teacher"), **paired(MERGED, first=MERGED[::7], mark=pytest.mark.thorough)
)
def test_where_the_teacher_breaks_the_rules_no_learner_loses_a_cell(room, tally, learner, teacher):
    ours, theirs = play(room, tally, learner, teacher)

    assert ours == []
    assert len(theirs) == NOT_ARRIVED.get((learner, teacher), 0)


@pytest.mark.parametrize(("learner", "teacher"), **paired(STOPPED, first=STOPPED[:1]))
def test_a_pull_that_a_renumbered_lesson_stops_takes_nothing_away(room, learner, teacher):
    ours = learner(room.mine)
    before = {path: path.read_bytes() for path in room.notebooks()}
    teacher(room.course)
    room.publish()

    # As a program: what stopped it would keep its pipes open here.
    command = [sys.executable, "-m", "nbgitpuller.pull", room.remote.as_uri(), "main", room.mine]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 1
    assert f"$ git checkout origin/main -- {LESSON}" in done.stdout
    assert {path: path.read_bytes() for path in room.notebooks()} == before
    assert room.missing(ours) == []


def commits(room):
    git(room.mine, "add", "--all")
    git(room.mine, "commit", "--allow-empty", "--message=My work")


def pulls_twice(room):
    room.pull()
    room.pull()


@pytest.mark.slow
@pytest.mark.parametrize("before", **named([commits, pulls_twice]))
@pytest.mark.parametrize(
    "learner", **named([runs_everything_and_writes, renames_the_notebook, makes_a_notebook])
)
@pytest.mark.parametrize("teacher", **named([adds_a_notebook, changes_it_and_inserts_after_it]))
def test_work_that_git_knows_already_is_as_safe(room, tally, learner, teacher, before):
    ours, _ = play(room, tally, learner, teacher, before)

    assert ours == []


def test_a_cell_that_the_teacher_inserts_after_one_that_both_changed_is_lost_in_silence(room):
    answers_a_question(room.mine)
    before = (room.mine / LESSON).read_bytes()
    changes_a_question_and_inserts_after_it(room.course)
    room.publish()

    said = room.pull()

    assert room.missing([MY_ANSWER]) == []
    assert room.missing([THEIR_NOTE]) == [THEIR_NOTE]
    assert (room.mine / LESSON).read_bytes() == before
    assert "CONFLICT" not in said
    print(
        f"\nOf the learner's cells 0 are lost, of the teacher's 2; nbgitpuller says: {said.splitlines()[-1]}"
    )


def test_where_each_changed_another_line_of_a_cell_both_lines_are_in_it(room):
    def renames_in_the_last_line(notebook):
        exercise(notebook).source = exercise(notebook).source.replace(
            "check(my_step)", "check(my_step)  # twice"
        )

    writes_the_exercise(room.mine)
    edit(room.course / LESSON, renames_in_the_last_line)
    room.publish()

    room.pull()

    assert exercise(read(room.mine / LESSON)).source == MY_STEP + "  # twice"


def test_a_notebook_in_the_way_of_a_new_one_stays_beside_it(room):
    makes_a_notebook_with_the_name_of_the_next(room.mine)
    before = (room.mine / NEXT).read_bytes()
    adds_a_notebook(room.course)
    room.publish()

    said = room.pull()

    (beside,) = room.mine.glob("12_the_next_lesson__*.ipynb")
    assert beside.read_bytes() == before
    assert (room.mine / NEXT).read_bytes() == (room.course / NEXT).read_bytes()
    assert f"to {beside} to avoid conflict" in said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pipes of a git that failed
def test_a_notebook_in_the_way_that_git_was_told_of_stops_one_pull_and_is_kept(room):
    makes_a_notebook_with_the_name_of_the_next(room.mine)
    git(room.mine, "add", NEXT)
    before = (room.mine / NEXT).read_bytes()
    adds_a_notebook(room.course)
    room.publish()

    with pytest.raises(subprocess.CalledProcessError):
        room.pull()
    time.sleep(1.1)  # nbgitpuller writes the second into the name of what it keeps
    room.pull()

    assert before in [path.read_bytes() for path in room.mine.glob("12_the_next_lesson__*.ipynb")]
    assert (room.mine / NEXT).read_bytes() == (room.course / NEXT).read_bytes()


@pytest.mark.parametrize(
    "teacher",
    [
        changes_it_and_inserts_after_it,
        pytest.param(adds_a_notebook, marks=pytest.mark.slow),
        pytest.param(removes_the_last_cell, marks=pytest.mark.slow),
    ],
)
def test_of_a_half_written_notebook_every_line_is_kept(room, teacher):
    writes_the_exercise(room.mine)
    whole = (room.mine / LESSON).read_text("utf-8")
    half = whole[: whole.index("ex.step.check(my_step)")]
    (room.mine / LESSON).write_text(half, "utf-8")
    teacher(room.course)
    room.publish()

    room.pull()

    assert (room.mine / LESSON).read_text("utf-8") == half


def test_a_deleted_lesson_comes_back_as_the_teacher_has_it(room):
    writes_the_exercise(room.mine)
    deletes_the_notebook(room.mine)
    changes_the_exercise(room.course)
    room.publish()

    room.pull()

    assert (room.mine / LESSON).read_bytes() == (room.course / LESSON).read_bytes()


def test_the_teacher_s_page_tells_these_figures():
    page = " ".join((CHECKOUT / "course/teaching/classroom.md").read_text("utf-8").split())

    pulls = len(LEARNERS) * len(BY_THE_RULES) + len(MERGED)
    assert f"{pulls} pulls" in page
    assert f"in {len(NOT_ARRIVED)} of them" in page
    assert f"{sum(NOT_ARRIVED.values())} cells of the teacher's" in page
