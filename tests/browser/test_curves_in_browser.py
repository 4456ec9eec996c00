"""A curve is drawn by mouse, by finger and by keys, and is there the next day."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.browser.conftest import clean_copy
from tests.browser.notebook import SLOWLY, Lesson
from tests.teaching.test_shapes import CURVE, DRAWN

pytestmark = pytest.mark.slow  # a whole lesson is run twice


@pytest.fixture
def bucket(page, lab):
    """Open lesson 1, and run it."""
    with clean_copy(page, lab, "01_a_leaky_bucket.ipynb") as lesson:
        lesson.run_all()
        yield lesson


# Runs in the page: draws a curve, and returns each pair of its words of which one lies upon the other.
OVERLAPS = """([asked, values]) => {
  const { element, put } = drawCurve(asked, () => {});
  document.body.append(element);
  put(values);
  const texts = [...element.querySelectorAll("text")];
  const words = texts.map((text) => ({ said: text.textContent, box: text.getBoundingClientRect() }));
  const beside = ({ box: a }, { box: b }) => a.right <= b.left || b.right <= a.left;
  const below = ({ box: a }, { box: b }) => a.bottom <= b.top || b.bottom <= a.top;
  const pairs = words.flatMap((one, n) => words.slice(n + 1).map((two) => [one, two]));
  const upon = pairs.filter((pair) => !beside(...pair) && !below(...pair));
  return upon.map((pair) => pair.map(({ said }) => said));
}"""


def test_no_word_beside_a_curve_lies_upon_another(page):
    page.set_content("<body></body>")
    page.add_script_tag(content=CURVE.read_text(encoding="utf-8"))

    found = {}
    for name, points in DRAWN.items():
        parts = {key: list(getattr(points, key)) for key in ("at", "names", "axis", "start")}
        asked = {"value": points.name, "unit": points.unit, **parts}
        found[name] = page.evaluate(OVERLAPS, [asked, [y for _, y in points.right]])

    assert found == {name: [] for name in DRAWN}


def handle(cell: Locator, ms: int) -> Locator:
    return cell.get_by_role("slider", name=f"v at {ms} ms", exact=True)


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_curve_drawn_in_three_ways_is_kept_and_there_the_next_day(bucket: Lesson, page):
    cell = bucket.cell("ex.rise.predict")
    field = cell.get_by_label("Answer")
    expect(handle(cell, 5)).to_be_visible(timeout=SLOWLY)
    expect(handle(cell, 5)).to_have_attribute("aria-valuetext", "not drawn yet")
    expect(field).to_have_value("")

    handle(cell, 5).focus()  # by keys
    for key in ("Home", "PageUp", "PageUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(handle(cell, 5)).to_have_attribute("aria-valuetext", "0.18 V")
    x, y = middle(handle(cell, 10))  # by mouse
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y - 20, steps=4)
    page.mouse.up()
    by_mouse = float(handle(cell, 10).get_attribute("aria-valuenow"))
    x, y = middle(handle(cell, 20))  # by finger
    fingers = page.context.new_cdp_session(page)
    for kind, up in (("touchStart", 0), ("touchMove", 20), ("touchMove", 60), ("touchEnd", None)):
        points = [] if up is None else [{"x": x, "y": y - up}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    by_finger = float(handle(cell, 20).get_attribute("aria-valuenow"))
    assert 0.6 < by_mouse < 0.8 < by_finger < 1.1
    typed = re.sub(r"[^,]+$", " 1.0", field.input_value())
    assert typed == f"0.18, {by_mouse:g}, {by_finger:g}, 1.0"
    field.fill(typed)  # and by its number
    expect(handle(cell, 40)).to_have_attribute("aria-valuetext", "1 V")

    cell.get_by_role("button", name="Send").click()
    expect(cell).to_contain_text(
        f"Kept: you predict v = 0.18, {by_mouse:g}, {by_finger:g}, 1 V.", timeout=SLOWLY
    )
    found = Axe().run(page, context=".jp-OutputArea-output").response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []

    bucket.save()
    bucket.menu("Kernel", "Shut Down Kernel")
    bucket.open()
    bucket.run_all()

    expect(handle(cell, 20)).to_have_attribute("aria-valuetext", f"{by_finger:g} V", timeout=SLOWLY)
    expect(cell).to_contain_text("Your prediction is kept: v = 0.18,")
    figure = bucket.cell("plotting.trajectory(LIState")
    expect(figure.locator("figcaption")).to_contain_text("Crosses are your prediction")
