"""The course as a folder of files that any host can serve, and that a browser can open from disk.

Sphinx makes the pages out of the installed lessons, the pages for teachers and the docstrings of the library.
What answers on them is one classic script, and its data are scripts, too: a page from disk may neither import
modules nor fetch.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

import leakyedu
from leakyedu.app import course_map
from leakyedu.app.site import labs, pages, tables
from leakyedu.lessons import course, lessons
from leakyedu.teaching import live, progress
from leakyedu.teaching.lesson import Lesson

HERE = Path(__file__).parent
MOST = 15_000_000  # bytes of a site
MOST_OF_A_LAB = 1_500_000
ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe|audio|source)\b[^>]*?\b(?:src|href)\s*=\s*["']?(?:https?:)?//[^>]*>|@import\b|url\(\s*["']?(?:https?:)?//"""
)
# Modules of the library, in the order in which one meets them.
LIBRARY = ("model", "euler", "methods", "sequence", "layers", "stimuli", "symbolic", "device", "nir")


def build(
    folder: Path, chosen: Sequence[Lesson] | None = None, say: Callable[[float, str], None] | None = None
) -> int:
    """Make the site.

    Args:
        folder: where it goes; what an earlier one left there is replaced.
        chosen: the lessons on it, all if it is None. The start page is always there.
        say: is called with the share that is done, and what comes now.

    Returns:
        The number of its pages.

    Raises:
        ValueError: if ``folder`` holds something else than a site, a page is not as it should be, or a lab or
            the site grew too large.
    """
    say = say or (lambda share, words: None)
    ours = (folder / "_static/course.js").exists() and not (folder / ".git").exists()
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise ValueError(f"{folder} holds something else than a site. Name a folder that is empty or new.")
    chosen = lessons() if chosen is None else [*chosen]
    with tempfile.TemporaryDirectory() as work, _nobody():
        source, static = Path(work, "source"), Path(work, "static")
        names = [pages.name_of(lesson) for lesson in chosen]
        made = [pages.Page.of(lesson, names) for lesson in chosen]
        _write_scripts(static, made)
        for n, page in enumerate(made):
            say(n / len(made), page.lesson.title)
            _write_lab(
                static, page, lambda share, n=n, page=page: say((n + share) / len(made), page.lesson.title)
            )
        _write_pages(source, made)
        say(1.0, "the pages")
        _sphinx(source, static, Path(work, "site"), made)
        _finish(Path(work, "site"))
        _check(Path(work, "site"), source)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(Path(work, "site"), folder)
    return len(list(folder.rglob("*.html")))


@contextlib.contextmanager
def _nobody() -> Iterator[None]:
    """Keep the learner's own progress out of the pages, and the pages out of his progress."""
    before = os.environ.get("LEAKYEDU_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEAKYEDU_HOME"] = home
        try:
            yield
        finally:
            if before is None:
                del os.environ["LEAKYEDU_HOME"]
            else:
                os.environ["LEAKYEDU_HOME"] = before


def _call(name: str, data: Any) -> str:
    """Return a script that hands data to the page."""
    return f"leakyedu.{name}({json.dumps(data, ensure_ascii=False, separators=(',', ':'))});\n"


def _write_scripts(static: Path, made: Sequence[pages.Page]) -> None:
    for name in ("lessons", "labs", "pictures"):
        (static / name).mkdir(parents=True)
    names = {path.name: path.read_text(encoding="utf-8") for path in live.SCRIPTS}
    before = [text for name, text in names.items() if name != "live.js"]
    (static / "site.js").write_text(script(HERE / "page.mjs", "\n".join(before)), encoding="utf-8")
    style = [(HERE / "page.css").read_text(encoding="utf-8"), live.STYLE.read_text(encoding="utf-8")]
    (static / "page.css").write_text("\n".join(style), encoding="utf-8")
    limits = {
        "schema": progress.SCHEMA, "mark": progress.MARK, "most": progress.MOST, "longest": progress.LONGEST,
        "most_records": progress.MOST_RECORDS, "most_counted": progress.MOST_COUNTED,
        "most_mistakes": progress.MOST_MISTAKES,
    }  # fmt: skip
    known = course_map.known()
    in_python = {place["key"] for page in made for place in page.places if "cell" in place}
    told = [
        {
            "number": lesson.number, "title": lesson.title, "minutes": lesson.minutes, "name": lesson.name,
            "page": f"{pages.name_of(lesson)}.html",
            "asked": [
                [asked.key, asked.kind, known[asked.key], asked.key not in in_python]
                for asked in course_map.asked(lesson, {})
            ],
        }
        for lesson in (page.lesson for page in made)
    ]  # fmt: skip
    words = {
        "title": course_map.TITLE,
        "columns": course_map.COLUMNS,
        "done": course_map.DONE,
        "here": "done here",
        "copy": pages.COPY,
    }
    course_data = {"limits": limits, "lessons": told, "shared": tables.shared(), "words": words}
    (static / "course.js").write_text(_call("course", course_data), encoding="utf-8")
    for page in made:
        data = {"tables": tables.tables(page.lesson), "places": page.places}
        (static / f"lessons/{page.lesson.name}.js").write_text(_call("lesson", data), encoding="utf-8")
        for name, content in page.files.items():
            (static / "pictures" / name).write_bytes(content)


