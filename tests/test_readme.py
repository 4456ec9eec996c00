"""The README: its commands, its picture and its links. pytest runs its code as a doctest."""

import re
import struct
from pathlib import Path

import pytest

from leakyedu import plotting, simulate
from leakyedu.stimuli import pulse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in README.splitlines() if line.startswith("    ")]
SCREEN = README.partition("## The way in")[0]


def test_the_two_commands_are_self_contained():
    start = "python3 -m venv .venv && .venv/bin/pip install -e"

    assert f"{start} '.[course]' && .venv/bin/leakyedu lab" in COMMANDS
    assert f"{start} '.[test]' && .venv/bin/python -m pytest -n 2" in COMMANDS


def test_no_command_names_an_index():
    assert [command for command in COMMANDS if "http" in command] == []


def test_ci_takes_the_test_command_from_here():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"grep -E '([^']+)' README.md", script)

    assert re.findall(pattern, README, re.MULTILINE) == [
        "    python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest -n 2"
    ]


def test_the_first_screen_runs_in_eight_lines_and_prints_a_number():
    (block,) = re.findall(r"```python\n(.*?)```", SCREEN, re.DOTALL)
    lines = [line for line in block.splitlines() if line]

    assert len(lines) <= 8
    assert re.search(r"\d", lines[-1])
    assert not lines[-1].startswith(">>>")


def test_the_picture_says_what_the_library_computes():
    (alt, path), *others = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", README)

    _, sentence = plotting.against_exact({"Euler": simulate(pulse(100)).v}, until=40)

    assert alt == sentence
    assert others == []
    width, height = struct.unpack(">II", (ROOT / path).read_bytes()[16:24])
    assert width > height > 400


def test_every_link_leads_to_a_file_that_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", README)

    assert len(targets) >= 5
    assert [t for t in targets if not t.startswith("https://") and not (ROOT / t).exists()] == []


@pytest.mark.parametrize("notebook", sorted(p.name for p in (ROOT / "course").glob("*.ipynb")))
def test_every_lesson_stands_in_the_table(notebook):
    assert f"(course/{notebook}) |" in README


def test_every_module_stands_in_the_map():
    modules = {path.stem for path in (ROOT / "leakyedu").glob("[a-z]*.py")}
    packages = {path.parent.name for path in (ROOT / "leakyedu").glob("*/__init__.py")}

    assert set(re.findall(r"^\| `leakyedu\.(\w+)`", README, re.MULTILINE)) == modules | packages


@pytest.mark.parametrize("path", ["README.md", "course/00_start_here.ipynb"])
def test_one_cites_the_authors_the_year_and_the_title_of_the_package(path):
    year, authors = re.search(r"Copyright \(c\) (\d{4}) (.+)", (ROOT / "LICENSE").read_text("utf-8")).groups()
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    title = re.search(r'^description = "([^":]+):', project, re.MULTILINE)[1]

    assert f'authors = [{{ name = "{authors}" }}]' in project
    citation = f"{authors} ({year}). *leakyedu: {title}*. Name the version too."
    assert citation in (ROOT / path).read_text("utf-8")
