"""A learner errs, reads, asks for hints, answers, finds the tick on the map and comes back the next day."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.notebook import SLOWLY, Lesson

pytestmark = pytest.mark.slow  # one lesson takes part in every run of the tests: test_lesson_in_browser.py


@pytest.fixture
def first_check(start_page: Lesson):
    """Return the cell of the first check, after a run of the whole start page."""
    start_page.run_all()
    cell = start_page.cell("ex.time_constants.check")
    expect(cell.get_by_label("Answer")).to_be_visible(timeout=SLOWLY)
    return cell


def the_map(start_page: Lesson):
    """Run the map's cell again and return its row of the start page."""
    start_page.rewrite("course_map.table", "course_map.table()")
    return start_page.cell("course_map.table").get_by_role("row").nth(1)


def test_wrong_then_three_hints_then_right_then_a_tick_that_stays(start_page, first_check, page):
    expect(the_map(start_page)).to_contain_text("0 of 1")

    first_check.get_by_label("Answer").fill("3")
    first_check.get_by_role("button", name="Send").click()
    expect(first_check).to_contain_text(
        "Not yet. Neither an input nor the leak brings a third one", timeout=SLOWLY
    )
    for number in (1, 2, 3):
        first_check.get_by_role("button", name="Hint", exact=True).click()
        expect(first_check).to_contain_text(f"Hint {number} of 3", timeout=SLOWLY)
    first_check.get_by_label("Answer").fill("2")
    first_check.get_by_role("button", name="Send").click()
    expect(first_check).to_contain_text("Right. 2 time constants.", timeout=SLOWLY)
    expect(the_map(start_page)).to_have_text(re.compile("Start here.*1 of 1.*done"))

    start_page.save()
    start_page.menu("Kernel", "Shut Down Kernel")
    start_page.open()

    expect(start_page.cell("course_map.table").get_by_role("row").nth(1)).to_contain_text("done")
    start_page.run_all()
    expect(start_page.cell("course_map.table").get_by_role("row").nth(1)).to_contain_text("done")
    start_page.rewrite("course_map.summary", 'course_map.summary("Ada")')
    summary = start_page.cell("course_map.summary")
    expect(summary).to_contain_text("Progress of Ada, self-reported")
    expect(summary.get_by_role("row").nth(1)).to_have_text(
        re.compile(r"0 Start here\s*time_constants\s*passed \d{4}-\d\d-\d\d\s*2\s*3")
    )


def test_the_same_by_keyboard_alone(start_page, first_check, page):
    keyboard = page.keyboard

    def go_to(label: str) -> None:
        """Press Tab until a thing of that name has the focus."""
        for _ in range(40):
            if page.evaluate(NAME_OF_FOCUS) == label:
                return
            keyboard.press("Tab")
        raise AssertionError(f"no key leads to {label!r}")

    first_check.locator(".cm-content").click()  # where the learner is after Shift+Enter
    keyboard.press("Escape")
    go_to("Answer")
    keyboard.type("3")
    keyboard.press("Enter")
    expect(first_check).to_contain_text(
        "Not yet. Neither an input nor the leak brings a third one", timeout=SLOWLY
    )
    go_to("Hint")
    for number in (1, 2, 3):
        keyboard.press("Enter")
        expect(first_check).to_contain_text(f"Hint {number} of 3", timeout=SLOWLY)
    keyboard.press("Shift+Tab")
    keyboard.press("Shift+Tab")
    assert page.evaluate(NAME_OF_FOCUS) == "Answer"
    keyboard.press("Control+A")
    keyboard.type("2")
    go_to("Send")
    keyboard.press("Space")

    expect(first_check).to_contain_text("Right. 2 time constants.", timeout=SLOWLY)
    expect(the_map(start_page)).to_contain_text("1 of 1")


NAME_OF_FOCUS = """() => {
  const it = document.activeElement;
  return it.labels?.[0]?.textContent.trim() ?? it.textContent.trim();
}"""


def test_a_prediction_typed_on_the_page_is_there_the_next_day(lesson):
    lesson.run_all()
    cell = lesson.cell("ex.peak_time.predict")
    expect(lesson.cell("ex.peak_time.compare")).to_contain_text("You made no prediction. Make one")
    cell.get_by_label("Answer").fill("7,5 ms")
    cell.get_by_role("button", name="Send").click()
    expect(cell).to_contain_text("Kept: you predict 7.5 ms.", timeout=SLOWLY)

    lesson.menu("Kernel", "Shut Down Kernel")
    lesson.open()
    lesson.run_all()

    expect(lesson.cell("ex.peak_time.predict")).to_contain_text("Your prediction is kept: 7.5 ms.")
    expect(lesson.cell("ex.peak_time.compare")).to_contain_text("You predicted 7.5 ms. It is 6 ms")
    figure = lesson.cell("plotting.against_exact")
    expect(figure.locator("figcaption")).to_contain_text("You predicted the peak after 7.5 ms.")


def test_a_screen_reader_finds_nothing_amiss_in_feedback_and_map(start_page, first_check, page):
    first_check.get_by_label("Answer").fill("3")
    first_check.get_by_role("button", name="Send").click()
    expect(first_check).to_contain_text("Not yet.", timeout=SLOWLY)
    first_check.get_by_role("button", name="Hint", exact=True).click()
    expect(first_check).to_contain_text("Hint 1 of 3", timeout=SLOWLY)

    found = Axe().run(page, context=".jp-OutputArea-output").response

    assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found["violations"]] == []
    assert len(found["passes"]) > 5
