"""A class that votes: a wall led by keys, its phones and the teacher's window, without a network."""

import io
import json
import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.notebook import SLOWLY
from tests.browser.server import CHROMIUM, FLAGS, running
from tests.browser.test_demo_in_browser import CUT, SMALL, come_to, kernel_of

pytestmark = pytest.mark.slow

EULER, BUCKET = "04_one_euler_step", "01_a_leaky_bucket"
# A container has root alone, who is refused: see tests/app/test_cli.py.
AS_A_PERSON = "from leakyedu.app import cli; cli._is_root = bool; cli.main()"


def started(folder: Path, at: str, *more: str):
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    arguments = "demo", "4", "--class", at, "--no-browser", "--port", "0", *more
    return running(folder, *arguments, program=(sys.executable, "-c", AS_A_PERSON))


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with started(tmp_path_factory.mktemp("class"), "127.0.0.1") as address:
        yield address


def open_wall(screen: Page, address: str, lesson: str = EULER) -> Page:
    """Open a lesson as a new class sees it."""
    screen.goto(address.replace(EULER, lesson), timeout=4 * SLOWLY)
    screen.locator(".leakyedu-presets button").first.wait_for(timeout=2 * SLOWLY)
    screen.evaluate("fetch('/class', {method: 'POST', body: '{\"word\": \"forget\"}'})")
    return screen


@pytest.fixture
def wall(screen, address):
    return open_wall(screen, address)


@pytest.fixture
def phones(chromium):
    """Return a function that opens the page on so many phones."""
    with ExitStack() as stack:

        def come(address: str, number: int = 3) -> list[Page]:
            made = []
            for _ in range(number):
                phone = chromium.new_context(
                    viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
                )
                stack.callback(phone.close)
                page = phone.new_page()
                page.set_default_timeout(SLOWLY)
                page.on("pageerror", lambda error: complaints.append(str(error)))
                page.goto(address)
                made.append(page)
            return made

        complaints = []
        yield come
    assert complaints == []


def read_code(wall: Page) -> str:
    """Read the code on the wall, as a phone does."""
    code = wall.locator(".leakyedu-join img")
    expect(code).to_be_in_viewport(ratio=0.9)
    expect(wall.locator(".leakyedu-join .leakyedu-address")).to_contain_text("127.0.0.1")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(wall.screenshot())))
    return read.text


def address_on(wall: Page) -> str:
    expect(wall.locator(".leakyedu-join .leakyedu-address")).to_contain_text("127.0.0.1")
    return "http://" + wall.locator(".leakyedu-join .leakyedu-address").inner_text()


def violations(page: Page, context: str | None = None) -> list:
    found = Axe().run(page, context=context).response
    assert len(found["passes"]) > 5
    return [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]]


def seen_wrongly(wall: Page, stop: Locator) -> list:
    """Return what the last row, or somebody who sees nothing, misses."""
    small = wall.evaluate(SMALL)
    return [*stop.evaluate(CUT), *small, *violations(wall, "#rendered_cells, .leakyedu-header")]


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def told(wall: Page, words: str, number: int = 0) -> None:
    stop = wall.locator(".leakyedu-screen").nth(number)
    expect(stop.locator(".leakyedu-count")).to_contain_text(words, timeout=SLOWLY)


def said(phone: Page, words: str) -> None:
    expect(phone.get_by_role("status")).to_contain_text(words, timeout=SLOWLY)


def press(wall: Page, stop: Locator, then: Locator) -> None:
    """Press the key of a remote that leads on, and wait for what it shows."""
    wall.keyboard.press("PageDown")
    expect(then).to_be_visible(timeout=2 * SLOWLY)
    expect(stop).to_be_in_viewport(ratio=0.9)


