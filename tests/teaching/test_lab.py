"""Labs: the machinery without a browser. tests/browser presses the keys."""

import base64
import functools
import gc
import io
import re
import threading
import time

import numpy as np
import pytest
import torch
from ipywidgets.widgets.widget import _instances
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from leakyedu.teaching import lab as lab_module
from leakyedu.teaching.canvas import Canvas
from leakyedu.teaching.figure import mark_prediction, new_figure, picture_of, presentation
from leakyedu.teaching.lab import Device, Lab, Menu, Preset, Slider
from leakyedu.teaching.live import WIDGET_VIEW
from leakyedu.teaching.wall import present
from tests.teaching import caption_of, move, parts, pixels, press, show


def small_lab(view=None) -> Lab:
    def draw(axes, height, kind, *, prediction):
        axes.plot([0, 1], [height, height])
        return f"A line of height {height:g}, {kind}, prediction {prediction}."

    return Lab(view or draw, height=Slider("height (V)", 0, 5, 0.5, 1.0), kind=Menu("kind", ("a", "b"), "a"))


@pytest.fixture
def shown(monkeypatch):
    """Return a function that shows a lab and returns what stays of it, and what is alive."""
    return functools.partial(show, monkeypatch)


def test_a_lab_starts_with_its_controls_at_their_start():
    assert small_lab().figure()[1] == "A line of height 1, a, prediction None."


def test_a_lab_gives_any_setting_as_a_figure_for_paper():
    figure, sentence = small_lab().figure(height=3.5)

    assert isinstance(figure, Figure)
    assert sentence == "A line of height 3.5, a, prediction None."


def test_a_prediction_belongs_to_the_settings_at_which_it_was_asked(shown):
    asked = Lab(small_lab().view, asked={"height": 2.5}, **small_lab().controls)
    whatever = Lab(small_lab().view, asked={"height": None}, **small_lab().controls)
    drawn = "A line of height 2.5, a, prediction 2."
    _, box = shown(asked, prediction=2)

    assert asked.figure(height=2.5, prediction=2)[1] == drawn
    assert asked.figure(kind="b", prediction=2)[1] == (
        "A line of height 1, b, prediction None. Your prediction is drawn at height = 2.5 V, kind = a."
    )
    assert asked.figure()[1] == "A line of height 1, a, prediction None."
    assert caption_of(box).endswith("None. Your prediction is drawn at height = 2.5 V.")
    move(box, height=2.5)
    assert caption_of(box) == drawn
    assert whatever.figure(height=2.5, prediction=2)[1] == drawn
    assert whatever.figure(kind="b", prediction=2)[1].endswith("None. Your prediction is drawn at kind = a.")


def test_a_time_line_moves_on_beside_a_prediction():
    def view(axes, time, *, prediction):
        return f"A line at {time:g} ms, prediction {prediction}."

    lab = Lab(view, time=Slider("time (ms)", 0, 5, 1, 5, plays=True))

    assert lab.figure(time=3, prediction=2)[1] == "A line at 3 ms, prediction 2."


def test_an_unknown_setting_is_named_with_those_that_there_are():
    with pytest.raises(TypeError, match=r"width is no setting of this lab. Use some of height, kind"):
        small_lab().figure(width=1)


def test_a_lab_shows_a_picture_where_there_is_no_kernel_too(shown):
    bundle, _ = shown(small_lab())

    assert bundle["text/plain"] == "A line of height 1, a, prediction None."
    assert 'alt="A line of height 1, a, prediction None."' in bundle["text/html"]


def test_moving_a_slider_changes_the_picture_its_alt_text_and_its_sentence(shown):
    _, box = shown(small_lab())

    move(box, height=2.5)

    assert caption_of(box) == "A line of height 2.5, a, prediction None."
    assert 'alt="A line of height 2.5, a, prediction None."' in box.picture


def test_a_slider_shows_round_numbers_and_draws_once(shown):
    drawn = []

    def view(axes, height, kind, *, prediction):
        drawn.append(height)
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))

    move(box, height=3.5000000000000004)

    assert box.settings["height"] == 3.5
    assert drawn == [1, 3.5]


