"""Labs: the machinery without a browser, and each lab's numbers. tests/browser presses the keys."""

import gc
import html
import io
import itertools
import math
import pkgutil
import random
import re
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

import ipywidgets as widgets
import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
from ipywidgets.widgets.widget import _instances
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from leakyedu import labs, plotting
from leakyedu.labs.canvas import Canvas
from leakyedu.labs.controls import Choice, Number, Presets
from leakyedu.labs.lab import Device, Lab, Menu, Preset, Slider

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def small_lab(view=None) -> Lab:
    def draw(axes, height, kind, *, prediction):
        axes.plot([0, 1], [height, height])
        return f"A line of height {height:g}, {kind}, prediction {prediction}."

    return Lab(view or draw, height=Slider("height (V)", 0, 5, 0.5, 1.0), kind=Menu("kind", ("a", "b"), "a"))


@pytest.fixture
def shown(monkeypatch):
    """Return a function that shows a lab and returns its output bundle and its widgets by kind."""

    def show(lab: Lab, **arguments):
        bundles = []
        monkeypatch.setattr("leakyedu.labs.lab.display", lambda bundle, raw: bundles.append(bundle))
        lab.show(**arguments)
        (bundle,) = bundles
        return bundle, _instances[bundle[WIDGET_VIEW]["model_id"]]

    return show


def inside(box: widgets.Widget, kind: type) -> list:
    children = getattr(box, "children", ())
    found = [child for child in children if isinstance(child, kind)]
    return found + [widget for child in children for widget in inside(child, kind)]


def caption(box: widgets.Widget) -> str:
    (picture,) = inside(box, widgets.HTML)
    return picture.value.rpartition("<figcaption>")[2].partition("</figcaption>")[0]


def caption_of(box: widgets.Widget) -> str:
    """Return the caption of a lab that has more than a picture to say."""
    (picture,) = [text.value for text in inside(box, widgets.HTML) if "<figcaption>" in text.value]
    return picture.rpartition("<figcaption>")[2].partition("</figcaption>")[0]


def test_a_lab_starts_with_its_controls_at_their_start():
    assert small_lab().figure()[1] == "A line of height 1, a, prediction None."


def test_a_lab_gives_any_setting_as_a_figure_for_paper():
    figure, sentence = small_lab().figure(height=3.5, prediction=2)

    assert isinstance(figure, Figure)
    assert sentence == "A line of height 3.5, a, prediction 2."


def test_an_unknown_setting_is_named_with_those_that_there_are():
    with pytest.raises(TypeError, match=r"width is no setting of this lab. Use some of height, kind"):
        small_lab().figure(width=1)


def test_a_lab_shows_a_picture_where_there_is_no_kernel_too(shown):
    bundle, _ = shown(small_lab())

    assert bundle["text/plain"] == "A line of height 1, a, prediction None."
    assert 'alt="A line of height 1, a, prediction None."' in bundle["text/html"]


def test_moving_a_slider_changes_the_picture_its_alt_text_and_its_sentence(shown):
    _, box = shown(small_lab(), prediction=2)

    inside(box, Number)[0].value = 2.5

    assert caption(box) == "A line of height 2.5, a, prediction 2."
    assert 'alt="A line of height 2.5, a, prediction 2."' in inside(box, widgets.HTML)[0].value


def test_a_slider_shows_round_numbers_and_draws_once(shown):
    drawn = []

    def view(axes, height, kind, *, prediction):
        drawn.append(height)
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))

    inside(box, Number)[0].value = 3.5000000000000004

    assert inside(box, Number)[0].value == 3.5
    assert drawn == [1, 3.5]


def test_every_control_has_a_name_with_its_unit(shown):
    _, box = shown(small_lab())

    assert [control.label for control in inside(box, Number)] == ["height (V)"]
    assert [control.label for control in inside(box, Choice)] == ["kind"]


@pytest.mark.parametrize(("typed", "value"), [(-1, 0), (99, 5), (2.5000000000000004, 2.5)])
def test_a_number_stays_within_its_bounds(shown, typed, value):
    _, box = shown(small_lab())

    inside(box, Number)[0].value = typed

    assert inside(box, Number)[0].value == value
    assert caption(box).startswith(f"A line of height {value:g},")


