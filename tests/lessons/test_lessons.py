"""Where the lessons are: inside an installed package, beside it in a checkout."""

import pytest

from leakyedu import lessons


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a folder that is taken for the package."""
    folder = tmp_path / "somewhere" / "leakyedu"
    folder.mkdir(parents=True)
    monkeypatch.setattr(lessons, "__file__", str(folder / "lessons/__init__.py"))
    return folder


def build_course(folder):
    folder.mkdir()
    (folder / "00_start_here.ipynb").touch()


def test_an_installed_package_carries_its_lessons(package):
    build_course(package / "course")
    build_course(package.parent / "course")  # of somebody else, in site-packages

    assert lessons.course() == package / "course"


def test_a_checkout_has_its_lessons_beside_the_package(package):
    build_course(package.parent / "course")

    assert lessons.course() == package.parent / "course"


def test_a_stale_copy_inside_a_checkout_is_not_looked_at(package):
    build_course(package / "course")
    build_course(package.parent / "course")
    (package.parent / "pyproject.toml").touch()

    assert lessons.course() == package.parent / "course"


def test_a_stray_pyproject_beside_an_installed_package_does_not_hide_its_lessons(package):
    build_course(package / "course")
    (package.parent / "pyproject.toml").touch()

    assert lessons.course() == package / "course"


def test_a_folder_without_notebooks_is_no_course(package):
    (package / "course").mkdir()
    build_course(package.parent / "course")

    assert lessons.course() == package.parent / "course"
