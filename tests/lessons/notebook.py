"""A lesson's notebook as the tests read it, and its cells run here, without a kernel."""

import ast
import functools
import itertools
import linecache
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest

from leakyedu.lessons import course, lessons
from leakyedu.teaching.exercise import Exercise, Prediction
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.function import Function
from leakyedu.teaching.lesson import Lesson

ROOT = Path(__file__).parents[2]
COURSE = course()
ALL = lessons()  # the start page too
START, *LESSONS = ALL
BY_NAME = {lesson.name: lesson for lesson in ALL}

each_notebook = pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: lesson.name)
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
# What takes a minute for all of them: three with each change, the others with --thorough.
each_of_few_lessons = pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, marks=() if lesson.number % 4 == 2 else pytest.mark.thorough)
        for lesson in LESSONS
    ],
    ids=lambda lesson: lesson.name,
)


def for_all(things: Iterable[Lesson] | Callable[[], dict]) -> Callable:
    """Make one test of a rule, a function of one thing: it lists each thing that breaks the rule.

    Args:
        things: lessons, or a function that finds things by their names when the test is run.
    """

    def one_test(rule: Callable) -> Callable:
        def test():
            broken = {}
            found = things() if callable(things) else {lesson.name: lesson for lesson in things}
            assert found
            for name, thing in found.items():
                try:
                    rule(thing)
                except AssertionError as error:
                    broken[name] = error
            assert not broken, "\n".join(f"{where}: {error}" for where, error in broken.items())

        test.__name__, test.__doc__, test.__module__ = rule.__name__, rule.__doc__, rule.__module__
        return test

    return one_test


# -- Reading ---------------------------------------------------------------------------------------


def path_of(lesson: Lesson) -> Path:
    return COURSE / lesson.notebook


@functools.cache
def read(lesson: Lesson) -> nbformat.NotebookNode:
    return nbformat.read(path_of(lesson), as_version=4)


def code_of(lesson: Lesson) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(lesson).cells if cell.cell_type == "code"]


def prose_of(lesson: Lesson) -> list[str]:
    return [cell.source for cell in read(lesson).cells if cell.cell_type == "markdown"]


def trees_of(lesson: Lesson) -> list[ast.Module]:
    return [ast.parse(cell.source) for cell in code_of(lesson)]


def outputs_of(lesson: Lesson) -> list[nbformat.NotebookNode]:
    return [output for cell in code_of(lesson) for output in cell.outputs]


def headings_of(lesson: Lesson) -> list[tuple[int, str]]:
    lines = [line for text in prose_of(lesson) for line in text.splitlines()]
    return [(len(m[1]), m[2]) for m in (re.match(r"(#+) (.+)", line) for line in lines) if m]


def sections_of(lesson: Lesson) -> list[list[nbformat.NotebookNode]]:
    """Return the code cells of each section; what stands before the first ``##`` comes first."""
    sections = [[]]
    for cell in read(lesson).cells:
        if cell.cell_type == "markdown" and re.search(r"^## ", cell.source, re.MULTILINE):
            sections.append([])
        if cell.cell_type == "code":
            sections[-1].append(cell)
    return sections


def split_further(
    cells: Iterable[nbformat.NotebookNode],
) -> tuple[list[nbformat.NotebookNode], list[nbformat.NotebookNode]]:
    """Return the cells that count, and those of a section headed *Further*, which does not.

    A text in which such a section begins or ends stands in both, each time with its own part.
    """
    main, further, inside = [], [], False
    for cell in cells:
        parts = {True: "", False: ""}  # whether it counts
        pieces = re.split(r"^(?=## )", cell.source, flags=re.MULTILINE)
        for piece in pieces if cell.cell_type == "markdown" else [cell.source]:
            if cell.cell_type == "markdown" and piece.startswith("## "):
                inside = re.match(r"## Further\b", piece) is not None
            parts[not inside] += piece
        for counts, where in ((True, main), (False, further)):
            if parts[counts].strip():
                where.append(nbformat.NotebookNode(cell | {"source": parts[counts]}))
    return main, further


def things_of(lesson: Lesson, *kinds: type) -> dict[str, Exercise | Prediction]:
    """Return what a lesson asks, exercises or predictions, by its name."""
    return {name: thing for name, thing in vars(lesson.exercises).items() if isinstance(thing, kinds)}


def calls_of(lesson: Lesson, method: str) -> list[str]:
    """Return the names X of all calls ``ex.X.method(...)``, in order."""
    return calls_in(code_of(lesson), method)


def calls_in(cells: Iterable[nbformat.NotebookNode], method: str) -> list[str]:
    """Return the names X of all calls ``ex.X.method(...)`` in the code of some cells, in order."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return re.findall(rf"\bex\.(\w+)\.{method}\(", code)


# -- Running ---------------------------------------------------------------------------------------


def run(source: str, namespace: dict):
    """Run a cell; return the value of its last line, as a notebook would show it."""
    tree = ast.parse(source)
    # A kernel knows the lines of its cells, too.
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), namespace)
    return last and eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)


def answered(source: str, ex, answers: dict, namespace: dict):
    """Run a cell after the learner has answered in it; return what it shows."""
    asked = re.search(r"\bex\.(\w+)\.(check|predict)\(", source)
    if asked is None or asked[1] not in answers:
        return run(source, namespace)
    answer, kind = answers[asked[1]], getattr(ex, asked[1]).kind
    if isinstance(kind, Function):
        run(source, namespace)
        (stub,) = re.findall(r"^def (\w+)", source, re.MULTILINE)
        namespace[stub] = answer
        return run(f"ex.{asked[1]}.check({stub})", namespace)
    # A formula is typed: in the lesson a name such as dt may be a number.
    typed = str(answer) if isinstance(kind, Expression) else answer
    return run(source.replace(f"{asked[0]})", f"{asked[0]}{typed!r})", 1), namespace)


def is_timing(cell: nbformat.NotebookNode) -> bool:
    """Tell whether a cell does nothing but measure how long something takes: nothing later needs it."""
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def walk(lesson: Lesson, answers: dict, *, alone: bool = False) -> dict:
    """Walk through a notebook with these answers; return what each check and comparison says.

    Args:
        lesson: whose notebook it is.
        answers: by the name of what was asked; what is not among them stays untouched.
        alone: run each section by itself, after the set-up cell only.
    """
    (set_up, *opening), *sections = sections_of(lesson)
    ex, said = lesson.exercises, {}
    parts = [opening, *sections] if alone else [[*opening, *itertools.chain(*sections)]]
    for part in parts:
        namespace = {}
        run(set_up.source, namespace)
        for cell in (cell for cell in part if not is_timing(cell)):
            shown = answered(cell.source, ex, answers, namespace)
            if name := re.search(r"\bex\.(\w+)\.(check|compare)\(", cell.source):
                said[name[1]] = shown
    return said
