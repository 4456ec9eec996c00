"""Kinds of answer: each knows what is right, and which wrong answers learners give.

===================  ==========================================================  =====================
kind                 the learner gives                                           a mistake is
===================  ==========================================================  =====================
:class:`Number`      a number, in the unit of the question                       a function that gets it
:class:`Measured`    a number that differs between machines                      (two sides alone)
:class:`Choice`      the letter of an option                                     an option
:class:`Order`       the letters of lines, in order                              a broken rule
:class:`Points`      voltages at given times, drawn as a curve                   a curve of another shape
:class:`Witness`     arguments at which a wrong function is wrong                a place where it is not
===================  ==========================================================  =====================

Each has ``right``, ``mistakes``, ``expected()`` (what to give, in words) and ``read(answer)``; one for
exercises has ``try_out(answer)``, one for predictions ``tell()`` and ``compare(value)``. Formulas and
functions are kinds of their own files, :mod:`~leakyedu.teaching.expression` and
:mod:`~leakyedu.teaching.function`.

Judging is pure: it needs Python alone, and but for the two functions of a witness all that it looks at can
be written out as JSON, by :meth:`Kind.table`, and read again by :func:`from_table`. Whatever an answer's own
code does is the caller's to guard.
"""

import difflib
import inspect
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any, NamedTuple

from leakyedu.teaching import shapes
from leakyedu.teaching.reading import (
    EITHER,
    ReadError,
    Reading,
    apart,
    bare,
    count,
    keyboard,
    listed,
    listed_names,
    read_number,
    read_numbers,
    relatives,
    scaled,
    short,
    unit_of,
    wanted,
    whole,
    with_unit,
    written,
)
from leakyedu.teaching.says import say

NOT_TRIED = "Not tried yet: replace `...` by your answer and run the cell again."
RAN_AWAY = "Look for a division by 0, or for something that grew without end."


class Mistake(NamedTuple):
    """A wrong answer that learners give.

    Attributes:
        key: its name, under which it is counted.
        answer: the wrong answer itself.
        text: what to say to it, without the right one.
    """

    key: str
    answer: Any
    text: str


class Trial(NamedTuple):
    """What a kind says of one answer.

    Attributes:
        passed: whether it is right.
        text: the words for the learner.
        kept: what later cells go on with, or None: the answer itself.
        printed: what the learner's function has printed.
    """

    passed: bool
    text: str
    kept: Any = None
    printed: str = ""


class Kind:
    """A kind of answer, and the mistakes that have a name.

    Attributes:
        GIVEN: the attributes that make it, the mistakes apart.
    """

    GIVEN: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def mistake(self, words: str) -> Callable[[Callable], Callable]:
        """Name a mistake: the decorated function makes it, and its own name is the mistake's key.

        Args:
            words: what to say to it, without the right answer.
        """

        def add(makes: Callable) -> Callable:
            self.mistakes.append(Mistake(makes.__name__, self.made_by(makes), words))
            return makes

        return add

    def made_by(self, makes: Callable) -> Any:
        """Return the wrong answer that a function stands for: what it returns."""
        return makes()

    def named(self, text: str) -> str:
        """Return the key of the mistake that a text names, or nothing: each has words of its own.

        Args:
            text: what was said to an answer.
        """
        return next((mistake.key for mistake in self.mistakes if mistake.text == text), "")

    def kept(self, value: Any) -> Any:
        """Return a prediction that a record holds, or None if it is none of this kind."""
        return self.read(value)[0]

    def several(self, answers: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, str]:
        """Return the one answer that was given in several parts, or None and why it is none.

        Args:
            answers: what stood in the brackets of ``check``; none of them is not tried, ``...``.
            named: what was given there by name.
        """
        given = [*answers, *named.values()]
        if len(given) <= 1:
            return (given[0] if given else ...), ""
        return self._joined(tuple(answers), named)

    def _joined(self, answers: tuple, named: Mapping[str, Any]) -> tuple[Any, str]:
        """Return the answer that at least two parts make, or None and why they make none."""
        return None, f"This wants one answer, {self.expected()}, and got {len(answers) + len(named)}."

    def table(self) -> dict[str, Any]:
        """Return all that judging looks at, as JSON can write it."""
        given = {name: _as_json(getattr(self, name)) for name in self.GIVEN}
        mistakes = [mistake._asdict() | {"answer": _as_json(mistake.answer)} for mistake in self.mistakes]
        return {"kind": type(self).__name__, **given, "mistakes": mistakes}

    @classmethod
    def of(cls, **given: Any) -> "Kind":
        """Return the kind that a table describes."""
        return cls(**given)


class Typed(Kind):
    """A kind of answer that fits into a field. What is typed there may be given as a text in a cell, too."""

    def parse(self, text: str) -> str | EllipsisType:
        """Return what was typed into a field, or ``...`` if nothing was."""
        return text.strip() if bare(text) not in ("", "...") else ...


