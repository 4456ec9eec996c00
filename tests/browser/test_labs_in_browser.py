"""Every lab on one page, in JupyterLab and in Voila: by mouse, by keys, for a screen reader, alone."""

import re
from collections.abc import Callable

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook import SLOWLY, Lesson
from tests.browser.server import CHROMIUM, free_port, running
from tests.lessons.notebook import BY_NAME
from tests.lessons.test_every_lab import LABS, notebook_of_labs

pytestmark = pytest.mark.slow  # one lesson takes part in every run of the tests: test_lesson_in_browser.py

NAMES = [lesson.name for lesson in LABS]


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    """Start Voila on the page of all labs, with our connection; return its address."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    folder = tmp_path_factory.mktemp("voila")
    nbformat.write(notebook_of_labs(), folder / "labs.ipynb")
    options = ["--no-browser", f"--port={free_port()}", "--Voila.ip=127.0.0.1"]
    connection = "--Voila.kernel_websocket_connection_class=leakyedu.app.server.PromptConnection"
    with running(folder, "voila", "labs.ipynb", *options, connection) as address:
        yield address


@pytest.fixture(params=["JupyterLab", pytest.param("Voila", marks=pytest.mark.thorough)])
def all_labs(request, page) -> Callable[[str], Locator]:
    """Open the page of all labs in a host; return a function that finds a lab by its name."""
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if request.param == "Voila":
        page.goto(request.getfixturevalue("voila"))
        outputs = page.locator(".jp-OutputArea:has(.leakyedu-control)")
    else:
        lab = request.getfixturevalue("lab")
        nbformat.write(notebook_of_labs(), lab.folder / "labs.ipynb")
        Lesson(page, lab.url("labs.ipynb")).run_all()
        outputs = page.locator(".jp-Notebook .jp-OutputArea:has(.leakyedu-control)")
    expect(outputs).to_have_count(len(NAMES), timeout=2 * SLOWLY)

    def find(name: str) -> Locator:
        output = outputs.nth(NAMES.index(name))
        output.scroll_into_view_if_needed()
        return output

    yield find
    assert complaints == []


def changes(output: Locator, act: Callable[[], None]) -> None:
    """Assert that something changes the picture or its words, and that words and alt text are still one."""
    look = "o => o.querySelector('figure').outerHTML"
    before = output.evaluate(look)
    act()
    output.page.wait_for_function(
        f"([o, before]) => ({look})(o) !== before", arg=[output.element_handle(), before], timeout=SLOWLY
    )
    # Both in one look: the next picture may be under way.
    alt, words = output.locator("figure").evaluate("f => [f.children[0].alt, f.children[1].innerText]")
    assert alt == words


@pytest.mark.thorough
def test_every_control_of_every_lab_answers(all_labs, page: Page):
    for name in NAMES:
        output = all_labs(name)
        for slider in output.locator("input[type=range]").all():
            # On its other half: a press on the grip itself would move nothing.
            right = slider.evaluate("s => s.value - s.min < s.max - s.value")
            box = slider.bounding_box()
            there = {"x": box["width"] * (0.8 if right else 0.2), "y": box["height"] / 2}
            changes(output, lambda slider=slider, at=there: slider.click(position=at))
            # One step on may lie between two points.
            changes(output, lambda: [page.keyboard.press("ArrowLeft") for _ in range(3)])
            reset(output, name)  # or one of the others may have nothing to change
        for menu in output.locator("select").all():
            words = menu.locator("option").all_inner_texts()
            chosen = menu.input_value()
            for word in [word for word in words if word != chosen][:2]:
                changes(output, lambda menu=menu, word=word: menu.select_option(word))
        reset(output, name)


def reset(output: Locator, name: str) -> None:
    """Press *Reset* when nothing moves any more, and see the lab as it was at its start."""
    # The page holds a slider's last move back while an earlier one is drawn; a press would overtake it.
    look, before = output.locator("figcaption").inner_text, ""
    while before != (before := look()):
        output.page.wait_for_timeout(150)
    output.get_by_role("button", name="Reset").click()
    start = BY_NAME[name].lab.LAB.figure()[1]
    expect(output.locator("figcaption")).to_have_text(start, timeout=SLOWLY)


def test_a_lab_can_be_worked_by_keys_alone(all_labs, page: Page):
    output = all_labs("one_euler_step")
    output.locator("select").focus()

    changes(output, lambda: page.keyboard.press("ArrowUp"))
    page.keyboard.press("Tab")
    changes(output, lambda: (page.keyboard.press("Control+A"), page.keyboard.type("2.5\n")))
    page.keyboard.press("Tab")
    changes(output, lambda: page.keyboard.press("ArrowLeft"))
    while page.evaluate("document.activeElement.textContent") != "Reset":
        page.keyboard.press("Tab")
    changes(output, lambda: page.keyboard.press("Enter"))


def test_time_moves_on_when_it_is_told_to_and_stops(all_labs, page: Page):
    output = all_labs("one_euler_step")
    field = output.get_by_label("shown until (ms)", exact=True)
    field.fill("0")
    field.press("Enter")

    output.get_by_role("button", name="Step on shown until (ms)").click()
    expect(field).to_have_value("1")
    output.get_by_role("button", name="Step back shown until (ms)").click()
    expect(field).to_have_value("0")
    play = output.get_by_role("button", name="Play or pause shown until (ms)")
    play.click()
    expect(field).not_to_have_value("0", timeout=SLOWLY)
    play.click()
    expect(play).to_have_text("Play")

    stopped = field.input_value()
    page.wait_for_timeout(600)
    assert 0 < int(stopped) < 40
    assert field.input_value() == stopped


def test_a_lab_measures_with_a_bar_and_stops(all_labs):
    output = all_labs("whole_sequences")

    output.get_by_role("button", name="Measure").click()
    expect(output.locator("progress")).to_be_visible(timeout=SLOWLY)
    output.get_by_role("button", name="Stop").click()

    expect(output.get_by_role("status")).to_have_text(re.compile("stopped"), timeout=SLOWLY)


def test_axe_finds_nothing_in_our_outputs(all_labs, page: Page):
    all_labs(NAMES[-1])

    found = Axe().run(page, context=".jp-OutputArea:has(.leakyedu-control)").response

    violations = [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found["violations"]]
    assert violations == []
    assert len(found["passes"]) > 5