def test_every_control_has_a_name_with_its_unit(shown):
    _, box = shown(small_lab())

    assert [control["label"] for control in parts(box, "number")] == ["height (V)"]
    assert [control["label"] for control in parts(box, "menu")] == ["kind"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [(-1, 0), (99, 5), (2.5000000000000004, 2.5), (float("nan"), 1), (float("inf"), 1), ("2", 1), (None, 1)],
)
def test_a_number_stays_within_its_bounds(shown, typed, value):
    _, box = shown(small_lab())

    move(box, height=typed)

    assert box.settings["height"] == value
    assert caption_of(box).startswith(f"A line of height {value:g},")


def test_a_choice_that_there_is_not_changes_nothing(shown):
    _, box = shown(small_lab())

    move(box, kind="c", wide=3)

    assert box.settings == {"height": 1, "kind": "a"}


def test_reset_puts_every_control_back(shown):
    _, box = shown(small_lab())
    move(box, height=4.0, kind="b")

    move(box, **box.start)

    assert parts(box, "reset")
    assert caption_of(box) == "A line of height 1, a, prediction None."


def test_an_error_in_the_view_is_one_sentence_and_the_lab_goes_on(shown):
    def view(axes, height, kind, *, prediction):
        if height > 3:
            raise ValueError("height <must> stay below 3")
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))

    move(box, height=4.0)
    broken = box.picture
    move(box, height=2.0)

    assert broken == '<p role="alert">This setting cannot be drawn: height &lt;must&gt; stay below 3</p>'
    assert caption_of(box) == "A line of height 2."


def test_settings_that_a_newer_one_overtakes_are_never_drawn(shown):
    drawn, started, go_on = [], threading.Event(), threading.Event()

    def view(axes, height, kind, *, prediction):
        drawn.append(height)
        if height == 2:
            started.set()
            assert go_on.wait(5)
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))

    slow = threading.Thread(target=lambda: move(box, height=2.0))
    slow.start()
    assert started.wait(5)
    move(box, height=3.0)
    move(box, height=4.0)
    go_on.set()
    slow.join(5)

    assert drawn == [1, 2, 4]
    assert caption_of(box) == "A line of height 4."


def test_a_picture_that_cannot_be_made_is_one_sentence_too(shown):
    def view(axes, height, kind, *, prediction):
        axes.set_xlabel("$\\broken{$" if height > 3 else "fine")
        return f"A line of height {height:g}."

    _, box = shown(small_lab(view))

    move(box, height=4.0)
    broken = box.picture
    move(box, height=2.0)

    assert broken.startswith('<p role="alert">')
    assert "This setting cannot be drawn: " in broken
    assert caption_of(box) == "A line of height 2."


# -- In front of a class ---------------------------------------------------------------------------


@pytest.fixture
def presented(monkeypatch):
    """Return a function that presents a small lab; it returns the box, what was drawn, and what draws."""

    def hang(prediction=lambda: None):
        drawn, bundles = [], []

        def view(axes, height, kind, *, prediction):
            drawn.append(f"A line of height {height:g}, {kind}, prediction {prediction}.")
            return drawn[-1]

        lab = Lab(
            view,
            asked={"height": 4.0},
            presets=(Preset("high", "It is high.", {"height": 4.0}), Preset("b", "It is b.", {"kind": "b"})),
            **small_lab().controls,
        )
        monkeypatch.setattr("leakyedu.teaching.live.display", lambda bundle, **_: bundles.append(bundle))
        draw = present("A <lab>", lambda: lab.show(prediction()))
        (bundle,) = bundles
        return _instances[bundle[WIDGET_VIEW]["model_id"]], drawn, draw

    return hang


def choose(box, number: int) -> None:
    """Press the button of a preset, as the page does."""
    (presets,) = parts(box, "presets")
    move(box, **presets["settings"][number])


def test_a_class_sees_the_first_preset_at_first(presented):
    box, drawn, _ = presented()

    assert drawn == ["A line of height 4, a, prediction None."]
    assert box.words == {"title": "<h2>A &lt;lab&gt;</h2>"}
    assert [part["kind"] for part in box.rows[:3]] == ["words", "presets", "picture"]


def test_a_preset_moves_all_controls_and_draws_once(presented):
    box, drawn, _ = presented()

    choose(box, 1)

    assert drawn[1:] == ["A line of height 1, b, prediction None."]
    assert box.settings == {"height": 1, "kind": "b"}
    assert parts(box, "presets")[0]["says"] == ["It is high.", "It is b."]