def test_a_choice_that_there_is_not_changes_nothing(shown):
    _, box = shown(small_lab())

    inside(box, Choice)[0].value = "c"

    assert inside(box, Choice)[0].value == "a"


def test_reset_puts_every_control_back(shown):
    _, box = shown(small_lab())
    inside(box, Number)[0].value = 4.0
    inside(box, Choice)[0].value = "b"

    inside(box, widgets.Button)[0].click()

    assert caption(box) == "A line of height 1, a, prediction None."


def test_an_error_in_the_view_is_one_sentence_and_the_lab_goes_on(shown):
    def view(axes, height, kind, *, prediction):
        if height > 3:
            raise ValueError("height <must> stay below 3")
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))
    slider = inside(box, Number)[0]

    slider.value = 4.0
    broken = inside(box, widgets.HTML)[0].value
    slider.value = 2.0

    assert broken == '<p role="alert">This setting cannot be drawn: height &lt;must&gt; stay below 3</p>'
    assert caption(box) == "A line of height 2."


def test_settings_that_a_newer_one_overtakes_are_never_drawn(shown):
    drawn, started, go_on = [], threading.Event(), threading.Event()

    def view(axes, height, kind, *, prediction):
        drawn.append(height)
        if height == 2:
            started.set()
            assert go_on.wait(5)
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))
    slider = inside(box, Number)[0]

    slow = threading.Thread(target=lambda: setattr(slider, "value", 2.0))
    slow.start()
    assert started.wait(5)
    slider.value, slider.value = 3.0, 4.0
    go_on.set()
    slow.join(5)

    assert drawn == [1, 2, 4]
    assert caption(box) == "A line of height 4."


def test_a_picture_that_cannot_be_made_is_one_sentence_too(shown):
    def view(axes, height, kind, *, prediction):
        axes.set_xlabel("$\\broken{$" if height > 3 else "fine")
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))
    slider = inside(box, Number)[0]

    slider.value = 4.0
    broken = inside(box, widgets.HTML)[0].value
    slider.value = 2.0

    assert broken.startswith('<p role="alert">This setting cannot be drawn: ')
    assert caption(box) == "A line of height 2."


# -- In front of a class ---------------------------------------------------------------------------


@pytest.fixture
def presented(monkeypatch):
    """Return a function that presents a small lab; it returns the box, what was drawn, and what draws."""

    def present(**arguments):
        drawn, bundles = [], []

        def view(axes, height, kind, *, prediction):
            drawn.append(f"A line of height {height:g}, {kind}, prediction {prediction}.")
            return drawn[-1]

        lab = Lab(
            view,
            presets=(Preset("high", "It is high.", {"height": 4.0}), Preset("b", "It is b.", {"kind": "b"})),
            **small_lab().controls,
        )
        monkeypatch.setattr("leakyedu.labs.lab.display", lambda bundle, raw: bundles.append(bundle))
        draw = lab.present("A <lab>", **arguments)
        return _instances[bundles[0][WIDGET_VIEW]["model_id"]], drawn, draw

    return present


def press(box, number: int) -> Presets:
    (presets,) = inside(box, Presets)
    presets._handle_custom_msg({"chosen": number}, [])
    return presets


def test_a_class_sees_the_first_preset_at_first(presented):
    box, drawn, _ = presented()

    assert drawn == ["A line of height 4, a, prediction None."]
    assert "<h2>A &lt;lab&gt;</h2>" in inside(box, widgets.HTML)[0].value
    assert inside(box, Presets)[0].chosen == 0


def test_a_preset_moves_all_controls_and_draws_once(presented):
    box, drawn, _ = presented()

    presets = press(box, 1)

    assert drawn[1:] == ["A line of height 1, b, prediction None."]
    assert inside(box, Number)[0].value == 1
    assert inside(box, Choice)[0].value == "b"
    assert (presets.chosen, presets.says[presets.chosen]) == (1, "It is b.")


def test_a_preset_that_is_pressed_again_brings_its_settings_back(presented):
    box, drawn, _ = presented()
    inside(box, Number)[0].value = 2.0

    press(box, 0)

    assert drawn[1:] == ["A line of height 2, a, prediction None.", "A line of height 4, a, prediction None."]


def test_what_the_class_has_predicted_by_then_is_drawn(presented):
    votes = [None]
    _, drawn, draw = presented(prediction=lambda: votes[-1])

    draw()
    votes.append(3)
    draw()

    assert drawn == ["A line of height 4, a, prediction None.", "A line of height 4, a, prediction 3."]


