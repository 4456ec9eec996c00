"""The course as web pages, opened from disk: each answer is judged as in Python, and labs move."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from leakyedu.app import course_map
from leakyedu.app.site import labs, pages
from leakyedu.lessons import lessons
from leakyedu.teaching import progress
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.kinds import Choice
from tests.browser.notebook import SLOWLY
from tests.lessons.replay import rows_of

pytestmark = pytest.mark.thorough  # a site is built for it, which takes minutes

LESSONS = [lesson for lesson in lessons() if lesson.number]
BUCKET, ROOT = LESSONS[0], Path(__file__).parents[2]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 3,
}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


def built(folder: Path, *numbers: int) -> Path:
    """Build a site of some lessons in a process of its own: Sphinx warns of what its next version will be."""
    code = (
        "import pathlib, sys\n"
        "from leakyedu.app.site import build\n"
        "from leakyedu.lessons import lessons\n"
        "numbers = sys.argv[2:]\n"
        "build.build(pathlib.Path(sys.argv[1]), [x for x in lessons() if str(x.number) in numbers])\n"
    )
    command = [sys.executable, "-c", code, folder, *map(str, numbers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the start page and lesson 1, in a folder whose name has a blank."""
    return built(tmp_path_factory.mktemp("site") / "a folder", 0, 1)


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory):
    return built(tmp_path_factory.mktemp("site") / "whole", *range(len(LESSONS) + 1))


class Reader:
    """A tab on a page from disk that notes each complaint, and each request for anything but its files."""

    def __init__(self, chromium, folder: Path, **profile):
        self.folder, self.complaints = folder, []
        self.context = chromium.new_context(**profile)
        self.page = self.context.new_page()
        self.page.set_default_timeout(SLOWLY)
        self.page.on(
            "console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text)
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "request",
            lambda asked: (
                asked.url.startswith(folder.as_uri())
                or asked.url.startswith("data:")
                or self.complaints.append(asked.url)
            ),
        )

    def open(self, name: str) -> Page:
        self.page.goto((self.folder / f"{name}.html").as_uri())
        return self.page

    def place(self, task: str):
        """Return the place of a task by its name."""
        number = self.page.evaluate(
            "key => leakyedu.places.findIndex(place => place.key === key && place.does !== 'told')", task
        )
        return self.page.locator(f"#place-{number}")


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def reader(request, chromium, site):
    reader = Reader(chromium, site, **request.param)
    yield reader
    reader.context.close()
    assert reader.complaints == []


def tasks_of(lesson):
    return {
        name: task
        for name, task in vars(lesson.exercises).items()
        if isinstance(task, (Exercise, Prediction))
    }


def typed_answers(lesson):
    """Return a right and a wrong answer to each task that can be answered here, as learners typed them."""
    found = {}
    for row in rows_of(lesson):
        # What is asked again is asked here in words of its own: there are no brackets to write between.
        if not row.in_cell and not row.must.startswith("asks"):
            found.setdefault((row.task, row.must == "right"), row.typed)
    return found


def said_in_python(task, typed: str) -> str:
    """Return what a learner without a past is told."""
    answer = typed if isinstance(task.kind, Choice) else task.kind.parse(typed)
    if isinstance(task, Exercise):
        return Exercise(task.question, task.kind, task.hints, "").check(answer).text
    return Prediction(task.question, task.kind).predict(answer).text


def plain(words: str) -> str:
    return re.sub(r"\s+", " ", words.replace("`", "")).strip()


def answer(place, task, typed: str) -> None:
    if isinstance(task.kind, Choice):
        place.get_by_role("radio").nth([*task.kind.options].index(typed)).click()
    else:
        place.get_by_label("Answer").fill(typed)
        place.get_by_role("button", name="Send").click()