def test_a_preset_that_is_pressed_again_brings_its_settings_back(presented):
    box, drawn, _ = presented()
    move(box, height=2.0)

    choose(box, 0)

    assert drawn[1:] == ["A line of height 2, a, prediction None.", "A line of height 4, a, prediction None."]


def test_what_the_class_has_predicted_by_then_is_drawn(presented):
    votes = [None]
    _, drawn, draw = presented(prediction=lambda: votes[-1])

    draw()
    votes.append(3)
    draw()

    assert drawn == ["A line of height 4, a, prediction None.", "A line of height 4, a, prediction 3."]


# -- Work that takes longer ------------------------------------------------------------------------


def working_lab(work) -> Lab:
    def view(axes, height, *, result, prediction):
        return f"A line of height {height:g}, result {result}."

    return Lab(view, work=work, height=Slider("height (V)", 0, 5, 0.5, 1.0))


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
    press(box, "Measure")
    wait_for(lambda: caption_of(box) != before)
    after = caption_of(box)

    move(box, height=2)
    elsewhere = caption_of(box)
    move(box, height=1)

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
    press(box, "Measure")
    wait_for(lambda: " s left" in box.words["work"])
    assert 'aria-label="measured"' in box.words["work"]
    assert box.off == ["Measure"]

    press(box, "Stop")

    wait_for(lambda: "stopped" in box.words["work"])
    wait_for(ended.is_set)
    wait_for(lambda: box.off == ["Stop"])
    assert caption_of(box) == "A line of height 1, result None."


def test_work_that_fails_says_why_and_can_be_tried_again(shown):
    def work(height):
        yield 0.1
        raise ValueError("no <memory> left")

    _, box = shown(working_lab(work))
    press(box, "Measure")

    wait_for(lambda: "cannot be measured: no &lt;memory&gt; left" in box.words["work"])
    wait_for(lambda: box.off == ["Stop"])


def test_work_ends_with_its_panel_and_no_two_measure_at_once(shown):
    at_work, together, ended = [], [], threading.Event()

    def work(height):
        at_work.append(height)
        together.append(len(at_work))
        try:
            for percent in range(10_000):
                time.sleep(0.002)
                yield percent / 10_000
        finally:
            at_work.remove(height)
            ended.set()

    (_, first), (_, second) = (shown(working_lab(work)) for _ in range(2))
    press(first, "Measure")
    wait_for(lambda: together)
    press(second, "Measure")
    first.close()  # as when its cell runs again

    wait_for(ended.is_set)
    wait_for(lambda: len(together) == 2)
    press(second, "Stop")
    wait_for(lambda: not at_work)
    assert together == [1, 1]


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
    monkeypatch.setattr("leakyedu.teaching.lab.devices", lambda: list(map(torch.device, there)))

    _, box = shown(Lab(lambda axes, device, *, prediction: f"It runs on 1 {device}.", device=Device()))

    assert parts(box, "menu")[0]["options"] == there
    assert caption_of(box) == f"It runs on 1 {start}."
    assert ("no accelerator" in box.words.get("note", "")) == (len(there) == 1)


# -- The canvas ------------------------------------------------------------------------------------


FIXED = {"xlim": (0, 1), "ylim": (0, 4), "xlabel": "time (ms)"}


def line(height: float, **frame):
    def view(axes):
        axes.plot([0, 1], [height, height])
        axes.set(**frame)
        return f"A line of height {height:g}."

    return view


def in_a_grid(axes):
    axes.grid(True)
    return line(1, **FIXED)(axes)


