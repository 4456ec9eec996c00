"""The machinery of exercises: an answer comes in, a sentence that names the mistake goes out.

An exercise is a question, a kind of answer, hints and a solution. Only ``...`` means "not tried
yet". A check never raises, says the same about the same answer, and never gives the answer away.
What the learner does is kept in his progress, and with it an answer that passed, if it fits into a field.
"""

import contextlib
import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from numbers import Real
from typing import TYPE_CHECKING, Any

import torch

from leakyedu.teaching import progress, wall
from leakyedu.teaching.function import Function
from leakyedu.teaching.guard import StoppedError, heal, overwritten, run_guarded
from leakyedu.teaching.kinds import NOT_TRIED, Choice, Number, Order, Points, Trial, Witness
from leakyedu.teaching.live import Live
from leakyedu.teaching.markup import Html, element, inline, join, printable
from leakyedu.teaching.page import Bundle, answerable, options, to_html
from leakyedu.teaching.record import Record

if TYPE_CHECKING:
    from leakyedu.teaching.expression import Expression


@dataclass(frozen=True)
class Feedback:
    """Words for the learner: text in a terminal, HTML on a page.

    Attributes:
        text: the words; `code` stands in backticks.
        code: lines below them, or nothing: of Python, or what a learner's function has printed.
        asked: what can be answered on a live page.
    """

    text: str
    code: str = ""
    asked: "Exercise | Prediction | None" = field(default=None, compare=False)

    def __repr__(self) -> str:
        return printable("\n\n".join(filter(None, [self.text, self.code])))

    @property
    def html(self) -> Html:
        """The words as HTML."""
        return to_html(self.text, self.code)

    def shown(self) -> Bundle:
        """Return the words for a page that shows them now, with news of the learner's progress."""
        return with_news({"text/plain": repr(self), "text/html": self.html})

    def _repr_mimebundle_(self, **_) -> Bundle:
        return self.shown()

    def _ipython_display_(self) -> None:
        if self.asked is None:
            raise NotImplementedError  # words alone: IPython goes on with them
        self.asked.on_page(self.shown()).show(self.asked)


@dataclass(frozen=True, repr=False)
class Verdict(Feedback):
    """What a check says of an answer.

    Attributes:
        passed: whether the answer is right.
        tried: whether there is one.
    """

    passed: bool = False
    tried: bool = True

    @property
    def html(self) -> Html:
        """The words as HTML, with a bar that says whether the answer is right."""
        return to_html(self.text, self.code, passed=self.passed if self.tried else None)


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
        self.record = Record()
        self.mistake = kind.mistake

    def check(self, *answers: Any, **named: Any) -> Verdict:
        """Say whether an answer is right and, if not, which mistake it makes. Never raises.

        Without an answer, the one that has passed stands, on an earlier day perhaps.

        Args:
            answers: the answer, or its numbers where it has several.
            named: these numbers by their names.
        """
        heal()  # before anything that a cell may have overwritten is called
        if not answers and not named and (remembered := self._remembered()) is not None:
            trial, typed = remembered
            return Verdict(f"Right. {trial.text} Your answer is kept: `{typed}`.", asked=self, passed=True)
        answer, complaint = _one(self.kind, answers, named)
        trial = Trial(False, complaint) if complaint else _try_out(self.kind, answer)
        if trial.passed:
            self._passed = [answer if trial.kept is None else trial.kept]
        return _verdict(
            trial, self.kind, self.record, asked=self, typed=_typed(answer) if trial.passed else None
        )

    def on_page(self, words: Bundle) -> Live:
        """Return words with a field for the answer, if it fits into one, and buttons that lead on."""
        actions = {"Hint": lambda: self.hint().shown(), "Solution": lambda: self.solution().shown()}
        typed = self.record.read().get("answer", "")
        return answerable(words, self.kind, lambda given: self.check(given).shown(), actions, typed=typed)

    def _remembered(self) -> tuple[Trial, str] | None:
        """Judge anew the answer that has passed; None if there is none, or it passes no more."""
        typed = self.record.read().get("answer")
        if typed is None or not hasattr(self.kind, "parse"):
            return None
        answer = self.kind.parse(typed)
        trial = _try_out(self.kind, answer)
        if not trial.passed:
            return None
        self._passed = [answer if trial.kept is None else trial.kept]
        return trial, typed

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
        return Feedback(*self.way())

    def way(self) -> tuple[str, str]:
        """Return the words of the solution and the code below them, without counting it as read."""
        code = self.kind.code() if hasattr(self.kind, "code") else ""
        return f"This is the solution, not a hint. {self._solution}", code

    def answer(self) -> Any:
        """Return the learner's answer once it has passed, else the reference; tell him which.

        A formula comes as a sympy expression in the symbols of the reference, also where it was typed.
        """
        heal()
        if self._passed or self._remembered():
            print("Going on with your own answer.")
            return self._passed[0]
        if wall.place() is None:
            why = "your own answer has not passed yet"
            if "passed" in self.record.read():
                why = "run the cell with your own answer again, and then this one, to go on with that"
            print(f"Going on with the reference: {why}.")
        return self.kind.right