def walk(reader: Reader, lesson) -> int:
    """Answer all that a lesson asks, right and wrong; return how many answers that were."""
    page, answers, given = reader.open(pages.name_of(lesson)), typed_answers(lesson), 0
    for name, task in tasks_of(lesson).items():
        place = reader.place(f"{lesson.name}.{name}")
        if not (isinstance(task.kind, Choice) or hasattr(task.kind, "parse")):
            expect(place).to_contain_text("in Python")
            place.get_by_role("button", name="Solution").click()
            expect(place).to_contain_text("This is the solution, not a hint.")
            continue
        if isinstance(task.kind, Choice):
            wrong = next(key for key in task.kind.options if key != task.kind.right)
            tried = [wrong, task.kind.right]
        else:
            tried = [answers[name, right] for right in (False, True)]
        for typed in tried:
            answer(place, task, typed)
            expect(place.get_by_role("status").first).to_have_text(
                plain(said_in_python(task, typed)), timeout=SLOWLY
            )
            given += 1
    recall: Recall = lesson.exercises.recall
    for number, (_, choice) in enumerate(recall.questions, start=1):
        group = page.get_by_role("group", name=f"Answer {number}", exact=True)
        wrong = next(key for key in choice.options if key != choice.right)
        for key in (wrong, choice.right):
            group.get_by_role("radio").nth([*choice.options].index(key)).click()
            expect(page.locator(".leakyedu-recall")).to_contain_text(plain(choice.feedback[key]))
            given += 1
    return given


def move_the_lab(reader: Reader, lesson) -> None:
    """Move two controls after each other, take each preset, and go back."""
    lab, place = lesson.lab.LAB, reader.page.locator(".leakyedu-lab")
    start = labs.starts(lab)
    picture = place.locator("img")
    first = picture.get_attribute("src")
    seen = {first}
    names = list(lab.controls)[:2]
    for n, name in enumerate(names):
        control = lab.controls[name]
        own = labs.values(control)
        if hasattr(control, "low"):
            field = place.get_by_role("spinbutton", name=control.label, exact=True)
            field.fill(f"{own[0] if own[0] != start[name] else own[-1]:g}")
            field.press("Enter")
        else:
            place.get_by_label(control.label).select_option(next(o for o in own if o != start[name]))
        if n:
            expect(place).to_contain_text(f"{lab.controls[names[0]].label} is back at")
        expect(picture).not_to_have_attribute("src", first)
        seen.add(picture.get_attribute("src"))
    for button in place.get_by_role("group", name="Presets").get_by_role("button").all():
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    place.get_by_role("button", name="Reset").click()
    expect(picture).to_have_attribute("src", first)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    assert len(seen) >= 2


def find_faults(page: Page):
    # It would fetch the styles, which a page from disk may not.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:300]) for v in found]


def test_lesson_1_is_answered_right_and_wrong_and_its_lab_moves(reader):
    assert walk(reader, BUCKET) >= 20
    move_the_lab(reader, BUCKET)
    for cover in reader.page.locator(".leakyedu-happens > summary").all():
        cover.click()
    expect(reader.page.locator(".leakyedu-told").first).to_contain_text("You predicted")
    assert find_faults(reader.page) == []


