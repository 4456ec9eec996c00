"""Markup: the one place where text becomes HTML.

What a learner wrote, a file held or an error said is text, and stays text: :func:`text` escapes it, and
:func:`element` and :func:`join` do so with every part that is no :class:`Html`.
"""

import html
import re
from urllib.parse import quote as in_address

# What ends a message to the page, or turns the words around it: controls, halves of a character, and the
# overrides of the direction of writing.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_VOID = ("img", "meta")


class Html(str):
    """HTML. Whatever is put together with it by other means than :func:`join` is text again."""

    __slots__ = ()


def printable(words: str) -> str:
    r"""Return words in which each character that cannot be seen stands as Python writes it: ``\x00``."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], words)


def text(words: str, *, quote: bool = True) -> Html:
    """Return words as HTML that shows them as they are; HTML stays.

    Args:
        words: the words.
        quote: whether quotes are escaped, too.
    """
    if isinstance(words, Html):
        return words
    escaped = html.escape(printable(words), quote=quote)
    # Or MathJax would read a formula, which may hold a link.
    return Html(f'<span class="mathjax_ignore">{escaped}</span>' if re.search(r"[$\\]", escaped) else escaped)


def join(*parts: str) -> Html:
    """Return the parts one after the other, each that is no HTML as text."""
    return Html("".join(map(text, parts)))


def element(name: str, /, *parts: str, **attributes: str | bool | None) -> Html:
    """Return an element.

    Args:
        name: its name.
        parts: what stands in it, one after the other, each that is no HTML as text.
        attributes: its attributes, ``aria_label`` for ``aria-label``; None leaves one out.
    """
    given = "".join(
        f" {key.replace('_', '-')}" + ("" if value is True else f'="{html.escape(printable(value))}"')
        for key, value in attributes.items()
        if value is not None
    )
    end = "" if name in _VOID else f"</{name}>"
    return Html(f"<{name}{given}>{join(*parts)}{end}")


def address_of(file: str) -> str:
    """Return the address of a file beside the page: no name leads to another machine or to a script."""
    return in_address(file, safe="", errors="replace")


def inline(words: str) -> Html:
    """Return one paragraph as HTML, with what stands in backticks as code."""
    parts = re.split("`([^`]+)`", words)  # every second one stood in backticks
    return join(
        *(
            element("code", text(part, quote=False)) if n % 2 else text(part, quote=False)
            for n, part in enumerate(parts)
        )
    )
