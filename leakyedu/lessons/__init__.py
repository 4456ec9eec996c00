"""The lessons of the course: a package each, found by looking, and a notebook each."""

import pkgutil
from importlib import import_module
from pathlib import Path

from leakyedu.teaching.lesson import Lesson

NOTEBOOKS = "[0-9][0-9]_*.ipynb"


def lessons() -> list[Lesson]:
    """Return the lessons in the order of their numbers; the start page comes first."""
    packages = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return sorted((package.LESSON for package in packages), key=lambda lesson: lesson.number)


def course() -> Path:
    """Return the folder of the notebooks: inside an installed package, beside it in a checkout.

    An editable install runs from the checkout. The copy of the lessons that hatchling leaves in
    site-packages at that moment grows stale, and lies where this function does not look.
    """
    package = Path(__file__).resolve().parents[1]
    inside, beside = package / "course", package.parent / "course"
    # Any folder may hold a pyproject.toml, and a folder named course.
    checkout = (package.parent / "pyproject.toml").exists() and any(beside.glob(NOTEBOOKS))
    return inside if any(inside.glob(NOTEBOOKS)) and not checkout else beside


def notebooks() -> list[Path]:
    """Return the notebooks of the course in order."""
    return sorted(course().glob(NOTEBOOKS))
