"""A saved lesson on three days, a field without a kernel, and numbers as they are typed."""

import json
import random
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from leakyedu.lessons import course
from tests.browser.conftest import Lab, clean_copy
from tests.browser.notebook import SLOWLY, Lesson
from tests.browser.server import CHROMIUM, running

pytestmark = pytest.mark.slow  # one lesson takes part in every run of the tests: test_lesson_in_browser.py

EULER = "04_one_euler_step.ipynb"
ASLEEP = "run the first code cell, then this one"


class InNotebook7(Lesson):
    """The same in Notebook 7, whose page says less of its kernel."""

    def idle(self) -> None:
        self.page.wait_for_timeout(1_500)


@pytest.fixture(scope="module")
def notebook7(tmp_path_factory, lab) -> Iterator[Lab]:
    """Start Notebook 7 in a folder of its own, with nothing of ours but the lessons."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    if find_spec("notebook") is None:
        pytest.skip("Notebook 7 is not installed: pip install notebook")
    folder = tmp_path_factory.mktemp("notebook7")
    shutil.copytree(lab.folder, folder / "lessons")
    options = ["--no-browser", "--port=0", "--ServerApp.ip=127.0.0.1", "--allow-root"]
    with running(folder / "lessons", "notebook", *options) as address:
        host, token = re.match(r"(http://[^/]+)/\S*\?token=(\w+)", address).groups()
        yield Lab(folder / "lessons", folder / "lessons/progress", host, token)


@pytest.fixture(params=["JupyterLab", pytest.param("Notebook 7", marks=pytest.mark.thorough)])
def host(request, page: Page) -> Iterator[Lesson]:
    """Open a clean copy of lesson 4 in a host."""
    if request.param == "JupyterLab":
        lab = request.getfixturevalue("lab")
        with clean_copy(page, lab, EULER) as lesson:
            yield lesson
    else:
        lab = request.getfixturevalue("notebook7")
        yield InNotebook7(page, f"{lab.address}/notebooks/{EULER}?token={lab.token}")


def kept(lesson: Lesson) -> dict[str, str | int]:
    """Return what is seen of a lesson's outputs, and what should not be."""
    page = lesson.page
    seen = {
        "lab": lesson.cell("lab.show").locator("figcaption").text_content(),
        "pictures": page.locator(".jp-OutputArea img").count(),
        "verdict": lesson.cell("ex.by_hand.check").locator(".jp-OutputArea").text_content(),
        "recall": lesson.cell("ex.recall.show").locator(".jp-OutputArea").text_content(),
    }
    for words in ("Error displaying widget", "model not found", "Loading widget"):
        assert page.get_by_text(words).count() == 0
    return seen


def work(lesson: Lesson) -> None:
    """Run everything, answer, choose and move."""
    lesson.run_all()
    check = lesson.cell("ex.by_hand.check")
    check.get_by_label("Answer").fill("0.1")
    check.get_by_role("button", name="Send").click()
    expect(check).to_contain_text("This is the voltage after the first step", timeout=SLOWLY)
    lab = lesson.cell("lab.show")
    lab.get_by_label("dt (ms)", exact=True).fill("2")
    lab.get_by_label("dt (ms)", exact=True).press("Enter")
    expect(lab.locator("figcaption")).to_contain_text("area 0.60 of the exact one", timeout=SLOWLY)
    recall = lesson.cell("ex.recall.show")
    recall.locator("input[type=radio]").nth(1).click()
    expect(recall).to_contain_text("Right. The input acts in its own step", timeout=SLOWLY)
    lesson.page.wait_for_timeout(2_500)  # the last picture goes into the file when nothing moves


def saved(lesson: Lesson) -> None:
    lesson.menu("File", "Save Notebook")
    lesson.page.wait_for_timeout(2_000)


@pytest.mark.thorough
def test_what_was_seen_last_stays_on_three_days(host, page):
    work(host)
    saved(host)
    seen = []
    for _ in range(2):
        end_kernels(host)
        host.open()
        seen.append(kept(host))
        # Long enough for the autosave of a page that counts as changed.
        page.wait_for_timeout(18_000)
        seen.append(kept(host))
        saved(host)

    print(seen[0])
    assert seen == seen[:1] * 4
    assert "area 0.60 of the exact one" in seen[0]["lab"]
    assert "This is the voltage after the first step" in seen[0]["verdict"]
    assert "(b) the one after the jump (your answer)" in seen[0]["recall"]
    assert "Right. The input acts in its own step" in seen[0]["recall"]
    assert seen[0]["pictures"] == (course() / EULER).read_text(encoding="utf-8").count("<img ") > 1
    for source in ("lab.show", "ex.by_hand.check", "ex.recall.show", "ex.peak_time.predict"):
        expect(host.cell(source)).to_contain_text(ASLEEP)
    assert page.locator(".jp-OutputArea").locator("input, button, select").count() == 0