def test_a_class_of_three_goes_through_a_lesson_from_the_code_to_the_lab(wall, phones):
    stops = wall.locator(".leakyedu-screen")
    peak, order, area = (stops.nth(n) for n in range(3))
    votes, answer = ".leakyedu-told figure", ".leakyedu-answer figure"

    # The code, and whoever reads it.
    code = read_code(wall)
    shot(wall, "wall_code")
    assert "token" not in code
    first, second, third = phones(code)
    expect(wall.locator(".leakyedu-here")).to_have_text("3 phones are here", timeout=SLOWLY)
    said(first, "Look at the wall.")
    assert seen_wrongly(wall, wall.locator(".leakyedu-join")) == []

    # A number.
    wall.keyboard.press("PageDown")
    expect(wall.locator(".leakyedu-opening")).to_be_in_viewport(ratio=0.9)
    expect(peak).not_to_be_in_viewport()
    wall.keyboard.press("PageDown")
    for phone, number in ((first, "7"), (second, "6,5"), (third, "6.2 ms")):
        expect(phone.locator(".asked")).to_contain_text(
            "When does the voltage of Euler's step peak?", timeout=SLOWLY
        )
        phone.get_by_label("A number in ms").fill(number)
        phone.get_by_role("button", name="Vote").tap()
    said(second, "Counted: 6.5 ms. You can change it until the votes are shown.")
    third.reload()
    said(third, "Counted: 6.2 ms.")
    expect(third.get_by_label("A number in ms")).to_have_value("6.2")
    told(wall, "3 of 3 answered")
    expect(peak.locator(votes)).to_have_count(0)
    assert violations(first) == []
    shot(first, "phone_number")
    press(wall, peak, peak.locator(votes))
    expect(peak.locator("figcaption").last).to_contain_text(["3 answers", "The median is 6.5 ms."][1])
    said(first, "The votes are on the wall. Yours was 7 ms.")
    expect(first.get_by_role("button", name="Vote")).to_be_disabled()
    shot(wall, "wall_numbers")
    assert seen_wrongly(wall, peak) == []
    press(wall, peak, peak.locator(answer))
    expect(peak).to_contain_text("You predicted 6.5 ms. It is 6 ms")

    # A letter, twice; who comes late finds the second vote.
    wall.keyboard.press("PageDown")
    expect(order).to_be_in_viewport(ratio=0.9)
    for phone, letter in ((first, 1), (second, 1), (third, 2)):
        phone.get_by_role("radio").nth(letter).tap(timeout=SLOWLY)
    first.get_by_role("radio").nth(2).tap()
    first.get_by_role("radio").nth(1).tap()
    said(first, "Counted: (b).")
    told(wall, "3 of 3 answered", 1)
    assert violations(second) == []
    shot(second, "phone_letter")
    press(wall, order, order.locator(votes))
    expect(order.locator(votes)).to_contain_text("3 answers: 0 for (a), 2 for (b), 1 for (c).")
    expect(order.get_by_role("radio").nth(1)).to_be_checked()
    shot(wall, "wall_letters")
    wall.keyboard.press("PageDown")
    told(wall, "Vote 2: 0 of 3 answered", 1)
    (late,) = phones(code, 1)
    for phone in (first, second, third, late):
        expect(phone.locator(".again")).to_have_text("The second vote.", timeout=SLOWLY)
        phone.get_by_role("radio").first.tap()
    told(wall, "4 of 4", 1)
    press(wall, order, order.locator(votes))
    expect(order.locator(votes)).to_contain_text("Vote 2: 4 answers: 4 for (a), 0 for (b), 0 for (c).")
    expect(order.locator(".leakyedu-bar")).to_have_count(6)
    shot(wall, "wall_second_vote")
    assert seen_wrongly(wall, order) == []
    for width, height in ((1024, 768), (2560, 1080), (1280, 720)):
        wall.set_viewport_size({"width": width, "height": height})
        come_to(wall, order)
        assert seen_wrongly(wall, order) == []
    press(wall, order, order.locator(answer))
    expect(order).to_contain_text("It is, as you voted: (a)")

    # A phone without a connection: its vote waits, and comes.
    wall.keyboard.press("PageDown")
    expect(area).to_be_in_viewport(ratio=0.9)
    expect(first.locator(".asked")).to_contain_text("Which share", timeout=SLOWLY)
    first.context.set_offline(True)
    first.get_by_label("A number").fill("0.9")
    first.get_by_role("button", name="Vote").tap()
    said(first, "Not there yet: no connection to the wall. It is sent again.")
    first.context.set_offline(False)
    said(first, "Counted: 0.9.")
    told(wall, "1 of 4 answered", 2)
    press(wall, area, area.locator(votes))
    press(wall, area, area.locator(answer))
    expect(area).to_contain_text("You predicted 0.9.")

    # The lab is given what the class expects.
    wall.keyboard.press("PageDown")
    lab = wall.locator(".leakyedu-live:has(.leakyedu-presets)")
    expect(lab).to_be_in_viewport(ratio=0.9)
    expect(lab.locator("figcaption")).to_contain_text("You predicted the peak after 6.5 ms", timeout=SLOWLY)
    said(late, "Look at the wall.")