class Prediction:
    """What the learner expects, kept before the answer is shown.

    Args:
        question: what is asked.
        kind: a number, a choice or points; its right answer is what happens.
        given: one line of what it takes to answer, and stands in no question; `code` stands in backticks.
    """

    def __init__(self, question: str, kind: Number | Choice | Points, *, given: str = "") -> None:
        self.question, self.kind, self.given = question, kind, given
        self.record = Record()
        self.mistake = kind.mistake
        self._asked_for = False
        self._refused = ""  # what is wrong with the last answer, if it was not kept

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
        return [None if value is None else self.kind.kept(value) for value in kept]

    def predict(self, *answers: Any, **named: Any) -> Feedback:
        """Keep a prediction in place of an earlier one; ``...``, or none, skips it. Never raises.

        Args:
            answers: the prediction, or its numbers where it has several.
            named: these numbers by their names.
        """
        heal()
        self._refused = ""
        try:
            said = self._predict(answers, named)
        except Exception as error:
            # An answer may be any object, and each look at it may fail in a way of its own.
            self._refused = _cannot_be_looked_at(error)
            said = f"Not kept. {self._refused}"
        return Feedback(said, asked=self)

    def _predict(self, answers: tuple, named: dict[str, Any]) -> str:
        earlier = self.prediction
        answer, complaint = _one(self.kind, answers, named)
        if answer is ... and not complaint:
            if earlier is not None:
                return f"Your prediction is kept: {self.kind.show(earlier)}."
            given = f" Given: {self.given}" if self.given else ""
            return f"No prediction yet: {_how_to_answer(self.kind)}. You may skip it and go on.{given}"
        prediction = None
        if not complaint:
            said, error = run_guarded(lambda: self.kind.read(answer))
            prediction, complaint = said or (None, _cannot_be_looked_at(error))
        if prediction is None:
            self._refused = complaint
            stays = "" if earlier is None else f" Your earlier one stays: {self.kind.show(earlier)}."
            return f"Not kept. {complaint}{stays}"
        self.record.change(lambda record: _predict(record, prediction))
        before, after = self.kept_in(self.record.read())
        if after is None:
            return f"Kept: you predict {self.kind.show(prediction)}."
        return f"Kept as made after the answer was shown: {self.kind.show(after)}.{self._before(before)}"

    def _before(self, before: float | str | tuple | None) -> str:
        return "" if before is None else f" Before it was shown, you predicted {self.kind.show(before)}."

    def on_page(self, words: Bundle) -> Live:
        """Return words with a field for the prediction."""
        kept = self.prediction
        typed = _typed([value for _, value in kept] if isinstance(kept, tuple) else kept)
        return answerable(words, self.kind, lambda given: self.predict(given).shown(), typed=typed or "")

    def compare(self) -> Feedback:
        """Hold the prediction against what happens. Without one, ask for it once before that is told."""
        if self.prediction is None and not self._asked_for and not self.record.read().get("seen"):
            self._asked_for = True
            made = (
                f"{self._not_kept()}Answer once more" if self._refused else "You made no prediction. Make one"
            )
            return Feedback(f"{made} in the cell that asks for it, or run this cell once more to be told.")
        return self.tell()

    def tell(self) -> Feedback:
        """Hold the prediction against what happens; from now on the answer counts as shown."""
        record = self.record.read()
        before, after = self.kept_in(record)
        if not record.get("seen"):
            self.record.change(lambda record: record.update(seen=True))
        if after is not None:
            said = f"You predicted {self.kind.show(after)}, after the answer was shown.{self._before(before)} {self.kind.tell()}"
        elif before is not None:
            said = self.kind.compare(before)
        elif self._refused:
            said = self.kind.tell()
        else:
            said = f"You made no prediction. {self.kind.tell()}"
        return Feedback(f"{self._not_kept()}{said}")

    def _not_kept(self) -> str:
        return f"Your last answer was not kept. {self._refused} " if self._refused else ""