def test_what_was_answered_is_there_after_a_reload_on_the_map_and_in_a_notebook(reader):
    page = reader.open(pages.name_of(BUCKET))
    place = reader.place("a_leaky_bucket.settles")
    place.get_by_label("Answer").fill("0,6 V")
    place.get_by_role("button", name="Send").click()
    expect(place).to_contain_text("Kept: you predict")
    letter = reader.place("a_leaky_bucket.input_halves")
    letter.get_by_role("radio").first.click()
    expect(letter).to_contain_text("Kept: you predict")
    place = reader.place("a_leaky_bucket.level")
    place.get_by_role("button", name="Hint").click()
    expect(place).to_contain_text("Hint 1 of 3")
    page.reload()
    expect(reader.place("a_leaky_bucket.settles")).to_contain_text("Your prediction is kept: 0.6 V.")
    expect(reader.place("a_leaky_bucket.input_halves")).to_contain_text("Your prediction is kept: (a) ")

    reader.open("index")
    page.get_by_role("button", name="Give me the line").click()
    field = page.get_by_label("Your line")
    expect(field).to_have_value(re.compile(f"^{progress.MARK}"))
    row = page.locator(".leakyedu-map tr", has_text=BUCKET.title)
    expect(row).to_contain_text("2 of 4")
    line = field.input_value()
    page.get_by_label("Begin anew").select_option(BUCKET.name)
    forget = page.get_by_role("button", name="Forget what I did there")
    forget.click()  # the question is put away unanswered
    expect(row).to_contain_text("2 of 4")
    page.once("dialog", lambda asks: asks.accept())
    forget.click()
    expect(row).not_to_contain_text("2 of 4")
    page.get_by_label("A line from elsewhere").fill(line)
    page.get_by_role("button", name="Bring it back").click()
    expect(row).to_contain_text("2 of 4")
    assert find_faults(page) == []

    # In the notebook, with the functions that its map names.
    assert "3 records" in course_map.restore(line).text
    assert progress.records() == {
        "a_leaky_bucket.settles": {"prediction": 0.6},
        "a_leaky_bucket.input_halves": {"prediction": "a"},
        "a_leaky_bucket.level": {"hints": 1},
    }
    BUCKET.exercises.larger_tau.predict("b")
    BUCKET.exercises.level.check(-55)

    # And back, on a page that knows nothing of it.
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(row).not_to_contain_text("2 of 4")
    page.get_by_label("A line from elsewhere").fill(course_map.export().code)
    page.get_by_role("button", name="Bring it back").click()
    expect(row).to_contain_text("3 of 4")
    reader.open(pages.name_of(BUCKET))
    expect(reader.place("a_leaky_bucket.settles")).to_contain_text("Your prediction is kept: 0.6 V.")
    expect(reader.place("a_leaky_bucket.larger_tau").get_by_role("radio").nth(1)).to_be_checked()
    expect(reader.place("a_leaky_bucket.level")).to_contain_text("Your answer is kept: -55.")


