"""Lessons as pages: what a notebook asks is asked by the page, and what it has shown is shown.

A cell that asks leaves a place, and the scripts of the page fill it. What stands in the place before can be
read without them: the options, hints and solutions to be opened, and what happens behind its prediction.
"""

import ast
import base64
import functools
import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from leakyedu.app.site import labs
from leakyedu.lessons import course, lessons
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.kinds import Choice
from leakyedu.teaching.lesson import Lesson
from leakyedu.teaching.markup import Html, element, inline, join
from leakyedu.teaching.page import to_html

START = "index"  # the page that a host shows first
# Said on each lesson's first cell, and of what a notebook draws into its pictures.
WITHOUT_PAGE = re.compile(
    r"\n*Run each cell with Shift\+Enter[^\n]*|(?:^|(?<=\. ))[A-Z](?:[^.\n]|\.(?=\d))*\bif you made one\. ?"
    r"|: your [^.:\n]*, if you named one",
    re.MULTILINE,
)
ASKS = re.compile(r"^(?:ex\.(\w+)\.(?:predict|check|show)|lab\.show)\(", re.MULTILINE)
OPTION = re.compile(r"^- \(\w+\) [^\n]*\n?", re.MULTILINE)
TO_BE_CHANGED = re.compile(r"(?:,| and) run the cell again")  # said where a number invites to be changed
OF_A_KERNEL = re.compile(r"^Going on with (?:the reference|your own answer)[^\n]*\n", re.MULTILINE)
DATA = re.compile(r'src="data:(image/png|audio/wav);base64,([^"]+)"(?: style="[^"]*")?')
Cell = dict[str, Any]


def name_of(lesson: Lesson) -> str:
    """Return the name of a lesson's page, without its ending."""
    return START if lesson.number == 0 else Path(lesson.notebook).stem


