"""Run lessons and store their outputs: ``python -m tests.store_outputs course/04_one_euler_step.ipynb``.

The repository's lessons hold outputs, for readers and for nbval.

Without a notebook it writes what README and the start page say of the lessons, as each lesson's package has
it, and the front picture, and runs the start page, whose map lists them.
"""

import base64
import io
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from leakyedu.lessons import course, lessons
from leakyedu.lessons.start_here.figures import front

PICTURE = re.compile("(?<=data:image/png;base64,)[A-Za-z0-9+/=]+")
PLACE = re.compile('(?<=<div) id="leakyedu-[0-9a-f]{16}(-kept)?"(?=>)')  # it belongs to a kernel
README = Path(__file__).parents[1] / "README.md"
WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


def in_words(number: int) -> str:
    """Return a number as a text has it."""
    return WORDS[number] if number < len(WORDS) else str(number)


def write_lists() -> None:
    """Write the table of lessons into README and their number into the start page."""
    rows = (f"| {x.number} | [{x.title}](course/{x.notebook}) | {x.question} |\n" for x in lessons())
    _rewrite(README, r"(?<=\|---\|---\|---\|\n)(?:\| \d+ \| .*\n)+", "".join(rows))
    page, number = course() / lessons()[0].notebook, in_words(len(lessons()) - 1)
    _rewrite(page, r"\w+(?= lessons about one neuron)", number.capitalize())
    _rewrite(page, r"(?<=You need not take all )\w+", number)
    figure, sentence = front()
    figure.savefig(course() / "figures" / "front.png", metadata={"Software": None})
    _rewrite(README, r"(?<=!\[)[^]]*(?=\]\(course/figures/front\.png\))", sentence)


def _rewrite(path: Path, pattern: str, new: str) -> None:
    text, found = re.subn(pattern, lambda _: new, path.read_text(encoding="utf-8"))
    if found != 1:
        sys.exit(f"{path.name} has {found} places that look like {pattern!r}, not one.")
    path.write_text(text, encoding="utf-8")


def in_few_colours(drawn: re.Match[str]) -> str:
    """Return a picture, in base64, in 64 colours: a third of the bytes, and it looks the same."""
    picture, file = Image.open(io.BytesIO(base64.b64decode(drawn[0]))).convert("RGB"), io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def store_outputs(path: Path) -> None:
    """Execute the notebook at ``path`` from top to bottom and write it back."""
    notebook = nbformat.read(path, as_version=4)
    os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp()  # a learner without a past
    NotebookClient(
        notebook, record_timing=False, store_widget_state=False, resources={"metadata": {"path": path.parent}}
    ).execute()
    # The kernel's exact Python version differs between machines.
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if page := output.get("data", {}).get("text/html"):
                output["data"]["text/html"] = PICTURE.sub(in_few_colours, PLACE.sub("", page))
    nbformat.write(notebook, path)


if __name__ == "__main__":
    if not sys.argv[1:]:
        write_lists()
    for argument in sys.argv[1:] or [course() / lessons()[0].notebook]:
        store_outputs(Path(argument))
