"""What ``course/sources.md`` says: for each lesson, which of its words stand in which work."""

import functools
import re
from typing import NamedTuple

from leakyedu.teaching.lesson import Lesson
from tests.lessons.notebook import COURSE, prose_of

COLUMNS = "| in the lesson | source | place | address | checked |"


class Source(NamedTuple):
    """A row: words of a lesson, and the work that they are from."""

    words: str
    work: str
    place: str
    address: str
    checked: str

    @property
    def parts(self) -> list[str]:
        """Return the words as they stand in the lesson, one after the other."""
        return [part.strip() for part in self.words.split(" ... ")]


@functools.cache
def sources() -> dict[str, list[Source]]:
    """Return the rows of each lesson, by ``5 · euler_against_exact`` and so on."""
    page = (COURSE / "sources.md").read_text(encoding="utf-8")
    return {
        title: [
            Source(*(cell.strip() for cell in line.strip("|").split(" | ")))
            for line in table.splitlines()
            if line.startswith("| ") and line != COLUMNS
        ]
        for title, table in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    }


def sources_of(lesson: Lesson) -> list[Source]:
    return sources().get(f"{lesson.number} · {lesson.name}", [])


def as_read(markdown: str) -> str:
    """Return the sentences of a text as a reader sees them, without tables, listings and formulas.

    What stands in code font is no proper name, so it is written small.
    """
    text = re.sub(r"^(```|~~~).*?^\1|^ {4}.*?$|^\|.*?$", " ", markdown, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"`([^`]*)`", lambda code: code[1].lower(), text)
    # A paragraph, a heading and a point of a list end a sentence, and begin one.
    text = re.sub(r"\n\s*\n|\n(?=- |\d\. )", " ¶ ", text)
    text = re.sub(r"(^|¶) *(- |#+ |\d\. )", r"\1 ", text)
    return re.sub(r"\s+", " ", text.replace("*", "")).strip()


def text_of(lesson: Lesson) -> str:
    return " ¶ ".join(map(as_read, prose_of(lesson)))


def without(rows: list[Source], text: str) -> str:
    """Return what a text says beyond the words that these rows answer for."""
    for part in sorted((part for row in rows for part in row.parts), key=len, reverse=True):
        text = re.sub(re.escape(part), " ", text, flags=re.IGNORECASE)
    return text