def test_a_learner_alone_gets_no_presets(shown):
    _, box = shown(lab_of("bucket"))

    assert inside(box, Presets) == []


# -- Work that takes longer ------------------------------------------------------------------------


def working_lab(work) -> Lab:
    def view(axes, height, *, result, prediction):
        return f"A line of height {height:g}, result {result}."

    return Lab(view, work=work, height=Slider("height (V)", 0, 5, 0.5, 1.0))


def buttons(box):
    return {button.description: button for button in inside(box, widgets.Button)}


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("this did not happen within 5 seconds")


def test_work_begins_with_its_button_and_its_result_belongs_to_its_settings(shown):
    def work(height):
        yield 0.5
        return 10 * height

    _, box = shown(working_lab(work))
    before = caption_of(box)
    buttons(box)["Measure"].click()
    wait_for(lambda: caption_of(box) != before)
    after = caption_of(box)

    inside(box, Number)[0].value = 2
    elsewhere = caption_of(box)
    inside(box, Number)[0].value = 1

    assert before == "A line of height 1, result None."
    assert after == caption_of(box) == "A line of height 1, result 10.0."
    assert elsewhere == "A line of height 2, result None."


def test_work_says_how_far_it_is_and_stops_when_it_is_told_to(shown):
    ended = threading.Event()

    def work(height):
        try:
            for percent in range(10_000):
                time.sleep(0.02)
                yield percent / 10_000
        finally:
            ended.set()

    _, box = shown(working_lab(work))
    said = inside(box, widgets.HTML)[-1]
    buttons(box)["Measure"].click()
    wait_for(lambda: " s left" in said.value)
    assert 'aria-label="measured"' in said.value
    assert buttons(box)["Measure"].disabled

    buttons(box)["Stop"].click()

    wait_for(lambda: "stopped" in said.value)
    wait_for(ended.is_set)
    wait_for(lambda: not buttons(box)["Measure"].disabled)
    assert caption_of(box) == "A line of height 1, result None."


def test_work_that_fails_says_why_and_can_be_tried_again(shown):
    def work(height):
        yield 0.1
        raise ValueError("no <memory> left")

    _, box = shown(working_lab(work))
    buttons(box)["Measure"].click()

    wait_for(lambda: "cannot be measured: no &lt;memory&gt; left" in inside(box, widgets.HTML)[-1].value)
    wait_for(lambda: not buttons(box)["Measure"].disabled)


def test_work_is_done_for_paper_too():
    def work(height):
        yield 0.5
        return 10 * height

    lab = working_lab(work)

    assert lab.figure(height=2, result=lab.measure(height=2))[1] == "A line of height 2, result 20."
    assert lab.figure()[1] == "A line of height 1, result None."
    with pytest.raises(ValueError, match="height must be from 0 to 5"):
        lab.measure(height=9)


# -- Devices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "start"),
    [(["cpu"], "cpu"), (["cpu", "cuda:0"], "cuda:0"), (["cpu", "cuda:0", "cuda:1"], "cuda:0")],
)
def test_a_lab_offers_the_devices_that_are_there(shown, monkeypatch, there, start):
    monkeypatch.setattr("leakyedu.labs.lab.devices", lambda: list(map(torch.device, there)))

    _, box = shown(Lab(lambda axes, device, *, prediction: f"It runs on 1 {device}.", device=Device()))

    assert inside(box, Choice)[0].options == there
    assert caption_of(box) == f"It runs on 1 {start}."
    notes = [note.value for note in inside(box, widgets.HTML)]
    assert any("no accelerator" in note for note in notes) == (len(there) == 1)


# -- The canvas ------------------------------------------------------------------------------------


