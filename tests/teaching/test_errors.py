"""An error of the package in a cell: the learner's line and the sentence, and nothing of ours between."""

import re

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from leakyedu import simulate
from leakyedu.teaching import errors


@pytest.fixture
def shell(monkeypatch):
    """Return a shell with our way of showing an error, and without a home."""
    without_a_file = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell(config=without_a_file, user_ns={"torch": torch, "simulate": simulate})
    monkeypatch.setattr(errors, "get_ipython", lambda: shell)
    errors.hide_our_lines()
    return shell


def said(shell, capsys, source: str) -> str:
    capsys.readouterr()
    shell.run_cell(source)
    return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)


def test_an_error_of_ours_shows_the_cell_and_its_sentence(shell, capsys):
    words = said(shell, capsys, "x = torch.zeros(3)\nsimulate(x, dt=-1.0)")

    assert "simulate(x, dt=-" in words
    assert "dt must be a finite number of seconds above 0" in words
    assert ".py" not in words
    assert len(words.splitlines()) < 12


def test_all_of_it_can_be_asked_for(shell, capsys):
    said(shell, capsys, "simulate(torch.zeros(3), dt=-1.0)")

    assert "sequence.py" in said(shell, capsys, "%tb")


def test_an_error_of_the_learner_shows_all_of_his_lines(shell, capsys):
    words = said(shell, capsys, "def f(x):\n    raise ValueError('mine')\n\n\nf(1)")

    assert "raise ValueError" in words
    assert "f(1)" in words


def test_an_error_below_ours_shows_where_it_came_from(shell, capsys):
    words = said(
        shell,
        capsys,
        "def method(p, dt):\n    raise TypeError('mine')\n\n\nsimulate(torch.zeros(3), method=method)",
    )

    assert "raise TypeError" in words


def test_who_has_a_way_of_his_own_keeps_it(shell):
    shell.set_custom_exc((ValueError,), lambda *_: None)
    his = shell.CustomTB

    errors.hide_our_lines()

    assert shell.CustomTB == his
