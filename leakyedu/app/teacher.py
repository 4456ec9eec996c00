"""What the teacher's window says of a screen: a part of the lesson's page for the teacher."""

import re
from collections.abc import Iterator

from nbconvert.filters.markdown_mistune import markdown2html_mistune

from leakyedu.lessons import course, lessons

ASKED = re.compile(r"^`ex\.(\w+)`:", re.MULTILINE)


def pages() -> list[tuple[str, str]]:
    """Return pairs of a key and HTML; the key is that of a question's record, or the name of a notebook."""
    return list(_parts())


def _parts() -> Iterator[tuple[str, str]]:
    for lesson in lessons()[1:]:  # the start page asks nothing
        stem = lesson.notebook.removesuffix(".ipynb")
        page = (course() / f"teaching/{stem}.md").read_text(encoding="utf-8")
        for part in re.split(r"^(?=## )", page, flags=re.MULTILINE):
            if asked := ASKED.search(part):
                yield f"{lesson.name}.{asked[1]}", markdown2html_mistune(part)
            elif part.startswith("## On the wall"):
                yield stem, markdown2html_mistune(part)