class Recall:
    """Some short questions at the end of a lesson.

    Args:
        questions: pairs of a question and its options.
    """

    def __init__(self, *questions: tuple[str, Choice]) -> None:
        self.questions = questions
        self.records = [Record() for _ in questions]

    def check(self, number: int = 0, *answers: Any) -> Verdict:
        """Say something to an answer: ``recall.check(2, "b")``. Questions count from 1. Never raises."""
        heal()
        last = len(self.questions)
        if (number := _among(last, given := number)) is None:
            return Verdict(f"There are questions 1 to {last}; {_quoted(given)} is none of them.")
        choice = self.questions[number - 1][1]
        answer, complaint = _one(choice, answers, {})
        trial = Trial(False, complaint) if complaint else _try_out(choice, answer)
        return _verdict(trial, choice, self.records[number - 1], asked=None)

    def show(self) -> None:
        """Display the questions, to be answered on the page or by :meth:`check`."""
        self.on_page().show(self)

    def on_page(self) -> Live:
        """Return the questions with their options."""
        rows, words, typed = [], {}, {}
        for number, (question, choice) in enumerate(self.questions, start=1):
            asked, said, name = f"asked {number}", f"said {number}", str(number)
            rows += [{"kind": "words", "name": asked}, options(choice, name, f"Answer {number}")]
            rows.append({"kind": "words", "name": said})
            words[asked] = join(element("b", f"{number}."), " ", inline(question))
            if "passed" in self.records[number - 1].read():
                typed[name] = choice.right
                words[said] = to_html(f"Right. {choice.feedback[choice.right]}", passed=True)

        def heard(message: dict) -> None:
            if (name := message.get("name")) in map(str, range(1, len(self.questions) + 1)):
                live.typed = live.typed | {name: message["answer"]}
                live.say(**{f"said {name}": self.check(int(name), message["answer"]).shown()["text/html"]})
            live.keep()

        live = Live(
            *rows,
            respond=heard,
            kept=lambda: self._kept(live.typed, live.words),
            asleep='To answer here, run the first code cell, then this one. Or answer in code: `ex.recall.check(1, "a")`.',
            words=words,
            typed=typed,
        )
        return live

    def _kept(self, chosen: dict[str, str], words: dict[str, str]) -> Bundle:
        """Return the questions, what was chosen and what was said of it, for a page without a kernel."""
        texts, pages = [], []
        for number, (question, choice) in enumerate(self.questions, start=1):
            marks = {key: " (your answer)" * (chosen.get(str(number)) == key) for key in choice.options}
            lines = [f"({key}) {said}{marks[key]}" for key, said in choice.options.items()]
            texts.append("\n   ".join([f"{number}. {question}", *lines]))
            asked = inline("\n   ".join(lines))
            pages += [words[f"asked {number}"], element("pre", "   ", asked, style="white-space:pre-wrap")]
            pages.append(words.get(f"said {number}", ""))
        return {"text/plain": printable("\n".join(texts)), "text/html": join(*pages)}


def _one(kind: Any, answers: tuple, named: dict[str, Any]) -> tuple[Any, str]:
    """Return the one answer that was given, ``...`` if there is none, and what is wrong if it is none."""
    if len(answers) <= 1 and not named:
        return (answers or (...,))[0], ""
    said, error = run_guarded(lambda: kind.several(answers, named))
    return said or (None, _cannot_be_looked_at(error))


def _how_to_answer(kind: Any) -> str:
    if not (hasattr(kind, "parse") or isinstance(kind, Choice)):
        return "replace `...` by your answer and run the cell again"
    return f"answer here with {kind.expected()}, or write it between the brackets"


def _typed(answer: Any) -> str | None:
    """Return an answer as it is typed into a field; None if it does not fit into one."""
    if isinstance(answer, (list, tuple)):
        parts = [_typed(part) for part in answer[:20]]
        text = None if None in parts else ", ".join(parts)
    elif isinstance(answer, str):
        text = answer
    elif isinstance(answer, Real) or hasattr(answer, "item"):  # one of torch or NumPy
        number = run_guarded(lambda: float(answer)).value
        text = None if number is None else f"{number:.12g}"
    else:
        text = None  # a formula of sympy may take minutes to become a number
    return text if text is not None and len(text) <= progress.LONGEST and text.isprintable() else None


