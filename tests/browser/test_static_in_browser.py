"""A lesson that was exported or printed: nothing runs, and pictures and words are there."""

import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from traitlets.config import Config

from leakyedu.lessons import notebooks

PICTURES = """() => [...document.images].map((image) => [
  image.naturalWidth, image.alt, image.parentElement.querySelector("figcaption")?.textContent,
])"""


def is_first(path):
    return path.name.startswith("04")


@pytest.mark.slow
@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(path, id=path.stem, marks=() if is_first(path) else pytest.mark.thorough)
        for path in notebooks()
    ],
)
def test_an_exported_page_shows_each_picture_with_its_sentence(chromium, tmp_path, lesson):
    exported, _ = HTMLExporter().from_filename(str(lesson))
    (tmp_path / "page.html").write_text(exported, "utf-8")
    context = chromium.new_context(offline=True)  # formulas need a network, nothing of ours does
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())

    seen = page.evaluate(PICTURES)
    outputs = page.locator(".jp-OutputArea")
    words, controls = " ".join(outputs.all_inner_texts()), outputs.locator("input, button, select").count()
    context.close()

    print(f"{lesson.name}: {len(seen)} pictures, {controls} controls")
    assert len(seen) == len(re.findall("<img ", lesson.read_text("utf-8"))) > 0
    assert all(width > 300 and len(alt) > 20 and below == alt for width, alt, below in seen)
    assert controls == 0
    assert "Error displaying widget" not in words
    assert "run the first code cell, then this one" in words


@pytest.mark.parametrize("lesson", notebooks(), ids=lambda path: path.stem)
def test_what_happens_can_be_left_out_of_an_export(lesson):
    """With the option that hosts.md names."""
    hosts = (lesson.parent / "teaching" / "hosts.md").read_text("utf-8")
    (tags,) = re.findall(r"--TagRemovePreprocessor\.remove_all_outputs_tags=(\w+)", hosts)
    options = Config()
    options.TagRemovePreprocessor.update(enabled=True, remove_all_outputs_tags={tags})
    cells = nbformat.read(lesson, 4).cells
    answers = [cell for cell in cells if tags in cell.metadata.get("tags", ())]

    exported, _ = HTMLExporter(config=options).from_filename(str(lesson))

    left_out = sum(str(output).count("<img ") for cell in answers for output in cell.outputs)
    assert exported.count("<img ") == lesson.read_text("utf-8").count("<img ") - left_out
