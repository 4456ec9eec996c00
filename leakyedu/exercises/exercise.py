"""The machinery of exercises: an answer comes in, a sentence that names the mistake goes out.

An exercise is a question, a kind of answer, hints and a solution. Only ``...`` means "not tried
yet". A check never raises, says the same about the same answer, and never gives the answer away.
"""

import html
import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from leakyedu.exercises.kinds import NOT_TRIED, Choice, Function, Number, Order, Points, Witness


@dataclass(frozen=True)
class Feedback:
    """Words for the learner: text in a terminal, HTML on a page.

    Attributes:
        text: the words; `code` stands in backticks.
        code: lines of Python below them, or nothing.
    """

    text: str
    code: str = ""

    def __repr__(self) -> str:
        return "\n\n".join(filter(None, [self.text, self.code]))

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": _to_html(self)}


@dataclass(frozen=True, repr=False)
class Verdict(Feedback):
    """What a check says of an answer.

    Attributes:
        passed: whether the answer is right.
    """

    passed: bool = False
    exercise: "Exercise | None" = field(default=None, compare=False)

    def _repr_mimebundle_(self, **_) -> dict[str, Any]:
        bundle = {"text/plain": repr(self), "text/html": _to_html(self)}
        if self.passed or self.exercise is None or not self.exercise.hints:
            return bundle
        return _with_buttons(self, self.exercise)._repr_mimebundle_() | bundle


class Exercise:
    """A task with feedback.

    Args:
        question: what is asked.
        kind: what kind of answer it wants, and which one is right.
        hints: a nudge, the method, almost the code.
        solution: words that lead to the answer; the code of a function follows by itself.
    """

    def __init__(
        self,
        question: str,
        kind: Number | Choice | Order | Function | Witness,
        hints: Sequence[str],
        solution: str,
    ) -> None:
        self.question, self.kind, self.hints = question, kind, tuple(hints)
        self._solution = solution
        self._hints_given = 0
        self._passed: list = []

    def check(self, answer: Any = ..., *rest: Any) -> Verdict:
        """Say whether an answer is right and, if not, which mistake it makes. Never raises."""
        try:
            return self._check(answer, *rest)
        except Exception as error:
            # An answer may be any object, and each look at it may fail in a way of its own.
            return Verdict(
                f"Not yet. Your answer cannot be looked at: {type(error).__name__}.", exercise=self
            )

    def _check(self, answer: Any, *rest: Any) -> Verdict:
        if rest:
            return Verdict(_one_answer(answer, *rest), exercise=self)
        if answer is ...:
            return Verdict(NOT_TRIED, exercise=self)
        if answer is None:
            text = f"Not yet. This wants {self.kind.expected()}, and got None: what a function without `return` gives."
            return Verdict(text, exercise=self)
        passed, text = self.kind.try_out(answer)
        if text == NOT_TRIED:
            return Verdict(text, exercise=self)
        if passed:
            self._passed = [answer]
        return Verdict(f"{'Right' if passed else 'Not yet'}. {text}", passed=passed, exercise=self)

    def hint(self) -> Feedback:
        """Give the next hint: first a nudge, then the method, then almost the code."""
        number = min(self._hints_given, len(self.hints) - 1)
        self._hints_given = number + 1
        last = "; after it comes `solution()`" if number + 1 == len(self.hints) else ""
        text, _, code = self.hints[number].partition("\n\n")
        return Feedback(f"Hint {number + 1} of {len(self.hints)}{last}. {text}", code)

    def solution(self) -> Feedback:
        """Give the solution, and say that it is one."""
        code = inspect.getsource(self.kind.right) if isinstance(self.kind, Function) else ""
        return Feedback(f"This is the solution, not a hint. {self._solution}", code)

    def answer(self) -> Any:
        """Return the learner's answer once it has passed, else the reference; print which."""
        if self._passed:
            print("Going on with your own answer.")
            return self._passed[0]
        print("Going on with the reference: your own answer has not passed yet.")
        return self.kind.right


