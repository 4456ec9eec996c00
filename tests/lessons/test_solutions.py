"""What a lesson shows of a function runs in its notebook: each solution, and each function with a bug."""

import ast
import re

import pytest

from leakyedu.teaching.exercise import Exercise
from leakyedu.teaching.function import Function
from tests.lessons.notebook import LESSONS, code_of, prose_of, run, things_of

FUNCTIONS = [
    (lesson, name)
    for lesson in LESSONS
    for name, exercise in things_of(lesson, Exercise).items()
    if isinstance(exercise.kind, Function)
]


def without_functions(source: str) -> str:
    """Return a cell without the functions that it defines, and without the check of one."""
    tree = ast.parse(source)
    kept = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef) and ".check(" not in ast.unparse(node)
    ]
    return "\n".join(map(ast.unparse, kept))


@pytest.mark.parametrize(("lesson", "name"), FUNCTIONS, ids=[name for _, name in FUNCTIONS])
def test_a_solution_pasted_over_the_stub_of_its_cell_passes(lesson, name):
    set_up, *cells = [cell.source for cell in code_of(lesson)]
    (cell,) = [source for source in cells if f"ex.{name}.check(" in source]
    (stub,) = re.findall(r"^def (\w+)", cell, re.MULTILINE)
    exercise, namespace = getattr(lesson.exercises, name), {}
    run(set_up, namespace)
    run(without_functions(cell), namespace)

    code = exercise.solution().code
    run(code, namespace)

    assert code.startswith(f"def {stub}(")
    # Not by `check`: it would keep the answer for the tests that come later.
    assert exercise.kind.try_out(namespace[stub]).passed


def printed_functions(lesson) -> list[str]:
    """Return the names of the functions that stand in the text of a notebook."""
    return [name for text in prose_of(lesson) for name in re.findall(r"^\s*def (\w+)\(", text, re.MULTILINE)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_function_that_the_text_prints_can_be_called_by_its_name(lesson):
    namespace = {}
    set_up, *cells = [cell.source for cell in code_of(lesson)]
    run(set_up, namespace)
    for cell in cells:
        if re.search(r"hunt\.check\(", cell):
            run(cell, namespace)

    assert [name for name in printed_functions(lesson) if not callable(namespace.get(name))] == []


def test_most_lessons_print_a_function_with_a_bug():
    assert sum(len(printed_functions(lesson)) for lesson in LESSONS) >= 8