def named(height, **style):
    def view(axes):
        axes.plot([0, 1], [height, height], label="a line", **style)
        axes.legend(loc="upper left")
        return line(height, **FIXED)(axes)

    return view


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (line(1, **FIXED), line(2, **FIXED)),
        (line(1, **FIXED), line(2, **FIXED | {"ylim": (0, 9)})),
        (line(1, **FIXED), line(1, **FIXED | {"xlabel": "time (s)"})),
        (line(1, xlabel="time (ms)"), line(3, xlabel="time (ms)")),
        (line(1, **FIXED, xticks=[0, 1], xticklabels=["no", "yes"]), line(2, **FIXED)),
        (line(1, **FIXED | {"ylim": (1, 4)}, yscale="log"), line(2, **FIXED | {"ylim": (1, 4)})),
        (line(1, **FIXED, title="A title"), line(2, **FIXED)),
        (in_a_grid, line(2, **FIXED)),
        (named(1, marker="o"), named(1, marker="s")),
        (named(1, linewidth=1), named(2, linewidth=5)),
    ],
    ids=[
        "a curve",
        "a limit",
        "a label",
        "limits that follow",
        "words at the ticks",
        "a scale",
        "a title",
        "a grid",
        "a marker in the legend",
        "a width in the legend",
    ],
)
def test_what_changes_in_place_is_what_a_new_picture_shows(before, after):
    canvas, fresh = Canvas(), Canvas()
    first = pixels(canvas.draw(before)[0])

    changed = pixels(canvas.draw(after)[0])

    assert ImageChops.difference(changed, pixels(fresh.draw(after)[0])).getbbox() is None
    assert ImageChops.difference(changed, first).getbbox()


def test_what_lies_in_front_is_drawn_last_whichever_came_first():
    def view(axes):
        axes.plot([0, 1], [0.5, 0.5], color="#0000ff", linewidth=20, zorder=3)
        axes.plot([0.5, 0.5], [0, 1], color="#ff0000", linewidth=20, zorder=1)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        return "Two lines that cross at 0.5."

    canvas = Canvas()
    drawn = pixels(canvas.draw(view)[0])

    x, y = canvas.axes[0].transData.transform((0.5, 0.5))
    assert drawn.getpixel((round(x), drawn.height - round(y))) == (0, 0, 255)


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


def test_a_tick_beyond_the_axes_needs_no_room():
    def view(bottom, top):
        def draw(axes):
            axes.set_ylim(bottom, top)
            axes.yaxis.set_major_formatter("{x:.2f}")
            axes.plot([0, 1], [0, 0.2])
            return "A line that rises by 1."

        return draw

    canvas, wide, narrow = Canvas(), view(-1.65, 0.27), view(-0.72, 4.4)  # -1.50 is seen, -1.00 is not

    canvas.draw(wide)
    changed, fresh = (pixels(each.draw(narrow)[0]) for each in (canvas, Canvas()))

    assert ImageChops.difference(changed, fresh).getbbox() is None


def test_each_picture_leaves_its_words_the_room_that_a_figure_leaves_them():
    canvas = Canvas()
    for name in ("v", "a name\nof two lines", "v"):
        canvas.draw(lambda axes, name=name: axes.set_ylabel(name).get_text())

        figure, (axes,) = new_figure()
        axes.set_ylabel(name)
        figure.draw_without_rendering()

        here, there = (x.get_position().bounds for x in (canvas.axes[0], axes))
        assert here == pytest.approx(there, abs=0.02)


def counted(canvas: Canvas, monkeypatch) -> list[tuple]:
    """Return the frames that a canvas draws from now on, as they come."""
    drawn, draw = [], canvas._draw_background
    monkeypatch.setattr(
        canvas, "_draw_background", lambda frame, layout: (drawn.append(frame), draw(frame, layout))
    )
    return drawn


def test_frames_are_drawn_once_for_as_long_as_they_stay(monkeypatch):
    canvas = Canvas(2)
    drawn = counted(canvas, monkeypatch)

    for height in (1, 2, 3):
        canvas.draw(lambda left, right, y=height: line(y, **FIXED)(left) + line(y, **FIXED)(right))

    assert len(drawn) == 1


def test_frames_that_come_back_are_there_still_as_far_as_there_is_room(monkeypatch):
    canvas = Canvas()
    drawn = counted(canvas, monkeypatch)
    monkeypatch.setattr("leakyedu.teaching.canvas.KEPT", 4)
    tops = [2, 4, 6, 8, 4, 2, 6, 8, 9, 2]  # the first of four makes room for a fifth

    shown = [
        pixels(canvas.draw(line(1, **FIXED | {"ylim": (0, top), "yticks": [0, top]}))[0]) for top in tops
    ]

    assert [frame[0][3] for frame in drawn] == [2, 4, 6, 8, 9, 2]
    for again, first in ((4, 1), (5, 0), (6, 2), (7, 3), (9, 0)):
        assert ImageChops.difference(shown[again], shown[first]).getbbox() is None


