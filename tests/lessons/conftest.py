"""Lessons as a new kernel has them, and pictures that nobody looks at."""

import sys

import pytest

from leakyedu.lessons import lessons


@pytest.fixture
def fresh_exercises(monkeypatch):
    """Give a test the lessons' exercises as a new kernel has them; other tests keep theirs."""
    for lesson in lessons():
        name = lesson.exercises.__name__
        monkeypatch.delitem(sys.modules, name)
        # Or `from lesson import exercises` would find the ones before.
        monkeypatch.delattr(name)


@pytest.fixture
def unpainted(monkeypatch):
    """Leave pictures unpainted, which takes most of a lesson's time: nbval has them painted."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: None)
    monkeypatch.setattr("leakyedu.teaching.canvas.Canvas.draw", lambda self, view: (b"", view(*self.axes)))
