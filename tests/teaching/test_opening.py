"""The first screen of a lesson in front of a class, and its formulas as pictures."""

import base64
import re

import pytest

from leakyedu.app import demo
from leakyedu.teaching.markup import element
from leakyedu.teaching.opening import formula, opening
from tests.lessons.notebook import LESSONS, for_all, read


def drawn(picture: str) -> str:
    return base64.b64decode(re.search(r"base64,([^\"]+)", picture)[1]).decode()


def test_it_holds_the_title_the_question_the_picture_and_the_equations(monkeypatch):
    displayed = []
    monkeypatch.setattr("leakyedu.teaching.opening.display", lambda bundle, raw: displayed.append(bundle))

    opening("Synapses", "What does one spike do?", ["a = b", "c = d"], element("figure", "two buckets"))

    ((page),) = [bundle["text/html"] for bundle in displayed]
    order = ["<h1>Synapses</h1>", "What does one spike do?", "two buckets", 'alt="a = b"', 'alt="c = d"']
    places = [page.index(words) for words in order]
    assert places == sorted(places)


def test_a_formula_is_drawn_by_lines_and_as_high_as_its_letters_ask():
    one, fraction = formula("a = b"), formula(r"a = \frac{b}{c}")

    heights = [float(re.search(r"height:([\d.]+)em", picture)[1]) for picture in (one, fraction)]
    assert "<svg" in drawn(one)
    assert 0.5 < heights[0] < heights[1] < 3
    with pytest.raises(ValueError, match="nosuchthing"):
        formula(r"\nosuchthing")


@for_all(LESSONS)
def test_the_first_equations_of_a_lesson_can_be_drawn(lesson):
    cells = read(lesson).cells
    found = next(filter(None, (demo.EQUATION.findall(cell.source) for cell in cells)))

    assert all("<svg" in drawn(formula(latex)) for latex in found)
