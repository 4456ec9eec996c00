"""Lessons on a wall: the notebooks that a class sees, and their server. tests/browser presses the keys."""

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import ipywidgets as widgets
import pytest
from ipywidgets.widgets.widget import _instances
from jupyter_server.base.websocket import WebSocketMixin

from leakyedu.app import demo
from leakyedu.app.voting import Class
from leakyedu.lessons import lessons, notebooks
from leakyedu.lessons.a_leaky_bucket import exercises as a_leaky_bucket
from leakyedu.teaching import plotting
from leakyedu.teaching.live import WIDGET_VIEW, Live
from tests.browser.server import running
from tests.teaching import move, parts

ROOT = Path(__file__).parents[2]
PATHS = notebooks()[1:]
EACH_LESSON = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cell(source: str, *tags: str, kind: str = "code") -> dict:
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": "x", "metadata": {"tags": list(tags)}, "source": lines}


FIRST = "from leakyedu.lessons.a_leaky_bucket import exercises as ex, lab, lab as bucket\n\nv = 1"
VOTE = cell("ex.settles.predict()  # in V", "vote")
DRAWN = "plotting.show(*lab.figure())"
HAPPENS = cell(DRAWN, "happens")
LAB = cell("lab.show(prediction=ex.settles.prediction)", "lab")


def notebook(*cells: dict) -> dict:
    opening = [cell("# A lesson\n\nWords.", kind="markdown"), cell(FIRST), cell(DRAWN)]
    return {"cells": [*opening, *cells], "metadata": {"kernelspec": {"name": "python3"}}}


def sources(notebook: dict) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def wall_of(lesson: dict) -> list[str]:
    """Return the cells that a class sees of a lesson, after the first one and the opening."""
    return sources(demo.on_a_wall(lesson, "Where?"))[2:]


# -- What a class sees of a lesson -----------------------------------------------------------------


def test_a_lesson_begins_with_its_question_its_first_picture_and_its_first_equations():
    words = cell("$$a = b$$\n\nand\n\n$$c = d$$", kind="markdown")
    later = cell("$$e = f$$", kind="markdown"), cell("plotting.show(*ex.other())")

    _, opening, *_ = sources(demo.on_a_wall(notebook(words, *later, LAB), "Where?"))

    assert opening == (
        f"drawing = picture_of(cell({DRAWN!r}))\nopening('A lesson', 'Where?', ['a = b', 'c = d'], drawing)"
    )


def test_what_happens_after_a_vote_waits_for_its_button():
    lesson = notebook(
        cell("## When?\n\nA long story.", kind="markdown"),
        VOTE,
        cell("x = 1", "happens"),
        cell(DRAWN, "happens", "nbval-ignore-output"),
        cell("ex.settles.compare()"),
        LAB,
    )

    asked, _ = wall_of(lesson)

    happens = f"happens=cell('x = 1\\n{DRAWN}'), then=draw_labs)"
    assert asked == f"vote('When?', ex.settles, drawing=drawing, {happens}"


def test_a_vote_that_shows_a_picture_of_its_own_is_about_that():
    own = cell(f"{DRAWN}\nex.settles.predict()", "vote")

    asked, _ = wall_of(notebook(own, HAPPENS, LAB))

    assert f"drawing=picture_of(cell('{DRAWN}\\nex.settles.predict()'))" in asked


def test_what_has_no_tag_is_left_out():
    lesson = notebook(
        cell("Prose.", kind="markdown"),
        cell("print(1)", "nbval-ignore-output"),
        cell("def f():\n    return ...\n\n\nex.f.check(f)"),
        cell("ex.recall.show()"),
        cell("## Try it", kind="markdown"),
        LAB,
    )

    (shown,) = wall_of(lesson)

    assert shown == "labs.append(present('Try it', cell('lab.show(prediction=ex.settles.prediction)')))"


def test_predictions_in_a_row_are_answered_together():
    two = cell("ex.rise.predict()", "vote"), cell("ex.larger_tau.predict()", "vote")

    first, second, _ = wall_of(notebook(*two, HAPPENS, VOTE, HAPPENS, LAB))

    assert first.startswith("vote('', ex.rise, ex.larger_tau, drawing=")
    assert second.startswith("vote('', ex.settles, drawing=")


