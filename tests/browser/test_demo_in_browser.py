"""Lessons on a wall of 1280 x 720, without a network: what a class sees, and the keys of a presenter."""

import re
import time
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook import SLOWLY
from tests.browser.server import CHROMIUM, running
from tests.lessons.notebook import LESSONS, each_of_few_lessons

pytestmark = pytest.mark.slow  # one lesson takes part in every run of the tests: test_lesson_in_browser.py

EULER = "04_one_euler_step"

# Text that the last row cannot read: smaller than 24 px.
SMALL = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode;
    if (!textContent.trim() || parentElement.closest("script, style")) continue;
    if (!parentElement.checkVisibility()) continue;
    const { a, b } = parentElement.getScreenCTM?.() ?? { a: 1, b: 0 }; // a drawing has units of its own
    const size = Math.hypot(a, b) * parseFloat(getComputedStyle(parentElement).fontSize);
    if (size < 24) found.push(textContent.trim());
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
def screen(page: Page):
    """Return a tab of a projector's size, in which nothing may complain or ask for anything elsewhere."""
    complaints, asked = [], []
    page.set_viewport_size({"width": 1280, "height": 720})
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    outside = [
        url for url in asked if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:", url)
    ]
    print(f"{len(asked)} requests, {len(outside)} of them outside, {len(complaints)} complaints")
    assert len(asked) > 10
    assert outside == []
    assert complaints == []


def open_lesson(screen: Page, wall: Wall, lesson: str) -> float:
    """Open a lesson; return the seconds until its lab can be used."""
    start = time.perf_counter()
    screen.goto(wall.page_of(lesson))
    screen.locator(".leakyedu-presets button").first.wait_for(timeout=2 * SLOWLY)
    expect(screen.locator(".leakyedu-show").last).to_be_visible()
    return time.perf_counter() - start


def kernel_of(screen: Page) -> str:
    return screen.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")


def lab_on(screen: Page) -> Locator:
    return screen.locator("[cell-index]:has(.leakyedu-presets)")


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
    question = lesson.locator("[cell-index]:has(.leakyedu-question)").first
    lab = lab_on(lesson)

    question.get_by_label("Answer").fill("7.5")
    question.get_by_role("button", name="Send").click()
    expect(question).to_contain_text("Kept: you predict 7.5 ms.", timeout=SLOWLY)
    expect(question.locator("figure")).to_have_count(0)
    question.get_by_role("button", name="Show what happens").click()

    expect(question).to_contain_text("You predicted 7.5 ms. It is 6 ms", timeout=SLOWLY)
    expect(question.locator("figcaption")).to_contain_text("You predicted the peak after 7.5 ms")
    expect(lab.locator("figcaption")).to_contain_text("You predicted the peak after 7.5 ms", timeout=SLOWLY)
    assert lesson.evaluate(SMALL) == []


BOTH_PAIRS = pytest.mark.parametrize(("on", "back"), [("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp")])


@BOTH_PAIRS
def test_the_keys_of_a_remote_lead_from_question_to_answer_to_question_to_preset(lesson, on, back):
    heading = "What if the lines change places?"
    lesson.keyboard.press(on)
    expect(lesson.locator(".leakyedu-answered")).to_have_count(1, timeout=SLOWLY)
    expect(lesson.locator(".leakyedu-answered figure")).to_be_in_viewport()
    lesson.wait_for_timeout(500)  # until it has been scrolled to
    lesson.keyboard.press(on)
    lesson.keyboard.press(on)
    expect(lesson.locator(".leakyedu-answered")).to_have_count(2, timeout=SLOWLY)
    expect(lesson.get_by_role("heading", name=heading).first).to_be_in_viewport()

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

    expect(lesson.get_by_role("heading", name=heading).last).to_be_in_viewport()
    come_to(lesson, lesson.locator("[cell-index]:has(.leakyedu-question)").first)
    expect(lesson.get_by_role("link", name="All lessons")).not_to_be_in_viewport()
    lesson.keyboard.press(back)  # it takes the answer back first
    expect(lesson.locator(".leakyedu-answer").first).not_to_be_visible()
    lesson.keyboard.press(back)
    expect(lesson.get_by_role("link", name="All lessons")).to_be_in_viewport()


@BOTH_PAIRS
def test_after_a_click_on_an_option_both_keys_lead_on_and_leave_the_vote_alone(lesson, on, back):
    question = lesson.locator("[cell-index]:has(input[type=radio])").first
    come_to(lesson, question)
    question.get_by_role("radio").first.click()
    expect(question).to_contain_text("Kept: you predict (a)", timeout=SLOWLY)

    lesson.keyboard.press(on)

    expect(question.locator(".leakyedu-answer")).to_contain_text("You predicted (a)", timeout=SLOWLY)
    expect(question.get_by_role("radio").first).to_be_checked()
    lesson.keyboard.press(back)
    expect(question.locator(".leakyedu-answer")).not_to_be_visible()
    expect(question.get_by_role("radio").first).to_be_checked()
    lesson.keyboard.press(back)
    expect(question.get_by_role("heading")).not_to_be_in_viewport()