class Page:
    """A lesson's page.

    Args:
        lesson: the lesson.
        cells: those of its notebook.
        names: of the pages of lessons on the site; a link to any other is left out.

    Attributes:
        places: what the scripts need to fill each place, by its number on the page.
        files: what the page shows, by its name.
        cells: the cells of the page, for myst-nb.
    """

    def __init__(self, lesson: Lesson, cells: list[Cell], names: Sequence[str]) -> None:
        self.lesson, self._names = lesson, names
        self.places: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        if lesson.number == 0:
            cells = list(_start({cell["id"]: cell for cell in cells}))
        self.cells = list(self._made(cells))

    @classmethod
    def of(cls, lesson: Lesson, names: Sequence[str]) -> "Page":
        """Return the page of a lesson of the course."""
        return cls(lesson, json.loads((course() / lesson.notebook).read_bytes())["cells"], names)

    def notebook(self) -> dict[str, Any]:
        """Return the page as a notebook that is only read."""
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return {"cells": self.cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}

    def _made(self, cells: list[Cell]) -> Iterator[Cell]:
        cells = list(_parted(cells))
        covered = dict(_covers(cells))
        for n, cell in enumerate(cells):
            if n in covered and (task := covered[n]) is not None:
                yield _raw(
                    f'<details class="leakyedu-happens" data-tasks="{" ".join(task)}"><summary>Show what happens</summary>'
                    + "".join(self._told(name) for name in task)
                )
            asked = itertools.takewhile(_asks, cells[n + 1 :])
            if any(map(self._is_choice, asked)):  # it has the options, to be clicked on
                cell = cell | {"source": OPTION.sub("", "".join(cell["source"]))}
            yield from self._markdown(cell) if cell["cell_type"] == "markdown" else self._code(cell)
            if n in covered and covered[n] is None:
                yield _raw("</details>")

    def _is_choice(self, cell: Cell) -> bool:
        task = getattr(self.lesson.exercises, found[1]) if (found := _asks(cell)) and found[1] else None
        return isinstance(getattr(task, "kind", None), Choice)

    def _markdown(self, cell: Cell) -> Iterator[Cell]:
        source = WITHOUT_PAGE.sub("", "".join(cell["source"]))
        yield words(linked(_in_the_notebook(source), self._names))
        if cell["id"] == "opening" and self.lesson.number:
            yield words(HOW_HERE)
            yield _raw(join(element("noscript", element("p", READ_ONLY)), ways_in(self.lesson)))

    def _code(self, cell: Cell) -> Iterator[Cell]:
        source, outputs = "".join(cell["source"]), cell["outputs"]
        body = ast.parse(source).body
        kept, made = source, None
        match ast.unparse(body[-1].value.func).split(".") if _is_call(body[-1]) else []:
            case ["ex", name, "predict"]:
                kept, made = _without_last(source, body), self._asked(name, "predict", source)
                outputs = outputs[:-2]
            case ["ex", name, "check"]:
                task = getattr(self.lesson.exercises, name)
                kept = _without_last(source, body) if _is_answered_here(task) else source
                made, outputs = self._asked(name, "check", source), outputs[:-2]
            case ["ex", name, "compare"]:
                kept, outputs = "", outputs[:-1]  # it stands above what happens
            case ["ex", name, "show"]:
                kept, made, outputs = "", self._recall(name), outputs[:-2]
            case ["lab", "show"]:
                kept, made, outputs = "", self._lab(outputs), []
            case ["course_map", "table"]:
                kept, made, outputs = "", self._place("map", {}, _table(self._names)), []
            case ["course_map", "export"]:
                kept, made, outputs = "", self._place("progress", {}, _NEEDS_SCRIPT), []
        if kept.strip():
            # Nobody runs the imports here, and a picture shall come first.
            tags = [*cell["metadata"].get("tags", ()), *(["hide-input"] if cell["id"] == "set-up" else ())]
            yield self._shown(_in_the_notebook(kept), outputs) | {"metadata": {"tags": tags}}
        if made:
            yield _raw(made)

    def _shown(self, source: str, outputs: list[dict]) -> Cell:
        return {
            "cell_type": "code", "metadata": {}, "source": source.rstrip(), "execution_count": None,
            "outputs": [o for output in outputs if (o := self._output(output)) is not None],
        }  # fmt: skip

    def _output(self, output: dict) -> dict | None:
        if output["output_type"] == "stream":
            text = OF_A_KERNEL.sub("", "".join(output["text"]))
            return output | {"text": text} if text.strip() else None
        data = {mime: "".join(text) for mime, text in output["data"].items()}
        if "text/html" in data:
            data = {
                "text/html": self.with_files(
                    data["text/html"].replace('<figure style="margin:0">', "<figure>")
                )
            }
        return output | {"data": data, "metadata": {}}

    def with_files(self, html: str) -> str:
        """Return HTML in which pictures and sounds are files of the site, which a page shows when it comes to them."""

        def out(found: re.Match) -> str:
            kind, data = found[1], base64.b64decode(found[2])
            first = not self.files
            size = ""
            if kind == "image/png":
                data, (width, height) = labs.small(data)
                size = f' width="{width}" height="{height}"'
                size += ' fetchpriority="high"' if first else ' loading="lazy" decoding="async"'
            else:
                size = ' preload="none"'
            name = f"{hashlib.sha256(data).hexdigest()[:16]}.{'webp' if kind == 'image/png' else 'wav'}"
            self.files[name] = data
            return f'src="_static/pictures/{name}"{size}'

        return DATA.sub(out, html)

    def _place(self, does: str, data: dict[str, Any], without: str) -> Html:
        self.places.append({"does": does} | data)
        number = len(self.places) - 1
        return Html(f'<div class="leakyedu-place leakyedu-{does}" id="place-{number}">{without}</div>')

    def _asked(self, name: str, does: str, cell: str) -> Html:
        task: Exercise | Prediction = getattr(self.lesson.exercises, name)
        rows = task.on_page({"text/plain": "", "text/html": ""}).rows
        data: dict[str, Any] = {"key": task.record.key}
        if not _is_answered_here(task):
            said = join(to_html(WRITTEN_IN_PYTHON), element("p", element("a", NOTEBOOK, href=f"#{WAYS}")))
            rows = [
                [{"kind": "button", "name": COPY}, *row] if isinstance(row, list) else row for row in rows
            ]
            data["cell"] = cell
        elif does == "predict":
            wanted = "choose one" if isinstance(task.kind, Choice) else f"answer with {task.kind.expected()}"
            said = to_html(f"No prediction yet: {wanted}. You may skip it and go on.")
        else:
            said = to_html(f"Not tried yet: answer with {task.kind.expected()}.")
        without = [said]
        if isinstance(task.kind, Choice):
            without.append(_listed(task.kind))
        if isinstance(task, Exercise):
            hints = range(1, len(task.hints) + 1)
            without += [_opened(f"Hint {number}", task.hint(number).html) for number in hints]
            without.append(_opened("Solution", task.solution().html))
        return self._place(does, data | {"rows": rows, "said": said}, join(*without))

    def _told(self, name: str) -> Html:
        task: Prediction = getattr(self.lesson.exercises, name)
        return self._place("told", {"key": task.record.key}, element("p", inline(task.kind.tell())))

    def _recall(self, name: str) -> Html:
        task: Recall = getattr(self.lesson.exercises, name)
        live = task.on_page()
        keys = [record.key for record in task.records]
        without = []
        for number, (question, choice) in enumerate(task.questions, start=1):
            without += [element("p", element("b", f"{number}."), " ", inline(question)), _listed(choice)]
        return self._place("recall", {"keys": keys, "rows": live.rows, "words": live.words}, join(*without))

    def _lab(self, outputs: list[dict]) -> Html:
        kept = "".join(outputs[0]["data"]["text/html"])
        place = self._place("lab", {}, self.with_files(kept))
        return join(element("p", NOT_MEASURED), place) if self.lesson.lab.LAB.work else place


