"""What becomes HTML: hostile texts in each place that shows one. tests/browser shows them in JupyterLab."""

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import IPython.display
import ipywidgets as widgets
import pytest
from ipywidgets.widgets.widget import _instances

from leakyedu.app import demo
from leakyedu.teaching import live, markup, opening, vote
from leakyedu.teaching.live import WIDGET_VIEW, Live
from leakyedu.teaching.markup import Html, address_of, element, inline, join, printable, text
from tests.hostile import HARMLESS, IMAGE, PLACES, TEXTS, each
from tests.test_package import FILES, TREES

PLACE = re.compile("leakyedu-[0-9a-f]{16}(-kept)?")  # a random name


class Parsed(HTMLParser):
    """A piece of HTML: its elements with their attributes, and the words that a reader finds in it."""

    OURS = "code", "span"  # what is made of backticks, and what keeps MathJax out
    WORDS = "alt", "aria-label", "href"
    DATA = "src", "data-ballot"  # a picture, and a question as JSON, which class.js shows as text

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements, self.words = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.words += "".join(f"{value}\n" for name, value in attributes if name in self.WORDS)
        if tag not in self.OURS:
            random = [("id", value) for name, value in attributes if name == "id" and PLACE.fullmatch(value)]
            values = [
                (name, "" if name in (*self.WORDS, *self.DATA) or (name, value) in random else value)
                for name, value in attributes
            ]
            self.elements.append((tag, values))
        elif attributes not in ([], [("class", "mathjax_ignore")], [("role", "status")]):
            self.elements.append((tag, attributes))

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        self.elements.append(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment


def pages_of(thing: object) -> list[str]:
    """Return all HTML of something that is displayed, that of what is alive in it, too."""
    if isinstance(thing, widgets.Widget):
        return html_of([thing])
    bundle = thing if isinstance(thing, dict) else thing._repr_mimebundle_()
    json.dumps(bundle, ensure_ascii=False).encode()  # as Jupyter sends it; half a character cannot be sent
    view = bundle.get(WIDGET_VIEW)
    root = [_instances[view["model_id"]]] if view else []
    # None is left of what was shown again: the later one has closed it.
    root += [w for w in _instances.values() if isinstance(w, Live) and f'id="{w.place}"' in str(bundle)]
    return [*(bundle[mime] for mime in bundle if mime == "text/html"), *html_of(root)]


def html_of(some: list) -> list[str]:
    pages = []
    for widget in some:
        json.dumps(widget.get_state(), ensure_ascii=False, default=str).encode()
        pages += [widget.value] if isinstance(widget, widgets.HTML) else []
        pages += [*widget.words.values(), widget.picture, widget.asleep] if isinstance(widget, Live) else []
        pages += html_of(getattr(widget, "children", ()))
    return pages


@pytest.fixture
def parsed(monkeypatch):
    """Return a function that shows a text in a place; it returns what a browser would be given, read."""
    displayed = []

    def display(thing: object, **_) -> None:
        try:
            thing._ipython_display_()  # as IPython does: it shows parts of itself
        except (AttributeError, NotImplementedError):
            displayed.append(thing)

    for where in (IPython.display, vote, live, opening):
        monkeypatch.setattr(where, "display", display)

    def show(where: str, words: str) -> Parsed:
        displayed.clear()
        PLACES[where](words)
        assert displayed
        # Not before now: a measurement says how it ended when its box is there.
        return Parsed("\n".join(page for thing in displayed for page in pages_of(thing)))

    yield show
    widgets.Widget.close_all()


def beginning(words: str) -> str:
    """Return what must be seen of a text where it is cut short; its quotes may become those of Python."""
    return without_quotes(printable(words.strip().splitlines()[0]))[:20]


def without_quotes(words: str) -> str:
    return re.sub("[`'\"]", "", words).lower()


# What says a fixed sentence to whatever text it gets, or shows it in the browser's own controls alone.
SILENT = {"a verdict on a typed formula", "two answers", "fields and buttons"}


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACES)
def test_no_hostile_text_adds_an_element_or_an_attribute_to_a_page(parsed, where):
    harmless = parsed(where, HARMLESS)

    found = {what: parsed(where, words) for what, words in TEXTS.items()}

    print(f"{where}: {len(found)} texts, {len(harmless.elements)} elements each")
    assert {what: page.elements for what, page in found.items() if page.elements != harmless.elements} == {}
    if where not in SILENT:
        unseen = [
            what
            for what, page in found.items()
            if beginning(TEXTS[what]) not in (words := without_quotes(page.words))
            and beginning(repr(TEXTS[what])) not in words
        ]
        assert unseen == []


