"""What a lesson is: the one place where its number, title, question and minutes stand."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple


class Lesson(NamedTuple):
    """A lesson of the course. Its notebook, its exercises and its lab bear the name of its package.

    Attributes:
        package: the package of its Python, ``__name__`` there.
        number: its place in the course; 0 is the start page.
        title: as it stands in its notebook.
        question: what it answers.
        minutes: how long it takes, an estimate.
        needs: the numbers of the lessons that come before it.
    """

    package: str
    number: int
    title: str
    question: str
    minutes: int
    needs: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Its name without the number, for example ``"one_euler_step"``."""
        return self.package.rpartition(".")[2]

    @property
    def notebook(self) -> str:
        """The name of its notebook, for example ``"04_one_euler_step.ipynb"``."""
        return f"{self.number:02}_{self.name}.ipynb"

    @property
    def exercises(self) -> ModuleType:
        """Its exercises, loaded when they are first wanted."""
        return import_module(f"{self.package}.exercises")

    @property
    def lab(self) -> ModuleType | None:
        """Its experiment, loaded when it is first wanted; None where it has none."""
        name = f"{self.package}.lab"
        return import_module(name) if find_spec(name) else None
