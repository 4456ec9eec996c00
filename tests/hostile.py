"""Texts that would run as code on a page where they became HTML, and each place of ours that shows a text.

``ran`` is a number of the page; each text adds 1 to it if a page runs it. tests/teaching/test_markup.py
reads what the places make of the texts, tests/browser/test_hostile_in_browser.py shows it in JupyterLab.
"""

import json
from collections.abc import Callable, Iterator

import IPython.display
import sympy
import torch
from matplotlib.figure import Figure

from leakyedu.app import course_map
from leakyedu.lessons.one_euler_step import exercises as one_euler_step
from leakyedu.teaching import plotting, progress
from leakyedu.teaching.exercise import Exercise, Feedback, Prediction, Recall
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Order
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider, _Panel
from leakyedu.teaching.markup import Html, printable
from leakyedu.teaching.opening import opening
from leakyedu.teaching.page import answerable
from leakyedu.teaching.vote import vote
from leakyedu.teaching.wall import present

IMAGE = "<img src=x onerror=ran++>"
TEXTS = {
    "an image": IMAGE,
    "a script": "<script>ran++</script>",
    "a picture": "<svg onload=ran++>",
    "a frame": '<iframe srcdoc="<script>parent.ran++</script>">',
    "a link": '<a href="javascript:ran++">x</a>',
    "an address": "javascript:ran++",
    "another machine": "//127.0.0.2/x",
    "a focus": "<input autofocus onfocus=ran++>",
    "a style": "<style>@import 'javascript:ran++'</style>",
    "the end of an attribute": '" onerror="ran++" onload="ran++" x="',
    "the end of another": "' onerror='ran++' autofocus onfocus='ran++",
    "the end of an element": f"</code></pre></p></div></td>{IMAGE}",
    "the end of a page": f"</title></script></style>{IMAGE}",
    "a comment": f"<!-->{IMAGE}-->",
    "in backticks": f"`{IMAGE}`",
    "across backticks": '`<img x="`" src=x onerror=ran++>`',
    "emphasis": f"**{IMAGE}** __{IMAGE}__",
    "entities": "&lt;img src=x onerror=ran++&gt;",
    "numbers": "&#60;img src=x onerror=ran++&#62;",
    "Markdown": '[x](javascript:ran++) ![x](x"onerror="ran++)',
    "a formula": r"$\href{javascript:ran++}{x}$",
    "a formula in brackets": r"\(\href{javascript:ran++}{x}\)",
    "a displayed formula": r"$$\href{javascript:ran++}{x}$$",
    "an environment": r"\begin{align}\href{javascript:ran++}{x}\end{align}",
    "a template": "{{ran}} {0.__class__} ${ran} %s %(x)s",
    "lines": f"x\n\n{IMAGE}\n\n    x",
    "a zero": "<\x00img src=x onerror=ran++>",
    "half a character": f"\ud800{IMAGE}",
    "a byte": f"\udc80{IMAGE}",
    "from right to left": f"\u202e{IMAGE}\u2066",
    "a terminal": f"\x1b[31m{IMAGE}\x1b]8;;javascript:ran++\x07x",
    "very long": 1_000 * IMAGE,
}
HARMLESS = "words"

PLACES: dict[str, Callable[[str], None]] = {}


def place(show: Callable[[str], None]) -> Callable[[str], None]:
    """Take a function as a place, under its name."""
    PLACES[show.__name__.replace("_", " ")] = show
    return show


def shown(*said: Feedback) -> None:
    for words in said:
        IPython.display.display(words)


# -- What is said of an answer ---------------------------------------------------------------------


def exercise(kind: object, text: str = "") -> Exercise:
    return Exercise(text, kind, hints=(f"{text}\n\n{text}", text, text), solution=text)


def choice(text: str) -> Choice:
    return Choice("b", {"a": text, "b": text}, {"a": text, "b": text})


@place
def a_verdict_on_a_letter(text):
    shown(exercise(choice("")).check(text))


@place
def a_verdict_on_an_order(text):
    shown(exercise(Order("BA", {"A": "", "B": ""}, {}, "")).check(text))


@place
def a_verdict_on_a_number(text):
    shown(exercise(Number(1.0, "V", 0.1)).check(text))


@place
def a_verdict_on_a_formula(text):
    shown(exercise(Expression(sympy.Symbol("t"), {"t": (0, 1)})).check(sympy.Symbol(text)))


@place
def a_verdict_on_a_typed_formula(text):
    shown(exercise(Expression(sympy.Symbol("t"), {"t": (0, 1)})).check(text))


@place
def the_words_for_a_mistake(text):
    shown(exercise(choice(text)).check("a"))


def doubled(x):
    return 2 * x