def pixels(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


FIXED = {"xlim": (0, 1), "ylim": (0, 4), "xlabel": "time (ms)"}


def line(height: float, **frame):
    def view(axes):
        axes.plot([0, 1], [height, height])
        axes.set(**frame)
        return f"A line of height {height:g}."

    return view


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (line(1, **FIXED), line(2, **FIXED)),
        (line(1, **FIXED), line(2, **FIXED | {"ylim": (0, 9)})),
        (line(1, **FIXED), line(1, **FIXED | {"xlabel": "time (s)"})),
        (line(1, xlabel="time (ms)"), line(3, xlabel="time (ms)")),
    ],
    ids=["a curve", "a limit", "a label", "limits that follow"],
)
def test_what_changes_in_place_is_what_a_new_picture_shows(before, after):
    canvas, fresh = Canvas(), Canvas()
    first = pixels(canvas.draw(before)[0])

    changed = pixels(canvas.draw(after)[0])

    assert ImageChops.difference(changed, pixels(fresh.draw(after)[0])).getbbox() is None
    assert ImageChops.difference(changed, first).getbbox()


def test_a_legend_is_drawn_anew_when_its_words_change():
    def view(word):
        def draw(axes):
            axes.plot([0, 1], label=word)
            axes.set(xlim=(0, 1), ylim=(0, 1))
            axes.legend(loc="upper left")
            return "A line of height 1."

        return draw

    canvas = Canvas()
    first, second = (pixels(canvas.draw(view(word))[0]) for word in ("one", "another"))

    assert ImageChops.difference(second, first).getbbox()
    assert ImageChops.difference(second, pixels(Canvas().draw(view("another"))[0])).getbbox() is None


def test_frames_are_drawn_once_for_as_long_as_they_stay(monkeypatch):
    canvas, drawn = Canvas(2), []
    monkeypatch.setattr(canvas, "_draw_background", lambda: drawn.append(1))
    canvas._background = None
    monkeypatch.setattr(canvas._canvas, "restore_region", lambda background: None)

    for height in (1, 2, 3):
        canvas._canvas.get_renderer()
        canvas.draw(lambda left, right, y=height: line(y, **FIXED)(left) + line(y, **FIXED)(right))

    assert drawn == [1]


def test_a_thousand_pictures_leave_nothing_behind():
    canvas = Canvas()
    canvas.draw(line(1))
    artists = len(canvas.axes[0].get_children())

    for height in (2, 3) * 50:
        canvas.draw(line(height))

    assert len(canvas.axes[0].get_children()) == artists


def test_in_front_of_a_class_everything_is_larger():
    usual = plotting.new_figure()[0]
    plotting.presentation()
    try:
        large, picture = plotting.new_figure()[0], plotting.picture_of(b"", "It peaks at 1 V.")
    finally:
        plotting.presentation(False)

    assert large.bbox.width > 1.2 * usual.bbox.width
    assert large.dpi > 1.4 * usual.dpi
    assert large.bbox.height < 480  # a question has room above it on a wall of 1280 x 720
    assert "width:100%" in picture
    assert "width:640px" in plotting.picture_of(b"", "It peaks at 1 V.")


# -- Every lab -------------------------------------------------------------------------------------

NAMES = sorted(
    name
    for _, name, _ in pkgutil.iter_modules(labs.__path__)
    if hasattr(import_module(f"leakyedu.labs.{name}"), "lab")
)
EACH_LAB = pytest.mark.parametrize("name", NAMES)


def lab_of(name: str) -> Lab:
    return import_module(f"leakyedu.labs.{name}").lab


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


def draw_and_look_at(name: str, chosen: list[dict]) -> None:
    """Assert that each of these settings gives a picture on finite axes."""
    lab = lab_of(name)
    canvas, more = Canvas(lab.panes), {"result": None} if lab.work else {}
    for settings in chosen:
        png, sentence = canvas.draw(
            lambda *axes, chosen=settings: lab.view(*axes, **chosen, **more, prediction=None)
        )
        look_at(png, sentence)
        for axes in canvas.axes:
            assert all(map(math.isfinite, (*axes.get_xlim(), *axes.get_ylim())))


@EACH_LAB
def test_a_lab_draws_every_corner(name):
    draw_and_look_at(name, corners(lab_of(name)))


