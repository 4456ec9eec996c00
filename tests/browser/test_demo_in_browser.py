"""Lessons on a wall, without a network: what a class sees on one of any size, and the keys of a presenter."""

import itertools
import os
import re
import time
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from leakyedu.teaching.canvas import LEAST
from leakyedu.teaching.figure import LETTER
from tests.browser.notebook import SLOWLY
from tests.browser.server import CHROMIUM, running
from tests.lessons.notebook import LESSONS

pytestmark = pytest.mark.slow  # one lesson takes part in every run of the tests: test_lesson_in_browser.py

EULER = "04_one_euler_step"

# Text that the last row cannot read: smaller than a thirtieth of the wall.
SMALL = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode;
    if (!textContent.trim() || parentElement.closest("script, style")) continue;
    if (!parentElement.checkVisibility() || !parentElement.getClientRects().length) continue;
    const { a, b } = parentElement.getScreenCTM?.() ?? { a: 1, b: 0 }; // a drawing has units of its own
    const size = Math.hypot(a, b) * parseFloat(getComputedStyle(parentElement).fontSize);
    if (size < window.innerHeight / 30) found.push(`${size}: ${textContent.trim()}`);
  }
  return found;
}"""


class Wall(NamedTuple):
    host: str
    token: str

    def page_of(self, lesson: str) -> str:
        return f"{self.host}/voila/render/{lesson}.ipynb?token={self.token}"

    def has_kernel(self, kernel: str) -> bool:
        request = Request(
            f"{self.host}/api/kernels/{kernel}", headers={"Authorization": f"token {self.token}"}
        )
        try:
            with urlopen(request, timeout=20):
                return True
        except HTTPError:
            return False


def started(folder: Path, *arguments: str):
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    return running(folder, "leakyedu.app.cli", "demo", *arguments, "--no-browser", "--port", "0")


def wall_at(address: str) -> Wall:
    return Wall(*re.match(r"(http://[^/]+)/.*\?token=(\w+)", address).groups())


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    """Show lesson 4."""
    with started(tmp_path_factory.mktemp("wall"), "4") as address:
        yield wall_at(address)


@pytest.fixture(scope="module")
def all_lessons(tmp_path_factory):
    """Show all lessons, none of them kept ready for long."""
    with started(tmp_path_factory.mktemp("walls")) as address:
        yield wall_at(address)


@pytest.fixture
def screen(screen):
    """Leave a page before its tab is closed: Playwright closes it unheard, and its kernel would stay."""
    yield screen
    screen.goto("about:blank")


def open_lesson(screen: Page, wall: Wall, lesson: str) -> float:
    """Open a lesson; return the seconds until its lab can be used."""
    start = time.perf_counter()
    screen.goto(wall.page_of(lesson), timeout=4 * SLOWLY)  # while eleven kernels start
    screen.locator(".leakyedu-presets button").first.wait_for(timeout=2 * SLOWLY)
    expect(screen.locator(".leakyedu-show").last).to_be_visible()
    return time.perf_counter() - start


def kernel_of(screen: Page) -> str:
    return screen.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")


def lab_on(screen: Page) -> Locator:
    return screen.locator(".leakyedu-live:has(.leakyedu-presets)")


def pressed(screen: Page) -> Locator:
    return screen.locator(".leakyedu-presets [aria-pressed=true]")


def come_to(screen: Page, place: Locator) -> None:
    """Bring a question or a lab onto the screen, and the focus away from every control."""
    place.evaluate("e => { document.activeElement.blur(); e.scrollIntoView(); }")


@pytest.fixture
def lesson(screen, wall):
    """Open lesson 4 as a new class sees it."""
    open_lesson(screen, wall, EULER)
    return screen


def test_a_lesson_that_is_kept_ready_opens_at_once_and_shows_no_code_and_no_token(screen, wall):
    screen.goto(wall.page_of(EULER))  # from now on, the browser has the scripts as after the first lesson
    screen.wait_for_timeout(8_000)  # until the next kernel is ready

    took = open_lesson(screen, wall, EULER)

    print(f"a lesson that is kept ready: {took:.2f} s until its lab can be used")
    assert screen.locator(".cm-editor, .jp-InputArea-editor").count() == 0
    assert "import torch" not in screen.inner_text("body")
    assert "token" not in screen.url
    screen.get_by_role("link", name="All lessons").click()
    expect(screen.get_by_role("listitem")).to_have_count(len(LESSONS))
    assert screen.evaluate(SMALL) == []


def test_a_class_votes_then_sees_what_happens_beside_its_vote(lesson):
    question = lesson.locator(".leakyedu-screen").first
    lab = lab_on(lesson)

    question.get_by_label("Answer").fill("7.5")
    question.get_by_role("button", name="Send").click()
    expect(question).to_contain_text("Kept: you predict 7.5 ms.", timeout=SLOWLY)
    expect(question.locator(".leakyedu-answer figure")).to_have_count(0)
    question.get_by_role("button", name="Show what happens").click()

    expect(question).to_contain_text("You predicted 7.5 ms. It is 6 ms", timeout=SLOWLY)
    answer = question.locator(".leakyedu-answer")
    expect(answer.locator("figcaption")).to_contain_text("You predicted the peak after 7.5 ms")
    expect(question.get_by_label("Answer")).not_to_be_visible()
    assert cut_off(lesson, question) == []
    expect(lab.locator("figcaption")).to_contain_text("You predicted the peak after 7.5 ms", timeout=SLOWLY)
    assert lesson.evaluate(SMALL) == []


BOTH_PAIRS = pytest.mark.parametrize(
    ("on", "back"),
    [("PageDown", "PageUp"), pytest.param("ArrowRight", "ArrowLeft", marks=pytest.mark.thorough)],
)


@BOTH_PAIRS
def test_the_keys_of_a_remote_lead_from_question_to_answer_to_question_to_preset(lesson, on, back):
    first, second = (lesson.locator(".leakyedu-screen").nth(n) for n in range(2))
    expect(lesson.locator(".leakyedu-opening")).to_be_in_viewport(ratio=0.9)
    lesson.keyboard.press(on)
    expect(first).to_be_in_viewport(ratio=0.9)
    lesson.keyboard.press(on)
    expect(first.locator(".leakyedu-answer figure")).to_be_in_viewport(timeout=SLOWLY)
    lesson.keyboard.press(on)
    expect(second).to_be_in_viewport(ratio=0.9)
    lesson.keyboard.press(on)
    expect(second.locator(".leakyedu-answer figure")).to_be_in_viewport(timeout=SLOWLY)

    come_to(lesson, lab_on(lesson))
    before = lab_on(lesson).locator("figcaption").text_content()
    for _ in range(4):  # of three presets the picture, of two the sentence, before a picture is there
        lesson.keyboard.press(on)
    expect(pressed(lesson)).to_have_text("v first")
    expect(lab_on(lesson).locator("figcaption")).not_to_have_text(before, timeout=SLOWLY)
    lesson.keyboard.press(back)
    lesson.keyboard.press(back)
    expect(pressed(lesson)).to_have_text("Jump, v, decay")
    lesson.keyboard.press(back)

    expect(lesson.locator(".leakyedu-screen").last).to_be_in_viewport(ratio=0.9)
    come_to(lesson, first)
    lesson.keyboard.press(back)  # it takes the answer back first
    expect(first.locator(".leakyedu-answer")).not_to_be_visible()
    lesson.keyboard.press(back)
    expect(lesson.locator(".leakyedu-opening")).to_be_in_viewport(ratio=0.9)
    lesson.keyboard.press(back)
    expect(lesson.get_by_role("link", name="All lessons")).to_be_in_viewport()


def test_a_key_that_is_held_leads_one_stop_on_and_not_past_a_question_to_its_answer(lesson):
    expect(lesson.locator(".leakyedu-opening")).to_be_in_viewport(ratio=0.9)

    for _ in range(6):
        lesson.keyboard.down("PageDown")  # without being released
    lesson.keyboard.up("PageDown")

    first = lesson.locator(".leakyedu-screen").first
    expect(first.locator(".leakyedu-asked")).to_be_in_viewport(ratio=0.9)
    assert lesson.locator(".leakyedu-answered, .leakyedu-show:disabled").count() == 0


@BOTH_PAIRS
def test_after_a_click_on_an_option_both_keys_lead_on_and_leave_the_vote_alone(lesson, on, back):
    question = lesson.locator(".leakyedu-screen:has(input[type=radio])").first
    come_to(lesson, question)
    question.get_by_role("radio").first.click()
    expect(question).to_contain_text("Kept: you predict (a)", timeout=SLOWLY)

    lesson.keyboard.press(on)

    expect(question.locator(".leakyedu-answer")).to_contain_text("You predicted (a)", timeout=SLOWLY)
    expect(question.locator(".leakyedu-answer")).to_be_visible()
    expect(question.locator("input[type=radio]").first).to_be_checked()
    lesson.keyboard.press(back)
    expect(question.locator(".leakyedu-answer")).not_to_be_visible()
    expect(question.locator("input[type=radio]").first).to_be_checked()
    lesson.keyboard.press(back)
    expect(question.get_by_role("heading")).not_to_be_in_viewport(ratio=0.5)


@BOTH_PAIRS
@pytest.mark.parametrize("sent", [True, False])
def test_after_a_typed_number_both_keys_lead_on_with_it(lesson, on, back, sent):
    question = lesson.locator(".leakyedu-screen").first
    come_to(lesson, question)
    question.get_by_label("Answer").click()
    lesson.keyboard.type("7.5")
    if sent:
        lesson.keyboard.press("Enter")
        expect(question).to_contain_text("Kept: you predict 7.5 ms.", timeout=SLOWLY)

    lesson.keyboard.press(on)

    expect(question.locator(".leakyedu-answer")).to_contain_text(
        "You predicted 7.5 ms. It is 6 ms", timeout=SLOWLY
    )
    expect(question.locator(".leakyedu-answer")).to_be_visible()  # its words come a moment before
    lesson.keyboard.press(back)
    expect(question.locator(".leakyedu-answer")).not_to_be_visible()
    expect(question.get_by_label("Answer")).to_have_value("7.5")


@BOTH_PAIRS
def test_after_a_dragged_slider_both_keys_lead_on(lesson, on, back):
    come_to(lesson, lab_on(lesson))
    slider = lab_on(lesson).get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    lesson.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    lesson.mouse.down()
    lesson.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lesson.mouse.up()
    lab_on(lesson).evaluate("e => e.scrollIntoView()")
    assert slider.evaluate("e => document.activeElement === e")

    lesson.keyboard.press(on)
    expect(lab_on(lesson).get_by_role("status").first).to_contain_text("the area is right")
    lesson.keyboard.press(on)
    expect(pressed(lesson)).to_have_text("Decay first")
    lesson.keyboard.press(back)

    expect(pressed(lesson)).to_have_text("Jump, v, decay")


def test_the_other_arrows_move_a_slider_an_option_and_a_menu(lesson):
    come_to(lesson, lab_on(lesson))
    slider = lab_on(lesson).get_by_role("slider").first
    start = float(slider.input_value())

    slider.focus()
    lesson.keyboard.press("ArrowUp")
    expect(slider).not_to_have_value(f"{start:g}")
    lab_on(lesson).locator("select").first.focus()
    lesson.keyboard.press("ArrowDown")
    radio = lesson.get_by_role("radio").first
    radio.focus()
    radio.press("Space")
    lesson.keyboard.press("ArrowDown")

    expect(lesson.get_by_role("radio").nth(1)).to_be_checked()
    # What is set is no preset any more; the keys lead on from the last one.
    assert pressed(lesson).count() == 0
    assert lesson.locator(".leakyedu-presets [data-chosen]").inner_text() == "Jump, v, decay"
    assert lesson.locator(".leakyedu-answered").count() == 0


def test_the_sentence_of_a_preset_comes_on_the_second_press_and_goes_on_the_third(lesson):
    come_to(lesson, lab_on(lesson))
    button = lab_on(lesson).get_by_role("button", name="v first")
    sentence = lab_on(lesson).get_by_role("status").first

    button.click()
    expect(sentence).to_have_text("")
    button.click()
    expect(sentence).to_contain_text("one step late")
    button.click()
    expect(sentence).to_have_text("")


def test_a_reveal_is_taken_back_and_a_new_vote_is_answered_anew(lesson):
    question = lesson.locator(".leakyedu-screen").first
    answer = question.locator(".leakyedu-answer")
    question.get_by_label("Answer").fill("7.5")
    question.get_by_label("Answer").press("Enter")
    expect(question).to_contain_text("Kept", timeout=SLOWLY)
    come_to(lesson, question)
    lesson.keyboard.press("PageDown")
    expect(answer).to_contain_text("You predicted 7.5 ms.", timeout=SLOWLY)

    lesson.keyboard.press("PageUp")
    expect(answer).not_to_be_visible()
    lesson.keyboard.press("PageDown")
    expect(answer).to_be_visible()
    lesson.keyboard.press("PageUp")
    question.get_by_label("Answer").fill("8")
    question.get_by_label("Answer").press("Enter")
    expect(question).to_contain_text("8 ms", timeout=SLOWLY)
    lesson.keyboard.press("PageDown")

    expect(answer).to_be_visible(timeout=SLOWLY)
    assert "You predicted 8 ms" in answer.inner_text()  # and not the answer to the earlier vote for a while


@pytest.mark.parametrize("key", ["b", *(pytest.param(k, marks=pytest.mark.thorough) for k in "B.")])
def test_one_key_makes_the_wall_black_and_the_next_one_brings_it_back(lesson, key):
    seen = "[...document.elementsFromPoint(600, 400)].map(e => getComputedStyle(e).backgroundColor)[0]"
    black = "rgb(0, 0, 0)"

    lesson.keyboard.press(key)
    assert lesson.evaluate(seen) == black
    lesson.keyboard.press(key)
    assert lesson.evaluate(seen) != black
    lesson.keyboard.press(key)
    lesson.keyboard.press("PageDown")

    assert lesson.evaluate(seen) != black
    assert lesson.locator(".leakyedu-show:disabled, .leakyedu-answered").count() == 0
    lesson.get_by_label("Answer").first.click()
    lesson.keyboard.type(f"1{key}")
    assert lesson.get_by_label("Answer").first.input_value() == f"1{key}"
    assert lesson.evaluate(seen) != black
    lesson.keyboard.press("Enter")
    lesson.keyboard.press(key)
    assert lesson.evaluate(seen) == black


def test_a_page_that_is_left_ends_its_kernel_and_the_next_one_begins_without_votes(screen, wall):
    open_lesson(screen, wall, EULER)
    kernel = kernel_of(screen)
    question = screen.locator(".leakyedu-screen").first
    question.get_by_label("Answer").fill("7.5")
    question.get_by_label("Answer").press("Enter")
    expect(question).to_contain_text("Kept", timeout=SLOWLY)
    there = wall.has_kernel(kernel)

    screen.reload()
    screen.locator(".leakyedu-presets button").first.wait_for(timeout=SLOWLY)

    assert there
    assert kernel_of(screen) != kernel
    assert not wall.has_kernel(kernel)
    screen.locator(".leakyedu-show").first.click()
    expect(screen.locator(".leakyedu-answer").first).to_contain_text("You made no prediction", timeout=SLOWLY)


@pytest.mark.thorough
def test_a_class_draws_its_curve_by_the_keys_that_lead_nowhere(screen, all_lessons):
    open_lesson(screen, all_lessons, "01_a_leaky_bucket")
    question = screen.locator(".leakyedu-screen:has(.leakyedu-curve)").first
    handle = question.get_by_role("slider", name="v at 10 ms")
    expect(handle).to_be_visible(timeout=SLOWLY)

    handle.focus()
    for _ in range(7):
        screen.keyboard.press("ArrowUp")
    shown = handle.get_attribute("aria-valuetext")
    question.get_by_role("button", name="Send").click()

    assert shown == "0.7 V"
    expect(question).to_contain_text("Kept: you predict v = 0.56, 0.7, 0.56, 0.56 V.", timeout=SLOWLY)
    assert screen.locator(".leakyedu-answered").count() == 0
    assert screen.evaluate(SMALL) == []
    assert violations(screen) == []


def test_axe_finds_nothing_on_the_wall(lesson):
    come_to(lesson, lesson.locator(".leakyedu-screen").first)
    lesson.keyboard.press("PageDown")
    expect(lesson.locator(".leakyedu-answered")).to_have_count(1, timeout=SLOWLY)

    assert violations(lesson) == []


@pytest.mark.thorough
def test_two_questions_with_one_answer_have_a_screen_each(screen, all_lessons):
    open_lesson(screen, all_lessons, "05_euler_against_exact")
    vote = screen.locator(".leakyedu-vote").nth(1)
    first, second = (vote.locator(".leakyedu-screen").nth(n) for n in range(2))
    come_to(screen, first)

    first.get_by_label("Answer").fill("10")
    screen.keyboard.press("PageDown")
    expect(second).to_be_in_viewport(ratio=0.9)
    second.get_by_role("radio").first.click()
    screen.keyboard.press("PageDown")

    answer = second.locator(".leakyedu-answer")
    expect(answer).to_contain_text("You predicted 10 ms. It is 5 ms", timeout=SLOWLY)
    expect(answer).to_contain_text("Your vote: (a) it decays smoothly")
    expect(answer.get_by_role("img")).to_be_in_viewport(ratio=0.9)
    screen.keyboard.press("PageUp")
    screen.keyboard.press("PageUp")
    first.get_by_label("Answer").fill("5")
    screen.keyboard.press("PageDown")
    screen.keyboard.press("PageDown")
    expect(answer).to_contain_text("You predicted 5 ms", timeout=SLOWLY)  # a new vote is answered anew


# Buttons, and words of a curve to draw, that lie on each other.
COVERED = """stop => {
  const words = [...stop.querySelectorAll(".leakyedu-curve text, button")].filter((e) => e.checkVisibility());
  const boxes = words.map((word) => [word.textContent, word.getBoundingClientRect()]);
  const meet = (a, b) =>
    a.left + 2 < b.right && b.left + 2 < a.right && a.top + 8 < b.bottom && b.top + 8 < a.bottom;
  return boxes.flatMap(([text, box], n) =>
    boxes.slice(n + 1).filter(([, other]) => meet(box, other)).map(([other]) => `${text} on ${other}`));
}"""
# What is wider or higher than the place that shows it.
CUT = """stop => {
  const { left, right, top, bottom } = stop.getBoundingClientRect();
  return [...stop.querySelectorAll("*")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length)
    .filter((e) => !e.matches(".leakyedu-label, .leakyedu-label *"))
    .filter((e) => {
      const box = e.getBoundingClientRect();
      return box.left < left - 1 || box.right > right + 1 || box.top < top - 1 || box.bottom > bottom + 1;
    })
    .map((e) => `${e.tagName} ${e.className}: ${e.textContent.slice(0, 40)}`);
}"""
# Each picture is seen in its own proportions, is sharp, and its letters are large enough. One that is made of
# dots is drawn for its place, with letters as large as the words around it where there are `least` inches.
BAD_PICTURES = """(stop, [letter, least]) => [...stop.querySelectorAll("figure img")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length)
  .filter((e) => {
    const box = e.getBoundingClientRect();
    const scale = Math.min(box.width / e.naturalWidth, box.height / e.naturalHeight);
    const points = parseFloat(getComputedStyle(e).fontSize) / letter; // of the screen
    const small = e.src.startsWith("data:image/svg")
      ? (scale * letter * 96) / 72 < window.innerHeight / 30
      : box.width / points / 72 < least[0] || box.height / points / 72 < least[1];
    const blurred = !e.src.startsWith("data:image/svg") && scale * devicePixelRatio > 1.06;
    return getComputedStyle(e).objectFit !== "contain" || small || blurred;
  })
  .map((e) => `${e.naturalWidth} x ${e.naturalHeight} in ${e.clientWidth} x ${e.clientHeight}`)"""


def cut_off(screen: Page, stop: Locator) -> list[str]:
    """Return what of a stop is outside of it, and the stop itself if it does not fit the screen."""
    return stop.evaluate(CUT)


def violations(screen: Page) -> list:
    """Return what axe finds in our outputs and our header."""
    found = Axe().run(screen, context="#rendered_cells, .leakyedu-header").response
    assert len(found["passes"]) > 5
    return [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found["violations"]]


SIZES = [
    pytest.param((1024, 768), id="1024x768"),
    pytest.param((1280, 720), marks=pytest.mark.thorough, id="1280x720"),
    pytest.param((1920, 1080), marks=pytest.mark.thorough, id="1920x1080"),
    pytest.param((2560, 1080), marks=pytest.mark.thorough, id="2560x1080"),
    pytest.param((3840, 2160), marks=pytest.mark.thorough, id="3840x2160"),
]
FEW = [
    pytest.param(lesson, marks=() if lesson.number == 5 else pytest.mark.thorough, id=lesson.name)
    for lesson in LESSONS
]


def wrong_with(screen: Page, stop: Locator) -> list[str]:
    """Return what the last row misses of a stop."""
    size = screen.viewport_size
    box = stop.bounding_box()
    outside = (
        []
        if box["y"] >= -2 and box["y"] + box["height"] <= size["height"] + 2
        else [f"not on one screen: {box}"]
    )
    bad = lambda: stop.evaluate(BAD_PICTURES, [LETTER, LEAST])  # noqa: E731
    started = time.monotonic()
    while bad() and time.monotonic() < started + 4:
        screen.wait_for_timeout(200)  # a picture may be drawn anew for its place
    return [*outside, *stop.evaluate(CUT), *stop.evaluate(COVERED), *bad(), *screen.evaluate(SMALL)]


def vote_on(screen: Page, question: Locator) -> str:
    """Vote by the mouse and the keyboard as a teacher does; return what stands there as the vote."""
    if question.locator("input[type=radio]").count():
        question.get_by_role("radio").first.click()
        expect(question).to_contain_text("Kept: you predict", timeout=SLOWLY)
        return ""
    field = question.get_by_label("Answer")
    field.click()
    numbers = question.locator(".leakyedu-handle").count() or 1
    screen.keyboard.type(", ".join(["0.3"] * numbers) if numbers > 1 else "1")  # and it is not sent
    return field.input_value()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lesson", FEW)
def test_two_keys_lead_through_a_whole_lesson_on_any_wall(screen, all_lessons, lesson, size, tmp_path):
    screen.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    took = open_lesson(screen, all_lessons, Path(lesson.notebook).stem)
    stops = screen.locator(".leakyedu-opening, .leakyedu-screen, .leakyedu-live:has(.leakyedu-presets)")
    shots = Path(os.environ.get("SHOTS", tmp_path))
    found, lost, count = {}, [], itertools.count()

    def look(stop: Locator, what: str) -> None:
        name = f"{lesson.number:02}_{size[0]}x{size[1]}_{next(count):02}_{what}"
        if wrong := wrong_with(screen, stop):
            found[name] = wrong
        screen.screenshot(path=shots / f"{name}.png")

    for number in range(stops.count()):
        stop = stops.nth(number)
        if number:
            expect(stop).to_be_in_viewport(ratio=0.9)
        if stop.locator(".leakyedu-question").count():
            expect(stop.locator(".leakyedu-asked")).to_be_in_viewport(ratio=0.9)  # before it is answered
            expect(stop.locator(".leakyedu-voting")).to_be_visible()
            look(stop, "asked")
            typed = vote_on(screen, stop)
            looks_voted = [radio.is_checked() for radio in stop.get_by_role("radio").all()]
            screen.keyboard.press("PageDown")
            if not stop.locator(".leakyedu-show").count():
                continue
            answer = stop.locator(".leakyedu-answer")
            expect(answer).to_contain_text("It is", timeout=3 * SLOWLY)
            expect(answer).to_contain_text("You predicted")
            look(stop, "answered")
            screen.keyboard.press("PageUp")
            expect(answer).not_to_be_visible()
            if looks_voted != [radio.is_checked() for radio in stop.get_by_role("radio").all()] or (
                typed and stop.get_by_label("Answer").input_value() != typed
            ):
                lost.append(number)
            screen.keyboard.press("PageDown")
            expect(answer).to_be_visible()
        elif stop.locator(".leakyedu-presets").count():
            slider = stop.get_by_role("slider").first
            if slider.count():
                box = slider.bounding_box()
                screen.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
                screen.mouse.down()
                screen.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
                screen.mouse.up()
                look(stop, "moved")
                stop.locator(".leakyedu-presets button").first.click()
                screen.keyboard.press("PageUp") if stop.locator(".leakyedu-presets p").inner_text() else None
            for preset in lesson.lab.LAB.presets:
                expect(pressed(screen)).to_have_text(preset.name)
                look(stop, "preset")
                screen.keyboard.press("PageDown")
                if stop.locator(".leakyedu-presets p").inner_text() != preset.says:
                    lost.append(preset.name)
                look(stop, "said")
                if preset is not lesson.lab.LAB.presets[-1]:
                    screen.keyboard.press("PageDown")
        else:
            look(stop, "opening")
        screen.keyboard.press("PageDown")

    print(f"{lesson.name} at {size}: {took:.1f} s, {stops.count()} stops, {next(count)} screens")
    assert lost == [], "keys or votes"
    assert found == {}
    assert screen.locator("[data-mime-type*=error], .cm-editor").count() == 0
    assert screen.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert violations(screen) == []
