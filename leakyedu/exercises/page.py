"""What a live page adds to words: a field or options to answer in, and buttons that lead on."""

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import traitlets
from anywidget import AnyWidget

from leakyedu.exercises.kinds import Choice

_HERE = Path(__file__).parent

BAR = {None: "#737373", True: "#0072B2", False: "#D55E00"}  # it repeats in colour what the words say


class Field(AnyWidget):
    """A field for an answer. Each answer is a message, ``{"answer": text}``.

    Attributes:
        wants: what to give, in words.
    """

    _esm = _HERE / "field.js"
    _css = _HERE / "field.css"
    wants = traitlets.Unicode().tag(sync=True)


def to_html(text: str, code: str = "", *, passed: bool | None = None) -> str:
    """Return words as HTML.

    Args:
        text: the words; `code` stands in backticks.
        code: lines of Python below them.
        passed: what they say of an answer; None where they judge none.
    """
    lines = f"<pre><code>{html.escape(code)}</code></pre>" if code else ""
    return (
        f'<div role="status" style="border-left:4px solid {BAR[passed]};padding:2px 0 2px 10px;line-height:1.5">'
        f"{inline(text)}{lines}</div>"
    )


def inline(text: str) -> str:
    """Return one paragraph as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def live(
    words: str,
    kind: Any = None,
    respond: Callable[[Any], str] | None = None,
    actions: Mapping[str, Callable[[], str]] | None = None,
) -> widgets.Widget:
    """Return words with what a learner can do next, all of it by keyboard.

    Args:
        words: HTML.
        kind: the kind of answer that can be given here; None if it needs a cell.
        respond: what to say to an answer; its words take the place of ``words``.
        actions: name of a button -> what to say below when it is pressed.
    """
    said, below = widgets.HTML(words), widgets.HTML()
    rows = [said]
    if respond is not None and (field := _field(kind)) is not None:
        widget, listen = field

        def answer(given: Any) -> None:
            said.value = respond(given)

        listen(answer)
        rows.append(widget)
    buttons = []
    for name, act in (actions or {}).items():
        button = widgets.Button(description=name)

        def press(_, act=act) -> None:
            below.value = act()

        button.on_click(press)
        buttons.append(button)
    if buttons:
        rows += [widgets.HBox(buttons), below]
    return widgets.VBox(rows)


def options(choice: Choice, name: str) -> widgets.RadioButtons:
    """Return the options of a choice, none of them chosen; their value is a letter."""
    return widgets.RadioButtons(
        options=[(choice.show(key), key) for key in choice.options],
        index=None,
        description=name,
        layout=widgets.Layout(width="auto"),
    )


def _field(kind: Any) -> tuple[widgets.Widget, Callable[[Callable[[Any], None]], None]] | None:
    """Return a widget to answer in, and how to listen to it; None for an answer that needs a cell."""
    if isinstance(kind, Choice):
        menu = options(kind, "Answer")
        return menu, lambda answer: menu.observe(lambda change: answer(change["new"]), names="value")
    if not hasattr(kind, "parse"):
        return None
    field = Field(wants=kind.expected().replace("`", ""))

    def listen(answer: Callable[[Any], None]) -> None:
        field.on_msg(lambda _, content, __: answer(kind.parse(content["answer"])))

    return field, listen
