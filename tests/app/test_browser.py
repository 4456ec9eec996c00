"""Where the page that leads a browser to a server lies: a Snap reads nothing hidden and nothing temporary."""

import stat
import sys

import pytest

from leakyedu.app import browser


@pytest.fixture
def home(monkeypatch, tmp_path):
    """Return a home; what lies beside it is somewhere else on the machine."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home


@pytest.mark.parametrize(
    ("folder", "place"),
    [
        ("home/lessons", "home/lessons"),
        ("home/a/b", "home/a/b"),
        ("home/.local/lessons", "home"),
        ("home/a/.b", "home"),
        ("tmp/lessons", "home"),
        ("home", "home"),
    ],
)
def test_it_lies_in_the_folder_of_the_lessons_or_in_the_home(home, tmp_path, folder, place):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)

    file = browser.place_for("open.html", tmp_path / folder)

    assert file.parent == tmp_path / place
    assert file.name.endswith("-open.html")


def test_where_it_can_lie_nowhere_it_is_told(home, monkeypatch):
    monkeypatch.setattr(browser.os, "access", lambda *_: False)

    assert browser.place_for("open.html", home) is None


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")
def test_nobody_else_reads_it_and_a_link_in_its_place_is_not_followed(home):
    (home / "victim").write_text("untouched")
    (home / "open.html").symlink_to("victim")

    browser.write(home / "open.html", "secret")

    assert stat.S_IMODE((home / "open.html").stat().st_mode) == 0o600
    assert (home / "victim").read_text() == "untouched"