def end_kernels(lesson: Lesson) -> None:
    """End what runs, as a night does."""
    host, token = re.match(r"(http://[^/]+)/\S*\?token=(\w+)", lesson.url).groups()
    headers = {"Authorization": f"token {token}"}
    request = lesson.page.context.request
    for session in request.get(f"{host}/api/sessions", headers=headers).json():
        request.delete(f"{host}/api/sessions/{session['id']}", headers=headers)


@pytest.mark.thorough
def test_no_model_of_a_widget_stands_in_the_file(lesson, lab):
    work(lesson)
    lesson.save()

    file = max(lab.folder.glob("copy_*.ipynb"), key=lambda path: path.stat().st_mtime)
    notebook = nbformat.read(file, as_version=4)
    file.unlink()
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in json.dumps(notebook)


@pytest.mark.parametrize(
    "how", ["Restart Kernel.*", pytest.param("Shut Down Kernel", marks=pytest.mark.thorough)]
)
def test_what_has_no_kernel_any_more_says_so(lesson, how):
    lesson.run_all()
    check = lesson.cell("ex.by_hand.check")
    expect(check.get_by_label("Answer")).to_be_visible(timeout=SLOWLY)

    lesson.menu("Kernel", how)
    if "Restart" in how:
        lesson.page.locator(".jp-Dialog .jp-mod-accept").click()
        lesson.idle()
    else:
        check.get_by_label("Answer").fill("99")
        check.get_by_role("button", name="Send").click()

    expect(check).to_contain_text(ASLEEP, timeout=10_000)
    expect(check).to_contain_text("Not tried yet")
    # After a restart the page knows it; else it waits, and says so.
    expect(check.locator(".jp-OutputArea input")).to_have_count(0 if "Restart" in how else 1)


def test_what_was_said_is_pale_beside_an_answer_that_nobody_has_read(lesson):
    lesson.run_all()
    check = lesson.cell("ex.by_hand.check")
    field, said = check.get_by_label("Answer"), check.locator(".leakyedu-said")
    field.fill("1 V")
    field.press("Enter")
    expect(said).to_contain_text("Not yet", timeout=SLOWLY)
    expect(said).to_have_css("opacity", "1")

    lesson.menu("Kernel", "Shut Down Kernel")
    field.fill("99")
    field.press("Enter")

    expect(said).to_have_css("opacity", "0.35", timeout=SLOWLY)


def test_what_is_alive_is_there_after_a_reload(lesson, page):
    lesson.run_all()
    field = lesson.cell("lab.show").get_by_label("dt (ms)", exact=True)
    field.fill("2")
    field.press("Enter")
    expect(lesson.cell("lab.show").locator("figcaption")).to_contain_text("area 0.60", timeout=SLOWLY)
    lesson.save()

    page.reload()
    lesson.idle()

    cell = lesson.cell("lab.show")
    expect(cell.get_by_label("dt (ms)", exact=True)).to_have_value("2", timeout=SLOWLY)
    expect(cell.locator("figcaption")).to_contain_text("area 0.60", timeout=SLOWLY)


# -- Numbers ---------------------------------------------------------------------------------------

# What is typed into "dt (ms)", from 1 to 5 in steps of 0.25: what the field shows then, and what is said.
TYPED = {
    "2": ("2", ""),
    "2.5": ("2.5", ""),
    "2,5": ("2.5", ""),
    "2.6": ("2.6", ""),
    " 3 ": ("3", ""),
    "+4": ("4", ""),
    "4 ms": ("4", ""),
    "4ms": ("4", ""),
    "1e0": ("1", ""),
    "15e-1": ("1.5", ""),
    "2.": ("2", ""),
    "9": (None, "9 is beyond"),
    "-1": (None, "-1 is beyond"),
    "\u22121": (None, "-1 is beyond"),
    ".5": (None, None),
    "1e400": (None, "is beyond"),
    "": ("2", ""),
    "abc": ("2", "That is no number: 2 stays."),
    "1.000,5": ("2", "That is no number: 2 stays."),
    "0x3": ("2", "That is no number: 2 stays."),
}


