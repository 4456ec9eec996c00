"""A prediction in front of a class: the question on the wall, the vote, and the answer when it is asked for."""

import json
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from leakyedu.teaching.exercise import Prediction
from leakyedu.teaching.kinds import Choice, Points
from leakyedu.teaching.markup import Html, element, inline, join, printable
from leakyedu.teaching.page import curve
from leakyedu.teaching.wall import AGAIN, picture_of


def vote(
    title: str,
    *predictions: Prediction,
    drawing: Html,
    happens: Callable[[], None],
    then: Callable[[], None] = lambda: None,
) -> None:
    """Display questions, each on a screen with a field for what the class voted; a button of the last one answers.

    Args:
        title: what stands above the questions.
        predictions: what is asked.
        drawing: what the questions are about; a curve is drawn in its place.
        happens: shows what happens; the button calls it.
        then: is called afterwards.
    """
    screens = [_screen(title, prediction, drawing) for prediction in predictions]
    button, answer = widgets.Button(description="Show what happens"), widgets.HTML()
    button.add_class("leakyedu-show")
    answer.add_class("leakyedu-answer")
    screens[-1].children += (button, answer)
    box = widgets.VBox(screens)
    box.add_class("leakyedu-vote")

    def press(_) -> None:
        button.disabled = True
        try:
            shown = picture_of(happens)
        except Exception as error:
            # A class goes on: the teacher reads what is wrong, and tells the answer that stands above it.
            shown = element("p", f"What happens cannot be shown: {error}", role="alert")
        answer.value = join(*map(verdict, predictions), shown)
        button.disabled = False
        box.add_class("leakyedu-answered")
        then()

    button.on_click(press)
    display(box)


def _screen(title: str, prediction: Prediction, drawing: Html) -> widgets.VBox:
    """Return one question with all that it takes to answer it."""
    given = join("Given: ", inline(prediction.given)) if prediction.given else ""
    asked = {"class": "leakyedu-asked", "data_ballot": json.dumps(ballot(prediction))}
    parts = {
        "question": widgets.HTML(
            join(
                element("h2", title),
                element("p", inline(prediction.question), **asked),
                element("p", given, **{"class": "leakyedu-given"}),
            )
        ),
        "drawing": widgets.HTML("" if isinstance(prediction.kind, Points) else drawing),
        "voting": prediction.on_page({"text/plain": "", "text/html": ""}),
    }
    parts["voting"].asleep = AGAIN
    for name, part in parts.items():
        part.add_class(f"leakyedu-{name}")
    screen = widgets.VBox(list(parts.values()))
    screen.add_class("leakyedu-screen")
    return screen


def ballot(prediction: Prediction) -> dict[str, Any]:
    """Return what it takes to ask the question elsewhere, as JSON can hold it; its answer is not in it."""
    kind = prediction.kind
    words = {"question": printable(prediction.question), "given": printable(prediction.given)}
    if isinstance(kind, Choice):
        how = {"options": [[key, printable(kind.show(key))] for key in kind.options]}
    elif isinstance(kind, Points):
        how = {"curve": curve(kind, "")}
    else:
        how = {"unit": kind.unit, "wants": kind.expected().replace("`", ""), "between": kind.between}
    return {"id": prediction.record.key, **words, **how}


def verdict(prediction: Prediction) -> Html:
    """Return what is said of a vote: the words of the options first, where what is said has their letters alone."""
    kind, chosen, lines = prediction.kind, prediction.prediction, []
    if isinstance(kind, Choice):
        if chosen not in (None, kind.right):
            lines.append(f"Your vote: {kind.show(chosen)}")
        lines.append(f"It is{', as you voted' * (chosen == kind.right)}: {kind.show(kind.right)}")
    words = [element("p", element("b", line)) for line in lines]
    return element(
        "div", *words, element("p", inline(prediction.tell().text)), **{"class": "leakyedu-verdict"}
    )
