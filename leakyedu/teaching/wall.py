"""The wall in front of a class, for which the cells of a lesson run as they stand.

A class votes and writes no answers. So in a cell that runs for it an exercise hands out its reference
without a word, and a lab that is shown is presented, with its presets. What a class looks at are pictures:
what a cell prints is for the learner who sees its code.
"""

import contextlib
import io
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from IPython.utils.capture import capture_output

from leakyedu.teaching.markup import Html

# What to do where its kernel has ended, which knows the cells alone.
AGAIN = "To go on, load this page again: F5."

_place: ContextVar["Place | None"] = ContextVar("place", default=None)


def place() -> "Place | None":
    """Return the place on the wall of the cell that runs; None in front of a learner."""
    return _place.get()


class Place:
    """Where a class sees what a cell shows.

    Args:
        title: what stands above it.

    Attributes:
        panels: of each lab that is shown there, its display: shown again, the lab is drawn anew.
        pictures: takes the pictures that are shown there; None where they are displayed.
    """

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.panels: dict[Any, Any] = {}
        self.pictures: list[Html] | None = None

    def run(self, cell: Callable[[], None]) -> None:
        """Run a cell."""
        before = _place.set(self)
        try:
            cell()
        finally:
            _place.reset(before)


def picture_of(cell: Callable[[], None]) -> Html:
    """Run a cell, and return the last picture that it shows: what came before led to it.

    Raises:
        ValueError: if it shows none.
    """
    place = Place()
    place.pictures = []
    with contextlib.redirect_stdout(io.StringIO()):
        place.run(cell)
    if not place.pictures:
        raise ValueError("no picture is shown. End the cell with one, by `plotting.show(*figures.NAME())`.")
    return place.pictures[-1]


def present(title: str, cell: Callable[[], None]) -> Callable[[], None]:
    """Run a cell that shows a lab to a class.

    Args:
        title: what stands above the lab.
        cell: runs it.

    Returns:
        A function that draws the lab anew, for when the class has predicted something else.
    """
    place = Place(title)
    place.run(cell)

    def again() -> None:
        # The cell says anew what was predicted. What else it shows is on the wall already.
        with capture_output():
            place.run(cell)

    return again