def test_a_class_draws_curves_and_the_median_at_each_handle_goes_on(screen, address, phones):
    wall = open_wall(screen, address, BUCKET)
    rise = wall.locator(".leakyedu-screen").nth(1)
    drawn = phones(address_on(wall))
    come_to(wall, rise)

    for phone, times in zip(drawn, (1, 2, 9), strict=True):
        handle = phone.get_by_role("slider").nth(1)
        handle.focus(timeout=SLOWLY)
        for _ in range(times):
            handle.press("ArrowUp")
        phone.get_by_role("button", name="Vote").tap()
        said(phone, "Counted: 0.56,")
    assert violations(drawn[0]) == []
    shot(drawn[0], "phone_curve")
    told(wall, "3 of 3 answered", 1)
    press(wall, rise, rise.locator(".leakyedu-told figure"))

    expect(rise.locator(".leakyedu-thin")).to_have_count(3)
    expect(rise.locator(".leakyedu-told")).to_contain_text(
        "the median at each place: v = 0.56, 0.6, 0.56, 0.56 V."
    )
    shot(wall, "wall_curves")
    assert seen_wrongly(wall, rise) == []
    press(wall, rise, rise.locator(".leakyedu-answer figure"))
    expect(rise).to_contain_text("You predicted v = 0.56, 0.6, 0.56, 0.56 V.")


def one_phone_votes(wall, phones):
    """Let a phone vote for the first option of a question; return the question's screen and the phone."""
    order = wall.locator(".leakyedu-screen").nth(1)
    first, *_ = phones(address_on(wall), 1)
    come_to(wall, order)
    first.get_by_role("radio").first.tap(timeout=SLOWLY)
    told(wall, "1 of 1", 1)
    return order, first


def test_votes_are_hidden_again_and_a_question_is_asked_again_by_the_same_keys(wall, phones):
    order, first = one_phone_votes(wall, phones)
    press(wall, order, order.locator(".leakyedu-told figure"))

    wall.keyboard.press("PageUp")
    expect(order.locator(".leakyedu-told figure")).to_have_count(0)
    expect(first.get_by_role("radio").first).to_be_enabled(timeout=SLOWLY)
    first.get_by_role("radio").last.tap()
    said(first, "Counted: (c).")
    press(wall, order, order.locator(".leakyedu-told figure"))
    expect(order.locator(".leakyedu-told")).to_contain_text("0 for (b), 1 for (c).")
    wall.keyboard.press("PageDown")
    told(wall, "Vote 2", 1)
    wall.keyboard.press("PageUp")
    expect(order.locator(".leakyedu-told figure")).to_be_visible(timeout=SLOWLY)
    wall.keyboard.press("PageDown")
    told(wall, "Vote 2", 1)
    press(wall, order, order.locator(".leakyedu-answer figure"))  # nobody has voted again

    expect(order).to_contain_text("Your vote: (c)")


def test_a_wall_that_is_loaded_again_has_lost_no_vote(wall, phones):
    order, _ = one_phone_votes(wall, phones)

    wall.reload(timeout=4 * SLOWLY)
    wall.locator(".leakyedu-presets button").first.wait_for(timeout=2 * SLOWLY)
    come_to(wall, order)

    told(wall, "1 of 1 answered", 1)
    press(wall, order, order.locator(".leakyedu-told figure"))
    expect(order.get_by_role("radio").first).to_be_checked()


