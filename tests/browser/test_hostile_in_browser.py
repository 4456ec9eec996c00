"""Hostile texts in every place that shows one, on a page of JupyterLab and on a wall: none of them runs."""

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from leakyedu.teaching.markup import printable
from tests.browser.notebook import SLOWLY, Lesson
from tests.browser.server import CHROMIUM, running
from tests.hostile import IMAGE, PLACES, TEXTS

ROOT = Path(__file__).parents[2]
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}

BEGIN = f"""
import os, sys, tempfile
sys.path.insert(0, {str(ROOT)!r})
os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp()
from tests.hostile import PLACES, TEXTS

each, together = list(TEXTS.values()), [" ".join(TEXTS.values())]

def show(place, texts):
    for text in texts:
        PLACES[place](text)
    print("shown:", place)
"""
# From here on as on a page without a kernel: no place is found, and JupyterLab itself shows what is kept.
STATIC = """
def without_places(message):
    data = message["content"]["data"]
    data.pop("application/vnd.jupyter.widget-view+json", None)
    data["text/html"] = data.get("text/html", "").replace(' id="leakyedu-', ' id="another-')
    return message

get_ipython().display_pub.register_hook(without_places)
"""

pytestmark = pytest.mark.slow  # some 900 texts on a page, twice

# What in a part of the page came from a text and could run; first, everything in it is touched.
LOOK = """part => {
  const found = [], elements = [...document.querySelectorAll(`${part} *`)];
  for (const element of elements) {
    for (const event of ["focus", "mouseover", "mouseenter", "toggle", "load", "error"])
      element.dispatchEvent(new Event(event));
    for (const { name, value } of element.attributes)
      if (name.startsWith("on") || /^\\s*javascript:/i.test(value)) found.push(element);
    if (element.matches("script, iframe, object, embed, base, input[autofocus], mjx-container, .MathJax"))
      found.push(element);
    if (element.matches("img:not([src^='data:image/png;base64,'], [src^='data:image/svg+xml;base64,'])"))
      found.push(element);
  }
  return { elements: elements.length, found: found.map((element) => element.outerHTML.slice(0, 200)), ran };
}"""


@pytest.fixture
def watched(page: Page):
    """Return a tab that counts what runs, and fails its test if one opened a dialog or asked for a file."""
    opened, asked = [], []
    page.add_init_script("window.ran = 0;")
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert opened == []
    assert [url for url in asked if re.search(r"/x$|//127\.0\.0\.2", url)] == []


@pytest.fixture
def all_outputs(page: Page, lab):
    """Let JupyterLab show every cell and each of its outputs, also those that are out of sight."""
    address = f"{lab.address}/lab/api/settings/@jupyterlab/notebook-extension:tracker"
    headers = {"Authorization": f"token {lab.token}"}
    for settings in ({"maxNumberOutputs": 10_000, "windowingMode": "none"}, {}):
        answer = page.request.put(address, headers=headers, data=json.dumps({"raw": json.dumps(settings)}))
        assert answer.ok
        if settings:
            yield


def settled(page: Page) -> None:
    """Wait until the page changes no more."""
    before, now = -1, 0
    while before != now:
        page.wait_for_timeout(1_000)
        before, now = now, page.evaluate("document.querySelectorAll('*').length")


# Some thousand widgets on one page take minutes; one after the other, the texts cannot hide each other.
@pytest.mark.parametrize("texts", ["together", pytest.param("each", marks=pytest.mark.thorough)])
def test_no_text_runs_in_jupyterlab(watched, all_outputs, lab, texts):
    places = [f"show({place!r}, {texts})" for place in PLACES]
    cells = [nbformat.v4.new_code_cell(source) for source in (BEGIN, *places, STATIC, *places)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), lab.folder / "hostile.ipynb")
    notebook = Lesson(watched, lab.url("hostile.ipynb"))

    notebook.menu("Run", "Run All Cells")
    expect(watched.locator(".jp-OutputArea").last).to_contain_text("shown:", timeout=8 * SLOWLY)
    settled(watched)

    page = watched.evaluate(LOOK, ".jp-OutputArea")
    shown = watched.locator(".jp-OutputArea", has_text="shown: ").count()
    errors = watched.locator("[data-mime-type*=error], [data-mime-type*=stderr]").all_inner_texts()
    print(f"{len(PLACES)} places x {len(TEXTS)} texts ({texts}), {page['ran']} ran")
    print(f"{page['elements']} elements, {len(page['found'])} of them from a text")
    assert errors == []
    assert shown == 2 * len(PLACES)
    assert page["ran"] == 0
    assert page["found"] == [], page["found"]
    assert page["elements"] > 20 * len(PLACES)