def test_there_are_places_and_texts():
    assert len(PLACES) >= 25
    assert len(TEXTS) >= 30
    print(f"{len(PLACES)} places x {len(TEXTS)} texts = {len(list(each()))}")


def test_a_page_with_a_hostile_text_that_became_html_is_seen():
    assert Parsed(f"<p>{IMAGE}</p>").elements != Parsed(f"<p>{HARMLESS}</p>").elements
    assert Parsed('<img alt="" onerror="ran++" x="">').elements != Parsed('<img alt="words">').elements


# -- The functions themselves ----------------------------------------------------------------------


def test_text_is_escaped_once_and_html_stays():
    once = text('a < "b" & c')

    assert once == "a &lt; &quot;b&quot; &amp; c"
    assert text(once) is once
    assert join("<", element("b", "<"), Html("<br>")) == "&lt;<b>&lt;</b><br>"


def test_what_is_put_together_otherwise_is_text_again():
    assert element("p", element("b") + IMAGE) == "<p>&lt;b&gt;&lt;/b&gt;&lt;img src=x onerror=ran++&gt;</p>"


def test_an_element_has_its_attributes_in_order_and_escaped():
    made = element("img", alt='"a" <b>', aria_label="$", style=None, hidden=True)

    assert made == '<img alt="&quot;a&quot; &lt;b&gt;" aria-label="$" hidden>'


def test_what_stands_in_backticks_is_code_and_an_odd_one_is_a_backtick():
    assert inline('Use `a < b`, "not" `x') == 'Use <code>a &lt; b</code>, "not" `x'


def test_a_formula_in_a_text_is_kept_from_mathjax():
    assert text("$x$") == '<span class="mathjax_ignore">$x$</span>'
    assert text(r"\(x\)") == r'<span class="mathjax_ignore">\(x\)</span>'


