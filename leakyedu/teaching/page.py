"""What a live page adds to words: a field or options to answer in, and buttons that lead on."""

from collections.abc import Callable, Mapping
from typing import Any

from leakyedu.teaching.kinds import Choice, Points
from leakyedu.teaching.live import Live
from leakyedu.teaching.markup import Html, element, inline, join, printable

BAR = {None: "#737373", True: "#0072B2", False: "#D55E00"}  # it repeats in colour what the words say
Bundle = dict[str, str]


def to_html(text: str, code: str = "", *, passed: bool | None = None) -> Html:
    """Return words as HTML.

    Args:
        text: the words; `code` stands in backticks.
        code: lines of Python below them.
        passed: what they say of an answer; None where they judge none.
    """
    lines = element("pre", element("code", code)) if code else ""
    bar = f"border-left:4px solid {BAR[passed]};padding:2px 0 2px 10px;line-height:1.5"
    return element("div", inline(text), lines, role="status", style=bar)


def answerable(
    said: Bundle,
    kind: Any,
    respond: Callable[[Any], Bundle],
    actions: Mapping[str, Callable[[], Bundle]] | None = None,
    *,
    typed: str = "",
) -> Live:
    """Return words with what a learner can do next, all of it by keyboard.

    Args:
        said: what is said, as text and as HTML.
        kind: the kind of answer that is wanted; some need a cell, and get no field.
        respond: what to say to an answer; its words take the place of the first ones.
        actions: name of a button -> what to say below when it is pressed.
        typed: what was answered before.
    """
    actions, bundles = actions or {}, {"said": said}

    def heard(message: dict) -> None:
        if "answer" in message:
            given = message["answer"]
            say("said", respond(given if isinstance(kind, Choice) else kind.parse(given)))
            live.typed = {"answer": given}
        elif message.get("press") in actions:
            say("below", actions[message["press"]]())
        live.keep()

    def say(where: str, bundle: Bundle) -> None:
        bundles[where] = bundle
        live.say(**{where: bundle["text/html"]})

    def kept() -> Bundle:
        text, html = ([bundle[mime] for bundle in bundles.values()] for mime in said)
        return {"text/plain": "\n\n".join(text), "text/html": join(*html)}

    rows, does = [{"kind": "words", "name": "said"}], []
    if isinstance(kind, Choice):
        rows.append(options(kind, "answer", "Answer"))
        does.append("answer")
    elif hasattr(kind, "parse"):
        if isinstance(kind, Points):
            rows.append(curve(kind, "answer"))
        rows.append({"kind": "field", "name": "answer", "wants": kind.expected().replace("`", "")})
        does.append("answer")
    if actions:
        buttons = [{"kind": "button", "name": name} for name in actions]
        rows += [buttons, {"kind": "words", "name": "below"}]
        does.append("ask for a hint")
    asleep = f"To {' or '.join(does)} here, run the first code cell, then this one."
    state = {"words": {"said": said["text/html"]}, "typed": {"answer": typed}}
    live = Live(*rows, respond=heard, kept=kept, asleep=asleep, **state)
    return live


def curve(points: Points, name: str) -> dict:
    """Return the row in which a curve is drawn; what is drawn stands in the field of that name, too."""
    drawn = {"at": points.at, "names": points.names, "axis": points.axis, "start": points.start}
    return {"kind": "curve", "name": name, "value": points.name, "unit": points.unit, **drawn}


def options(choice: Choice, name: str, label: str) -> dict:
    """Return the row of a choice, whose answer is a letter."""
    words = [[key, printable(choice.show(key))] for key in choice.options]
    return {"kind": "options", "name": name, "label": label, "options": words}
