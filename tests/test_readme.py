"""The README: its commands, its picture and its links. pytest runs its code as a doctest."""

import io
import re
import struct
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from leakyedu import simulate
from leakyedu.lessons import lessons
from leakyedu.lessons.start_here.figures import front
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


def shown(png) -> Image.Image:
    return Image.open(png).convert("L").reduce(16)


def test_the_picture_says_what_the_library_computes():
    (alt, path), *others = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", README)

    figure, sentence = front()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})

    assert alt == sentence
    assert f"{simulate(pulse(40)).v.max():.3f} V after 6 ms, the exact curve at 0.25 V" in sentence
    # Another version of matplotlib puts a letter a little aside; what is drawn stays.
    assert ImageStat.Stat(ImageChops.difference(*map(shown, (ROOT / path, drawn)))).mean[0] < 2
    assert others == []
    width, height = struct.unpack(">II", (ROOT / path).read_bytes()[16:24])
    assert width > height > 400


def test_every_link_leads_to_a_file_that_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", README)

    assert len(targets) >= 5
    assert [t for t in targets if not t.startswith("https://") and not (ROOT / t).exists()] == []


def test_the_table_holds_every_lesson_in_order_with_its_title_and_question():
    rows = [
        f"| {lesson.number} | [{lesson.title}](course/{lesson.notebook}) | {lesson.question} |"
        for lesson in lessons()
    ]

    assert "\n".join(rows) in README


def test_every_module_stands_in_the_map():
    # What torch may take away is looked up for the library alone.
    modules = {path.stem for path in (ROOT / "leakyedu").glob("[a-z]*.py")} - {"torch_private"}
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