def predicted(axes):
    said = line(1, **FIXED)(axes)
    return said + mark_prediction(axes, 0.5, " You predicted 0.5 ms")


def test_a_prediction_that_is_made_later_gets_room_for_its_name_and_keeps_it(monkeypatch):
    canvas = Canvas()
    canvas.draw(line(1, **FIXED))

    shown = pixels(canvas.draw(predicted)[0])

    assert ImageChops.difference(shown, pixels(Canvas().draw(predicted)[0])).getbbox() is None
    drawn = counted(canvas, monkeypatch)
    canvas.draw(line(2, **FIXED))
    canvas.draw(predicted)
    assert drawn == []  # nothing moves


def test_a_full_collection_of_garbage_looks_at_what_came_after_the_first_lab_alone(shown):
    lab_module._leave_modules_alone.cache_clear()
    gc.unfreeze()
    try:
        shown(small_lab())
        left_alone = gc.get_freeze_count()
        assert left_alone > 10 * len(gc.get_objects())
        shown(small_lab())
        assert gc.get_freeze_count() <= left_alone, "What a first lab held would never be found."
    finally:
        gc.unfreeze()


def test_a_picture_holds_the_pixels_that_are_drawn():
    canvas = Canvas()

    png, _ = canvas.draw(line(1, **FIXED))

    drawn = Image.fromarray(np.asarray(canvas._canvas.buffer_rgba())).convert("RGB")
    sent = Image.open(io.BytesIO(png))
    sent.load()  # with all of its checksums
    assert sent.mode == "RGB"
    assert sent.tobytes() == drawn.tobytes()


def test_many_pictures_leave_nothing_behind():
    canvas = Canvas()
    canvas.draw(line(1))
    artists = len(canvas.axes[0].get_children())

    for height in (2, 3) * 10:
        canvas.draw(line(height))

    assert len(canvas.axes[0].get_children()) == artists


def test_in_front_of_a_class_everything_is_larger():
    usual = new_figure()[0]
    presentation()
    try:
        large, picture = new_figure()[0], picture_of(b"", "It peaks at 1 V.")
    finally:
        presentation(False)

    assert large.bbox.width > 1.2 * usual.bbox.width
    assert large.dpi > 1.4 * usual.dpi
    # A question has room above it on a wall of 1280 x 720.
    assert large.bbox.height < 0.4 * large.bbox.width
    assert "width:100%" in picture
    assert "width:640px" in picture_of(b"", "It peaks at 1 V.")


@pytest.mark.parametrize(
    ("told", "drawn"),
    [
        ((1700, 500), (1700, 500)),
        ((20, 10), (640, 320)),
        ((90_000, 45_000), (4096, 2048)),
        ((1200, 9), (1200, 200)),
    ],
)
def test_in_front_of_a_class_a_picture_has_the_dots_that_its_place_has(presented, told, drawn):
    box, _, _ = presented()

    def dots() -> tuple[int, int]:
        png = re.search(r"base64,([^\"]+)", box.picture)[1]
        return pixels(base64.b64decode(png)).size

    before = dots()
    box.receive({"place": [*told, 25], "mark": "a place"})
    fitted = dots()
    choose(box, 1)

    assert before not in (told, drawn)
    assert fitted == pytest.approx(drawn, abs=1)
    assert dots() == fitted


@pytest.mark.parametrize(
    ("place", "letter", "high"),
    [
        ((1230, 440), 25, 25),
        ((2480, 660), 38, 38),
        ((1230, 440), 500, 1230 / 4.6 / 72 * 11),
        ((1230, 160), 25, 100 / 72 * 11),
    ],
)
def test_in_front_of_a_class_letters_have_their_height_whatever_the_place_unless_it_is_too_small(
    place, letter, high
):
    presentation()
    try:
        canvas = Canvas()
        canvas.fit(*place, letter)
        canvas.draw(line(1))
    finally:
        presentation(False)

    smallest = min(label.get_fontsize() for label in canvas.axes[0].get_xticklabels())
    assert smallest * canvas.figure.dpi / 72 == pytest.approx(high)