FUNCTION = Function(doubled, ("y",), lambda generator: [(torch.rand(3, generator=generator),)])


@place
def the_error_of_an_answer(text):
    def answer(x):
        raise ValueError(text)

    shown(exercise(FUNCTION).check(answer))


@place
def the_arguments_of_an_answer(text):
    class Default:
        def __repr__(self):
            return text

    def answer(x, other, default=Default()):  # noqa: B008
        return x

    shown(exercise(FUNCTION).check(answer))


@place
def the_name_of_a_class(text):
    shown(exercise(FUNCTION).check(type(printable(text), (), {})()))  # Python takes no other name


@place
def two_answers(text):
    shown(exercise(FUNCTION).check(text, text))


@place
def hints_and_a_solution(text):
    asked = exercise(Number(1.0, "V", 0.1), text)
    shown(asked.hint(), asked.hint(text), asked.solution())


@place
def recall(text):
    questions = Recall((text, choice(text)))
    questions.show()
    shown(questions.check(text), questions.check(1, text))


# -- What is kept ----------------------------------------------------------------------------------


@place
def a_prediction(text):
    asked = Prediction(text, choice(text))
    shown(asked.predict(text), asked.predict("a", text), asked.predict("a"), asked.predict(), asked.compare())


def keep(**record: object) -> None:
    """Write a file of progress by hand, as its owner or another program can."""
    records = {"one_euler_step.peak_time": record, "one_euler_step.step": record}
    progress.home().mkdir(parents=True, exist_ok=True)
    (progress.home() / "progress.json").write_text(json.dumps({"schema": 1, "records": records}))
    progress.records(), progress.news()  # what can be said of such a file is said once


@place
def what_is_kept_the_next_day(text):
    keep(prediction=text, passed=text, tries=1)
    shown(course_map.summary(text), course_map.table(), one_euler_step.peak_time.predict())


@place
def the_file_of_an_export(text):
    keep(tries=1)
    shown(course_map.export(f"/absent/{text}"), course_map.restore(text), course_map.forget(text))


@place
def an_exported_line(text):
    shown(Feedback(text, text))


@place
def the_map(text):
    shown(course_map.Table(text, [text], [[text], [(text, text)]], text))


@place
def news(text):
    progress._news.append(text)
    shown(Feedback(HARMLESS))
    progress._news.append(text)
    shown(course_map.Table("", [], [], ""))


# -- Figures, labs and votes -----------------------------------------------------------------------


@place
def a_figure(text):
    plotting.show(Figure(figsize=(0.1, 0.1)), f"{text} peaks at 0.25 V after 6.9 ms.")


@place
def a_sound(text):
    plotting.sound(torch.arange(100.0), 1000, text, above=1)


def small_lab(text: str, view: Callable[..., str], **more) -> Lab:
    controls = {"x": Slider(text, 0, 1, 1, 0, plays=True), "y": Menu(text, (text, HARMLESS), text)}
    return Lab(view, presets=(Preset(text, text, {}),), **controls, **more)


@place
def a_lab(text):
    small_lab(printable(text), lambda axes, **_: text).show()


@place
def a_lab_that_cannot_be_drawn(text):
    def view(axes, **_):
        raise ValueError(text)

    small_lab(printable(text), view).show()


@place
def a_lab_before_a_class(text):
    def view(axes, **_):
        raise ValueError(text)

    present(text, small_lab(printable(text), view).show)()


@place
def a_measurement_that_fails(text):
    def work():
        yield 0.0
        raise ValueError(text)

    lab = Lab(lambda axes, **_: "A line of height 1.", work=work, x=Slider("x (V)", 0, 1, 1, 0))
    panel = _Panel(lab, None)
    panel._work.start({}).join()
    panel.show()


@place
def a_measurement_under_way(text):
    lab = Lab(lambda axes, **_: "A line of height 1.", work=lambda: iter(()), x=Slider("x (V)", 0, 1, 1, 0))
    panel = _Panel(lab, None)
    panel._work._say(0.5, text)
    panel.show()


@place
def a_vote(text):
    asked = Prediction(text, choice(printable(text)), given=text)
    vote(text, asked, drawing=Html(), happens=lambda: None)


@place
def an_opening(text):
    opening(text, text, ["v = 1"], Html())


@place
def fields_and_buttons(text):
    seen = printable(text)
    said = {"text/plain": "", "text/html": Html()}
    answerable(said, choice(seen), lambda _: said, {seen: lambda: said}).show("a choice")
    answerable(said, Number(1.0, seen, 0.1), lambda _: said).show("a number")


def each() -> Iterator[tuple[str, str]]:
    """Give each place with each text, by name."""
    return ((where, what) for where in PLACES for what in TEXTS)
