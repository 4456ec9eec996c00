"""Each lab: what its settings show, what it says, what it does in front of a class."""

import functools
import gc
import html
import io
import itertools
import math
import random
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from PIL import ImageChops, ImageColor

from leakyedu.teaching import plotting
from leakyedu.teaching.canvas import Canvas
from leakyedu.teaching.figure import PREDICTION, picture
from leakyedu.teaching.lab import Lab, Slider
from tests.lessons.notebook import ALL, LESSONS, ROOT, code_of, for_all
from tests.teaching import caption_of, move, parts, pixels, show

LABS = [lesson for lesson in ALL if lesson.lab]
WITHOUT_UNIT = {"spikes", "iteration", "learning rate"}  # counts, and what is a mere number
each_lab = pytest.mark.parametrize("lesson", LABS, ids=lambda lesson: lesson.name)


def notebook_of_labs() -> nbformat.NotebookNode:
    """Return a notebook that shows every lab, each in a cell of its own."""
    cells = [nbformat.v4.new_code_cell(f"from {lesson.package} import lab\n\nlab.show()") for lesson in LABS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def values(control) -> list:
    """Return the ends of a slider, or all words of a menu."""
    return [control.low, control.high] if isinstance(control, Slider) else list(control.options)


def corners(lab: Lab) -> list[dict]:
    choices = itertools.product(*map(values, lab.controls.values()))
    return [dict(zip(lab.controls, chosen, strict=True)) for chosen in choices]


def somewhere(lab: Lab, generator: random.Random) -> dict:
    """Return settings that a learner might choose."""
    return {
        name: generator.choice(control.options)
        if not isinstance(control, Slider)
        else round(control.low + control.step * generator.randrange(steps_of(control) + 1), 9)
        for name, control in lab.controls.items()
    }


def steps_of(control: Slider) -> int:
    return round((control.high - control.low) / control.step)


def look_at(png: bytes, sentence: str) -> None:
    """Assert what every picture must be."""
    assert len(sentence) > 20
    assert re.search(r"\d", sentence)
    assert not re.search(r"\b(nan|inf)\b", sentence)
    colours = pixels(png).getcolors(2**20)
    assert len(colours) > 20  # an empty picture has its frame alone


def draw_and_look_at(lab: Lab, chosen: list[dict]) -> None:
    """Assert that each of these settings gives a picture on finite axes."""
    canvas, more = Canvas(lab.panes), {"result": None} if lab.work else {}
    for settings in chosen:
        png, sentence = canvas.draw(
            lambda *axes, chosen=settings: lab.view(*axes, **chosen, **more, prediction=None)
        )
        look_at(png, sentence)
        for axes in canvas.axes:
            assert all(map(math.isfinite, (*axes.get_xlim(), *axes.get_ylim())))


def where_two_meet(lab: Lab) -> list[dict]:
    """Return corners in which each value of a control meets each of another: few bugs need a third."""
    pairs_of = lambda corner: set(itertools.combinations(corner.items(), 2))  # noqa: E731
    left, chosen = set().union(*map(pairs_of, corners(lab))), []
    while left:
        chosen.append(max(corners(lab), key=lambda corner: len(pairs_of(corner) & left)))
        left -= pairs_of(chosen[-1])
    return chosen


@each_lab
@pytest.mark.parametrize(
    "some",
    [
        pytest.param(where_two_meet, marks=pytest.mark.slow),
        pytest.param(corners, marks=pytest.mark.thorough),
    ],
)
def test_a_lab_draws_its_corners(lesson, some):
    draw_and_look_at(lesson.lab.LAB, some(lesson.lab.LAB))


@pytest.mark.slow
@each_lab
def test_a_lab_that_has_shown_another_corner_draws_what_a_new_one_does(lesson):
    lab = lesson.lab.LAB
    canvas, more = Canvas(lab.panes), {"result": None} if lab.work else {}
    apart = []
    for settings in corners(lab)[::5]:
        view = functools.partial(draw_one, lab, settings | more)
        changed, fresh = (pixels(each.draw(view)[0]) for each in (canvas, Canvas(lab.panes)))
        apart.append(ImageChops.difference(changed, fresh).getbbox())

    assert apart == [None] * len(apart)


def draw_one(lab: Lab, settings: dict, *axes) -> str:
    return lab.view(*axes, **settings, prediction=None)


@each_lab
@pytest.mark.parametrize("count", [3, pytest.param(100, marks=pytest.mark.thorough)])
def test_a_lab_draws_settings_in_between(lesson, count):
    lab, generator = lesson.lab.LAB, random.Random(lesson.name)

    draw_and_look_at(lab, [somewhere(lab, generator) for _ in range(count)])


@each_lab
def test_in_front_of_a_class_the_curves_of_a_lab_keep_their_room(lesson):
    lab = lesson.lab.LAB
    more = {"result": None} if lab.work else {}
    plotting.presentation()
    try:
        canvas = Canvas(lab.panes)
        canvas.fit(1240, 430, 24)  # its place on a wall of 720 lines
        canvas.draw(lambda *axes: lab.view(*axes, **lab.start, **more, prediction=None))
    finally:
        plotting.presentation(False)

    width, height = canvas.figure.bbox.size
    rooms = [axes.get_window_extent() for axes in canvas.axes]
    labels = [axes.yaxis.label.get_window_extent() for axes in canvas.axes]
    assert min(room.width for room in rooms) > 0.55 * width / lab.panes
    assert min(room.height for room in rooms) > 0.45 * height
    assert min(label.y0 for label in labels) >= 0
    assert max(label.y1 for label in labels) <= height


@each_lab
def test_a_lab_says_below_its_picture_what_its_alt_text_says(lesson, monkeypatch):
    bundle, box = show(monkeypatch, lesson.lab.LAB)

    alt = re.search(r'alt="([^"]*)"', html.unescape(box.picture))[1]
    assert alt == html.unescape(caption_of(box)) == bundle["text/plain"]
    assert len(alt) > 20
    assert parts(box, "presets") == []  # they are for a class


HIS_STYLE = {"font.size": 22, "lines.linewidth": 9, "axes.grid": True, "savefig.facecolor": "red"}


@pytest.mark.thorough
@each_lab
def test_a_lab_looks_as_ever_whatever_style_the_user_has_chosen(lesson):
    lab = lesson.lab.LAB
    view = functools.partial(draw_one, lab, lab.start | ({"result": None} if lab.work else {}))
    usual = Canvas(lab.panes).draw(view)[0], picture(*lab.figure())

    with plt.style.context(["dark_background", HIS_STYLE]):
        his = Canvas(lab.panes).draw(view)[0], picture(*lab.figure())
        kept = plt.rcParams["font.size"], plt.rcParams["text.color"]

    assert his == usual
    assert kept == (22, "white")


@for_all(LABS)
def test_a_lab_starts_within_its_controls_and_has_at_most_four(lesson):
    lab = lesson.lab.LAB
    sliders = [c for c in lab.controls.values() if isinstance(c, Slider)]

    # A time line plays when asked, and is not among what a learner sets.
    assert 1 <= sum(not getattr(c, "plays", False) for c in lab.controls.values()) <= 4
    assert lab.figure(**lab.start)[1] == lab.figure()[1]
    assert {c.label for c in sliders if not re.search(r"\(.+\)$", c.label)} <= WITHOUT_UNIT
    # A browser's slider holds no value between its steps.
    assert all(
        ((c.start - c.low) / c.step) == pytest.approx(round((c.start - c.low) / c.step)) for c in sliders
    )
    assert all(((c.high - c.low) / c.step) == pytest.approx(steps_of(c)) for c in sliders)


@for_all(LABS)
def test_a_lab_warns_of_nothing_and_leaves_no_figure_open(lesson):
    lesson.lab.LAB.figure()

    assert plt.get_fignums() == []


@pytest.mark.slow
def test_a_notebook_of_all_labs_passes_strict_nbval(tmp_path):
    nbformat.write(notebook_of_labs(), tmp_path / "labs.ipynb")

    stored = [sys.executable, "-m", "tests.store_outputs", str(tmp_path / "labs.ipynb")]
    subprocess.run(stored, cwd=ROOT, check=True, capture_output=True)
    strict = [
        "--nbval",
        f"--nbval-sanitize-with={ROOT / 'tests/nbval_sanitize.cfg'}",
        "-p",
        "no:cacheprovider",
    ]
    checked = [sys.executable, "-m", "pytest", "-q", *strict, str(tmp_path / "labs.ipynb")]
    done = subprocess.run(checked, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert f"{len(LABS)} passed" in done.stdout
    assert "widgets" not in nbformat.read(tmp_path / "labs.ipynb", 4).metadata


def own_memory() -> int:
    """Return the KiB that belong to this process alone, none of a file that another one may map too."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's own memory")
def test_five_hundred_moves_keep_no_memory_and_no_figure(monkeypatch):
    generator = random.Random(500)
    controls = [
        (live, name, control)
        for lesson in LABS
        for live in [show(monkeypatch, lesson.lab.LAB)[1]]
        for name, control in lesson.lab.LAB.controls.items()
    ]

    def somewhere_else(live, name, control):
        if isinstance(control, Slider):
            move(live, **{name: control.low + control.step * generator.randrange(steps_of(control) + 1)})
        else:
            move(live, **{name: generator.choice(control.options)})

    for control in controls * 20:  # until the caches are full, of matplotlib and of our own
        somewhere_else(*control)
    before = own_memory()
    for control in generator.choices(controls, k=500):
        somewhere_else(*control)

    print(f"500 moves of {len(LABS)} labs: {own_memory() - before} KiB")
    assert own_memory() - before < 5 * 1024
    assert plt.get_fignums() == []


@for_all(LABS)
def test_presets_lie_on_the_controls_and_each_shows_something_else(lesson):
    lab = lesson.lab.LAB

    pictures = [lab.figure(**preset.settings)[1] for preset in lab.presets]

    assert 4 <= len(lab.presets) <= 6
    assert len(set(pictures)) == len(pictures)
    names = [preset.name for preset in lab.presets]
    # What is set, and not what comes of it: that is for the class to say.
    assert [name for name in names if re.search(r"\b(it|too|enough|luck)\b", name, re.IGNORECASE)] == []
    assert sum(map(len, names)) + 4 * len(names) <= 96  # in one line of 24 px at a width of 1280
    assert [p.says for p in lab.presets if not re.fullmatch(r"\S.{15,95}[.?]", p.says)] == []


@for_all(LABS)
def test_a_preset_holds_values_that_its_slider_can_show(lesson):
    lab = lesson.lab.LAB
    sliders = {key: control for key, control in lab.controls.items() if isinstance(control, Slider)}
    values = [
        (value - sliders[key].low) / sliders[key].step
        for preset in lab.presets
        for key, value in preset.settings.items()
        if key in sliders
    ]

    assert values == pytest.approx([round(value) for value in values])


# What a question leaves open, because its answer does not depend on it or is a value of it. A time line is
# open everywhere, and everything else is what the question says or what the lesson starts with.
OPEN = {
    "synapses": {"interval", "w"},
    "euler_against_exact": {"dt", "show"},
    "exact_steps": {"method"},
    "a_filter": {"kind", "frequency", "dt"},
    "whole_sequences": {"steps"},
}


def foretold(lesson) -> object:
    """Return what a learner would have predicted who is right, of the question that the notebook's lab draws."""
    (name,) = re.findall(
        r"lab\.show\(prediction=ex\.(\w+)\.prediction\)", "\n".join(cell.source for cell in code_of(lesson))
    )
    return getattr(lesson.exercises, name).kind.right


def has_a_prediction(figure: Figure) -> bool:
    """Tell whether a prediction is drawn, in the colour that nothing else has."""
    return bool(figure.findobj(lambda x: hasattr(x, "get_color") and same_color(x.get_color(), PREDICTION)))


@each_lab
def test_a_prediction_is_drawn_where_it_was_asked_and_nowhere_else(lesson):
    lab, right = lesson.lab.LAB, foretold(lesson)
    there = lab.start | lab.asked
    still = {name for name, control in lab.controls.items() if getattr(control, "plays", False)}
    still |= OPEN.get(lesson.name, set())

    asked, _ = lab.figure(**there, prediction=right)
    seen, named = set(), set()
    for name, control in lab.controls.items():
        elsewhere = next(value for value in values(control) if value != there[name])
        figure, sentence = lab.figure(**there | {name: elsewhere}, prediction=right)
        seen |= {name} if has_a_prediction(figure) else set()
        named |= {name} if "Your prediction is drawn at" in sentence else set()

    assert has_a_prediction(asked)
    asked.savefig(drawn := io.BytesIO())
    assert ImageColor.getrgb(PREDICTION) in {c for _, c in pixels(drawn.getvalue()).getcolors(2**20)}
    assert seen == still
    assert named == lab.controls.keys() - still


@for_all(LABS)
def test_one_of_the_presets_shows_a_class_what_it_has_voted(lesson):
    lab = lesson.lab.LAB

    assert any(lab.asked.items() <= (lab.start | preset.settings).items() for preset in lab.presets)


def test_there_is_an_experiment_for_each_lesson():
    assert LABS == LESSONS