def test_a_curve_is_drawn_by_touch(chromium, site):
    reader = Reader(chromium, site, **PHONE)
    page = reader.open(pages.name_of(BUCKET))
    place = reader.place("a_leaky_bucket.rise")
    handle = place.get_by_role("slider", name="v at 10 ms", exact=True)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = reader.context.new_cdp_session(page)
    for kind, up in (("touchStart", 0), ("touchMove", 20), ("touchMove", 50), ("touchEnd", None)):
        points = [] if up is None else [{"x": x, "y": y - up}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert 0.55 < float(handle.get_attribute("aria-valuenow")) < 1.2

    # And by one stroke across, from the last handle but one upwards: the browser goes no page back by it.
    box = place.locator(".leakyedu-curve").bounding_box()
    left, right = ({"x": box["x"] + share * box["width"], "y": box["y"]} for share in (0.3, 0.99))
    ends = [(left, 0.7), ({"x": (left["x"] + right["x"]) / 2, "y": box["y"]}, 0.45), (right, 0.2)]
    for kind, end in zip(("touchStart", "touchMove", "touchMove", "touchEnd"), [*ends, None], strict=True):
        points = [] if end is None else [{"x": end[0]["x"], "y": end[0]["y"] + end[1] * box["height"]}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    drawn = [float(each.get_attribute("aria-valuenow")) for each in place.get_by_role("slider").all()]
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == len(drawn)
    place.get_by_role("button", name="Send").click()
    expect(place).to_contain_text("Kept: you predict v = ")
    reader.context.close()
    assert reader.complaints == []


def test_what_is_drawn_is_sent_by_what_shows_the_answer_and_the_truth_stands_in_it(reader):
    page = reader.open(pages.name_of(BUCKET))
    place = reader.place("a_leaky_bucket.rise")
    place.get_by_role("slider", name="v at 10 ms", exact=True).press("PageUp")
    expect(place.get_by_text("not sent yet")).to_be_visible()
    assert place.locator(".leakyedu-happening circle").count() == 0

    page.locator("[data-tasks=rise] > summary").click()

    expect(page.locator("[data-tasks=rise]")).to_contain_text("You predicted v = ")
    expect(place.get_by_text("not sent yet")).to_be_hidden()
    right = dict(BUCKET.exercises.rise.kind.right)
    shown = [float(dot.get_attribute("cy")) for dot in place.locator(".leakyedu-happening circle").all()]
    handles = place.get_by_role("slider").all()
    assert len(shown) == len(handles) == len(right)
    assert sorted(shown, reverse=True) == shown  # the voltage rises, and a page counts downwards


def test_what_a_lab_said_goes_with_the_settings_that_it_was_said_of(reader):
    page = reader.open(pages.name_of(BUCKET))
    lab = page.locator(".leakyedu-lab")
    pressed = lab.locator("[aria-pressed=true]")
    field = lab.get_by_role("spinbutton", name="time (ms)", exact=True)
    field.fill("200")
    field.press("Enter")
    expect(lab).to_contain_text("200 is beyond 0 to 150: 150 is used.")
    expect(pressed).to_have_text("A step")

    lab.get_by_role("button", name="Reset").click()
    expect(lab).not_to_contain_text("is used")
    lab.get_by_label("drive (shape)").select_option("triangle")
    expect(pressed).to_have_count(0)
    tau = lab.get_by_role("spinbutton", name="tau_mem (ms)", exact=True)
    for _ in range(2):  # a key that is held says it no shorter
        tau.press("ArrowUp")
        expect(lab).to_contain_text("drive (shape) is back at step.")
    tau.fill("20")
    tau.press("Enter")
    lab.get_by_label("drive (shape)").select_option("triangle")  # which is what a button shows, too
    lab.get_by_role("button", name="A triangle").click()
    expect(pressed).to_have_text("A triangle")


def test_a_lesson_is_done_on_the_page_when_only_functions_are_missing(reader):
    walk(reader, BUCKET)
    page = reader.open("index")

    expect(page.locator(".leakyedu-map tr", has_text=BUCKET.title)).to_contain_text("done here")


def test_without_javascript_all_can_be_read(chromium, site):
    reader = Reader(chromium, site, java_script_enabled=False, **DESKTOP)
    page = reader.open(pages.name_of(BUCKET))
    ex = BUCKET.exercises

    text = page.content()
    told = [details.text_content() for details in page.locator("details").all()]
    assert sum("Hint 1 of" in words for words in told) >= 4
    for _, choice in ex.recall.questions:
        assert all(plain(words).split()[0] in text for words in choice.options.values())
    cover = page.locator(".leakyedu-happens").first
    expect(cover.locator("img")).to_be_hidden()
    cover.locator("summary").first.click()
    expect(cover.locator("img")).to_be_visible()
    expect(page.locator(".leakyedu-lab img")).to_have_attribute("alt", re.compile(r"\d"))
    reader.context.close()
    assert reader.complaints == []


def test_a_word_is_found_by_the_search(reader):
    page = reader.open("search")
    page.goto((reader.folder / "search.html").as_uri() + "?q=bucket")

    expect(page.locator("#search-results a").first).to_be_visible(timeout=SLOWLY)


@pytest.mark.thorough
@pytest.mark.parametrize("profile", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_each_lesson_is_walked(chromium, whole_site, lesson, profile):
    reader = Reader(chromium, whole_site, **profile)
    try:
        assert walk(reader, lesson) >= 10
        move_the_lab(reader, lesson)
        assert find_faults(reader.page) == []
    finally:
        reader.context.close()
    assert reader.complaints == []


@pytest.mark.thorough
def test_no_page_has_a_fault_or_a_complaint(chromium, whole_site):
    reader = Reader(chromium, whole_site, **PHONE)
    faults = {}
    for path in sorted(whole_site.rglob("*.html")):
        name = path.relative_to(whole_site).with_suffix("").as_posix()
        if found := find_faults(reader.open(name)):
            faults[name] = found
    reader.context.close()
    assert faults == {}
    assert reader.complaints == []


@pytest.mark.thorough
def test_a_sub_folder_of_a_host_does_as_well(chromium, whole_site, tmp_path):
    import functools
    import http.server
    import threading

    shutil.copytree(whole_site, tmp_path / "deep/er")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = chromium.new_page()
        failed = []
        page.on("response", lambda answer: answer.ok or failed.append(answer.url))
        page.goto(f"http://127.0.0.1:{server.server_port}/deep/er/{pages.name_of(BUCKET)}.html")
        expect(page.locator(".leakyedu-lab img")).to_be_visible(timeout=SLOWLY)
        icon = page.locator("link[rel~=icon]").get_attribute("href")
        assert page.evaluate("icon => fetch(icon).then(answer => answer.ok)", icon)
        assert failed == []
        page.close()
    finally:
        server.shutdown()
        server.server_close()