def _write_lab(static: Path, page: pages.Page, say: Callable[[float], None]) -> None:
    if page.lesson.lab is None:
        return
    folder = static / "labs" / page.lesson.name
    data = labs.record(page.lesson.lab.LAB, folder, say) | {"folder": f"_static/labs/{page.lesson.name}/"}
    (static / f"labs/{page.lesson.name}.js").write_text(_call("lab", data), encoding="utf-8")
    taken = sum(path.stat().st_size for path in folder.iterdir())
    if taken > MOST_OF_A_LAB:
        raise ValueError(
            f"the lab of {page.lesson.name} takes {taken:,} bytes, and {MOST_OF_A_LAB:,} are allowed."
        )


def script(main: Path, before: str = "") -> str:
    """Join a module and all that it imports into one classic script, each module with names of its own.

    Args:
        main: the module that is run last.
        before: what stands above them all, and is known to all.
    """
    bodies: dict[Path, str] = {}
    _add(main.resolve(), bodies, [])
    modules = "\n".join(bodies.values())
    return f'(() => {{\n"use strict";\n{before}\n{modules}\n}})();\n'


IMPORT = re.compile(r'^import (?:(\w+)|\{([^}]*)\}) from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(
    r"^export (?:(default) |(?=(?:async )?(?:function|class|const) (?:\[([^]]+)\]|(\w+))))", re.MULTILINE
)


def _add(path: Path, bodies: dict[Path, str], above: list[Path]) -> str:
    """Put a module behind those that it imports; return the name that holds what it exports."""
    name = "module_" + re.sub(r"\W", "_", path.stem)
    if path in bodies:
        return name
    if path in above:
        raise ValueError(f"{path.name} imports itself by way of {', '.join(each.name for each in above)}.")
    text, heads, exports = path.read_text(encoding="utf-8"), [], []
    for default, some, where in IMPORT.findall(text):
        holds = _add((path.parent / where).resolve(), bodies, [*above, path])
        heads.append(
            f"const {{ {f'default: {default}' if default else some.replace(' as ', ': ')} }} = {holds};"
        )

    def taken(found: re.Match) -> str:
        exports.append("default: by_default" if found[1] else found[2] or found[3])
        return "const by_default = " if found[1] else ""

    body = EXPORT.sub(taken, IMPORT.sub("", text))
    if re.search(r"^(import|export)\b", body, re.MULTILINE):
        raise ValueError(f"{path.name} imports or exports in a way that is not understood here.")
    bodies[path] = "\n".join(
        [f"const {name} = (() => {{", *heads, body, f"return {{ {', '.join(exports)} }};", "})();"]
    )
    return name