@EACH_LAB
@pytest.mark.parametrize("count", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_lab_draws_settings_in_between(name, count):
    generator = random.Random(name)

    draw_and_look_at(name, [somewhere(lab_of(name), generator) for _ in range(count)])


@EACH_LAB
def test_in_front_of_a_class_the_curves_of_a_lab_keep_their_room(name):
    lab = lab_of(name)
    more = {"result": None} if lab.work else {}
    plotting.presentation()
    try:
        canvas = Canvas(lab.panes)
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


@EACH_LAB
def test_a_lab_says_below_its_picture_what_its_alt_text_says(shown, name):
    bundle, box = shown(lab_of(name))

    picture = next(html.unescape(x.value) for x in inside(box, widgets.HTML) if "<img" in x.value)
    alt = re.search(r'alt="([^"]*)"', picture)[1]
    assert alt == html.unescape(caption_of(box)) == bundle["text/plain"]
    assert len(alt) > 20


@EACH_LAB
def test_a_lab_starts_within_its_controls_and_has_at_most_four(name):
    lab = lab_of(name)
    sliders = [c for c in lab.controls.values() if isinstance(c, Slider)]

    assert 1 <= len(lab.controls) <= 4
    assert lab.figure(**lab.start)[1] == lab.figure()[1]
    assert [c.label for c in sliders if not re.search(r"\(.+\)$", c.label)] == []
    # A browser's slider holds no value between its steps.
    assert all(
        ((c.start - c.low) / c.step) == pytest.approx(round((c.start - c.low) / c.step)) for c in sliders
    )
    assert all(((c.high - c.low) / c.step) == pytest.approx(steps_of(c)) for c in sliders)


@EACH_LAB
def test_a_lab_warns_of_nothing_and_leaves_no_figure_open(name):
    lab_of(name).figure()

    assert plt.get_fignums() == []


@pytest.mark.slow
def test_a_notebook_of_all_labs_passes_strict_nbval(tmp_path):
    cells = [
        nbformat.v4.new_code_cell(f"from leakyedu.labs import {name}\n\n{name}.lab.show()") for name in NAMES
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, tmp_path / "labs.ipynb")
    root = Path(__file__).parents[1]

    stored = [sys.executable, "-m", "tests.store_outputs", str(tmp_path / "labs.ipynb")]
    subprocess.run(stored, cwd=root, check=True, capture_output=True)
    strict = [
        "--nbval",
        f"--nbval-sanitize-with={root / 'tests/nbval_sanitize.cfg'}",
        "-p",
        "no:cacheprovider",
    ]
    checked = [sys.executable, "-m", "pytest", "-q", *strict, str(tmp_path / "labs.ipynb")]
    done = subprocess.run(checked, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert f"{len(NAMES)} passed" in done.stdout
    assert "widgets" not in nbformat.read(tmp_path / "labs.ipynb", 4).metadata


def own_memory() -> int:
    """Return the KiB that belong to this process alone, none of a file that another one may map too."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's own memory")
def test_five_hundred_moves_keep_no_memory_and_no_figure(shown):
    generator = random.Random(500)
    controls = [
        control
        for name in NAMES
        for kind in (Number, Choice)
        for control in inside(shown(lab_of(name))[1], kind)
    ]

    def move(control):
        if isinstance(control, Choice):
            control.value = generator.choice(control.options)
        else:
            control.value = control.low + control.step * generator.randrange(steps_of(control) + 1)

    for control in controls * 20:  # until the caches are full, of matplotlib and of our own
        move(control)
    before = own_memory()
    for control in generator.choices(controls, k=500):
        move(control)

    print(f"500 moves of {len(NAMES)} labs: {own_memory() - before} KiB")
    assert own_memory() - before < 5 * 1024
    assert plt.get_fignums() == []


@EACH_LAB
def test_presets_lie_on_the_controls_and_each_shows_something_else(name):
    lab = lab_of(name)

    pictures = [lab.figure(**preset.settings)[1] for preset in lab.presets]

    assert 4 <= len(lab.presets) <= 6
    assert len(set(pictures)) == len(pictures)
    names = [preset.name for preset in lab.presets]
    assert sum(map(len, names)) + 4 * len(names) <= 96  # in one line of 24 px at a width of 1280
    assert [p.says for p in lab.presets if not re.fullmatch(r"\S.{15,95}[.?]", p.says)] == []


@EACH_LAB
def test_a_preset_holds_values_that_its_slider_can_show(name):
    lab = lab_of(name)
    sliders = {key: control for key, control in lab.controls.items() if isinstance(control, Slider)}
    values = [
        (value - sliders[key].low) / sliders[key].step
        for preset in lab.presets
        for key, value in preset.settings.items()
        if key in sliders
    ]

    assert values == pytest.approx([round(value) for value in values])


def test_there_is_an_experiment_for_each_lesson():
    assert len(NAMES) == 11