def test_a_text_that_became_html_would_be_seen_and_the_policy_of_the_page_lets_it_run_nothing(page, lab):
    page.add_init_script("window.ran = 0;")
    cell = nbformat.v4.new_code_cell(f"import ipywidgets\n\nipywidgets.HTML({IMAGE!r})")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL), lab.folder / "seen.ipynb")

    Lesson(page, lab.url("seen.ipynb")).run_all()
    page.wait_for_selector(".jp-OutputArea img[src=x]", state="attached", timeout=SLOWLY)
    page.wait_for_timeout(500)  # for the image to fail

    seen = page.evaluate(LOOK, ".jp-OutputArea")
    assert len(seen["found"]) >= 1
    assert seen["ran"] == 0


# -- On a wall -------------------------------------------------------------------------------------

# The command, with other lessons.
DEMO = """
import sys
from pathlib import Path
from types import SimpleNamespace
from leakyedu.app import cli, demo
demo.course = lambda: Path("lessons").resolve()
demo.lessons = lambda: [None, *(
    SimpleNamespace(number=int(path.name[:2]), notebook=path.name, question=path.stem[3:])
    for path in sorted(demo.course().iterdir())
)]
sys.exit(cli.main(sys.argv[1:]))
"""
FIRST_CELL = """from leakyedu.lessons.one_euler_step import exercises as ex, figures, lab
from leakyedu.teaching import plotting"""
DRAWN = "plotting.show(*figures.one_step())"
TITLES = [words for words in TEXTS.values() if "\n" not in words]


def tagged(tag: str, source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"tags": [tag]})


def lesson_with(title: str) -> nbformat.NotebookNode:
    cells = [
        nbformat.v4.new_markdown_cell(f"# {title}\n\nWords."),
        nbformat.v4.new_code_cell(FIRST_CELL),
        nbformat.v4.new_code_cell(DRAWN),
        nbformat.v4.new_markdown_cell(f"## {title}\n\nWords."),
        tagged("vote", "ex.peak_time.predict()"),
        tagged("happens", DRAWN),
        nbformat.v4.new_code_cell("ex.peak_time.compare()"),
        tagged("lab", "lab.show(prediction=ex.peak_time.prediction)"),
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


@pytest.fixture
def wall(tmp_path):
    """Show lessons with hostile titles and names: the first has all titles, each other one its own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    for number, title in enumerate([" ".join(TITLES), *TITLES], 1):
        name = printable(title).replace("/", "\N{DIVISION SLASH}")[:80]
        (lessons / f"{number:02}_{name}.ipynb").write_text(json.dumps(lesson_with(title)), encoding="ascii")
    program = sys.executable, "-c", DEMO
    with running(tmp_path, "demo", "1", "--no-browser", "--port", "0", program=program) as address:
        yield address


@pytest.mark.thorough
def test_no_title_of_a_notebook_and_no_name_of_a_file_runs_on_a_wall(watched, wall):
    watched.goto(wall)
    expect(watched.locator(".leakyedu-presets button").first).to_be_visible(timeout=2 * SLOWLY)
    settled(watched)
    watched.locator(".leakyedu-show").click()
    expect(watched.locator(".leakyedu-answered")).to_be_visible(timeout=SLOWLY)
    lesson = watched.evaluate(LOOK, ":is(.jp-RenderedMarkdown, .jp-OutputArea-output)")
    headings = watched.locator("h1, h2").all_inner_texts()

    watched.get_by_role("link", name="All lessons").click()
    expect(watched.locator("main li")).to_have_count(len(TITLES) + 1)
    menu = watched.evaluate(LOOK, "main")
    links = watched.locator("main a").all_inner_texts()
    leads = watched.locator("main a").evaluate_all("links => links.map(link => new URL(link.href).pathname)")

    print(f"{len(headings)} headings and {len(links)} links x {len(TITLES)} texts")
    print(f"{lesson['ran']} and {menu['ran']} ran")
    assert (lesson["ran"], menu["ran"]) == (0, 0)
    assert lesson["found"] == menu["found"] == []
    assert len(headings) == 3
    assert all(IMAGE in heading for heading in headings)
    assert links[1:] == [" ".join(printable(title).split()) for title in TITLES]
    assert all(path.startswith("/voila/render/") and path.endswith(".ipynb") for path in leads)
