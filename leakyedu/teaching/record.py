"""Where an exercise, a prediction or a question keeps what a learner has done with it."""

from collections.abc import Callable
from typing import Any

from leakyedu.teaching import progress


class Record:
    """One record in the learner's progress. Without a key it is not kept, and ends with its kernel.

    Attributes:
        key: the lesson's name, a dot, the task's name in the lesson's file, for example
            ``"one_euler_step.peak_time"``; :func:`name_records` gives it.
    """

    def __init__(self) -> None:
        self.key: str | None = None
        self._own: dict = {}

    def read(self) -> dict:
        """Return what is known; see :mod:`leakyedu.teaching.progress` for what may stand in it."""
        return self._own if self.key is None else progress.record(self.key)

    def change(self, how: Callable[[dict], None]) -> None:
        """Let ``how`` change the record in place, and keep it."""
        if self.key is None:
            how(self._own)
        else:
            progress.change(self.key, how)


def name_records(file: dict[str, Any]) -> None:
    """Give the records of a lesson's tasks their keys. Each file of exercises ends with this.

    Args:
        file: its ``globals()``.
    """
    lesson = file["__name__"].split(".")[-2]
    for name, task in file.items():
        if isinstance(record := getattr(task, "record", None), Record):
            record.key = f"{lesson}.{name}"
        for number, record in enumerate(getattr(task, "records", ()), start=1):
            record.key = f"{lesson}.{name}.{number}"