class Number(Typed):
    """A number in a unit. A mistake is a function without arguments that computes a wrong one.

    Args:
        right: the right number.
        unit: its unit, for example ``"V"``, what it counts, ``"steps"``, or ``""``.
        tolerance: how far an answer may be from it, in that unit.
        between: the smallest and the largest number that can be meant, in that unit, None without an end;
            outside of them an answer was given in another unit.
        alike: how far from a mistake its own digits may be, as a part of it.
        narrow: key of a mistake -> how far from this one they may be, where another one is near.
    """

    GIVEN = ("right", "unit", "tolerance", "between", "alike", "narrow")

    def __init__(
        self,
        right: float,
        unit: str,
        tolerance: float,
        between: tuple[float | None, float | None] = (None, None),
        alike: float = 0.01,
        narrow: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.right, self.unit, self.tolerance, self.between = right, unit, tolerance, tuple(between)
        self.alike, self.narrow = alike, dict(narrow or {})

    def expected(self) -> str:
        """Say what to give."""
        return wanted(self.unit)

    def show(self, number: float) -> str:
        """Return a number with its unit."""
        return with_unit(written(number), self.unit)

    def read(self, answer: Any) -> tuple[float | None, str]:
        """Return the answer as a number, or None and what is wrong with it."""
        try:
            number, unit = self._reading(answer)
            self._refuse_far(number, unit, f"`{short(bare(answer))}`" if unit else self.show(number))
        except ReadError as error:
            return None, str(error)
        if not unit and (other := self._meant_in(number)):
            asked = {"unit": self._own_unit(), "other": other, "short": f"{number:.4g}"}
            return None, say("looks like another unit", number=written(number), **asked)
        return number, ""

    def kept(self, value: Any) -> float | None:
        """Return a number that a record holds, which has been asked about; None if it is none."""
        try:
            number, _ = self._reading(value)
            self._refuse_far(number, self.unit, "")
        except ReadError:
            return None
        return number

    def _reading(self, answer: Any) -> Reading:
        """Return the answer as a number, and the unit that stood there."""
        if isinstance(answer, str):
            return self._typed(answer)
        name = name_kind(answer)
        if name == "a complex number":
            raise ReadError(f"This wants {self.expected()}, and got {name}: take its length, `abs()`.")
        if type(answer) in (list, tuple) and len(answer) > 1:
            name = count(len(answer), "number")
        if is_no_number(answer) or not hasattr(answer, "__float__"):
            raise ReadError(f"This wants {self.expected()}, and got {name}.")
        number = _asked(float, answer)
        if number is None:
            # A symbolic expression, an array of several numbers: each raises an error of its own.
            raise ReadError(f"This wants {self.expected()}, and got {name}.")
        if not math.isfinite(number):
            raise ReadError(f"{number} is no number to answer with. {RAN_AWAY}")
        return Reading(number)

    def _typed(self, text: str) -> Reading:
        """Return the number that a text stands for; a comma before three digits may group, or not.

        What is counted is whole, so a comma groups there as soon as thousands can be meant. What is measured may
        be either. That a reading is right never decides.
        """
        with_comma = EITHER.search(keyboard(text)) is not None
        decimal = self._unless_span(text, read_number(text, self.unit, groups=False))
        if not with_comma:
            return decimal
        grouped = read_number(text, self.unit, groups=True)
        counted = self._counts()
        large = max(map(abs, self._names())) >= 1000
        if counted:
            groups = large or self.between[1] is None or self.between[1] >= 1000
        else:
            groups = large or abs(self.right) <= 10 * abs(grouped.number) <= 100 * abs(self.right)
        may_be = decimal != grouped and groups and self._is_known(decimal.number)
        if may_be and (not counted or self._is_known(grouped.number)):
            both = {"one": self.show(decimal.number), "other": self.show(grouped.number)}
            raise ReadError(say("a comma that may mean both", typed=short(bare(text)), **both))
        return grouped if groups else decimal

    def _unless_span(self, text: str, reading: Reading) -> Reading:
        """Return what was read, unless it was ``6-7``, which may be a span and no difference."""
        span = re.match(r"[~\s]*\d[\d.,]*\s*-\s*\d[\d.,]*(?![\d.,]*\s*[-+*/(])", keyboard(bare(text)))
        if span and reading.number < 0 <= self.right:
            raise ReadError(say("a span", typed=short(bare(text))))
        return reading

    def _refuse_far(self, number: float, unit: str, shown: str) -> None:
        """Refuse a number that cannot be meant; ``unit`` is what stood behind it."""
        low, high = (
            end if end is not None else sign * math.inf
            for sign, end in zip((-1, 1), self.between, strict=True)
        )
        if low <= number <= high:
            return
        other = "" if unit else self._meant_in(number)
        ask = say("look at the sign" if low <= -number <= high else "meant otherwise")
        ask = say("if it is in", other=other, number=f"{number:.12g}") if other else ask
        side, end = ("below", low) if number < low else ("above", high)
        raise ReadError(f"{say(f'too far {side}', shown=shown, end=self.show(end))} {ask}")

    def _joined(self, answers: tuple, named: Mapping[str, Any]) -> tuple[None, str]:
        """Ask whether two whole numbers are the halves of one with a decimal comma."""
        _, complaint = super()._joined(answers, named)
        halves = len(answers) == 2 and not named and all(type(x) is int and abs(x) < 1e9 for x in answers)
        if halves and answers[1] >= 0:
            one, two = answers
            complaint += f" If `{one},{two}` was meant, write a decimal point: `{one}.{two}`."
        return None, complaint

    def try_out(self, answer: Any) -> Trial:
        """Compare the answer with the right number and with the mistakes."""
        try:
            number, unit = self._reading(answer)
        except ReadError as error:
            return Trial(False, str(error))
        if self._is_right(number):
            return Trial(True, f"{self.show(number)}.", number)
        if text := self._name_mistake(number):
            return Trial(False, text)
        if not unit:
            for other, power in relatives(self.unit) if self._has_other_units() else ():
                if self._is_right(scaled(number, power)):
                    return Trial(False, say("right in another unit", other=other, unit=self._own_unit()))
        elif (own := unit_of(unit)) and self._is_right(scaled(number, self._power() - own[1])):
            return Trial(False, say("the unit is not right", typed=short(bare(answer))))
        if self.read(answer)[0] is None:
            return Trial(False, self.read(answer)[1])
        if self._is_right(-number):
            return Trial(False, say("the sign is not right"))
        if self.right != round(self.right) or unit_of(self.unit):
            fine = min(self.tolerance, 0.005 * abs(self.right))
            if any(abs(scaled(number, power) - self.right) <= fine for power in (-3, -2, -1, 1, 2, 3)):
                return Trial(False, say("the decimal point is not right"))
        shown = written(number, 6)
        if shown == written(self.right, 6):
            shown = apart(number, self.right)[0]
        sizes = ("too few", "too many") if self._counts() else ("too small", "too large")
        return Trial(False, say(sizes[number > self.right], number=with_unit(shown, self.unit)))

    def tell(self) -> str:
        """Say what happens."""
        return say("it is", right=self.show(self.right))

    def compare(self, number: float) -> str:
        """Say how far a prediction was from what happens, and which mistake leads to it."""
        both = {"number": self.show(number), "right": self.show(self.right)}
        if self._is_right(number):
            return say("predicted rightly", **both)
        why = self._name_mistake(number)
        if self._is_right(-number) and not why:
            return say("predicted with another sign", **both)
        case = "predicted too large" if number > self.right else "predicted too small"
        return f"{say(case, **both, by=self.show(abs(number - self.right)))} {why}".strip()

    def _is_right(self, number: float) -> bool:
        # A millionth more: 0.17 + 0.005 is a little above 0.175 in floating point.
        return abs(number - self.right) <= self.tolerance * (1 + 1e-6)

    def span(self, mistake: Mistake) -> tuple[float, float]:
        """Return from where to where an answer has the digits of a mistake."""
        half = self.narrow.get(mistake.key, self.alike) * (1 + 1e-6) * abs(mistake.answer)
        half = half or 1e-6 * abs(self.right)  # 0 up to rounding
        return mistake.answer - half, mistake.answer + half

    def _name_mistake(self, number: float) -> str:
        """Return what to say to the mistake that has the digits of a number, or nothing."""
        return next((m.text for m in self.mistakes if self.span(m)[0] <= number <= self.span(m)[1]), "")

    def _power(self) -> int:
        """Return the power of ten of the unit; what is counted has none."""
        return (unit_of(self.unit) or ("", 0))[1]

    def _counts(self) -> bool:
        """Tell whether something is counted, as steps are."""
        return bool(self.unit) and unit_of(self.unit) is None

    def _own_unit(self) -> str:
        return self.unit or say("no unit")

    def _names(self) -> list[float]:
        return [self.right, *(mistake.answer for mistake in self.mistakes)]

    def _is_known(self, number: float) -> bool:
        return self._is_right(number) or bool(self._name_mistake(number))

    def _has_other_units(self) -> bool:
        """Tell whether a number without its unit may have been given in another one; a count may not."""
        return bool(self.unit) or 0 < abs(self.right) < 1

    def _meant_in(self, number: float) -> str:
        """Return the unit in which a number would be near the right one, or nothing if it is so as it is."""
        if not self._has_other_units() or not self.right or self._is_known(number):
            return ""
        if 0.1 <= abs(number / self.right) <= 10:
            return ""
        near = [
            name
            for name, power in relatives(self.unit)
            if 0.5 <= scaled(number, power) / self.right <= 2 or self._is_known(scaled(number, power))
        ]
        return near[0] if near else ""


class Measured(Number):
    """A number that differs between machines: the right one is typical, and learners measure their own.

    Args:
        right, unit, between: as for :class:`Number`.
        factor: by how much a prediction may be off, up or down.
        too_small: why a prediction below that was tempting.
        too_large: why one above that was.
    """

    GIVEN = ("right", "unit", "factor", "too_small", "too_large", "between")

    def __init__(
        self,
        right: float,
        unit: str,
        factor: float,
        too_small: str,
        too_large: str,
        between: tuple[float | None, float | None],
    ) -> None:
        super().__init__(right, unit, tolerance=0, between=between)
        self.factor, self.too_small, self.too_large = factor, too_small, too_large

    def _is_right(self, number: float) -> bool:
        return self.right <= number * self.factor <= self.right * self.factor**2

    def tell(self) -> str:
        """Say what is typical, and whose number counts."""
        return say("it is about", right=self.show(self.right))

    def compare(self, number: float) -> str:
        """Say on which side of the typical number a prediction is far from it, and why it was tempting."""
        said = f"{say('predicted', shown=self.show(number))} {self.tell()}"
        if self._is_right(number):
            return f"{said} {say('of that size')}"
        return f"{said} {self.too_small if number < self.right else self.too_large}"


class Choice(Kind):
    """One of some options.

    Args:
        right: the letter, or the name, of the right one.
        options: letter -> what it says.
        feedback: letter -> what to say to a learner who chose it.
    """

    GIVEN = ("right", "options", "feedback")
    ORDINALS = ("first", "second", "third", "fourth")
    BEFORE = r"^((my |the )?(option|answer|choice|letter)( is)?|it is|it's|i (think|guess|say|choose|pick|predict)( it is)?|probably|maybe|the)\b\s*[:=]?\s*(?=\S)"

    def __init__(self, right: str, options: Mapping[str, str], feedback: Mapping[str, str]) -> None:
        super().__init__()
        self.right, self.options, self.feedback = right, options, feedback
        self.mistakes += [Mistake(key, key, feedback[key]) for key in options if key != right]

    def expected(self) -> str:
        """Say what to give."""
        what = "letters" if all(len(key) == 1 for key in self.options) else "names"
        return f"one of the {what} " + ", ".join(f'"{key}"' for key in self.options)

    def read(self, answer: Any) -> tuple[str | None, str]:
        """Return the letter of the answer, or None and what is wrong with it."""
        key = self._typed(answer) if isinstance(answer, str) and len(answer) < 1000 else None
        if key is not None:
            return key, ""
        said = say("got something else", expected=self.expected(), what=name_kind(answer))
        named = inspect.isroutine(answer) and getattr(answer, "__name__", "") in self.options
        return None, f'{said} Put its name into quotes, "{answer.__name__}".' if named else said

    def _typed(self, text: str) -> str | None:
        """Return the one option that a text names, by its letter, its name or its words; None without one."""
        text = re.sub(self.BEFORE, "", bare(text), flags=re.I)
        said = _words(text)
        for key, words in self.options.items():
            if said in (_words(key), _words(words), _words(self.show(key))) and said:
                return key
        keys = "|".join(sorted(map(re.escape, self.options), key=len, reverse=True))
        if found := re.match(
            rf"\(?\s*({keys})\s*(?:[).:,\-]+\s*|\s(?=because|since))(.*)", keyboard(text), re.I | re.S
        ):
            key = next(key for key in self.options if key.lower() == found[1].lower())
            rest, own = _words(found[2]), _words(self.options[key])
            if not rest or rest in own or own in rest or rest.startswith(("because", "since")):
                return None if rest in map(_words, self.options) else key
            # In words of one's own: they name no other letter, and are none of another option.
            others = [other for other in self.options if other != key]
            if {*map(_words, others)} - {"a"} & {*rest.split()} or rest == "a":
                return None
            fits = [other for other in others if {*rest.split()} <= {*_words(self.options[other]).split()}]
            return None if fits else key
        key, _, rest = said.partition(" ")  # a letter and, without any sign, the beginning of its words
        if rest and key in self.options and f"{_words(self.options[key])} ".startswith(f"{rest} "):
            return key
        place, names = said.split(" ")[0], " ".join(map(_words, self.options.values())).split()
        if (
            place in self.ORDINALS
            and place not in names
            and re.fullmatch(r"\w+( one| option| answer)?", said)
        ):
            return dict(zip(self.ORDINALS, self.options, strict=False)).get(place)
        return self._by_words(said)

    def _by_words(self, said: str) -> str | None:
        """Return the one option whose words hold a text, or nearly are it; None if there is none or several."""
        named = [
            key
            for key in self.options
            if sorted(said.split()) == sorted(_words(key).split()) or said == _words(key).replace(" ", "")
        ]
        inside = [key for key, words in self.options.items() if f" {said} " in f" {_words(words)} "]
        same = [key for key, words in self.options.items() if {*said.split()} <= {*_words(words).split()}]
        around = [
            key
            for key, words in self.options.items()
            if f" {_words(words)} " in f" {said} " and "not" not in said
        ]
        for found in (named, inside if len(said) >= 4 and inside == same else [], around):
            if len(found) == 1:
                return found[0]
        near = {
            key: difflib.SequenceMatcher(None, said, _words(words)).ratio()
            for key, words in self.options.items()
        }
        best, second = sorted(near, key=near.get, reverse=True)[:2]
        return best if near[best] >= 0.85 and near[best] - near[second] >= 0.05 else None

    def try_out(self, answer: Any) -> Trial:
        """Look up what to say to this option."""
        key, complaint = self.read(answer)
        return Trial(key == self.right, complaint if key is None else self.feedback[key], key)

    def show(self, key: str) -> str:
        """Return an option with its letter."""
        return f"({key}) {self.options[key]}"

    def tell(self) -> str:
        """Say what happens, and why."""
        return f"{say('it is', right=f'({self.right})')} {self.feedback[self.right]}"

    def compare(self, key: str) -> str:
        """Say whether a prediction came true, and why."""
        if key == self.right:
            return f"{say('and so it is', shown=f'({key})')} {self.feedback[key]}"
        return f"{say('predicted', shown=f'({key})')} {self.feedback[key]} {self.tell()}"


class Order(Typed):
    """Lines to put in order.

    Args:
        right: the letters in the right order, for example ``"BCA"``.
        lines: letter -> line.
        rules: which letters come before which, and what to say where one of them comes after; of the rules
            that an order breaks, the first is told. Together they leave the right order alone.
        why: the reason for the right order, as the end of a sentence.
    """

    GIVEN = ("right", "lines", "rules", "why")
    BETWEEN = r"\b(then|first|and|next|finally|last|before|in|order)\b"

    def __init__(
        self, right: str, lines: Mapping[str, str], rules: Sequence[tuple[str, str, str]], why: str
    ) -> None:
        super().__init__()
        self.right, self.lines, self.rules, self.why = right, lines, tuple(map(tuple, rules)), why
        orders = ["".join(order) for order in itertools.permutations(sorted(lines))]
        for rule in self.rules:
            example = next((order for order in orders if self._broken(order) == rule), "")
            self.mistakes.append(Mistake(f"{rule[0]} before {rule[1]}", example, rule[2]))

    def _broken(self, order: str) -> tuple[str, str, str] | None:
        """Return the first rule that an order breaks; None if it keeps them all."""
        for rule in self.rules:
            if any(order.index(x) > order.index(y) for x in rule[0] for y in rule[1]):
                return rule
        return None

    def expected(self) -> str:
        """Say what to give."""
        return f'the letters {", ".join(sorted(self.lines))} in order, for example "{"".join(sorted(self.lines))}"'

    def _joined(self, answers: tuple, named: Mapping[str, Any]) -> tuple[Any, str]:
        return super()._joined(answers, named) if named else (answers, "")

    def read(self, answer: Any) -> tuple[str | None, str]:
        """Return the letters in order, or None and what is wrong with the answer."""
        parts = [answer] if isinstance(answer, (str, Mapping, set)) else _asked(_list, answer)
        if not parts or not all(isinstance(part, str) and bare(part) for part in parts):
            return None, say("got something else", expected=self.expected(), what=name_kind(answer))
        typed = ", ".join(map(bare, parts))
        letters = {line.strip(): letter for letter, line in self.lines.items()}
        lines = [line.strip() for part in parts for line in part.strip().splitlines() if line.strip()]
        if len(lines) > 1:  # the lines themselves, perhaps, in place of their letters
            typed = ", ".join(letters.get(line, line) for line in lines)
        typed_order = re.sub(self.BETWEEN, " ", typed, flags=re.I)
        # The place of each letter, before it or behind it.
        places = {
            letter: int(place) for place, letter in re.findall(r"(\d+)\s*[=:.)]\s*([A-Za-z])", typed_order)
        }
        places |= {
            letter: int(place) for letter, place in re.findall(r"([A-Za-z])\s*[=:]\s*(\d+)", typed_order)
        }
        if sorted(places.values()) == [*range(1, len(self.lines) + 1)]:
            typed_order = "".join(sorted(places, key=places.get))
        order = re.sub("[^A-Za-z]", "", typed_order).upper()
        missing = [x for x in sorted(self.lines) if x not in order]
        wrong = [] if order else [("no letter", "")]
        wrong += [("another letter", x) for x in dict.fromkeys(order) if x not in self.lines]
        wrong += [("a letter twice", x) for x in self.lines if order.count(x) > 1]
        if missing:
            case = "a letter is missing" if len(missing) == 1 else "letters are missing"
            wrong.append((case, listed_names(missing)))
        for case, named in wrong[:1]:
            return None, say(case, expected=self.expected(), typed=short(typed), letters=named)
        return order, ""

    def try_out(self, answer: Any) -> Trial:
        """Compare the order with the right one, or say which rule it breaks first."""
        order, complaint = self.read(answer)
        if order is None:
            return Trial(False, complaint)
        if order == self.right:
            return Trial(True, f"{say('then').join(order)}: {self.why}", order)
        return Trial(False, self._broken(order)[2])


class Points(Typed):
    """Points of a curve: what a learner expects at given places. A mistake is the curve of another shape.

    Args:
        curve: the right values, as a function of the places, in a list.
        at: the places, in the unit of the horizontal axis.
        names: what the places and the values are, with their units, for example
            ``("time (ms)", "v (V)")``.
        tolerance: how far a value may be off, in its unit.
        axis: the ends of the vertical axis on which the curve is drawn.
        start: the place and the value that are known, where each curve begins.
        computed: keys of mistakes that are computed and typed, and not drawn: they are known by their digits, and
            may lie beyond the axis, or near another curve.
        trends: "rises" or "falls", all the way -> the key of a mistake whose words fit each curve that does so.
        ways: key of a mistake -> the values of other curves that are meant by its words.
    """

    GIVEN = ("right", "names", "tolerance", "axis", "start", "computed", "trends", "ways")
    ALIKE = 0.07  # of the largest value: how far those of a computed mistake may be off
    FAR = 50  # times the largest right value: nobody means that

    def __init__(
        self,
        curve: Callable[[float], float],
        at: Sequence[float],
        names: tuple[str, str],
        tolerance: float,
        axis: tuple[float, float],
        start: tuple[float, float] = (0.0, 0.0),
        computed: Sequence[str] = (),
        trends: Mapping[str, str] | None = None,
        ways: Mapping[str, Sequence[Sequence[float]]] | None = None,
    ) -> None:
        super().__init__()
        self.computed, self.trends, self.ways = tuple(computed), dict(trends or {}), dict(ways or {})
        self.at, self.names, self.tolerance = tuple(at), tuple(names), tolerance
        self.axis, self.start = tuple(axis), tuple(start)
        self.right = tuple((place, float(curve(place))) for place in at)
        (_, self.of), (self.name, self.unit) = (
            re.fullmatch(r"(.*?) \((.*)\)", name).groups() for name in names
        )

    @classmethod
    def of(cls, right: Sequence[Sequence[float]], **given: Any) -> "Points":
        """Return the points that a table describes."""
        values = dict(right)
        return cls(values.__getitem__, tuple(values), **given)

    def made_by(self, makes: Callable[[float], float]) -> list[float]:
        """Return the values of the curve that a function draws."""
        return [float(makes(place)) for place in self.at]

    def rule(self) -> dict[str, Any]:
        """Return what tells the right shape, whose name is empty, from the mistakes, as JSON can hold it."""
        curves = {"": [[value for _, value in self.right]]} | {
            m.key: [m.answer, *self.ways.get(m.key, ())] for m in self.mistakes if m.key not in self.computed
        }
        return shapes.rule(curves, self.axis, self.start[1], shapes.in_a_hurry((self.start, *self.right)))

    def expected(self) -> str:
        """Say what to give."""
        return f"a list of {len(self.at)} numbers, {self.name} in {self.unit} at {listed(self.at)} {self.of}"

    def show(self, points: Sequence[tuple[float, float]]) -> str:
        """Return the values in words."""
        values = f"{listed(y for _, y in points)} {self.unit}"
        return f"{values} for the {self.name}" if " " in self.name else f"{self.name} = {values}"

    def read(self, answer: Any) -> tuple[tuple[tuple[float, float], ...] | None, str]:
        """Return pairs of a place and a value, or None and what is wrong with the answer."""
        places = [float(place) for place in self.at]
        try:
            if isinstance(answer, str):
                answer = self._without_places(answer)
            values = _numbers(answer, [self.unit] * len(self.at), self.expected(), places)
        except ReadError as error:
            return None, str(error)
        largest = max(abs(value) for _, value in self.right)
        if max(map(abs, values)) > self.far():
            other = [
                name
                for name, power in [*relatives(self.unit), ("%", -2)]
                if 0.7 <= max(abs(scaled(value, power)) for value in values) / largest <= 1.5
            ]
            case = "points in another unit" if other else "points too large"
            largest = written(max(values, key=abs))
            return None, say(case, number=largest, unit=self.unit, other=(other or [""])[0])
        return tuple(zip(self.at, values, strict=True)), ""

    def far(self) -> float:
        """Return how large a value may be; what a mistake leads to can be meant."""
        named = [abs(value) for mistake in self.mistakes for value in mistake.answer]
        return max(self.FAR * max(abs(value) for _, value in self.right), 1.5 * max(named, default=0.0))

    def _without_places(self, text: str) -> str:
        """Return the values alone where each stands behind its place, as in ``5 ms: 0.39, 10 ms: 0.63``."""
        unit = self.of[self.of.find("(") + 1 :].rstrip(")")
        parts = re.split(r"[,;\n]\s+|\n", bare(text))
        pairs = [
            re.fullmatch(rf"([\d.]+)\s*(?:{re.escape(unit)})?\s*[:=]\s*(.+)", part.strip()) for part in parts
        ]
        if all(pairs) and [_asked(float, pair[1]) for pair in pairs] == [float(place) for place in self.at]:
            return "; ".join(pair[2] for pair in pairs)
        return text

    def _joined(self, answers: tuple, named: Mapping[str, Any]) -> tuple[Any, str]:
        if named:
            return super()._joined(answers, named)
        if len(answers) == 2 * len(self.at) and all(type(x) is int for x in answers):
            return None, f"This wants {self.expected()}, and got {len(answers)}. Write points for decimals."
        return answers, ""

    def tell(self) -> str:
        """Say what happens."""
        return say("it is", right=f"{listed(value for _, value in self.right)} {self.unit}")

    def compare(self, points: Sequence[tuple[float, float]]) -> str:
        """Say which shape a prediction has, or where it is farthest from what happens."""
        errors = [value - truth for (_, value), (_, truth) in zip(points, self.right, strict=True)]
        worst = max(range(len(errors)), key=lambda n: abs(errors[n]))
        said = f"{say('predicted', shown=self.show(points))} {self.tell()}"
        if self._is_right(errors):
            return f"{said} {say('you saw it coming')}"
        values = [value for _, value in points]
        shape = self.shape(values)
        if shape:
            return f"{said} {next(m.text for m in self.mistakes if m.key == shape)}"
        if shape == "" and self.mistakes:
            said += f" {say('the shape is right')}"
        elif shape is None and (times := self._times(values)):
            return f"{said} {say('the shape is right, the size is not', times=written(times, 2))}"
        case = "too high at a place" if errors[worst] > 0 else "too low at a place"
        by = f"{written(abs(errors[worst]), 3)} {self.unit}"
        return f"{said} {say(case, place=f'{written(self.at[worst])} {self.of}', by=by)}"

    def _is_right(self, errors: Sequence[float]) -> bool:
        return max(map(abs, errors)) <= self.tolerance * (1 + 1e-6)

    def shape(self, values: Sequence[float]) -> str | None:
        """Return the key of the mistake that values make, nothing if they are right or of that shape, None of no known one."""
        if self._is_right([value - truth for value, (_, truth) in zip(values, self.right, strict=True)]):
            return ""
        shape = self._computed(values) or shapes.nearest(self.rule(), values)
        return self._trend(values) if shape is None else shape

    def _times(self, values: Sequence[float]) -> float | None:
        """Return by what the right curve is to be multiplied to be of the shape of these values; None if by nothing.

        Of a curve that ends on a level, the level says more.
        """
        start, highest = self.start[1], max(self.right, key=lambda point: point[1])
        if start or highest == self.right[-1]:
            return None
        both = [(value - start, right - start) for value, (_, right) in zip(values, self.right, strict=True)]
        size, product = 0.0, 0.0
        for value, right in both:  # as in shapes
            size += right * right
            product += value * right
        times = product / size
        if times <= 0:
            return None
        return (
            times if shapes.nearest(self.rule(), [start + value / times for value, _ in both]) == "" else None
        )

    def _trend(self, values: Sequence[float]) -> str | None:
        """Return the key of the mistake that rises, or falls, all the way as these values do; None without one."""
        if min(values) < 0 <= min(value for _, value in self.right):
            return None
        steps = [after - before for before, after in itertools.pairwise(values)]
        trend = "rises" if min(steps) >= 0 < max(steps) else "falls" if max(steps) <= 0 > min(steps) else ""
        return self.trends.get(trend)

    def _computed(self, values: Sequence[float]) -> str:
        """Return the key of the mistake that values were computed by, or nothing."""
        for key, answer, _ in self.mistakes:
            away = max(abs(x - y) for x, y in zip(values, answer, strict=True))
            if key in self.computed and away <= self.ALIKE * max(map(abs, answer)):
                return key
        return ""


class Argument(NamedTuple):
    """What an argument of a witness may be.

    Attributes:
        low: the smallest number that makes sense.
        high: the largest one.
        unit: its unit.
        why: why the others make none, as the end of a sentence.
    """

    low: float
    high: float
    unit: str = ""
    why: str = ""


class Witness(Typed):
    """Arguments at which a wrong function is wrong: the first half of a hunt for its bug.

    A mistake is a function of the same arguments that tells whether these hide the bug; the default values
    of its arguments are an example.

    Args:
        right: arguments that show it, for example ``(0.002, 0.01)``.
        function: what it should compute, from plain numbers to a plain number.
        wrong: the function with the bug.
        within: argument -> an :class:`Argument`, or the like.
        shows: what to say where the function is wrong, and where it is right; without it, what it returns.
    """

    GIVEN = ("right", "within", "shows")

    def __init__(
        self,
        right: tuple[float, ...],
        function: Callable[..., float] | None = None,
        wrong: Callable[..., float] | None = None,
        within: Mapping[str, tuple[float, float, str, str]] | None = None,
        shows: tuple[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.right, self.function, self.wrong = right, function, wrong
        self.within = {name: Argument(*argument) for name, argument in (within or {}).items()}
        self.shows = shows
        self.hiding: list[Callable[..., bool]] = []  # for each mistake, whether arguments make it

    def made_by(self, makes: Callable[..., bool]) -> tuple[float, ...]:
        """Return arguments that hide the bug."""
        self.hiding.append(makes)
        return makes.__defaults__

    def expected(self) -> str:
        """Say what to give."""
        units = [argument.unit for argument in self.within.values()]
        if len(set(units)) == 1:
            many = "both" if len(units) == 2 else "all"
            what = (
                f"({', '.join(self.within)}), {many} in {units[0]}"
                if unit_of(units[0])
                else f"({', '.join(self.within)})"
            )
        else:
            what = f"({', '.join(f'{name} in {unit}' if unit else name for name, unit in zip(self.within, units, strict=True))})"
        return f"{len(units)} numbers in brackets, {what}"

    def read(self, answer: Any) -> tuple[tuple[float, ...] | None, str]:
        """Return the arguments, or None and what is wrong with the answer."""
        try:
            if isinstance(answer, Mapping):
                answer, complaint = self._joined((), answer)
                if complaint:
                    raise ReadError(complaint)
            units = [argument.unit for argument in self.within.values()]
            groups = max(argument.high for argument in self.within.values()) >= 1000
            numbers = _numbers(answer, units, self.expected(), names=tuple(self.within), groups=groups)
        except ReadError as error:
            return None, str(error)
        for (name, argument), number in zip(self.within.items(), numbers, strict=True):
            if not argument.low <= number <= argument.high:
                return None, _outside(name, argument, number) + self._in_another_order(numbers)
        return tuple(numbers), ""

    def _in_another_order(self, numbers: Sequence[float]) -> str:
        """Say in which order arguments come if these would make sense in another one, or nothing."""
        ranges = list(self.within.values())
        fits = all(numbers) and any(
            all(argument.low <= x <= argument.high for argument, x in zip(ranges, order, strict=True))
            for order in itertools.permutations(numbers)
        )
        return f" {say('arguments in another order', names=', '.join(self.within))}" if fits else ""

    def several(self, answers: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, str]:
        """Return the arguments that were given one by one, some by name perhaps."""
        return self._joined(tuple(answers), named) if named else super().several(answers, named)

    def _joined(self, answers: tuple, named: Mapping[str, Any]) -> tuple[Any, str]:
        """Put arguments that have a name in their place."""
        names = tuple(self.within)
        left = names[len(answers) :] if named else ()
        if unknown := [name for name in named if name not in left]:
            whose = "is there twice" if unknown[0] in names else f"is none of {listed_names(names)}"
            return None, f"`{unknown[0]}` {whose}. This wants {self.expected()}."
        if missing := [name for name in left if name not in named]:
            return None, f"`{missing[0]}` is missing. This wants {self.expected()}."
        return (*answers, *(named[name] for name in left)), ""

    def try_out(self, answer: Any) -> Trial:
        """Call both functions and compare."""
        numbers, complaint = self.read(answer)
        if numbers is None:
            return Trial(False, complaint)
        given = ", ".join(
            f"{name} = {with_unit(whole(number), argument.unit)}"
            for (name, argument), number in zip(self.within.items(), numbers, strict=True)
        )
        truth = self.function(*numbers)
        try:
            result = self.wrong(*numbers)
        except ArithmeticError as error:
            stops = {"error": type(error).__name__, "right": written(truth)}
            return Trial(True, say("a witness that stops it", given=given, **stops), numbers)
        if not math.isclose(result, truth, rel_tol=1e-6, abs_tol=1e-12):
            if self.shows:
                return Trial(True, say("a witness", given=given, what=self.shows[0]), numbers)
            returned, right = apart(result, truth)
            return Trial(
                True, say("a witness of a number", given=given, number=returned, right=right), numbers
            )
        for hides, mistake in zip(self.hiding, self.mistakes, strict=True):
            if hides(*numbers):
                return Trial(False, mistake.text)
        if self.shows:
            return Trial(False, say("no witness", given=given, what=self.shows[1]))
        return Trial(False, say("no witness of a number", given=given, number=written(result)))


def _outside(name: str, argument: Argument, number: float) -> str:
    """Say why an argument makes no sense, and in which unit it would make some."""
    ends = {"low": whole(argument.low), "high": whole(argument.high), "number": whole(number)}
    case = "an argument outside, in a unit" if unit_of(argument.unit) else "an argument outside"
    said = f"{say(case, name=name, unit=argument.unit, **ends)}{argument.why and f': {argument.why}'}."
    for unit, power in relatives(argument.unit):
        if unit.startswith("u"):  # nobody counts in millionths here
            continue
        far = number >= 5 * argument.high if power < 0 else 0 < number < argument.low
        if argument.unit and far and argument.low <= scaled(number, power) <= argument.high:
            return f"{said} {say('an argument in', unit=unit, number=written(scaled(number, power)))}"
    return said


def _numbers(
    answer: Any, units: Sequence[str], expected: str, places: Sequence[float] = (), *, names: Sequence[str] = (), groups: bool = False
) -> list[float]:  # fmt: skip
    """Return the numbers of an answer, as many as units, or raise a :class:`ReadError`."""
    if isinstance(answer, str):
        return read_numbers(answer, units, names, groups=groups)
    if isinstance(answer, Mapping):
        answer = list(answer.items())
    entries = _asked(_list, answer)
    if entries is None:
        raise ReadError(f"This wants {expected}, and got {name_kind(answer)}.")
    if places and entries and all(isinstance(entry, (list, tuple)) and len(entry) == 2 for entry in entries):
        at = [_asked(float, place) for place, _ in entries]
        if at != list(places) and sorted(map(str, at)) != sorted(map(str, places)):
            raise ReadError(f"This wants {expected}, and got other places.")
        entries = [value for _, (_, value) in sorted(zip(at, entries, strict=True), key=lambda pair: pair[0])]
    if len(entries) == 1 and isinstance(inner := entries[0], (list, tuple)):
        entries = list(inner)
    numbers = []
    for k, entry in enumerate(entries):
        unit = units[min(k, len(units) - 1)]
        number = (
            read_number(entry, unit, groups=groups).number if isinstance(entry, str) else _plain_number(entry)
        )
        if number is None:
            what = "`...` still stands there" if entry is ... else f"it is {name_kind(entry)}"
            raise ReadError(f"This wants {expected}. Entry {k + 1} is no number: {what}.")
        numbers.append(number)
    if len(numbers) != len(units):
        raise ReadError(f"This wants {expected}, and got {count(len(numbers), 'number')}.")
    if not all(map(math.isfinite, numbers)):
        raise ReadError(f"One of these is no number to answer with. {RAN_AWAY}")
    return numbers


def _plain_number(x: Any) -> float | None:
    return None if is_no_number(x) or not hasattr(x, "__float__") else _asked(float, x)


def _list(answer: Any) -> list:
    return list(itertools.islice(answer, 1000))  # it may have no end


def _asked(what: Callable, answer: Any) -> Any:
    """Return ``what(answer)``, or None if it fails: an answer may be any object, whose own code runs here."""
    try:
        return what(answer)
    except Exception:
        # An error of any kind.
        return None


def _words(text: str) -> str:
    """Return the letters and digits of a text, with one blank between two words, and the sign of a value."""
    signed = re.sub(r"=\s*-", "= minus ", keyboard(text).lower())
    return re.sub(r"[\W_]+", " ", signed).strip()


def is_no_number(x: Any) -> bool:
    """Tell whether something has a ``float`` that says too little of it: True, a complex number."""
    of_numpy = str(getattr(x, "dtype", ""))
    return isinstance(x, (bool, complex)) or of_numpy.endswith("bool") or "complex" in of_numpy


def name_kind(x: Any) -> str:
    """Name what something is, in a learner's words."""
    library, name = type(x).__module__.partition(".")[0], type(x).__name__
    if isinstance(x, complex) or (library in ("numpy", "torch") and "complex" in str(getattr(x, "dtype", "")) and not getattr(x, "ndim", 0)):  # fmt: skip
        return "a complex number"
    if library == "torch" and hasattr(x, "shape"):
        return f"a tensor of shape {tuple(x.shape)}"
    if library == "numpy":
        return "a NumPy array" if getattr(x, "ndim", 0) else "a NumPy number"
    if library == "sympy" and not isinstance(x, type):
        return _name_of_sympy(x)
    if isinstance(x, str):
        return say("a text", text=short(x)) if x else say("no text")
    if isinstance(x, type):
        return "a class"
    if inspect.isroutine(x):
        return "a function"
    if isinstance(x, bool):
        return f"`{x}`"
    names = {
        "NoneType": "None (what a function without `return` gives)", "int": "a plain number", "float": "a plain number",
        "bytes": "bytes", "ellipsis": "`...`",
    }  # fmt: skip
    return names.get(name, f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}")


def _name_of_sympy(x: Any) -> str:
    """Name something of sympy, whose own names say little."""
    if hasattr(x, "shape"):
        return "a matrix"
    if getattr(x, "is_Relational", False):
        return "an equation" if type(x).__name__ == "Equality" else "a comparison"
    if getattr(x, "is_Boolean", False):
        return "true or false"
    if getattr(x, "free_symbols", None):
        return "a formula that still holds symbols"
    if getattr(x, "is_real", None) is False and getattr(x, "is_number", False):
        return "a complex number" if x.is_finite else "a number without end"
    return "a formula"


def _as_json(x: Any) -> Any:
    """Return plain data as JSON can write it."""
    if isinstance(x, Mapping):
        return {key: _as_json(value) for key, value in x.items()}
    return [_as_json(value) for value in x] if isinstance(x, (list, tuple)) else x


def from_table(table: Mapping[str, Any]) -> Kind:
    """Return the kind that :meth:`Kind.table` has written; a witness without its functions can read alone."""
    kinds = {kind.__name__: kind for kind in (Number, Measured, Choice, Order, Points, Witness)}
    made = kinds[table["kind"]]
    kind = made.of(**{name: table[name] for name in made.GIVEN})
    kind.mistakes = [Mistake(**mistake) for mistake in table["mistakes"]]
    return kind