@pytest.fixture
def a_lab(page, lab) -> Locator:
    """Return the output of a lab whose picture says what it was drawn with."""
    source = """from leakyedu.teaching.lab import Lab, Slider

def view(axes, dt, tau, *, prediction):
    axes.plot([0, 1], [dt, tau])
    axes.set(xlim=(0, 1), ylim=(0, 9))
    return f"It is drawn with {dt!r} and {tau!r} ms."

Lab(view, dt=Slider("dt (ms)", 0.5, 5.0, 0.25, 1.0), tau=Slider("tau (ms)", 1, 9, 1, 3)).show()"""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cell = nbformat.v4.new_code_cell(source)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), lab.folder / "numbers.ipynb")
    Lesson(page, lab.url("numbers.ipynb")).run_all()
    output = page.locator(".jp-Notebook .jp-OutputArea")
    expect(output.get_by_label("dt (ms)", exact=True)).to_be_visible(timeout=SLOWLY)
    return output


def drawn(dt: str, tau: str = "3.0") -> str:
    return f"It is drawn with {float(dt)} and {tau} ms."


def test_what_is_shown_is_what_is_used(a_lab):
    field, caption = a_lab.get_by_label("dt (ms)", exact=True), a_lab.locator("figcaption")
    said = a_lab.locator(".leakyedu-control").first.get_by_role("status")
    wrong = {}
    for typed, (value, words) in TYPED.items():
        field.fill("2")
        field.press("Enter")
        expect(caption).to_have_text(drawn("2"), timeout=SLOWLY)
        field.fill(typed)
        field.press("Enter")
        shown = field.input_value()
        expect(caption).to_have_text(drawn(shown), timeout=SLOWLY)
        print(f"{typed!r}: shows {shown}, draws {caption.inner_text()!r}, says {said.inner_text()!r}")
        if (value is not None and shown != value) or (words is not None and words not in said.inner_text()):
            wrong[typed] = shown, said.inner_text()
        if words == "" and said.inner_text():
            wrong[typed] = shown, said.inner_text()

    assert wrong == {}


def test_keys_in_the_field_do_what_they_do_in_a_slider(a_lab):
    field, caption = a_lab.get_by_label("dt (ms)", exact=True), a_lab.locator("figcaption")
    seen = []
    for key in ("ArrowUp", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "End", "ArrowUp", "Home"):
        field.press(key)
        seen.append(field.input_value())

    assert seen == ["1.25", "1.5", "1.25", "1.75", "1.25", "5", "5", "0.5"]
    expect(caption).to_have_text(drawn("0.5"), timeout=SLOWLY)
    expect(a_lab.get_by_label("dt (ms), slider")).to_have_value("0.5")


def test_a_number_that_is_being_typed_is_not_eaten_by_a_picture(a_lab, page):
    field = a_lab.get_by_label("dt (ms)", exact=True)
    slider = a_lab.get_by_label("tau (ms), slider")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")

    field.focus()
    page.keyboard.press("Control+A")
    for letter in "4.25":
        page.keyboard.type(letter)
        page.wait_for_timeout(60)
    page.keyboard.press("Enter")

    expect(a_lab.locator("figcaption")).to_have_text(drawn("4.25", "8.0"), timeout=SLOWLY)


@pytest.mark.thorough
def test_of_two_hundred_moves_and_resets_the_last_is_the_one_that_is_drawn(a_lab, page):
    generator = random.Random(1)
    caption, slider = a_lab.locator("figcaption"), a_lab.get_by_label("dt (ms), slider")
    lost = 0
    for number in range(200):
        value = 0.5 + 0.25 * generator.randrange(19)
        for step in range(generator.randrange(1, 6)):  # faster than pictures are drawn
            slider.evaluate(MOVE, value if not step else 0.5 + 0.25 * generator.randrange(19))
        if number % 4 == 0:
            a_lab.get_by_role("button", name="Reset").click()
        shown = a_lab.get_by_label("dt (ms)", exact=True).input_value()
        try:
            expect(caption).to_have_text(drawn(shown), timeout=5_000)
        except AssertionError:
            lost += 1
        assert number % 4 or shown == "1"

    print(f"200 moves, {lost} lost")
    assert lost == 0


MOVE = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