def test_the_teachers_window_has_the_votes_before_the_class_and_what_they_mean(wall, phones):
    order = wall.locator(".leakyedu-screen").nth(1)
    first, *_ = phones(address_on(wall), 1)
    with wall.context.expect_page() as opened:
        wall.get_by_role("link", name="Teacher's window").click()
    window = opened.value
    wall.bring_to_front()
    come_to(wall, order)
    first.get_by_role("radio").nth(1).tap(timeout=SLOWLY)

    expect(window.locator("#votes")).to_contain_text("1 answer: 0 for (a), 1 for (b)", timeout=SLOWLY)
    expect(window.locator("#phones")).to_contain_text("The class does not see the votes yet.")
    expect(order.locator(".leakyedu-told figure")).to_have_count(0)
    page = window.locator(".page:visible")
    expect(page).to_have_count(1)
    expect(page).to_contain_text("they come one step later")
    expect(page).to_contain_text("what it reveals")
    expect(window.locator("#next")).to_contain_text("Next: Let the current decay between")
    expect(window.locator("#clock")).to_have_text(re.compile(r"\d\d:\d\d"))
    assert "token" not in window.url
    assert violations(window) == []
    shot(window, "teacher")

    window.on("dialog", lambda dialog: dialog.accept())
    window.get_by_role("button", name="A new class").click()

    told(wall, "0 of ", 1)
    said(first, "Nothing is counted yet.")
    window.close()


@pytest.mark.thorough
def test_hands_that_a_teacher_counts_make_the_same_pictures_without_any_phone(screen, tmp_path):
    with started(tmp_path, "hands") as address:
        wall = open_wall(screen, address)
        order = wall.locator(".leakyedu-screen").nth(1)
        come_to(wall, order)
        hands = order.get_by_label("Hands")
        hands.fill("12 7", timeout=SLOWLY)
        wall.keyboard.press("Enter")
        told(wall, "Type 3 numbers, one for each option.", 1)
        hands.fill("12 7 3")
        wall.keyboard.press("Enter")
        expect(order.locator(".leakyedu-told")).to_contain_text(
            "22 answers: 12 for (a), 7 for (b), 3 for (c)."
        )
        expect(wall.locator(".leakyedu-join")).to_be_hidden()
        wall.keyboard.press("PageDown")
        told(wall, "Vote 2: 0 hands", 1)
        hands.fill("2,19,1")
        wall.keyboard.press("Enter")
        expect(order.locator(".leakyedu-told")).to_contain_text("Vote 2: 22 answers: 2 for (a), 19 for (b)")
        assert seen_wrongly(wall, order) == []
        press(wall, order, order.locator(".leakyedu-answer figure"))
        expect(order).to_contain_text("Your vote: (b)")
        wall.goto("about:blank")  # it asks no more, before the server ends


@pytest.mark.thorough
def test_two_votes_on_four_options_and_what_is_said_of_a_tie_have_room_on_each_wall(screen, tmp_path):
    with started(tmp_path, "hands") as address:
        wall = open_wall(screen, address, "09_learning")
        question = wall.locator(".leakyedu-screen:has(input[type=radio])").first
        come_to(wall, question)
        for vote in ("", "Vote 2: "):
            if vote:
                wall.keyboard.press("PageDown")
                expect(question.locator(".leakyedu-count")).to_contain_text("Vote 2: 0 hands", timeout=SLOWLY)
            question.get_by_label("Hands").fill("9 9 9 0")
            wall.keyboard.press("Enter")
            expect(question.locator(".leakyedu-told figcaption")).to_contain_text(
                f"{vote}27 answers", timeout=SLOWLY
            )
        for width, height in ((1024, 768), (1280, 720), (1920, 1080), (2560, 1080)):
            wall.set_viewport_size({"width": width, "height": height})
            come_to(wall, question)
            said, counted = (
                question.locator(part).bounding_box()
                for part in (".leakyedu-told figcaption", ".leakyedu-class")
            )
            assert said["y"] + said["height"] <= counted["y"] + 1, (width, height)
            assert seen_wrongly(wall, question) == []
        wall.goto("about:blank")  # it asks no more, before the server ends


