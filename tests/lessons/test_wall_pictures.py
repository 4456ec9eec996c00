"""What stands in the pictures on a wall: each letter is large enough for the last row, none is cut or covered."""

import contextlib
import io
import itertools
import json
import re

import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from leakyedu.app import demo
from leakyedu.lessons import course
from leakyedu.teaching import plotting
from leakyedu.teaching.canvas import Canvas
from leakyedu.teaching.figure import fit_for_a_class, our_style
from leakyedu.teaching.kinds import Choice
from leakyedu.teaching.wall import picture_of
from tests.lessons.notebook import LESSONS

pytestmark = pytest.mark.slow

# Width and height of a wall, and what of it the least room for a lab's picture is, between presets and controls,
# in dots of the screen; tests/browser/test_demo_in_browser.py measures that it is there.
LABS = {
    (1024, 768): (1000, 395),
    (1280, 720): (1255, 400),
    (1920, 1080): (1890, 600),
    (2560, 1080): (2530, 600),
}
WORDS = 1.05  # of the letters around a picture, in a thirtieth of the wall: those of demo.css
LEAST = 0.48  # of the wall's height that a question's drawing takes at least; that of demo.css, too


def texts(figure: Figure) -> list[Text]:
    """Return all that is written in a figure."""
    found = []
    for axes in figure.axes:
        legend = axes.get_legend().get_texts() if axes.get_legend() else []
        found += [*axes.texts, *legend]
        if not axes.axison:
            continue
        found += [axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            found += [tick.label1 for tick in axis._update_ticks()]  # those that are drawn
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def smallest(text: Text) -> float:
    """Return the size of its smallest letters in points: those of an index are smaller."""
    return text.get_fontsize() * (0.7 if re.search(r"\$.*(_|\^|\\frac)", text.get_text()) else 1)


def wrong_with(figure: Figure, per_point: float, letter: float) -> list:
    """Return what is smaller than ``letter`` at so many dots per point, cut, or covered by another word."""
    with our_style():
        figure.draw_without_rendering()
        found = texts(figure)
    width, height = figure.bbox.size
    # Of an annotation this is its text alone, without its arrow. Letters fill less than their boxes.
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in found]
    small = [(text.get_text(), smallest(text)) for text in found]
    return [
        *((words, "is small") for words, size in small if size * per_point < letter - 0.01),
        *(
            (words, "is cut")
            for words, b in boxes
            if b.x0 < -1 or b.y0 < -1 or b.x1 > width + 1 or b.y1 > height + 1
        ),
        *(
            (words, "covers", others)
            for (words, box), (others, other) in itertools.combinations(boxes, 2)
            if words != others and box.shrunk(0.96, 0.7).overlaps(other.shrunk(0.96, 0.7))
        ),
        *((line.get_label(), "runs through the names") for line in lines_through_names(figure)),
    ]


def lines_through_names(figure: Figure) -> list[Line2D]:
    """Return the curves that run through the legend of their axes."""
    found = []
    for axes in figure.axes:
        if (legend := axes.get_legend()) is None:
            continue
        edge = 0.4 * legend.get_texts()[0].get_window_extent().height  # without a name in it
        names = Bbox.intersection(legend.get_window_extent().padded(-edge), axes.bbox)
        for line in axes.lines if names else ():
            path = line.get_transform().transform_path(line.get_path())
            closely = path.interpolated(20) if line.get_linestyle() != "None" else path
            if names.count_contains(closely.vertices):
                found.append(line)
    return found


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Return the figures that are drawn for a class."""
    figures = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path))

    def keep(figure: Figure, sentence: str) -> str:
        fit_for_a_class(figure)
        figures.append(figure)
        return sentence

    monkeypatch.setattr("leakyedu.teaching.figure.picture", keep)
    yield figures
    plotting.presentation(False)


@pytest.mark.usefixtures("fresh_exercises")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_last_row_can_read_each_letter_of_an_opening_and_of_an_answer(lesson, drawn):
    notebook = demo.on_a_wall(json.loads((course() / lesson.notebook).read_bytes()), lesson.question)

    def vote(_, *predictions, happens, **__) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            for prediction in predictions:
                kind = prediction.kind
                wrong = [key for key in getattr(kind, "options", ()) if key != kind.right]
                prediction.predict(wrong[0] if isinstance(kind, Choice) else kind.right)
        picture_of(happens)

    first, *others = ("".join(cell["source"]) for cell in notebook["cells"])
    names = {}
    exec(first, names)
    names |= {"opening": lambda *_: None, "vote": vote, "present": lambda *_: None}
    for source in others:
        exec(source, names)

    assert len(drawn) > 2
    wrong = {}
    for number, figure in enumerate(drawn):
        for (wide, high), (room, _) in LABS.items():
            inches = figure.get_size_inches()
            per_point = min(room / inches[0], LEAST * high / inches[1]) / 72
            if found := wrong_with(figure, per_point, high / 30):
                wrong[number, wide, high] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "wall",
    [
        # Where the room is narrowest in each direction, with each change.
        pytest.param(wall, marks=pytest.mark.thorough if wall[1] > 768 else ())
        for wall in LABS
    ],
    ids=lambda wall: f"{wall[0]}x{wall[1]}",
)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_last_row_can_read_each_letter_of_a_lab(lesson, wall):
    lab, letter = lesson.lab.LAB, wall[1] / 30
    plotting.presentation()
    try:
        canvas = Canvas(lab.panes)
        canvas.fit(*LABS[wall], WORDS * letter)
        wrong = {}
        for preset in lab.presets:
            settings = lab.within(preset.settings) | ({"result": None} if lab.work else {})
            canvas.draw(lambda *axes, chosen=settings: lab.view(*axes, **chosen, prediction=None))
            if found := wrong_with(canvas.figure, canvas.figure.dpi / 72, letter):
                wrong[preset.name] = found
    finally:
        plotting.presentation(False)

    assert wrong == {}
