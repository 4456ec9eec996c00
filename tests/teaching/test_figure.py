"""How a figure is shown: its sentence, its colours, its size, and a sound with its sentence."""

import base64
import io
import re
import threading
import wave

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from leakyedu import simulate
from leakyedu.stimuli import pulse
from leakyedu.teaching.figure import (
    CURRENT,
    INPUT,
    PREDICTION,
    VOLTAGE,
    fit_for_a_class,
    new_axes,
    new_figure,
    picture,
    presentation,
    show,
    sound,
)
from leakyedu.teaching.markup import Html
from leakyedu.teaching.plotting import trajectory
from leakyedu.teaching.wall import picture_of


def test_pictures_leave_no_figure_open():
    picture(*trajectory(simulate(pulse(40))))

    assert plt.get_fignums() == []


def test_the_html_carries_the_sentence_as_alt_text_and_caption():
    figure, _ = trajectory(simulate(pulse(40)))

    page = picture(figure, 'v < 1 V, "so" 2 & 3')

    words = "v &lt; 1 V, &quot;so&quot; 2 &amp; 3"
    assert f'alt="{words}"' in page
    assert f"<figcaption>{words}</figcaption>" in page
    png = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    assert png.startswith(b"\x89PNG")


def test_the_same_picture_has_the_same_bytes():
    pages = [picture(*trajectory(simulate(pulse(40)))) for _ in range(2)]

    assert pages[0] == pages[1]


def test_show_displays_the_picture_and_the_sentence(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append((bundle, raw)))

    show(*trajectory(simulate(pulse(40))))

    ((bundle, raw),) = shown
    assert raw
    assert bundle["text/plain"] == "The voltage peaks at 0.269 V after 6 ms."
    assert bundle["text/html"].startswith("<figure")


@pytest.mark.parametrize("sentence", ["", "It peaks at 6 ms.", "The voltage peaks late and high."])
def test_a_sentence_that_says_too_little_is_refused(sentence):
    figure, _ = trajectory(simulate(pulse(40)))

    with pytest.raises(ValueError, match="sentence must have over 20 characters and a number"):
        show(figure, sentence)


def luminance(color: str | tuple) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", [VOLTAGE, CURRENT, INPUT, PREDICTION])
def test_lines_have_a_contrast_of_3_on_white(color):
    # WCAG 2.2, success criterion 1.4.11.
    assert 1.05 / (luminance(color) + 0.05) >= 3


def test_in_front_of_a_class_no_word_beside_an_axis_is_cut():
    presentation()
    try:
        figure, sentence = trajectory(simulate(pulse(40)))
        picture(figure, sentence)
    finally:
        presentation(False)

    label = figure.axes[0].yaxis.label.get_window_extent()
    assert label.y0 >= 0
    assert label.y1 <= figure.bbox.height


def sound_of(x, monkeypatch, **settings):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    sound(x, 8000, "two tones", **settings)
    return shown[0]


def test_a_sound_waits_for_its_button_and_says_what_is_to_be_heard(monkeypatch):
    t = torch.arange(8000) / 8000
    x = 5 + 3 * torch.sin(2 * torch.pi * 100 * t) + torch.sin(2 * torch.pi * 1000 * t)

    shown = sound_of(x, monkeypatch, above=500)

    words = "Two tones: 1 s of sound; 10 % of its power lies above 500 Hz."
    assert shown["text/plain"] == words
    assert f'<audio controls aria-label="{words}"' in shown["text/html"]
    assert f"<figcaption>{words}</figcaption>" in shown["text/html"]
    assert "autoplay" not in shown["text/html"]


def test_all_sounds_are_equally_loud(monkeypatch):
    clicks = torch.zeros(8000)
    clicks[::40] = 7.0

    for x in (clicks, torch.sin(torch.arange(8000) / 5)):
        page = sound_of(x, monkeypatch, above=500)["text/html"]
        with wave.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", page)[1]))) as recording:
            assert recording.getparams()[:4] == (1, 2, 8000, 8000)
            samples = torch.frombuffer(bytearray(recording.readframes(8000)), dtype=torch.int16).double()
        assert float(samples.square().mean().sqrt()) == pytest.approx(3276.7, rel=1e-3)