@pytest.mark.thorough
def test_a_class_leaves_a_mark_in_the_tab_of_a_phone_and_no_vote_on_the_disk(
    screen, tmp_path, phones, monkeypatch
):
    passing = tmp_path / "passing"
    passing.mkdir()
    monkeypatch.setenv("TMPDIR", str(passing))
    with started(tmp_path, "127.0.0.1") as address:
        wall = open_wall(screen, address)
        order, first = one_phone_votes(wall, phones)
        press(wall, order, order.locator(".leakyedu-told figure"))
        expect(order.get_by_role("radio").first).to_be_checked()

        (mark,) = first.evaluate("Object.values(sessionStorage)")
        kept = (
            "Promise.all([document.cookie, Object.keys(localStorage), caches.keys(), indexedDB.databases()])"
        )
        assert first.evaluate(kept) == ["", [], [], []]
        assert first.context.cookies() == []
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in files if mark.encode() in path.read_bytes()] == []
        names = {re.sub(r"-.*(?=\.)", "", path.name) for path in files if path.suffix != ".ipynb"}
        # Jupyter's own mark, the way to the kernel, and what the class answers together, for the lab.
        assert names == {"migrated", "kernel.json", "progress.json", "progress.lock"}
        wall.goto("about:blank")
    assert list(passing.iterdir()) == []


# -- What ends in the middle of a vote ------------------------------------------------------------------


def our_process(mark: str) -> psutil.Process:
    """Return the one process that a test has started with a mark among its arguments."""
    (found,) = (
        each
        for each in psutil.Process().children(recursive=True)
        if each.status() != psutil.STATUS_ZOMBIE and any(mark in part for part in each.cmdline())
    )
    return found


def change_to(phone: Page, option: int) -> None:
    phone.get_by_role("radio").nth(option).tap(timeout=SLOWLY)


@pytest.mark.thorough
def test_where_the_phones_are_cut_off_the_wall_says_so_and_the_lesson_goes_on(screen, tmp_path, phones):
    with started(tmp_path, "127.0.0.1") as address:
        wall = open_wall(screen, address)
        order = wall.locator(".leakyedu-screen").nth(1)
        (first,) = phones(address_on(wall), 1)
        come_to(wall, order)
        first.get_by_role("radio").first.tap(timeout=SLOWLY)
        told(wall, "1 of 1", 1)
        port = address_on(wall).split(":")[2].split("/")[0]
        (door,) = [
            process
            for process in psutil.Process().children(recursive=True)
            if process.status() != psutil.STATUS_ZOMBIE and "leakyedu.app.phones" in process.cmdline()
            if any(line.laddr.port == int(port) for line in process.net_connections("tcp"))
        ]

        door.kill()

        told(wall, "The phones are cut off", 1)
        said(first, "No connection to the wall.")
        order.get_by_role("radio").first.click()
        press(wall, order, order.locator(".leakyedu-answer figure"))
        wall.goto("about:blank")


def test_a_killed_kernel_loses_no_vote_and_the_wall_says_what_to_do(wall, phones):
    order, first = one_phone_votes(wall, phones)

    our_process(kernel_of(wall)).kill()

    expect(order.locator(".leakyedu-notice")).to_have_text(
        "To go on, load this page again: F5.", timeout=SLOWLY
    )
    shot(wall, "wall_without_kernel")
    change_to(first, 1)
    said(first, "Counted: (b).")
    press(wall, order, order.locator(".leakyedu-told figure"))  # the votes are none of the kernel's
    wall.keyboard.press("PageDown")
    told(wall, "Vote 2: 0 of 1 answered", 1)
    wall.keyboard.press("PageDown")  # what would happen cannot be shown: the key leads on
    expect(wall.locator(".leakyedu-screen").nth(2)).to_be_in_viewport(ratio=0.9)
    wall.reload(timeout=4 * SLOWLY)
    wall.locator(".leakyedu-presets button").first.wait_for(timeout=2 * SLOWLY)
    come_to(wall, order)
    expect(order.locator(".leakyedu-told")).to_contain_text("1 answer: 0 for (a), 1 for (b), 0 for (c).")
    expect(order.get_by_role("radio").nth(1)).to_be_checked()


