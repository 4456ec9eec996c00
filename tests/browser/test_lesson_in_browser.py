"""A learner in front of lesson 4: runs it, predicts, errs, asks for a hint, moves a slider, answers."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.notebook import SLOWLY, Lesson


def outputs(cell: Locator) -> Locator:
    return cell.locator(".jp-OutputArea-output")


def test_a_learner_works_through_lesson_4(lesson):
    # Run alone, this is an error still, and a kernel drops all that waits behind one.
    cell = lesson.rewrite("ex.peak_time.predict", "ex.peak_time.predict(7.5)")
    expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"), timeout=SLOWLY)
    lesson.run_all()

    nothing_has_gone_wrong(lesson)
    the_prediction_is_drawn_beside_the_answer(lesson)
    a_wrong_step_is_told_its_mistake_and_a_hint_is_a_key_away(lesson)
    the_lab_answers_to_the_mouse_and_to_the_keys(lesson)
    a_recall_question_is_answered_by_keyboard(lesson)


def nothing_has_gone_wrong(lesson: Lesson) -> None:
    errors = lesson.page.locator(
        "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
    )
    expect(lesson.page.get_by_text("Answer 5")).to_be_visible(timeout=SLOWLY)
    expect(errors).to_have_count(0)
    expect(lesson.page.get_by_text("Error displaying widget")).to_have_count(0)
    alts = lesson.page.locator(".jp-OutputArea img").evaluate_all("images => images.map(image => image.alt)")
    assert len(alts) == 7
    assert sum("peaks at 0.25 V after 6.93 ms" in alt for alt in alts) == 3


def the_prediction_is_drawn_beside_the_answer(lesson: Lesson) -> None:
    figure = lesson.cell("plotting.against_exact")
    expect(figure.locator("figcaption")).to_contain_text("You predicted the peak after 7.5 ms.")
    expect(lesson.cell("ex.peak_time.compare")).to_contain_text(
        "It is 6 ms: your prediction is too large by 1.5 ms."
    )


def a_wrong_step_is_told_its_mistake_and_a_hint_is_a_key_away(lesson: Lesson) -> None:
    wrong = """def my_step(x, state, p, dt):
v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
i = state.i + x
i = i - dt * p.tau_syn_inv * i
return LIState(v, i)

"""
    cell = lesson.rewrite(
        "def my_step",
        wrong.replace("\nv", "\n    v").replace("\ni", "\n    i").replace("\nr", "\n    r")
        + "ex.step.check(my_step)",
    )

    expect(cell).to_contain_text("Not yet. The voltage ignores this step's input")
    hint = cell.get_by_role("button", name="Hint", exact=True)
    hint.focus()
    lesson.page.keyboard.press("Enter")
    expect(cell).to_contain_text("Hint 1 of 3.", timeout=SLOWLY)
    lesson.page.keyboard.press("Enter")
    expect(cell).to_contain_text("Hint 2 of 3.", timeout=SLOWLY)


def the_lab_answers_to_the_mouse_and_to_the_keys(lesson: Lesson) -> None:
    cell = lesson.cell("lab.show")
    caption, handle = cell.locator("figcaption"), cell.get_by_role("slider").first
    expect(caption).to_contain_text("jump, decay, v: peak 0.215 V", timeout=SLOWLY)

    # By mouse, along the track of dt (ms).
    track = handle.bounding_box()
    lesson.page.mouse.click(track["x"] + track["width"] - 1, track["y"] + track["height"] / 2)
    expect(caption).to_contain_text("area 0.20 of the exact one", timeout=SLOWLY)

    # By keyboard, back to the start; the keys move nothing else on the page.
    handle.focus()
    for _ in range(12):
        lesson.page.keyboard.press("ArrowLeft")
    expect(caption).to_contain_text("jump, decay, v: peak 0.215 V after 6 ms, area 0.80", timeout=SLOWLY)
    assert cell.locator("figure img").get_attribute("alt") == caption.inner_text()

    # A number, typed; then Reset.
    field = cell.get_by_label("dt (ms)", exact=True)
    field.fill("2")
    field.press("Enter")
    expect(caption).to_contain_text("area 0.60 of the exact one", timeout=SLOWLY)
    cell.get_by_role("button", name="Reset").click()
    expect(caption).to_contain_text("area 0.80 of the exact one", timeout=SLOWLY)

    # The order, by its menu.
    cell.get_by_label("order").select_option("v, decay, jump")
    expect(caption).to_contain_text("v, decay, jump: peak 0.269 V after 7 ms", timeout=SLOWLY)


def a_recall_question_is_answered_by_keyboard(lesson: Lesson) -> None:
    cell = lesson.cell("ex.recall.show")
    first = cell.locator("input[type=radio]").first

    first.focus()
    lesson.page.keyboard.press("Space")

    expect(cell).to_contain_text("Not yet. Then an input would act one step late.", timeout=SLOWLY)
    lesson.page.keyboard.press("Tab")
    lesson.page.keyboard.press("Space")
    expect(cell).to_contain_text("Right. The input acts in its own step", timeout=SLOWLY)


@pytest.mark.slow
def test_an_endless_step_is_stopped_and_the_lesson_goes_on(lesson):
    lesson.run_all()

    cell = lesson.rewrite(
        "def my_step",
        "def my_step(x, state, p, dt):\n    while True:\n        pass\n\n\nex.step.check(my_step)",
    )

    expect(cell).to_contain_text("took longer than 3.5 seconds and was stopped", timeout=SLOWLY)
    again = lesson.rewrite("li_feed_forward_step(x", "print(1 + 1, 'V')")
    expect(outputs(again)).to_contain_text("2 V")


@pytest.mark.slow
def test_what_was_there_is_there_the_next_day(lesson, page):
    lesson.run_all()
    expect(page.get_by_text("Answer 5")).to_be_visible(timeout=SLOWLY)
    lesson.save()
    lesson.menu("Kernel", "Shut Down Kernel")

    lesson.open()

    expect(lesson.cell("lab.show").locator("figcaption")).to_contain_text("jump, decay, v")
    expect(lesson.cell("ex.order.check")).to_contain_text("Not tried yet")
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)


@pytest.mark.slow
def test_closing_a_lesson_ends_its_kernel(lesson, page, lab):
    lesson.run_all()
    before = len(lab.api("kernels"))

    lesson.save()
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        lesson.menu("File", "Close Tab")

    assert len(lab.api("kernels")) == before - 1


@pytest.mark.slow
def test_the_start_page_comes_first_and_leads_to_lesson_4(page, lab):
    start = Lesson(page, lab.url("00_start_here.ipynb"))
    start.run_all()

    expect(start.page.locator(".jp-OutputArea img").last).to_have_attribute(
        "alt", re.compile("peaks at 0.666 V after 17 ms")
    )
    # The map is alive by then. Its link opens a tab, and does not load JupyterLab anew.
    expect(page.locator(".leakyedu-live caption")).to_have_text("The course, and what you have done")
    page.evaluate("window.opened = 'once'")
    page.get_by_role("link", name="One Euler step, in this order").click()

    opening = page.locator("#jp-main-dock-panel p", has_text="Two versions of one library")
    expect(opening).to_be_visible(timeout=SLOWLY)
    assert page.evaluate("window.opened") == "once"
    expect(page.get_by_text("Jupyter news")).to_have_count(0)