@pytest.mark.parametrize("unseen", ["\x00", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\udc80"])
def test_what_cannot_be_seen_stands_as_python_writes_it(unseen):
    assert printable(f"a{unseen}b\n\tc") == f"a{ascii(unseen)[1:-1]}b\n\tc"


def test_what_can_be_seen_stays():
    assert printable("τ é 家 👩‍🔬 نیم‌فاصله א") == "τ é 家 👩‍🔬 نیم‌فاصله א"


@pytest.mark.parametrize("file", [*TEXTS.values(), "//elsewhere/x", "../x", "x?y#z"])
def test_the_name_of_a_file_leads_to_no_other_place(file):
    assert re.fullmatch(r"[\w.~%-]*", address_of(file), re.ASCII)


def test_the_name_of_a_lesson_is_its_address():
    assert address_of("04_one_euler_step.ipynb") == "04_one_euler_step.ipynb"


# -- In front of a class ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", [words for words in TEXTS.values() if "\n" not in words])
def test_the_title_of_a_notebook_is_no_markdown_for_a_class(words):
    opening = {"cell_type": "markdown", "source": [f"# {words}"]}
    begin = {"cell_type": "code", "id": "b", "metadata": {}, "source": ["x = 1"]}
    drawn = begin | {"source": ["plotting.show(*figures.one())"]}
    lab = {"cell_type": "code", "id": "a", "metadata": {"tags": ["lab"]}, "source": ["lab.show()"]}
    lesson = {"cells": [opening | {"id": "c", "metadata": {}}, begin, drawn, lab], "metadata": {}}

    shown = demo.on_a_wall(lesson, "Where?")

    assert [cell["cell_type"] for cell in shown["cells"]] == ["code"] * 3
    assert f"opening({printable(words)!r}, 'Where?'" in shown["cells"][1]["source"]
    assert shown["metadata"]["title"] == printable(words)


@pytest.mark.parametrize("words", [words for words in TEXTS.values() if "\n" not in words])
def test_the_menu_of_the_demonstration_shows_titles_and_names_as_they_are(words):
    import jinja2

    pages = jinja2.Environment(loader=jinja2.FileSystemLoader(demo.PAGE), autoescape=True)
    harmless, shown = (
        Parsed(pages.get_template("menu.html").render(lessons=[demo.Shown(1, printable(x), f"01_{x}.ipynb")]))
        for x in (HARMLESS, words)
    )

    assert shown.elements == harmless.elements
    assert printable(words) in shown.words


# -- One place -------------------------------------------------------------------------------------

TAG = re.compile(r"(?<!\(\?P)</?[a-zA-Z][\w-]*(\s[^<>]*)?/?>|<!--")  # a group of a regular expression is none
# (file, the tag) that is allowed all the same, each with its reason.
TAGS = {
    ("teaching/formula", "<number>"),  # the name of what Python parses
    ("app/own_site", "</script>"),  # one step of its own, of no word from outside
    ("app/demo", "<meta"),  # it holds the server's own address, of which address_of leaves letters alone
    # What Sphinx and its theme leave without a name or a key, by texts that are fixed.
    *(
        ("app/site/build", tag)
        for tag in (
            "<a",
            "</a>",
            "<aside",
            "<div",
            "<h1>",
            "<nav",
            "</nav>",
            "<pre",
            "<pre>",
            "<summary",
            "<summary>",
            "<td>",
            "<th",
        )
    ),
    *(("app/site/conf", tag) for tag in ("<div", "</div>")),  # around a formula of our own docstrings
    # Around what markup.py has made, and with names of our own tasks alone.
    *(
        ("app/site/pages", tag)
        for tag in ("<details", "</details>", "<div", "</div>", "<figure", "<figure>", "<summary>")
    ),
}
# What runs or reads HTML, or would make the page read a text for more than that.
OTHER_WAYS = re.compile(
    r"HTMLMath|allow_html|(?:Markdown|Javascript|Latex)\(|text/(?:markdown|latex)|[^_]_repr_(?!mimeb)"
)
IN_A_PAGE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|setHTML"
)


def literals(tree: ast.AST) -> list[str]:
    """Return the texts in a file's code, but no docstring."""
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said
    ]


@pytest.mark.parametrize("name", [name for name in FILES if name != "teaching/markup"])
def test_no_other_file_writes_html_or_escapes(name):
    source = FILES[name].read_text(encoding="utf-8")

    tags = {(name, found[0].split()[0]) for words in literals(TREES[name]) if (found := TAG.search(words))}
    assert tags - TAGS == set()
    assert not re.search(r"^\s*(import html\b|from html\b|from markupsafe|from xml)", source, re.M)
    assert OTHER_WAYS.findall(source) == []


SCRIPTS = sorted(Path(markup.__file__).parents[1].rglob("*.js"))
# The words of the kernel, which markup has made, become HTML in one place.
SHOWN = "function show(element, html) {\n  element.innerHTML = html;\n}\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_ours_writes_html(script):
    source = script.read_text(encoding="utf-8")

    assert IN_A_PAGE.findall(source.replace(SHOWN, "", 1)) == []


def test_the_scripts_and_the_files_are_found():
    names = {"class.js", "curve.js", "demo.js", "live.js", "phone.js", "teacher.js", "votes.js"}
    assert {script.name for script in SCRIPTS} == names
    assert {"teaching/page", "teaching/lab", "teaching/figure", "app/demo"} <= set(FILES)
    assert all(map(TAG.search, ["<b>", '<img src="x">', "</p>", "<br/>", "<!-- x"]))
    assert not TAG.search("1 <2 and 4 > 3")