@pytest.mark.thorough
def test_a_killed_demonstration_leaves_what_was_saved_and_the_next_one_lets_the_phone_in(
    chromium, tmp_path, phones
):
    wall, saved = chromium.new_page(viewport={"width": 1280, "height": 720}), str(tmp_path / "votes.json")
    with started(tmp_path, "127.0.0.1", "--save", saved) as address:
        order, first = one_phone_votes(open_wall(wall, address), phones)
        press(wall, order, order.locator(".leakyedu-told figure"))
        wall.keyboard.press("PageDown")
        expect(first.locator(".again")).to_be_visible(timeout=SLOWLY)
        change_to(first, 1)  # in the second vote, which nobody has seen when it ends
        told(wall, "Vote 2: 1 of 1", 1)
        code = address_on(wall)

        our_process(saved).kill()

        told(wall, "The demonstration does not answer. If it has ended, start it again", 1)
        said(first, "No connection to the wall.")
        shot(wall, "wall_without_demonstration")
        shot(first, "phone_without_demonstration")
        for _ in range(2):  # it asks for an answer, and does not wait for it for ever
            wall.keyboard.press("PageDown")
            wall.wait_for_timeout(500)
        expect(wall.locator(".leakyedu-screen").nth(2)).to_be_in_viewport(ratio=0.9)
        (kept,) = json.loads(Path(saved).read_text("utf-8"))
        assert [each["picture"] for each in kept["rounds"]] == [[1, 0, 0]]
    with started(tmp_path, "127.0.0.1") as address:
        open_wall(wall, address)
        assert address_on(wall) != code
        first.goto(address_on(wall))
        come_to(wall, wall.locator(".leakyedu-screen").nth(1))
        change_to(first, 2)
        told(wall, "1 of 1 answered", 1)
        wall.close()


@pytest.mark.thorough
def test_a_vote_whose_answer_is_cut_off_is_counted_and_the_phone_hears_of_it(wall, phones):
    order, first = one_phone_votes(wall, phones)

    def cut(route: Route) -> None:
        route.fetch()  # the room gets it
        route.abort("connectionreset")

    first.route(re.compile(r"/vote$"), cut)
    change_to(first, 1)
    said(first, "Not there yet: no connection to the wall. It is sent again.")
    press(wall, order, order.locator(".leakyedu-told figure"))
    expect(order.locator(".leakyedu-told")).to_contain_text("1 answer: 0 for (a), 1 for (b), 0 for (c).")
    first.unroute_all(behavior="wait")

    said(first, "The votes are on the wall. Yours was (b).")


@pytest.mark.thorough
def test_a_phone_that_is_cut_off_while_it_changes_its_vote_is_told_which_one_was_counted(wall, phones):
    order, first = one_phone_votes(wall, phones)
    said(first, "Counted: (a).")
    first.context.set_offline(True)
    change_to(first, 2)
    said(first, "Not there yet")
    press(wall, order, order.locator(".leakyedu-told figure"))  # too late for what is on its way
    expect(order.locator(".leakyedu-told")).to_contain_text("1 answer: 1 for (a), 0 for (b), 0 for (c).")

    first.context.set_offline(False)

    said(first, "The votes are on the wall. Yours was (a).")
    expect(first.get_by_role("radio").first).to_be_checked()


@pytest.mark.thorough
def test_a_phone_that_was_frozen_for_a_minute_finds_the_present_question(chromium, wall):
    mark, order, area = f"--leakyedu-test={uuid4().hex}", *map(wall.locator(".leakyedu-screen").nth, (1, 2))
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, mark])
    phone = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True)
    phone.goto(address_on(wall))
    come_to(wall, order)
    change_to(phone, 0)
    told(wall, "1 of 1 answered", 1)
    frozen = [each for each in psutil.Process().children(recursive=True) if mark in each.cmdline()]
    for process in frozen:
        process.suspend()
    press(wall, order, order.locator(".leakyedu-told figure"))
    come_to(wall, area)
    wall.wait_for_timeout(60_000)
    told(wall, "0 of 1 answered", 2)

    for process in frozen:
        process.resume()

    expect(phone.locator(".asked")).to_contain_text("Which share", timeout=SLOWLY)
    phone.get_by_label("A number").fill("0.9")
    phone.get_by_role("button", name="Vote").tap()
    told(wall, "1 of 1 answered", 2)
    browser.close()
