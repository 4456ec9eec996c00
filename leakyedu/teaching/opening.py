"""How a lesson begins in front of a class: its question, its picture and its equations on one screen."""

import io
import re
from collections.abc import Sequence

from IPython.display import display
from matplotlib.figure import Figure

from leakyedu.teaching.figure import our_style, source_of
from leakyedu.teaching.markup import Html, element, printable


def opening(title: str, question: str, equations: Sequence[str], picture: Html) -> None:
    """Display the first screen of a lesson.

    Args:
        title: of the lesson.
        question: what the lesson answers.
        equations: in LaTeX.
        picture: what is drawn before anything is asked.
    """
    asked = element("p", question, **{"class": "leakyedu-asked"})
    below = element("div", *map(_drawn, equations), **{"class": "leakyedu-equations"})
    page = element("section", element("h1", title), asked, picture, below, **{"class": "leakyedu-opening"})
    display({"text/plain": printable(title), "text/html": page}, raw=True)


def _drawn(latex: str) -> Html:
    """Return a formula as a picture, or as its code if it is none: a title may hold dollars."""
    try:
        return formula(latex)
    except ValueError:
        return element("code", latex)


def formula(latex: str) -> Html:
    """Return a formula as a picture, whose size follows that of the words around it."""
    figure, file = Figure(), io.BytesIO()
    with our_style():
        # TeX has two names for these signs, matplotlib one.
        known = re.sub(r"\\(ge|le)(?![a-z])", r"\\\1q", latex)
        figure.text(0, 0, f"${known}$", fontsize=SIZE, math_fontfamily="cm")
        figure.savefig(file, format="svg", metadata={"Date": None}, bbox_inches="tight", pad_inches=0.02)
        height = 72 * figure.get_tightbbox().height + 3
    return element("img", alt=latex, src=source_of(file.getvalue()), style=f"height:{height / SIZE:.2f}em")


SIZE = 20  # of the letters of a formula, in points
