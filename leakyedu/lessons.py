"""Where the lessons are."""

from pathlib import Path

LESSONS = "[0-9][0-9]_*.ipynb"


def lessons() -> Path:
    """Return the folder of the lessons: inside an installed package, beside it in a checkout.

    An editable install runs from the checkout. The copy of the lessons that hatchling leaves in
    site-packages at that moment grows stale, and lies where this function does not look.
    """
    package = Path(__file__).resolve().parent
    inside, beside = package / "course", package.parent / "course"
    # Any folder may hold a pyproject.toml, and a folder named course.
    checkout = (package.parent / "pyproject.toml").exists() and any(beside.glob(LESSONS))
    return inside if any(inside.glob(LESSONS)) and not checkout else beside
