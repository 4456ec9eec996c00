"""Where an exercise, a prediction or a question keeps what a learner has done with it."""

import sys
from collections.abc import Callable
from typing import Any

from leakyedu import progress


class Record:
    """One record in the learner's progress, under the name that a thing has in its lesson's file.

    A thing that stands in no lesson's file has no such name, and its record ends with it.

    Args:
        thing: what the record is about.
        part: which part of it, if it has several.
    """

    def __init__(self, thing: Any, part: str = "") -> None:
        self._thing, self._part = thing, part
        self._own: dict = {}

    @property
    def key(self) -> str | None:
        """The name, for example ``"one_euler_step.peak_time"``; None if there is none."""
        package = __name__.rpartition(".")[0] + "."
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith(package):
                for name, thing in list(vars(module).items()):
                    if thing is self._thing:
                        lesson = module_name.removeprefix(package)
                        return ".".join(filter(None, [lesson, name, self._part]))
        return None

    def read(self) -> dict:
        """Return what is known; see :mod:`leakyedu.progress` for what may stand in it."""
        return self._own if (key := self.key) is None else progress.record(key)

    def change(self, how: Callable[[dict], None]) -> None:
        """Let ``how`` change the record in place, and keep it."""
        if (key := self.key) is None:
            how(self._own)
        else:
            progress.change(key, how)