def _write_pages(source: Path, made: Sequence[pages.Page]) -> None:
    source.mkdir()
    names = [pages.name_of(page.lesson) for page in made]
    for page, name in zip(made, names, strict=True):
        notebook = page.notebook()
        if name == pages.START:
            notebook["cells"].append(pages.words(_contents(names)))
        (source / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (source / "teaching").mkdir()
    of_teachers = sorted((course() / "teaching").glob("*.md"))
    others = [path.stem for path in of_teachers if path.stem != "README"]
    for path in of_teachers:
        text = pages.linked(path.read_text(encoding="utf-8"), names)
        text += "" if path.stem in others else _tree(others, "hidden:")
        (source / "teaching" / path.name).write_text(text, encoding="utf-8")
    (source / "library").mkdir()
    index = f"# The library\n\n{leakyedu.__doc__.partition(chr(10))[0]}\n\n"
    (source / "library/index.md").write_text(index + _tree(LIBRARY, "maxdepth: 1"), encoding="utf-8")
    for name in LIBRARY:
        text = f"# leakyedu.{name}\n\n```{{eval-rst}}\n.. automodule:: leakyedu.{name}\n   :members:\n```\n"
        (source / f"library/{name}.md").write_text(text, encoding="utf-8")


def _contents(names: Sequence[str]) -> str:
    """Return what leads to all pages, at the side of each."""
    titles = {pages.name_of(lesson): f"{lesson.number} {lesson.title}" for lesson in lessons()}
    own = titles | {"self": titles[pages.START].removeprefix("0 ")}
    of_lessons = [f"{own[name]} <{name}>" for name in ("self", *names) if name != pages.START]
    return _tree(of_lessons, "hidden:") + _tree(["teaching/README", "library/index"], "hidden:")


def _tree(names: Sequence[str], option: str) -> str:
    """Return a list of pages, as MyST has it."""
    return "\n".join(["", "```{toctree}", f":{option}", "", *names, "```", ""])


def _sphinx(source: Path, static: Path, site: Path, made: Sequence[pages.Page]) -> None:
    scripts = {pages.name_of(page.lesson): page.lesson for page in made}
    own = {"html_static_path": [str(static)], "html_css_files": ["page.css"]}
    app = Sphinx(
        source, HERE, site, source.parent / "doctrees", "html", own,
        status=None, warning=sys.stderr, warningiserror=True,
    )  # fmt: skip

    def add_scripts(app: Sphinx, name: str, *_: object) -> None:
        if (lesson := scripts.get(name)) is None:
            return
        added = ["site.js", "course.js", f"lessons/{lesson.name}.js"]
        if (static / f"labs/{lesson.name}.js").exists():
            added.append(f"labs/{lesson.name}.js")
        for each in added:
            app.add_js_file(each, loading_method="defer")

    app.connect("html-page-context", add_scripts)
    try:
        app.build()
    except SphinxError as error:
        raise ValueError(str(error)) from error
    if app.statuscode:
        raise ValueError("the pages have warnings; they stand above.")


# What the theme leaves to be done: two parts of a page need a name, a wide table keys, its credit no link.
FINISHED = {
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<a href="https://github.com/pradyunsg/furo">Furo</a>': "Sphinx and Furo",
    '<th class="head"><p></p></th>': "<td></td>",
    "<pre>": '<pre tabindex="0">',
    '<summary aria-label="Toggle hidden content">': "<summary>",  # its own words are its name
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}
BACK = re.compile(r'<a\b[^>]*class="back-to-top.*?</a>', re.DOTALL)


def _finish(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for theirs, ours in FINISHED.items():
            text = text.replace(theirs, ours)
        text = BACK.sub("", text)  # it would lie on what is read, or on a field
        path.write_text(text, encoding="utf-8")


def _check(site: Path, source: Path) -> None:
    """Raise if a page asks another machine, or leads where no source does, or the site is too large."""
    told = "".join(path.read_text(encoding="utf-8") for path in source.rglob("*") if path.is_file())
    for path in site.rglob("*"):
        if path.suffix not in (".html", ".css"):
            continue
        text = path.read_text(encoding="utf-8")
        strange = [
            to for to in re.findall(r'href="(https?://[^"]+)"', text) if to.replace("&amp;", "&") not in told
        ]
        if found := [*strange, *(found[0] for found in ELSEWHERE.finditer(text))]:
            raise ValueError(f"{path.relative_to(site)} leads or asks elsewhere: {found[0][:200]}")
    if (size := sum(path.stat().st_size for path in site.rglob("*") if path.is_file())) > MOST:
        raise ValueError(f"the site takes {size:,} bytes, and {MOST:,} are allowed.")


def run(folder: Path) -> None:
    """Make the whole site for a person who waits, with a bar that says how far it is."""
    began = time.perf_counter()

    def say(share: float, words: str) -> None:
        bar = "#" * round(30 * share)
        print(f"\r[{bar:30}] {share:4.0%} {words:50.50}", end="", file=sys.stderr, flush=True)

    number = build(folder, say=say if sys.stderr.isatty() else None)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{number} pages, {size / 1e6:.1f} MB, in {time.perf_counter() - began:.0f} s.")
    print(f"Open {folder / 'index.html'}, or put the folder on any host.")
