"""The machinery of exercises: an answer comes in, a sentence that names the mistake goes out.

An exercise is a question, a kind of answer, hints and a solution. Only ``...`` means "not tried
yet". A check never raises, says the same about the same answer, and never gives the answer away.
What the learner does is kept in his progress.
"""

import html
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import torch
from IPython.display import display

from leakyedu import progress
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
from leakyedu.exercises.record import Record

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
        bundle = with_news({"text/plain": repr(self), "text/html": self.html})
        if self.asked is None:
            return bundle
        return self.asked.on_page(bundle["text/html"])._repr_mimebundle_() | bundle


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
        passed = None if self.text == NOT_TRIED else self.passed
        return to_html(self.text, self.code, passed=passed)


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
        self.record = Record(self)

    def check(self, answer: Any = ..., *rest: Any) -> Verdict:
        """Say whether an answer is right and, if not, which mistake it makes. Never raises."""
        trial = _try_out(self.kind, answer, *rest)
        if trial.passed:
            self._passed = [answer if trial.kept is None else trial.kept]
        return _verdict(trial, self.record, asked=self)

    def on_page(self, words: str) -> widgets.Widget:
        """Return words, as HTML, with a field for the answer, if it fits into one, and buttons that lead on."""
        actions = {"Hint": lambda: shown(self.hint()), "Solution": lambda: shown(self.solution())}
        return live(words, self.kind, lambda given: shown(self.check(given)), actions)

    def hint(self, number: int | None = None) -> Feedback:
        """Give the next hint: first a nudge, then the method, then almost the code; or one by its number."""
        last = len(self.hints)
        if number is None:
            number = self._hints_given = min(self._hints_given + 1, last)
        elif (number := _among(last, given := number)) is None:
            return Feedback(f"There are hints 1 to {last}; {_quoted(given)} is none of them.")
        self.record.change(lambda record: record.update(hints=max(number, record.get("hints", 0))))
        more = "; after it comes `solution()`" if number == last else ""
        text, _, code = self.hints[number - 1].partition("\n\n")
        return Feedback(f"Hint {number} of {last}{more}. {text}", code)

    def solution(self) -> Feedback:
        """Give the solution, and say that it is one."""
        self.record.change(lambda record: record.update(solution=True))
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
        self.record = Record(self)

    @property
    def prediction(self) -> float | str | tuple | None:
        """The prediction that was made last, on an earlier day perhaps; None if there is none."""
        return self.last_in(self.record.read())

    def last_in(self, record: dict) -> float | str | tuple | None:
        """Return what a record says was predicted last; None if nothing was."""
        before, after = self.kept_in(record)
        return before if after is None else after

    def kept_in(self, record: dict) -> list[float | str | tuple | None]:
        """Return what a record says was predicted before the answer was shown, and what after it."""
        kept = [record.get(name) for name in ("prediction", "after")]
        # A newer version of the lesson may ask for something else: what it cannot read counts as none.
        return [None if value is None else self.kind.read(value)[0] for value in kept]

    def predict(self, answer: Any = ..., *rest: Any) -> Feedback:
        """Keep a prediction in place of an earlier one; ``...`` skips it. Never raises."""
        try:
            return self._predict(answer, *rest)
        except Exception as error:
            # An answer may be any object, and each look at it may fail in a way of its own.
            return Feedback(f"Not kept. {_cannot_be_looked_at(error)}")

    def _predict(self, answer: Any, *rest: Any) -> Feedback:
        earlier = self.prediction
        if answer is ... and not rest:
            text = f"No prediction yet: replace `...` by {self.kind.expected()}. You may skip it and go on."
            if earlier is not None:
                text = f"Your prediction is kept: {self.kind.show(earlier)}."
            return Feedback(text, asked=self)
        prediction, complaint = (None, _one_answer(answer, *rest)) if rest else self.kind.read(answer)
        if prediction is None:
            stays = "" if earlier is None else f" Your earlier one stays: {self.kind.show(earlier)}."
            return Feedback(f"Not kept. {complaint}{stays}")
        self.record.change(lambda record: _predict(record, prediction))
        before, after = self.kept_in(self.record.read())
        if after is None:
            return Feedback(f"Kept: you predict {self.kind.show(prediction)}.")
        return Feedback(
            f"Kept as made after the answer was shown: {self.kind.show(after)}.{self._before(before)}"
        )

    def _before(self, before: float | str | tuple | None) -> str:
        return "" if before is None else f" Before it was shown, you predicted {self.kind.show(before)}."

    def on_page(self, words: str) -> widgets.Widget:
        """Return words, as HTML, with a field for the prediction."""
        return live(words, self.kind, lambda given: shown(self.predict(given)))

    def compare(self) -> Feedback:
        """Hold the prediction against what happens; from now on the answer counts as shown."""
        record = self.record.read()
        before, after = self.kept_in(record)
        if not record.get("seen"):
            self.record.change(lambda record: record.update(seen=True))
        if after is not None:
            return Feedback(
                f"You predicted {self.kind.show(after)}, after the answer was shown.{self._before(before)} {self.kind.tell()}"
            )
        if before is None:
            return Feedback(f"You made no prediction. {self.kind.tell()}")
        return Feedback(self.kind.compare(before))


