"""The machinery of exercises: an answer comes in, a sentence that names the mistake goes out.

An exercise is a question, a kind of answer, hints and a solution. Only ``...`` means "not tried
yet". A check never raises, says the same about the same answer, and never gives the answer away.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython.display import display

from leakyedu.exercises.kinds import (
    NOT_TRIED,
    Choice,
    Function,
    Number,
    Order,
    Points,
    Trial,
    Witness,
)
from leakyedu.exercises.page import inline, live, options, to_html

if TYPE_CHECKING:
    from leakyedu.exercises.expression import Expression


@dataclass(frozen=True)
class Feedback:
    """Words for the learner: text in a terminal, HTML on a page.

    Attributes:
        text: the words; `code` stands in backticks.
        code: lines of Python below them, or nothing.
        asked: what can be answered on a live page.
    """

    text: str
    code: str = ""
    asked: "Exercise | Prediction | None" = field(default=None, compare=False)

    def __repr__(self) -> str:
        return "\n\n".join(filter(None, [self.text, self.code]))

    @property
    def html(self) -> str:
        """The words as HTML."""
        return to_html(self.text, self.code)

    def _repr_mimebundle_(self, **_) -> dict[str, Any]:
        bundle = {"text/plain": repr(self), "text/html": self.html}
        if self.asked is None:
            return bundle
        return self.asked.on_page(self)._repr_mimebundle_() | bundle


@dataclass(frozen=True, repr=False)
class Verdict(Feedback):
    """What a check says of an answer.

    Attributes:
        passed: whether the answer is right.
    """

    passed: bool = False

    @property
    def html(self) -> str:
        """The words as HTML, with a bar that says whether the answer is right."""
        return to_html(self.text, self.code, passed=None if self.text == NOT_TRIED else self.passed)


class Exercise:
    """A task with feedback.

    Args:
        question: what is asked.
        kind: what kind of answer it wants, and which one is right.
        hints: a nudge, the method, almost the code.
        solution: words that lead to the answer; the code of a function and a formula follow by themselves.
    """

    def __init__(
        self,
        question: str,
        kind: "Number | Choice | Order | Function | Witness | Expression",
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
            passed, text, kept = self._look_at(answer, *rest)
        except Exception as error:
            # An answer may be any object, and each look at it may fail in a way of its own.
            passed, text, kept = False, f"Your answer cannot be looked at: {type(error).__name__}.", None
        if passed:
            self._passed = [answer if kept is None else kept]
            return Verdict(f"Right. {text}", passed=True)
        return Verdict(text if text == NOT_TRIED else f"Not yet. {text}", asked=self)

    def _look_at(self, answer: Any, *rest: Any) -> Trial:
        if rest:
            return Trial(False, _one_answer(answer, *rest))
        if answer is ...:
            return Trial(False, NOT_TRIED)
        if answer is None:
            expected = self.kind.expected()
            return Trial(
                False, f"This wants {expected}, and got None: what a function without `return` gives."
            )
        return self.kind.try_out(answer)

    def on_page(self, said: Feedback) -> widgets.Widget:
        """Return the words with a field for the answer, if it fits into one, and buttons that lead on."""
        actions = {"Hint": lambda: self.hint().html, "Solution": lambda: self.solution().html}
        return live(said.html, self.kind, lambda given: self.check(given).html, actions)

    def hint(self, number: int | None = None) -> Feedback:
        """Give the next hint: first a nudge, then the method, then almost the code; or one by its number."""
        last = len(self.hints)
        if number is not None and number not in range(1, last + 1):
            return Feedback(f"There are hints 1 to {last}; `{number!r}` is none of them.")
        if number is None:
            number = self._hints_given = min(self._hints_given + 1, last)
        more = "; after it comes `solution()`" if number == last else ""
        text, _, code = self.hints[number - 1].partition("\n\n")
        return Feedback(f"Hint {number} of {last}{more}. {text}", code)

    def solution(self) -> Feedback:
        """Give the solution, and say that it is one."""
        code = self.kind.code() if hasattr(self.kind, "code") else ""
        return Feedback(f"This is the solution, not a hint. {self._solution}", code)

    def answer(self) -> Any:
        """Return the learner's answer once it has passed, else the reference; print which.

        A formula comes as a sympy expression in the symbols of the reference, also where it was typed.
        """
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
            text = f"No prediction yet: replace `...` by {self.kind.expected()}. You may skip it and go on."
            return Feedback(text, asked=self)
        prediction, complaint = self.kind.read(answer)
        if prediction is None:
            return Feedback(f"Not kept. {complaint}")
        self.prediction = prediction
        return Feedback(f"Kept: you predict {self.kind.show(prediction)}.")

    def on_page(self, said: Feedback) -> widgets.Widget:
        """Return the words with a field for the prediction."""
        return live(said.html, self.kind, lambda given: self.predict(given).html)

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
        passed, text, _ = self.questions[number - 1][1].try_out(answer)
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
        buttons, words = options(choice, f"Answer {number}"), widgets.HTML()

        def respond(change: dict) -> None:
            words.value = self.check(number, change["new"]).html

        buttons.observe(respond, names="value")
        return widgets.VBox([widgets.HTML(f"<b>{number}.</b> {inline(question)}"), buttons, words])


def _one_answer(*answers: Any) -> str:
    """Say that several answers came where one is wanted: often the two halves of a decimal comma."""
    listed = ", ".join(map(repr, answers))
    if len(answers) == 2 and all(type(x) is int for x in answers) and answers[1] >= 0:
        return f"`{listed}` are two numbers. Write a decimal point: `{answers[0]}.{answers[1]}`."
    return f"This wants one answer, and got {len(answers)}. Several belong into brackets or into one text."
