"""The page of a report, as a teacher opens it from disk: nothing in it runs, and anybody can read it."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from leakyedu.app import report, run
from tests.handed_in import class_of, hand_in
from tests.hostile import TEXTS

pytestmark = pytest.mark.slow
TWO = ("start_here.", "one_euler_step.")  # axe takes minutes for all lessons


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    made_up = {
        name: {key: record for key, record in records.items() if key.startswith(TWO)}
        for name, records in class_of(len(TEXTS)).items()
    }
    names = (
        text.replace("/", "").replace("\0", "").encode(errors="replace").decode() for text in TEXTS.values()
    )
    hand_in(folder, dict(zip((name[:80] for name in names), made_up.values(), strict=True)))
    (folder / "<img src=x onerror=ran++>.md").write_text("nothing")
    report.make(folder, None, run.Limits(), names=True, say=lambda _: None)
    return (folder / report.PAGE).as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
def test_the_page_of_a_report_runs_nothing_and_can_be_read_by_anybody(chromium, address, width, scheme):
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    context.add_init_script("globalThis.ran = 0")
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()

    page.goto(address)

    assert page.locator("section").count() == 2
    assert page.evaluate("ran") == 0
    assert asked == [address]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:300]) for v in found] == []
    context.close()
