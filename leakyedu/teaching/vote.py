"""A prediction in front of a class: the question on the wall, the vote, and the answer when it is asked for."""

from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import display

from leakyedu.teaching.exercise import Prediction
from leakyedu.teaching.markup import element, inline
from leakyedu.teaching.wall import Place


def vote(
    title: str,
    *predictions: Prediction,
    happens: Callable[[], None],
    then: Callable[[], None] = lambda: None,
) -> None:
    """Display questions with a field for what the class voted, and a button that shows what happens.

    Args:
        title: what stands above the questions.
        predictions: what is asked.
        happens: displays what happens; the button calls it, and the comparison follows.
        then: is called afterwards.
    """
    rows: list[widgets.Widget] = [widgets.HTML(element("h2", title))]
    for prediction in predictions:
        question = widgets.HTML(element("p", inline(prediction.question)))
        question.add_class("leakyedu-question")
        rows += [question, prediction.on_page({"text/plain": "", "text/html": ""})]
    button, output = widgets.Button(description="Show what happens"), widgets.Output()
    button.add_class("leakyedu-show")
    output.add_class("leakyedu-answer")
    box = widgets.VBox([*rows, button, output])

    def press(_) -> None:
        button.disabled = True
        output.clear_output(wait=True)
        with output:
            Place(title).run(happens)
            for prediction in predictions:
                display(prediction.tell())
        button.disabled = False
        box.add_class("leakyedu-answered")
        then()

    button.on_click(press)
    display(box)