class Recall:
    """Some short questions at the end of a lesson.

    Args:
        questions: pairs of a question and its options.
    """

    def __init__(self, *questions: tuple[str, Choice]) -> None:
        self.questions = questions
        self.records = [Record(self, str(number)) for number in range(1, len(questions) + 1)]

    def check(self, number: int = 0, answer: Any = ..., *rest: Any) -> Verdict:
        """Say something to an answer: ``recall.check(2, "b")``. Questions count from 1. Never raises."""
        last = len(self.questions)
        if (number := _among(last, given := number)) is None:
            return Verdict(f"There are questions 1 to {last}; {_quoted(given)} is none of them.")
        return _verdict(
            _try_out(self.questions[number - 1][1], answer, *rest), self.records[number - 1], asked=None
        )

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
            words.value = shown(self.check(number, change["new"]))

        buttons.observe(respond, names="value")
        return widgets.VBox([widgets.HTML(f"<b>{number}.</b> {inline(question)}"), buttons, words])


def _try_out(kind: Any, answer: Any, *rest: Any) -> Trial:
    """Say whether an answer is right, whatever it is."""
    if rest:
        return Trial(False, _one_answer(answer, *rest))
    if answer is ...:
        return Trial(False, NOT_TRIED)
    if answer is None:
        return Trial(
            False, f"This wants {kind.expected()}, and got None: what a function without `return` gives."
        )
    try:
        # Whatever device a notebook has made the default: the cases are few and small.
        with torch.device("cpu"):
            return kind.try_out(answer)
    except Exception as error:
        # An answer may be any object, and each look at it may fail in a way of its own.
        return Trial(False, _cannot_be_looked_at(error))


def _cannot_be_looked_at(error: Exception) -> str:
    return f"Your answer cannot be looked at: {type(error).__name__}."


def _verdict(trial: Trial, record: Record, *, asked: Exercise | None) -> Verdict:
    """Count a try, unless it was none, and return what is said of it."""
    if trial.text == NOT_TRIED:
        return Verdict(NOT_TRIED, asked=asked)
    record.change(lambda kept: _count(kept, trial.passed))
    if trial.passed:
        return Verdict(f"Right. {trial.text}", passed=True)
    return Verdict(f"Not yet. {trial.text}", asked=asked)


def shown(said: Feedback) -> str:
    """Return words as HTML for a page that shows them now."""
    return with_news({"text/html": said.html})["text/html"]


def with_news(bundle: dict[str, str]) -> dict[str, str]:
    """Add to words that are shown now what the learner must hear of his progress, once."""
    if not (news := progress.news()):
        return bundle
    added = {"text/plain": f"\n\n{news}", "text/html": to_html(news)}
    return {kind: words + added[kind] for kind, words in bundle.items()}


def _among(last: int, number: Any) -> int | None:
    """Return a whole number from 1 to the last, of any type; None if it is none of these."""
    try:
        number = 0 if isinstance(number, bool) else operator.index(number)
    except Exception:
        # Any object may come here, and each raises an error of its own.
        return None
    return number if 1 <= number <= last else None


def _quoted(x: Any) -> str:
    try:
        return f"`{repr(x)[:60]}`"
    except Exception:
        # Even that may fail: the digits of a huge number are too many, or it raises an error of its own.
        return "that"


def _count(record: dict, passed: bool) -> None:
    """Count a try, and keep the day of the first right one."""
    record["tries"] = record.get("tries", 0) + 1
    if passed:
        record.setdefault("passed", date.today().isoformat())


def _predict(record: dict, prediction: float | str | tuple) -> None:
    """Keep a prediction in a record; one made after the answer leaves the one before it alone."""
    plain = [list(pair) for pair in prediction] if isinstance(prediction, tuple) else prediction
    if not record.get("seen"):
        record["prediction"] = plain
    else:
        record["after"] = None if plain == record.get("prediction") else plain


def _one_answer(*answers: Any) -> str:
    """Say that several answers came where one is wanted: often the two halves of a decimal comma."""
    words = [_quoted(answer).strip("`") for answer in answers]
    listed = ", ".join(words)
    if len(answers) == 2 and all(type(x) is int and abs(x) < 1e9 for x in answers) and answers[1] >= 0:
        return f"`{listed}` are two numbers. Write a decimal point: `{'.'.join(words)}`."
    return f"This wants one answer, and got {len(answers)}. Several belong into brackets or into one text."
