"""Lessons on a wall: the notebooks that a class sees, and their server. tests/browser presses the keys."""

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from leakyedu import demo
from leakyedu.lessons import LESSONS, lessons
from tests.browser.server import running

ROOT = Path(__file__).parents[1]
PATHS = sorted(lessons().glob(LESSONS))[1:]
EACH_LESSON = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cell(source: str, kind: str = "code") -> dict:
    return {"cell_type": kind, "id": "x", "metadata": {}, "source": source.splitlines(keepends=True)}


def notebook(*cells: dict) -> dict:
    opening = [cell("# A lesson\n\nWords.", "markdown"), cell("from a import ex, plotting")]
    return {"cells": [*opening, *cells], "metadata": {"kernelspec": {"name": "python3"}}}


def sources(notebook: dict) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]


# -- What a class sees of a lesson -----------------------------------------------------------------


def test_what_stands_between_prediction_and_comparison_waits_for_its_button():
    lesson = notebook(
        cell("## When?\n\nA long story.", "markdown"),
        cell("ex.peak.predict(...)  # in ms"),
        cell("x = 1\nplotting.show(x)"),
        cell("ex.peak.compare()"),
    )

    _, _, asked = sources(demo.on_a_wall(lesson))

    assert asked == (
        "def happens():\n    x = 1\n    plotting.show(x)\n\n"
        "vote('When?', ex.peak, happens=happens, then=draw_labs)"
    )


def test_a_lab_follows_the_vote_and_is_presented():
    lesson = notebook(
        cell("## Try it", "markdown"), cell("bucket.lab.show(prediction=ex.settles.prediction)")
    )

    assert sources(demo.on_a_wall(lesson))[2:] == [
        "labs.append(bucket.lab.present('Try it', lambda: ex.settles.prediction))"
    ]


def test_exercises_recall_and_prose_are_left_out():
    lesson = notebook(
        cell("Prose.", "markdown"),
        cell("print(1)"),
        cell("def f():\n    return ...\n\n\nex.f.check(f)"),
        cell("ex.recall.show()"),
    )

    assert len(demo.on_a_wall(lesson)["cells"]) == 2


def test_an_exercise_among_what_happens_is_left_out_and_its_answer_is_the_reference():
    lesson = notebook(
        cell("ex.rate.predict(...)"),
        cell("def f():\n    return ...\n\n\nex.f.check(f)"),
        cell("print(ex.f.answer()(2))"),
        cell("ex.rate.compare()"),
    )

    assert "    print(ex.f.kind.right(2))\n" in sources(demo.on_a_wall(lesson))[2]
    assert "check" not in sources(demo.on_a_wall(lesson))[2]


def test_predictions_that_are_compared_together_are_asked_together():
    lesson = notebook(
        *(cell(f"ex.{name}.predict(...)") for name in ("a", "b")),
        cell("print(1)"),
        *(cell(f"ex.{name}.compare()") for name in ("a", "b")),
    )

    assert "vote('', ex.a, ex.b," in sources(demo.on_a_wall(lesson))[2]


@EACH_LESSON
def test_a_class_sees_each_prediction_and_the_lab_of_a_lesson(path):
    lesson = json.loads(path.read_bytes())
    wanted = re.findall(r"ex\.\w+(?=\.predict\(\.\.\.)", "\n".join(sources(lesson)))

    shown = "\n".join(sources(demo.on_a_wall(lesson)))

    votes = [node for node in ast.walk(ast.parse(shown.partition("\n")[2])) if isinstance(node, ast.Call)]
    asked = [ast.unparse(x) for v in votes if ast.unparse(v.func) == "vote" for x in v.args[1:]]
    assert asked == wanted
    assert len(re.findall(r"\.lab\.present\(", shown)) == 1
    assert not re.search(r"\.(check|answer|hint)\(", shown)


def test_the_start_page_is_no_lesson_for_the_wall(tmp_path):
    written = demo.write(tmp_path)

    assert [lesson.number for lesson in written] == list(range(1, 12))
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in PATHS]


# -- The server ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Run the command with one lesson kept ready; return its address, host and token."""
    with running(
        tmp_path_factory.mktemp("wall"), "leakyedu.cli", "demo", "4", "--no-browser", "--port", "0"
    ) as address:
        yield address, *re.match(r"(http://[^/]+)/.*\?token=(\w*)", address).groups()


def ask(address: str, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        with urlopen(Request(address, headers=headers), timeout=20) as answer:
            return answer.status, answer.geturl() + answer.read().decode()
    except HTTPError as error:
        return error.code, ""


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

    demo.run([1], None, browser=False)

    ((folder, notebooks),) = seen
    assert notebooks == 11
    assert not folder.exists()


def test_a_lesson_that_there_is_not_is_named_with_those_that_there_are():
    with pytest.raises(SystemExit, match=r"no lesson 12 to show; the lessons are 1 A leaky bucket"):
        demo.run([12], None, browser=False)


def test_lessons_are_kept_ready_as_far_as_half_of_the_memory_reaches(monkeypatch):
    seen = {}
    monkeypatch.setattr(demo.Demo, "launch_instance", lambda **given: seen.update(given))
    monkeypatch.setattr(demo.psutil, "virtual_memory", lambda: type("M", (), {"available": 2_000_000_000}))

    demo.run([], None, browser=False)

    assert [lesson.number for lesson in seen["ready"]] == [1, 2, 3]
    assert len(seen["lessons"]) == 11


def test_the_token_is_a_new_one_each_time(monkeypatch):
    tokens = []
    monkeypatch.setattr(
        demo.Demo,
        "launch_instance",
        lambda argv, **_: tokens.extend(x for x in argv if x.startswith("--Voila.token=")),
    )
    monkeypatch.setenv("JUPYTER_TOKEN", "")

    demo.run([1], None, browser=False)
    demo.run([1], None, browser=False)

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
    ready = [demo.Lesson(1, "One", "01.ipynb"), demo.Lesson(4, "Four", "04.ipynb")]
    address = "http://127.0.0.1:8866/?token=secret"

    demo.Demo.launch_browser(
        SimpleNamespace(
            address=address, kernel_manager=manager, ready=ready, shows_itself=wanted, root_dir=tmp_path
        )
    )

    assert address in capsys.readouterr().out
    assert filled == [(0, "01.ipynb"), (demo.APART, "04.ipynb")]
    assert len(opened) == wanted
    assert not any("secret" in page for page in opened)
    assert all(address in Path(page.removeprefix("file://")).read_text() for page in opened)
