"""What the teacher's window says: for each question and each lab, the part of the lesson's page."""

import json
import re

import pytest

from leakyedu.app import demo, teacher
from leakyedu.lessons import course, lessons


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return dict(teacher.pages())


@pytest.mark.parametrize("lesson", lessons()[1:], ids=lambda lesson: lesson.name)
def test_each_question_of_the_wall_and_each_lab_has_its_part(pages, lesson):
    wall = demo.on_a_wall(json.loads((course() / lesson.notebook).read_bytes()), lesson.question)
    votes = " ".join(cell["source"] for cell in wall["cells"] if cell["source"].startswith("vote("))
    asked = re.findall(r"ex\.(\w+)(?=, (?:ex|drawing=))", votes)

    assert asked
    assert [name for name in asked if "what it reveals" not in pages[f"{lesson.name}.{name}"]] == []
    assert lesson.lab.LAB.presets[0].name in pages[lesson.notebook.removesuffix(".ipynb")]


def test_what_stands_there_is_html_without_scripts(pages):
    whole = "".join(pages.values())

    assert "<table>" in whole
    assert "<code>" in whole
    assert not re.search(r"<script|javascript:|\son\w+=", whole, re.IGNORECASE)
