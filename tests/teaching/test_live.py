"""What is alive below a cell, and what stays of it in the file. tests/browser looks at the page."""

import re
from types import SimpleNamespace

import pytest
from IPython.display import HTML

from leakyedu.lessons.one_euler_step import exercises as ex, lab
from leakyedu.teaching import live
from leakyedu.teaching.live import WIDGET_VIEW, Live
from leakyedu.teaching.wall import Place
from tests.teaching import answer, fresh, live_in, press

SHOW = {
    "a lab": lambda: lab.show(),
    "a verdict": lambda: fresh(ex.by_hand).check(...)._ipython_display_(),
    "a prediction": lambda: ex.peak_time.predict()._ipython_display_(),
    "a recall": lambda: ex.recall.show(),
}
everything = pytest.mark.parametrize("show", SHOW.values(), ids=SHOW)


@pytest.fixture
def left(monkeypatch):
    """Return what a cell leaves from now on: bundles by the name under which they can be replaced."""
    bundles = {}

    def display(bundle, *, raw, display_id=None):
        bundles[display_id or f"output {len(bundles)}"] = bundle

    for name in ("display", "update_display"):
        monkeypatch.setattr(live, name, display)
    return bundles


@pytest.fixture
def cell(monkeypatch):
    """Return a function that runs something in a cell, as JupyterLab names it."""

    def run(show, cell: str | None, number: int, **shell):
        metadata = {} if cell is None else {"cellId": cell}
        parent = {"metadata": metadata, "header": {"msg_id": str(number)}}
        there = SimpleNamespace(get_parent=lambda: parent, **shell)
        monkeypatch.setattr(live, "get_ipython", lambda: there)
        show()

    return run


@everything
def test_what_stays_in_the_file_are_words_and_needs_no_widget(show, left):
    show()

    kept, place = left.values()
    assert set(kept) == set(place) == {"text/plain", "text/html"}
    assert len(re.sub("<[^>]+>", "", kept["text/html"])) > 20
    assert "run the first code cell, then this one" in place["text/plain"]
    assert "run the first code cell, then this one" in place["text/html"]


def test_an_answer_takes_the_place_of_the_words_in_the_file(left):
    SHOW["a verdict"]()
    page = live_in(list(left.values())[-1])

    answer(page, "0.17")
    press(page, "Hint")

    kept, _ = left.values()
    assert "Right. 0.17 V." in kept["text/html"]
    assert "Hint 1 of 3" in kept["text/html"]
    assert kept["text/plain"].startswith("Right. 0.17 V.\n\nHint 1 of 3")


def test_the_last_picture_goes_into_the_file_when_the_page_is_quiet(left):
    lab.show()
    kept, place = left.values()
    page = live_in(place)

    page.receive({"settings": page.settings | {"dt": 2.0}})
    unchanged = next(iter(left.values())) == kept
    page.receive({"keep": True})

    assert unchanged
    assert "area 0.60 of the exact one" in next(iter(left.values()))["text/plain"]
    assert page.picture in next(iter(left.values()))["text/html"]


def alive() -> int:
    return sum(shown.comm is not None for _, all_shown in live._alive.values() for shown in all_shown)


@everything
def test_a_cell_that_runs_again_closes_what_it_has_shown(show, left, cell, monkeypatch):
    monkeypatch.setattr(live, "_alive", {})

    for run in range(4):
        cell(show, "a", run)

    assert len(left) == 8
    assert alive() == 1


def test_what_one_run_shows_twice_stays_and_so_do_other_cells(left, cell, monkeypatch):
    monkeypatch.setattr(live, "_alive", {})

    for name, run in (("a", 1), ("a", 1), ("b", 2)):
        cell(SHOW["a verdict"], name, run)

    assert alive() == 3


def test_where_cells_have_no_names_the_same_lab_is_alive_once(left, cell, monkeypatch):
    monkeypatch.setattr(live, "_alive", {})

    for run, what in enumerate(("a lab", "a recall", "a lab")):
        cell(SHOW[what], None, run)

    assert alive() == 2


@everything
def test_a_host_with_a_page_per_output_gets_a_view_beside_the_words(show, left, cell):
    cell(show, "a", 1, user_ns={"__vsc_ipynb_file__": "04.ipynb"})

    (bundle,) = left.values()
    assert set(bundle) == {"text/plain", "text/html", WIDGET_VIEW}
    assert "run the first code cell, then this one" in bundle["text/html"]
    assert bundle[WIDGET_VIEW] == {"version_major": 2, "version_minor": 0, "model_id": newest().model_id}


def newest() -> Live:
    return list(live._alive.values())[-1][1][-1]


def test_a_class_sees_the_view_alone(left):
    Place("A lab").run(lab.show)

    (bundle,) = left.values()
    assert WIDGET_VIEW in bundle
    assert "text/html" not in bundle


def test_words_that_nothing_can_answer_stay_as_they_are():
    said = fresh(ex.by_hand).hint()

    with pytest.raises(NotImplementedError):
        said._ipython_display_()
    assert HTML(said._repr_mimebundle_()["text/html"]).data.startswith("<div")