class Prediction:
    """What the learner expects, kept before the answer is shown.

    Args:
        question: what is asked.
        kind: a number, a choice or points; its right answer is what happens.
    """

    def __init__(self, question: str, kind: Number | Choice | Points) -> None:
        self.question, self.kind = question, kind
        self.prediction: float | str | tuple | None = None

    def predict(self, answer: Any = ..., *rest: Any) -> Feedback:
        """Keep a prediction in place of an earlier one; ``...`` skips it."""
        self.prediction = None
        if rest:
            return Feedback(f"Not kept. {_one_answer(answer, *rest)}")
        if answer is ...:
            return Feedback(
                f"No prediction yet: replace `...` by {self.kind.expected()}. You may skip it and go on."
            )
        prediction, complaint = self.kind.read(answer)
        if prediction is None:
            return Feedback(f"Not kept. {complaint}")
        self.prediction = prediction
        return Feedback(f"Kept: you predict {self.kind.show(prediction)}.")

    def compare(self) -> Feedback:
        """Hold the prediction against what happens."""
        if self.prediction is None:
            return Feedback(f"You made no prediction. {self.kind.tell()}")
        return Feedback(self.kind.compare(self.prediction))


class Recall:
    """Some short questions at the end of a lesson.

    Args:
        questions: pairs of a question and its options.
    """

    def __init__(self, *questions: tuple[str, Choice]) -> None:
        self.questions = questions

    def check(self, number: int = 0, answer: Any = ...) -> Verdict:
        """Say something to an answer: ``recall.check(2, "b")``. Questions count from 1."""
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(self.questions):
            return Verdict(f"There are questions 1 to {len(self.questions)}; `{number!r}` is none of them.")
        if answer is ...:
            return Verdict(NOT_TRIED)
        passed, text = self.questions[number - 1][1].try_out(answer)
        return Verdict(f"{'Right' if passed else 'Not yet'}. {text}", passed=passed)

    def show(self) -> None:
        """Display the questions, to be answered on the page or by :meth:`check`."""
        texts = []
        for number, (question, choice) in enumerate(self.questions, start=1):
            options = "\n".join(f"   ({key}) {words}" for key, words in choice.options.items())
            texts.append(f"{number}. {question}\n{options}")
        text = "\n".join([*texts, 'Answer in the page, or in code: recall.check(1, "a")'])
        static = f'<pre style="white-space:pre-wrap">{html.escape(text)}</pre>'
        rows = [self._row(number) for number in range(1, len(self.questions) + 1)]
        page = widgets.VBox(rows)._repr_mimebundle_()
        display(page | {"text/plain": text, "text/html": static}, raw=True)

    def _row(self, number: int) -> widgets.Widget:
        question, choice = self.questions[number - 1]
        buttons = widgets.RadioButtons(
            options=[(f"({key}) {words}", key) for key, words in choice.options.items()],
            index=None,
            description=f"Answer {number}",
            layout=widgets.Layout(width="auto"),
        )
        words = widgets.HTML()

        def respond(change: dict) -> None:
            verdict = self.check(number, change["new"])
            words.value = _to_html(verdict)

        buttons.observe(respond, names="value")
        return widgets.VBox([widgets.HTML(f"<b>{number}.</b> {_inline(question)}"), buttons, words])


def _with_buttons(verdict: Verdict, exercise: Exercise) -> widgets.Widget:
    """Return a verdict with the buttons that lead on."""
    words, more = widgets.HTML(_to_html(verdict)), widgets.HTML()
    buttons = []
    for name, action in (("Hint", exercise.hint), ("Solution", exercise.solution)):
        button = widgets.Button(description=name)

        def respond(_, action=action) -> None:
            more.value = _to_html(action())

        button.on_click(respond)
        buttons.append(button)
    return widgets.VBox([words, widgets.HBox(buttons), more])


def _one_answer(*answers: Any) -> str:
    """Say that several answers came where one is wanted: often the two halves of a decimal comma."""
    listed = ", ".join(map(repr, answers))
    if len(answers) == 2 and all(type(x) is int for x in answers) and answers[1] >= 0:
        return f"`{listed}` are two numbers. Write a decimal point: `{answers[0]}.{answers[1]}`."
    return f"This wants one answer, and got {len(answers)}. Several belong into brackets or into one text."


def _to_html(feedback: Feedback) -> str:
    """Return words as HTML; a bar repeats in colour what the words say."""
    judged = isinstance(feedback, Verdict) and feedback.text != NOT_TRIED
    color = ("#0072B2" if feedback.passed else "#D55E00") if judged else "#737373"
    code = f"<pre><code>{html.escape(feedback.code)}</code></pre>" if feedback.code else ""
    return (
        f'<div role="status" style="border-left:4px solid {color};padding:2px 0 2px 10px;line-height:1.5">'
        f"{_inline(feedback.text)}{code}</div>"
    )


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
