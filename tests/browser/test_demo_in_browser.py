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

from leakyedu.lessons import LESSONS, lessons
from tests.browser.notebook import SLOWLY
from tests.browser.server import CHROMIUM, running
from tests.test_teaching import lab_of

EULER = "04_one_euler_step"
PATHS = {path.stem: path for path in sorted(lessons().glob(LESSONS))[1:]}

# Text that the last row cannot read: smaller than 24 px.
SMALL = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode;
    if (!textContent.trim() || parentElement.closest("script, style")) continue;
    if (!parentElement.checkVisibility()) continue;
    if (parseFloat(getComputedStyle(parentElement).fontSize) < 24) found.push(textContent.trim());
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
    return running(folder, "leakyedu.cli", "demo", *arguments, "--no-browser", "--port", "0")


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
    expect(screen.get_by_role("listitem")).to_have_count(11)
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


@pytest.mark.parametrize(("on", "back"), [("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp")])
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
    before = lab_on(lesson).locator("figcaption").inner_text()
    lesson.keyboard.press(on)
    lesson.keyboard.press(on)  # before the first picture is there
    expect(pressed(lesson)).to_have_text("v first")
    expect(lab_on(lesson).locator("figcaption")).not_to_have_text(before, timeout=SLOWLY)
    lesson.keyboard.press(back)
    lesson.keyboard.press(back)
    expect(pressed(lesson)).to_have_text("Jump, v, decay")
    lesson.keyboard.press(back)

    expect(lesson.get_by_role("heading", name=heading).last).to_be_in_viewport()
    come_to(lesson, lesson.locator("[cell-index]:has(.leakyedu-question)").first)
    expect(lesson.get_by_role("link", name="All lessons")).not_to_be_in_viewport()
    lesson.keyboard.press(back)
    expect(lesson.get_by_role("link", name="All lessons")).to_be_in_viewport()


def test_a_key_inside_a_control_does_what_it_always_does(lesson):
    come_to(lesson, lab_on(lesson))
    slider = lab_on(lesson).get_by_role("slider").first
    field = lab_on(lesson).get_by_role("spinbutton").first
    start = float(field.input_value())

    slider.focus()
    for key in ("ArrowRight", "ArrowLeft", "PageUp", "ArrowRight"):
        lesson.keyboard.press(key)
    expect(field).not_to_have_value(f"{start:.2f}")
    lab_on(lesson).locator("select").first.focus()
    lesson.keyboard.press("ArrowDown")
    radio = lesson.get_by_role("radio").first
    radio.focus()
    radio.press("Space")
    lesson.keyboard.press("ArrowDown")

    assert pressed(lesson).inner_text() == "Jump, v, decay"
    expect(lesson.get_by_role("radio").nth(1)).to_be_checked()
    assert lesson.locator(".leakyedu-answered").count() == 0


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
@pytest.mark.parametrize("name", PATHS)
def test_a_presenters_remote_leads_through_a_whole_lesson(screen, all_lessons, name):
    took = open_lesson(screen, all_lessons, name)
    presets = lab_of(PATHS[name]).presets
    votes = screen.locator(".leakyedu-show").count()
    captions = []

    for number, preset in enumerate(presets):
        come_to(screen, lab_on(screen))
        if number:
            screen.keyboard.press("PageDown")
        expect(pressed(screen)).to_have_text(preset.name)
        expect(lab_on(screen).get_by_role("status").first).to_have_text(preset.says)
        expect(lab_on(screen).locator("figcaption")).to_have_text(
            lab_of(PATHS[name]).figure(**preset.settings)[1], timeout=SLOWLY
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

    print(f"{name}: {took:.1f} s, {votes} votes, {len(presets)} presets")
    assert len(set(captions)) == len(presets) >= 4
    assert screen.locator(".leakyedu-presets [role=group]").evaluate("e => e.clientHeight") < 60
    assert screen.evaluate("document.documentElement.scrollWidth") <= 1280
    assert screen.locator("[data-mime-type*=error], .cm-editor").count() == 0
    assert screen.evaluate(SMALL) == []
    assert violations(screen) == []