def _in_the_notebook(source: str) -> str:
    """Return a cell that says where it can be changed."""
    return TO_BE_CHANGED.sub(" in the notebook", source)


def _is_call(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _is_answered_here(task: Exercise | Prediction) -> bool:
    return isinstance(task.kind, Choice) or hasattr(task.kind, "parse")


def _without_last(source: str, body: list[ast.stmt]) -> str:
    """Return a cell without what asks, and without what only hands a name on to it."""
    lines = source.splitlines()
    for statement in body:
        hands_on = isinstance(statement, ast.Assign) and re.fullmatch(
            r"ex\.\w+", ast.unparse(statement.value)
        )
        if statement is body[-1] or hands_on:
            for n in range(statement.lineno - 1, statement.end_lineno):
                lines[n] = ""
    return "\n".join(lines).strip("\n")


COMPARES = re.compile(r"\s*ex\.(\w+)\.compare\(\)\s*")


def _parted(cells: list[Cell]) -> Iterator[Cell]:
    """Part words before each heading, and below a comparison: their first paragraph says why it is so, and would give it away."""
    compared = False
    for cell in itertools.chain(*map(_before_headings, cells)):
        source = "".join(cell["source"])
        why, _, rest = source.partition("\n\n")
        if compared and cell["cell_type"] == "markdown" and not why.startswith("#"):
            yield cell | {"source": why, "metadata": {"tags": ["why"]}}
            if rest:
                yield cell | {"source": rest}
        else:
            yield cell
        compared = COMPARES.fullmatch(source)


def _before_headings(cell: Cell) -> list[Cell]:
    if cell["cell_type"] != "markdown":
        return [cell]
    parts = re.split(r"\n+(?=## )", "".join(cell["source"]))
    return [cell | {"source": part} for part in parts]


def _covers(cells: list[Cell]) -> Iterator[tuple[int, list[str] | None]]:
    """Find what shall be covered until it is asked for: from what happens to the reason, below the comparison.

    Yields:
        The index of a first cell with the predictions that its cover belongs to, then that of the last with None.
    """
    first, names = None, []
    for n, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and re.search(r"^#", source, re.MULTILINE):
            first = None
        elif "happens" in cell["metadata"].get("tags", ()) and first is None:
            first, names = n, []
        elif first is not None and (told := COMPARES.fullmatch(source)):
            names.append(told[1])
            following = cells[n + 1]
            if not COMPARES.fullmatch("".join(following["source"])):
                yield first, names
                yield _last_told(cells, n), None
                first = None


def _last_told(cells: list[Cell], n: int) -> int:
    """Return the last cell of those below a comparison that would give its answer away: until something else is asked."""
    for last in range(n, len(cells) - 1):
        following, then = cells[last + 1], cells[min(last + 2, len(cells) - 1)]
        if following["cell_type"] == "markdown":
            if re.search(r"^#", "".join(following["source"]), re.MULTILINE):
                return last
            if "why" not in following["metadata"].get("tags", ()) and _asks(then):
                return last  # these are its words
        elif _asks(following):
            return last
    return len(cells) - 1


def _asks(cell: Cell) -> re.Match | None:
    return ASKS.search("".join(cell["source"])) if cell["cell_type"] == "code" else None


def _listed(choice: Choice) -> Html:
    return element("ul", *(element("li", inline(choice.show(key))) for key in choice.options))


def _opened(name: str, html: Html) -> Html:
    return element("details", element("summary", name), html)


def words(source: str) -> Cell:
    """Return a cell of words."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _raw(html: str) -> Cell:
    fence = "`" * 9
    return words(f"{fence}{{raw}} html\n{html}\n{fence}")


_NEEDS_SCRIPT = element("p", "Your browser keeps what you do on these pages where it runs JavaScript.")


LINK = re.compile(r"\[([^]]+)\]\(((?:\.\./)*)([^):#]*)(#[^)]*)?\)")


def linked(source: str, names: Sequence[str]) -> str:
    """Return Markdown whose links lead to pages of the site, and are words where there is no such page.

    Args:
        source: words of a lesson or of a page for teachers.
        names: of the pages of lessons.
    """

    def led(found: re.Match) -> str:
        said, up, file, place = found.groups(default="")
        if not file or (file.endswith(".md") and not up):
            return found[0]
        name = Path(file.replace("00_start_here", START)).stem
        return f"[{said}]({up}{name}.ipynb{place})" if name in names else said

    return LINK.sub(led, source)


def _table(names: Sequence[str]) -> Html:
    """Return the lessons on the site, for a page without scripts."""
    rows = [
        element(
            "tr",
            element("td", str(lesson.number)),
            element("td", element("a", lesson.title, href=f"{name_of(lesson)}.html")),
            element("td", lesson.question),
            element("td", str(lesson.minutes)),
        )
        for lesson in lessons()
        if name_of(lesson) in names
    ]
    head = (element("th", name, scope="col") for name in ("no.", "lesson", "its question", "minutes"))
    return element("table", element("thead", element("tr", *head)), element("tbody", *rows))


BRANCH, COPY, NOTEBOOK = "main", "Copy the cell", "Get the notebook"
WAYS = "get-the-notebook"
HOW_HERE = (
    "**On this page** you predict, answer and move the lab. Each answer is judged at once, and kept by your browser. Code is "
    "shown with what it has printed; you need not read it to go on. The pictures were drawn beforehand, without your "
    f"predictions. To change code or write some, {element('a', 'get the notebook', href=f'#{WAYS}')}."
)
READ_ONLY = "Your browser runs no JavaScript here: this page can be read to its end, with hints and solutions, but answers nothing."
NOT_MEASURED = "This page cannot measure your machine, so it has no button Measure and shows times on record. The notebook measures."
WRITTEN_IN_PYTHON = (
    "You write this function in Python, in the notebook: its check tries it there, and names the mistake. Where you have "
    "no Python, read the hints and the solution, and go on."
)


@functools.cache
def repository() -> str | None:
    """Return the address of the repository, None where the package does not know it."""
    urls = dict(line.split(", ", 1) for line in metadata("leakyedu").get_all("Project-URL") or ())
    found = urls.get("Repository")
    return None if found is None else found.removesuffix(".git").rstrip("/")


@functools.cache
def commands() -> list[str]:
    """Return the commands that open the lessons on one's own machine: those of the README."""
    said = metadata("leakyedu")
    readme = said.get("Description") or said.get_payload()
    return re.findall(r"^ {4,}(py(?:thon3)? -m venv .*leakyedu lab)\s*$", readme, re.MULTILINE)


def ways_in(lesson: Lesson) -> Html:
    """Return how to come to the notebook of a lesson."""
    own, address = commands(), repository()
    parts = []
    if address is None:
        parts.append(
            element(
                "p",
                "A lesson is a notebook: a page in which Python runs, cell by cell. You need the folder of the course, from whoever gave "
                "you this page, and Python 3.10 or newer. In a terminal, in that folder, one line opens all lessons in your browser:",
            )
        )
    else:
        links = {
            "Open in Binder": f"{BINDER}{address.removeprefix(GITHUB)}/HEAD?urlpath=lab/tree/leakyedu-lessons/{lesson.notebook}",
            "Open in Colab": f"{COLAB}{address.removeprefix(GITHUB)}/blob/{BRANCH}/course/{lesson.notebook}",
            "Edit": f"{address}/edit/{BRANCH}/course/{lesson.notebook}",
        }
        parts.append(
            element(
                "p", *itertools.chain(*((element("a", name, href=to), " ") for name, to in links.items()))
            )
        )
        parts.append(
            element(
                "p",
                "On your own machine, with Python 3.10 or newer, in a clone of ",
                element("a", address, href=address),
                ":",
            )
        )
    for system, command in zip(("Linux and macOS", "Windows, in PowerShell"), own, strict=True):
        parts += [element("p", f"{system}:"), element("pre", command)]
    parts.append(element("p", "Your progress goes along: the start page gives it as a line."))
    # A link that leads into what is closed opens it.
    return element("details", element("summary", NOTEBOOK), element("div", *parts, id=WAYS))


def _start(notebook: dict[str, Cell]) -> Iterator[Cell]:
    """Return the cells of the start page: what it says of cells and kernels is said of a page."""
    opening = "".join(notebook["opening"]["source"])
    yield notebook["opening"] | {"source": opening.rpartition("\n\n")[0]}
    yield notebook["first-cell"] | {"metadata": {"tags": ["remove-input"]}}
    first, *_, question = "".join(notebook["first-cell-why"]["source"]).split("\n\n")
    yield words(f"{first.rpartition('. ')[0]}.\n\n{HOW_TO_WORK}\n\n{question}") | {"id": "how"}
    yield notebook["first-check"]
    yield words(MAP) | {"id": "map"}
    yield notebook["map-table"]
    yield notebook["paths"]
    yield words(PROGRESS) | {"id": "progress"}
    yield notebook["progress-export"]
    symbols = "".join(notebook["words"]["source"])
    yield notebook["words"] | {"source": symbols[symbols.index("## ") :]}
    for name in ("names", "dialects", "constant-drive", "version-and-citing"):
        yield notebook[name]


HOW_TO_WORK = """## How to work

- **Predict** where you are asked to. Your prediction is kept and held against the answer; a wrong guess costs nothing. You may skip it.
- **Try** the exercises. A check says which mistake you made. *Hint* and *Solution* lead on.
- **Move** the sliders with the mouse, a finger or the arrow keys, one at a time. *Reset* puts them back.
- **Write Python** in the notebooks: each lesson asks for two or three functions, and says how to open it where Python runs."""
MAP = """## The map

Begin with [lesson 1](01_a_leaky_bucket.ipynb), or where a path below begins. What you have done on these pages, lesson by lesson; *done here* is all but the functions, which are checked in the notebooks. The line below carries your progress there and back."""
PROGRESS = """## Your progress

What you predict, try and pass is kept by this browser, and how often a check has named which mistake. Nothing is sent anywhere. One line of text takes it along, to another browser or to a notebook: there `course_map.restore` brings it back, and `course_map.export` gives such a line."""
GITHUB, BINDER, COLAB = (
    "https://github.com/",
    "https://mybinder.org/v2/gh/",
    "https://colab.research.google.com/github/",
)