WRONG = {
    "cell x carries the tag `happen`. Take it away; there are vote, happens, lab,": [
        cell("print(1)", "happen"),
        LAB,
    ],
    "cell x carries the tags lab and happens. Leave one of them.": [cell("print(1)", "lab", "happens")],
    "cell x carries the tag `lab` and holds no code. Take it away.": [
        cell("Words.", "lab", kind="markdown"),
        LAB,
    ],
    "cell x asks for a prediction. Give it the tag `vote`.": [cell("ex.settles.predict()"), LAB],
    "cell x carries the tag `vote` and asks for nothing. Write": [cell("print(1)", "vote"), HAPPENS, LAB],
    "cell x carries the tag `happens`, and no vote comes before it. Give": [HAPPENS, VOTE, HAPPENS, LAB],
    "cell x carries the tag `happens`, and no vote comes before": [VOTE, HAPPENS, LAB, HAPPENS],
    "cell x carries the tag `vote`, and nothing happens after it. Give": [VOTE, LAB, HAPPENS],
    "cell x carries the tag `vote`, and nothing happens after it": [LAB, VOTE],
    "cell x carries the tag `happens`, and no picture is shown. End it with one": [
        VOTE,
        cell("print(1)", "happens"),
        LAB,
    ],
    "no cell carries the tag `lab`. Give it to the cell that shows the lab.": [VOTE, HAPPENS],
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_tag_that_is_missing_or_wrong_is_named_with_what_to_do(sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        wall_of(notebook(*WRONG[sentence]))


def test_a_lesson_without_a_picture_is_refused():
    with pytest.raises(ValueError, match=r"^no cell shows a picture by `plotting.show\(`"):
        wall_of({"cells": [*notebook()["cells"][:2], LAB], "metadata": {}})


def test_before_a_class_comes_the_sentence_names_the_notebook(monkeypatch, tmp_path):
    (tmp_path / lessons()[1].notebook).write_text(json.dumps(notebook(VOTE, LAB)))
    monkeypatch.setattr(demo, "course", lambda: tmp_path)

    with pytest.raises(
        SystemExit, match=r"^01_a_leaky_bucket.ipynb: cell x carries the tag `vote`, and nothing"
    ):
        demo.write(tmp_path)


@pytest.fixture
def hang(monkeypatch, tmp_path):
    """Return a function that runs what a class sees of a lesson, and returns the boxes on the wall."""
    boxes = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKYEDU_HOME", str(tmp_path))
    monkeypatch.setattr("leakyedu.teaching.vote.display", boxes.append)
    monkeypatch.setattr("leakyedu.teaching.opening.display", lambda *_, **__: None)
    monkeypatch.setattr(
        "leakyedu.teaching.live.display",
        lambda bundle, **_: boxes.append(_instances[bundle[WIDGET_VIEW]["model_id"]]),
    )

    def run(lesson: dict) -> list[widgets.Widget]:
        names = {}
        for source in sources(demo.on_a_wall(lesson, "Where?")):
            exec(source, names)
        return boxes

    yield run
    plotting.presentation(False)


def press(question: widgets.Widget) -> str:
    """Press the button of a question; return the answer."""
    (button,) = (child for child in question.children[-1].children if isinstance(child, widgets.Button))
    button.click()
    assert "leakyedu-answered" in question._dom_classes
    return question.children[-1].children[-1].value


@pytest.mark.parametrize(
    "shows",
    [
        "lab.show(prediction=ex.settles.prediction)",
        "lab.show(ex.settles.prediction)",
        "bucket.LAB.show(ex.settles.prediction)",
        "v += 1\nguess = ex.settles.prediction\nprint(v)\nbucket.show(guess)",
    ],
)
def test_a_lab_is_presented_however_its_cell_shows_it_and_drawn_anew_after_a_vote(hang, capsys, shows):
    happens = cell('v = v + 1\nplotting.show(lab.figure()[0], f"It has been added once: {v} V.")', "happens")
    question, shown = hang(notebook(VOTE, happens, cell(shows, "lab")))
    before, said = shown.picture, capsys.readouterr().out

    a_leaky_bucket.settles.predict(0.7)
    happened = [press(question), press(question)]
    after = shown.picture
    move(shown, v_leak=-0.4)

    assert len(parts(shown, "presets")) == 1
    assert "prediction" not in before
    assert "Your prediction is drawn at v_leak = -0.4 V." in after
    assert "You predicted that it settles at 0.7 V" in shown.picture
    assert said == "2\n" * shows.count("print")
    assert [re.search(r"once: (\d) V", answer)[1] for answer in happened] == ["2", "2"], (
        "a cell leaves something"
    )
    assert capsys.readouterr().out == "", "the lab's cell says it again"


def test_where_the_kernel_has_ended_a_vote_and_a_lab_say_what_to_do_without_any_cell(hang):
    question, shown = hang(notebook(VOTE, HAPPENS, LAB))
    (voting,) = (child for child in question.children[0].children if isinstance(child, Live))

    assert [voting.asleep, shown.asleep] == ["To go on, load this page again: F5."] * 2


@EACH_LESSON
def test_a_class_sees_each_prediction_and_the_lab_of_a_lesson(path):
    lesson = json.loads(path.read_bytes())

    wanted = re.findall(r"ex\.\w+(?=\.predict\()", "\n".join(sources(lesson)))

    shown = wall_of(lesson)
    votes = [source.partition("drawing=")[0] for source in shown if source.startswith("vote(")]
    assert re.findall(r", (ex\.\w+)", "".join(votes)) == wanted
    assert [source[:20] for source in shown if not source.startswith("vote(")] == ["labs.append(present("]


def test_the_start_page_is_no_lesson_for_the_wall(tmp_path):
    written = demo.write(tmp_path)

    assert [lesson.number for lesson in written] == [lesson.number for lesson in lessons()[1:]]
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in PATHS]


# -- The server ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Run the command with one lesson kept ready; return its address, host and token."""
    with running(
        tmp_path_factory.mktemp("wall"), "leakyedu.app.cli", "demo", "4", "--no-browser", "--port", "0"
    ) as address:
        yield address, *re.match(r"(http://[^/]+)/.*\?token=(\w*)", address).groups()


def ask(address: str, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        with urlopen(Request(address, headers=headers), timeout=20) as answer:
            return answer.status, answer.geturl() + answer.read().decode()
    except HTTPError as error:
        return error.code, ""


@pytest.mark.slow
def test_one_lesson_begins_with_itself_on_this_machine_alone_and_with_a_token(served):
    address, _, token = served

    assert address.startswith("http://127.0.0.1:")
    assert "/voila/render/04_one_euler_step.ipynb?" in address
    assert len(token) >= 32


@pytest.mark.parametrize(
    "page", ["/", "/voila/render/04_one_euler_step.ipynb", "/voila/render/01_a_leaky_bucket.ipynb"]
)
def test_without_the_token_nobody_sees_a_page(served, page):
    _, host, _ = served

    status, text = ask(host + page)

    assert status == 403 or "/login" in text.partition("<")[0]
    assert "peak" not in text
    assert "Synapses" not in text


def test_the_menu_leads_to_every_lesson_and_voilas_list_of_files_is_gone(served):
    _, host, token = served

    _, menu = ask(f"{host}/", token)

    assert re.findall(r'href="voila/render/(\w+)\.ipynb"', menu) == [path.stem for path in PATHS]
    assert ask(f"{host}/voila/tree", token)[0] == 404
    assert ask(f"{host}/voila/api/contents", token)[0] == 404


def test_our_page_names_nothing_outside_of_this_machine(served):
    _, host, token = served

    _, menu = ask(f"{host}/", token)
    template = (demo.PAGE / "index.html.j2").read_text(encoding="utf-8")

    assert re.findall(r"https?://(?!127\.0\.0\.1)\S+", menu + template) == []


def test_what_was_written_is_gone_with_the_server(monkeypatch):
    seen = []

    def launch(argv, **_):
        (folder,) = (Path(x.partition("=")[2]) for x in argv if x.startswith("--Voila.root_dir="))
        seen.append((folder, len(list(folder.glob("*.ipynb")))))

    monkeypatch.setattr(demo.Demo, "launch_instance", launch)

    demo.run([1], None, shows_itself=False)

    ((folder, notebooks),) = seen
    assert notebooks == len(PATHS)
    assert not folder.exists()


def test_a_lesson_that_there_is_not_is_named_with_those_that_there_are():
    with pytest.raises(SystemExit, match=r"no lesson 99 to show; the lessons are 1 A leaky bucket"):
        demo.run([99], None, shows_itself=False)


def test_lessons_are_kept_ready_as_far_as_half_of_the_memory_reaches(monkeypatch):
    seen = {}
    monkeypatch.setattr(demo.Demo, "launch_instance", lambda **given: seen.update(given))
    monkeypatch.setattr(demo.psutil, "virtual_memory", lambda: type("M", (), {"available": 2_000_000_000}))

    demo.run([], None, shows_itself=False)

    assert [lesson.number for lesson in seen["ready"]] == [1, 2, 3]
    assert len(seen["lessons"]) == len(PATHS)


def test_the_token_is_a_new_one_each_time(monkeypatch):
    tokens = []
    monkeypatch.setattr(
        demo.Demo,
        "launch_instance",
        lambda argv, **_: tokens.extend(x for x in argv if x.startswith("--Voila.token=")),
    )
    monkeypatch.setenv("JUPYTER_TOKEN", "")

    demo.run([1], None, shows_itself=False)
    demo.run([1], None, shows_itself=False)

    assert len(set(tokens)) == 2
    assert all(len(token.partition("=")[2]) >= 32 for token in tokens)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_browser_is_opened_on_a_file_since_anybody_may_read_its_arguments(
    monkeypatch, tmp_path, capsys, wanted
):
    opened, filled = [], []
    monkeypatch.setattr(demo.webbrowser, "open", opened.append)
    monkeypatch.setattr(
        demo.threading, "Thread", lambda target, args, daemon: SimpleNamespace(start=lambda: target(*args))
    )
    manager = SimpleNamespace(
        fill_if_needed=lambda delay, notebook_name: filled.append((delay, notebook_name))
    )
    ready = [demo.Shown(1, "One", "01.ipynb"), demo.Shown(4, "Four", "04.ipynb")]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    address = "http://127.0.0.1:8866/?token=secret"

    demo.Demo.launch_browser(
        SimpleNamespace(
            address=address,
            kernel_manager=manager,
            ready=ready,
            shows_itself=wanted,
            root_dir=tmp_path,
            room=None,
        )
    )

    said = capsys.readouterr().out
    assert address in said
    assert ("If your browser shows an error, open that address in it." in said) is wanted
    assert filled == [(0, "01.ipynb"), (demo.APART, "04.ipynb")]
    assert len(opened) == wanted
    assert not any("secret" in page for page in opened)
    assert all(address in Path(page.removeprefix("file://")).read_text() for page in opened)


def test_jupyter_closes_no_connection_of_the_wall_before_it_has_asked_for_an_answer(monkeypatch):
    monkeypatch.setattr("voila.app.Voila.init_settings", lambda _: {})

    class Connection(WebSocketMixin):
        settings = demo.Demo().init_settings()

    # It looks after each interval for the answer to the ping before, first where there was none.
    assert Connection().ping_interval == 0 or Connection().ping_timeout > 2 * Connection().ping_interval


def test_the_votes_of_a_class_stay_out_of_the_teachers_own_progress(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKYEDU_HOME", "of the teacher")
    try:
        exec(demo.BEGIN, {})
        votes = Path(os.environ["LEAKYEDU_HOME"])
    finally:
        plotting.presentation(False)

    assert votes.resolve().parent == tmp_path
    assert votes.name.startswith("votes_")


# -- A class that votes ----------------------------------------------------------------------------


def test_a_class_changes_nothing_of_where_the_demonstration_itself_is(monkeypatch):
    seen = {}
    monkeypatch.setattr(demo.Demo, "launch_instance", lambda **given: seen.update(given))
    room = Class()

    demo.run([1], None, shows_itself=False, room=room)

    assert "--Voila.ip=127.0.0.1" in seen["argv"]
    assert seen["room"] is room


@pytest.fixture(scope="module")
def voting(tmp_path_factory):
    """Run the command for a class that raises hands; return its host and token."""
    folder = tmp_path_factory.mktemp("class")
    arguments = "leakyedu.app.cli", "demo", "4", "--class", "hands", "--no-browser", "--port", "0"
    with running(folder, *arguments) as address:
        yield re.match(r"(http://[^/]+)/.*\?token=(\w*)", address).groups()


def lead(host: str, said: dict, **headers: str) -> tuple[int, dict]:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Content-Type"] = "application/json"
    try:
        with urlopen(Request(f"{host}/class", json.dumps(said).encode(), headers), timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, {}


LOOK = {"word": "look"}


@pytest.mark.slow
@pytest.mark.parametrize("page", ["class", "teacher"])
def test_without_the_token_nobody_sees_votes_or_the_teachers_window(voting, page):
    host, _ = voting

    status, text = ask(f"{host}/{page}")

    assert status == 403 or "/login" in text.partition("<")[0]
    assert "what it reveals" not in text


@pytest.mark.slow
def test_the_room_is_led_by_a_page_of_this_server_with_the_token_alone(voting):
    host, token = voting
    own = {"Authorization": f"token {token}", "Origin": host, "Referer": f"{host}/"}
    foreign = [
        {"Origin": host, "Referer": f"{host}/"},
        own | {"Origin": "http://evil.example"},
        own | {"Host": "evil.example"},
        own | {"Sec_Fetch_Site": "cross-site"},
    ]

    assert lead(host, LOOK, **own) == (
        200,
        {"address": None, "code": None, "phones": 0, "place": {}, "question": None},
    )
    assert [lead(host, LOOK, **headers)[0] for headers in foreign] == [403] * 4


@pytest.mark.slow
def test_a_room_that_is_asked_for_nonsense_says_so_and_goes_on(voting):
    host, token = voting
    own = {"Authorization": f"token {token}", "Origin": host, "Referer": f"{host}/"}

    _, told = lead(host, {"word": "dance"}, **own)

    assert "the word must be one of" in told["error"]
    assert lead(host, LOOK, **own)[0] == 200


def test_without_a_class_there_is_neither_a_room_nor_a_window(served):
    _, host, token = served

    assert ask(f"{host}/class", token)[0] == 404
    assert ask(f"{host}/teacher", token)[0] == 404