@BOTH_PAIRS
@pytest.mark.parametrize("sent", [True, False])
def test_after_a_typed_number_both_keys_lead_on_with_it(lesson, on, back, sent):
    question = lesson.locator("[cell-index]:has(.leakyedu-question)").first
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
    assert pressed(lesson).inner_text() == "Jump, v, decay"
    assert lesson.locator(".leakyedu-answered").count() == 0


def test_the_sentence_of_a_preset_comes_on_the_second_press_and_goes_on_the_third(lesson):
    come_to(lesson, lab_on(lesson))
    button = lab_on(lesson).get_by_role("button", name="v first")
    sentence, caption = lab_on(lesson).get_by_role("status").first, lab_on(lesson).locator("figcaption")

    button.click()
    expect(sentence).to_have_text("")
    expect(caption).not_to_be_visible()
    button.click()
    expect(sentence).to_contain_text("one step late")
    expect(caption).to_be_visible()
    button.click()
    expect(sentence).to_have_text("")
    expect(caption).not_to_be_visible()
    lab_on(lesson).get_by_role("slider").first.focus()
    lesson.keyboard.press("ArrowUp")

    expect(caption).to_be_visible()  # it was moved by hand
    expect(sentence).to_have_text("")


def test_a_reveal_is_taken_back_and_a_new_vote_is_answered_anew(lesson):
    question = lesson.locator("[cell-index]:has(.leakyedu-question)").first
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


@pytest.mark.parametrize("key", ["b", "B", "."])
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
    question = screen.locator("[cell-index]:has(.leakyedu-question)").first
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


def test_a_class_draws_its_curve_by_the_keys_that_lead_nowhere(screen, all_lessons):
    open_lesson(screen, all_lessons, "01_a_leaky_bucket")
    question = screen.locator("[cell-index]:has(.leakyedu-curve)").first
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
    lesson.keyboard.press("PageDown")
    expect(lesson.locator(".leakyedu-answered")).to_have_count(1, timeout=SLOWLY)

    assert violations(lesson) == []


def violations(screen: Page) -> list:
    """Return what axe finds in our outputs and our header."""
    found = Axe().run(screen, context="#rendered_cells, .leakyedu-header").response
    assert len(found["passes"]) > 5
    return [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found["violations"]]


@pytest.mark.slow
@each_of_few_lessons
def test_a_presenters_remote_leads_through_a_whole_lesson(screen, all_lessons, lesson):
    took = open_lesson(screen, all_lessons, Path(lesson.notebook).stem)
    presets = lesson.lab.LAB.presets
    votes = screen.locator(".leakyedu-show").count()
    captions = []

    for number, preset in enumerate(presets):
        come_to(screen, lab_on(screen))
        if number:
            screen.keyboard.press("PageDown")
        expect(pressed(screen)).to_have_text(preset.name)
        expect(lab_on(screen).get_by_role("status").first).to_have_text("")
        expect(lab_on(screen).locator("figcaption")).not_to_be_visible()
        screen.keyboard.press("PageDown")
        expect(lab_on(screen).get_by_role("status").first).to_have_text(preset.says)
        expect(lab_on(screen).locator("figcaption")).to_have_text(
            lesson.lab.LAB.figure(**preset.settings)[1], timeout=SLOWLY
        )
        captions.append(lab_on(screen).locator("figcaption").inner_text())
        expect(lab_on(screen).locator("figcaption")).to_be_in_viewport(ratio=0.6)
    for number in range(votes):
        question = screen.locator("[cell-index]:has(.leakyedu-question)").nth(number)
        come_to(screen, question)
        screen.keyboard.press("ArrowRight")
        expect(question.locator(".leakyedu-answered")).to_have_count(1, timeout=SLOWLY)
        expect(question.locator(".leakyedu-answer")).to_contain_text("You made no prediction. It is")
        expect(question.locator(".leakyedu-answer")).not_to_contain_text("Going on with")

    print(f"{lesson.name}: {took:.1f} s, {votes} votes, {len(presets)} presets")
    assert len(set(captions)) == len(presets) >= 4
    assert screen.locator(".leakyedu-presets [role=group]").evaluate("e => e.clientHeight") < 60
    assert screen.evaluate("document.documentElement.scrollWidth") <= 1280
    assert screen.locator("[data-mime-type*=error], .cm-editor").count() == 0
    assert screen.evaluate(SMALL) == []
    assert violations(screen) == []