def _try_out(kind: Any, answer: Any) -> Trial:
    """Say whether an answer is right, whatever it is."""
    if answer is ...:
        return Trial(False, NOT_TRIED)
    if answer is None:
        return Trial(
            False, f"This wants {kind.expected()}, and got None: what a function without `return` gives."
        )
    try:
        # Whatever device a notebook has made the default: the cases are few and small.
        if isinstance(kind, Function):
            # A default is looked at in each call of torch, which takes a third of a check.
            usual = torch.empty(0).device.type == "cpu"  # torch 2.6 names no default of a `with`
            with contextlib.nullcontext() if usual else torch.device("cpu"):
                return kind.try_out(answer)
        trial, error = run_guarded(lambda: kind.try_out(answer))
        return Trial(False, _cannot_be_looked_at(error)) if trial is None else trial
    except Exception as error:
        # An answer may be any object, and each look at it may fail in a way of its own.
        return Trial(False, _cannot_be_looked_at(error))


def _cannot_be_looked_at(error: BaseException) -> str:
    if isinstance(error, StoppedError):
        return f"Your answer {error}."
    if changed := overwritten():
        names = ", ".join(f"`{name}`" for name in changed[:3])
        return f"This cannot be checked: a cell has put something else in place of {names}. Restart the kernel, and run the cells above without that one."
    return f"Your answer cannot be looked at: {type(error).__name__}."


def _verdict(
    trial: Trial, kind: Any, record: Record, *, asked: Exercise | None, typed: str | None = None
) -> Verdict:
    """Count a try, unless it was none, keep what passed, and return what is said of it."""
    if trial.text == NOT_TRIED:
        text = NOT_TRIED if asked is None else f"Not tried yet: {_how_to_answer(asked.kind)}."
        return Verdict(text, asked=asked, tried=False)
    mistake = "" if trial.passed else kind.named(trial.text)
    record.change(lambda kept: _count(kept, trial.passed, typed, mistake))
    said = "Right" if trial.passed else "Not yet"
    printed = " What your function has printed stands below." if trial.printed else ""
    return Verdict(f"{said}. {trial.text}{printed}", trial.printed, asked, trial.passed)


def with_news(bundle: dict[str, str]) -> dict[str, str]:
    """Add to words that are shown now what the learner must hear of his progress, once."""
    if news := progress.news():
        plain, page = bundle["text/plain"], bundle["text/html"]
        return {"text/plain": plain + printable(f"\n\n{news}"), "text/html": join(page, to_html(news))}
    return bundle


def _among(last: int, number: Any) -> int | None:
    """Return a whole number from 1 to the last, of any type; None if it is none of these."""
    try:
        number = 0 if isinstance(number, bool) else operator.index(number)
    except Exception:
        # Any object may come here, and each raises an error of its own.
        return None
    return number if 1 <= number <= last else None


def _quoted(x: Any) -> str:
    # Even that may fail: the digits of a huge number are too many, or it raises an error of its own.
    return run_guarded(lambda: f"`{repr(x)[:60]}`").value or "that"


def _count(record: dict, passed: bool, typed: str | None, mistake: str) -> None:
    """Count a try and the mistake that was named; keep the day of the first right one and the last answer."""
    record["tries"] = record.get("tries", 0) + 1
    if passed:
        record.setdefault("passed", date.today().isoformat())
    if typed is not None:
        record["answer"] = typed
    if mistake:
        before = record.get("mistakes", {})
        counted = {mistake: before.get(mistake, 0) + 1} | {k: n for k, n in before.items() if k != mistake}
        record["mistakes"] = dict(itertools.islice(counted.items(), progress.MOST_MISTAKES))


def _predict(record: dict, prediction: float | str | tuple) -> None:
    """Keep a prediction in a record; one made after the answer leaves the one before it alone."""
    plain = [list(pair) for pair in prediction] if isinstance(prediction, tuple) else prediction
    if not record.get("seen"):
        record["prediction"] = plain
    else:
        record["after"] = None if plain == record.get("prediction") else plain