@pytest.mark.parametrize("x", [torch.zeros(4, 2), torch.ones(4), torch.zeros(0)])
def test_what_is_no_sound_is_refused(x):
    with pytest.raises(ValueError, match="and change, got shape"):
        sound(x, 8000, "nothing", above=500)


def test_whatever_is_drawn_into_our_axes_has_our_style():
    def draw() -> Html:
        axes = new_axes()
        axes.plot([0, 1], [0, 1], label="a line")
        axes.annotate("words", (0.5, 0.5))
        axes.set(xlabel="time (ms)", xticks=[0, 1], xticklabels=["no", "yes"])
        axes.grid(True)
        axes.legend()
        return picture(axes.figure, "A line goes up to 1 V.")

    usual = draw()

    with plt.style.context(["dark_background", {"font.size": 22, "xtick.major.size": 20}]):
        assert draw() == usual


def test_a_tensor_is_drawn_as_its_numbers_are_without_being_taken_apart(monkeypatch):
    x = torch.linspace(0, 1, 50, requires_grad=True)
    usual = picture(line_of(x.tolist()), "A line rises to 1 V.")
    monkeypatch.setattr(torch.Tensor, "__iter__", lambda _: pytest.fail("a tensor is taken apart"))

    assert picture(line_of(x), "A line rises to 1 V.") == usual


def line_of(x) -> Figure:
    axes = new_axes()
    axes.plot(x, x)
    axes.fill_between(x, x)
    return axes.figure


def test_two_threads_that_draw_leave_the_style_of_the_user():
    def draw() -> None:
        for _ in range(3):
            picture(new_axes().figure, "Nothing is at 0 V.")

    with plt.style.context("dark_background"):
        threads = [threading.Thread(target=draw) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert plt.rcParams["axes.facecolor"] == "black"


def test_for_a_class_a_picture_is_drawn_by_lines_which_are_sharp_on_any_wall():
    presentation()
    try:
        page = picture(*trajectory(simulate(pulse(40))))
    finally:
        presentation(False)

    assert re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    svg = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1]).decode()
    assert "<svg" in svg
    assert "<text" not in svg  # its letters are drawn, so no wall needs the font


def test_a_picture_that_is_wanted_by_a_place_on_the_wall_is_not_displayed(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))

    found = picture_of(lambda: [show(*trajectory(simulate(pulse(steps)))) for steps in (40, 3)])

    assert "0.217 V after 3 ms" in found  # the last one
    assert shown == []
    with pytest.raises(ValueError, match=r"no picture is shown\. End the cell with one"):
        picture_of(lambda: print("words"))


@pytest.mark.parametrize("panes", [1, 2])
@pytest.mark.parametrize(
    "label",
    ["v (V)", "standard deviation (V)", "error of v (V)", "change of the last v (V per V)", r"$\dot{v}$"],
)
def test_in_front_of_a_class_no_label_is_cut_beside_its_axis(label, panes):
    presentation()
    try:
        figure, axes = new_figure(panes)
        axes[0].plot([0, 1], [0, 1])
        axes[0].set(xlabel="time (ms)", ylabel=label)

        fit_for_a_class(figure)
        figure.draw_without_rendering()
    finally:
        presentation(False)

    box = axes[0].yaxis.label.get_window_extent()
    assert box.y0 >= 0
    assert box.y1 <= figure.bbox.height
    assert axes[0].get_ylabel().replace("\n", " ") == label


def test_a_label_is_broken_once_and_only_where_it_has_a_blank():
    presentation()
    try:
        figure, (axes,) = new_figure(1)
        for label in (r"$\dot{v}=(v_0-v+i)/\tau_m$", "change of the last v (V per V)"):
            axes.set_ylabel(label)
            fit_for_a_class(figure)
            once = axes.get_ylabel()
            fit_for_a_class(figure)

            assert axes.get_ylabel() == once
            assert once.count("\n") == (" " in label)
    finally:
        presentation(False)
