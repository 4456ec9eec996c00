"""A lesson more: its folder, its notebook and its page in a copy of the checkout, and nothing else by hand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lessons.notebook import ALL, BY_NAME, ROOT

pytestmark = pytest.mark.slow  # the tests of a lesson are run once more

OLD, NAME, NUMBER = BY_NAME["one_euler_step"], "one_more_step", len(ALL)
NOTEBOOK = f"{NUMBER:02}_{NAME}.ipynb"
COPIED = ("leakyedu", "tests", "course", "binder", ".ci", "pyproject.toml", "README.md", "LICENSE")
# What reads the lessons there are. What it runs for another lesson, that one's own copy has shown already.
RULES = ("lessons/test_every_lesson.py", "lessons/test_every_lab.py", "lessons/test_teachers_pages.py")
READERS = (*RULES, "app/test_course_map.py", "app/test_demo.py", "test_readme.py")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """Return a copy of the checkout with lesson 4 once more, under another name and number."""
    folder = tmp_path_factory.mktemp("copy").resolve()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    lesson, course = folder / "leakyedu/lessons" / NAME, folder / "course"
    shutil.copytree(folder / "leakyedu/lessons" / OLD.name, lesson)
    shutil.copy(course / OLD.notebook, course / NOTEBOOK)
    page = (course / "teaching" / NOTEBOOK).with_suffix(".md")
    shutil.copy((course / "teaching" / OLD.notebook).with_suffix(".md"), page)
    for path in (*lesson.glob("*.py"), course / NOTEBOOK, page):
        text = path.read_text(encoding="utf-8").replace(OLD.notebook, NOTEBOOK)
        text = re.sub(rf"(Lesson|Teaching lesson) {OLD.number}\b", rf"\1 {NUMBER}", text)
        text = text.replace(f"number={OLD.number}", f"number={NUMBER}").replace(OLD.name, NAME)
        path.write_text(text.replace(OLD.title, f"{OLD.title} again"), encoding="utf-8")
    run(folder, "tests.store_outputs")  # what README and the start page say of the lessons
    return folder


def run(folder: Path, *arguments: str) -> str:
    """Run ``python -m ARGUMENTS`` in the copy; return what it says."""
    environment = os.environ | {"PYTHONPATH": str(folder), "LEAKYEDU_HOME": str(folder.parent / "home")}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.thorough
def test_every_rule_the_map_and_the_demo_take_it(checkout):
    others = " or ".join(lesson.name for lesson in ALL)

    said = run(
        checkout, "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-k", f"not ({others})",
        *(f"tests/{path}" for path in READERS),
    )  # fmt: skip

    passed = re.findall(r"^PASSED (\S+)", said, re.MULTILINE)
    assert {path.partition("::")[0] for path in passed} == {f"tests/{path}" for path in READERS}
    assert len([path for path in passed if NAME in path]) >= 6
    assert " failed" not in said


def test_its_notebook_and_the_start_page_show_what_they_store(checkout):
    said = run(
        checkout, "pytest", "-q", "-p", "no:cacheprovider", "course/00_start_here.ipynb", f"course/{NOTEBOOK}"
    )

    assert re.search(r"\d{2} passed", said)


def test_the_command_copies_it_and_the_map_and_the_menu_of_the_demo_list_it(checkout):
    run(checkout, "leakyedu.app.cli", "copy", "mine")

    says = """
import pathlib, tempfile
from leakyedu.app import course_map, demo
print(course_map.table())
print(*(shown.notebook for shown in demo.write(pathlib.Path(tempfile.mkdtemp()))))
"""
    shown = subprocess.run(
        [sys.executable, "-c", says], cwd=checkout / "course", env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (checkout / "mine" / NOTEBOOK).exists()
    assert f"{OLD.title} again" in shown.stdout
    assert shown.stdout.split()[-1] == NOTEBOOK
    assert f"[{OLD.title} again](course/{NOTEBOOK})" in (checkout / "README.md").read_text(encoding="utf-8")
