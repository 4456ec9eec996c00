r"""What people type, read as numbers; and numbers, written as people write them.

====================================================  ==============================
typed                                                 read, where ms is wanted
====================================================  ==============================
``12``, ``"12"``, ``12 ms``, ``t = 12 ms``, ``~12``   12
``0.012 s``, ``12e-3 s``, ``12000 us``                12
``-70+15``, ``4/5``, ``10 ln 2``, U+2212 for a minus   -55, 0.8, 6.93...
``6,93``, ``4,096``                                   6.93; 4,096 or 4.096
``0,4; 0,6``, ``0.4 0.6``, ``dt=0.5, duration=20``    two numbers
====================================================  ==============================

No text is ever run: Python's parser sees numbers, signs and the names below, and its tree is computed here.
Nothing here needs more than Python.
"""

import ast
import itertools
import math
import operator
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leakyedu.teaching.says import say

LENGTH = 200  # characters of what is read

SUPERSCRIPTS, FRACTIONS = re.compile("[⁺⁻⁰¹²³⁴-⁹]+"), re.compile("[¼-¾⅐-⅞]")
SIGNS = dict.fromkeys("−–—‐‑", "-") | dict.fromkeys("×·⋅∙•∗", "*") | dict.fromkeys("÷∕⁄", "/")
SIGNS = str.maketrans(SIGNS | {"^": "**", "√": " sqrt ", "π": "pi", "≈": "~", "…": "..."})
QUOTES = "\"'`“”„‘’«»‹›"


class ReadError(ValueError):
    """Says in a sentence what of an answer was not understood, or what has to be asked."""


def keyboard(text: str) -> str:
    """Return a text with the signs of a keyboard in place of those of a word processor."""
    text = SUPERSCRIPTS.sub(r"^(\g<0>)", FRACTIONS.sub(r" (\g<0>) ", text.replace("…", "...")))
    return unicodedata.normalize("NFKC", text).translate(SIGNS)


def bare(text: str) -> str:
    """Return what was typed without the quotes, the blanks and the full stop around it."""
    while (inner := text.strip().strip(QUOTES)) != text:
        text = inner
    return text if text.endswith("..") else text.rstrip(" .;,!")


def short(text: str, length: int = 60) -> str:
    """Return a text, or its beginning where it is long."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


# -- Units -----------------------------------------------------------------------------------------

# Of each: its symbol, what it is made of, and its names.
BASES = {
    "V": ("V", ("volt", "volts")),
    "s": ("s", ("sec", "secs", "second", "seconds")),
    "Hz": ("1/s", ("hertz", "herz")),
    "A": ("A", ("amp", "ampere", "amperes", "amps")),
    "F": ("F", ("farad",)),
    "ohm": ("ohm", ("ohms",)),
}
PREFIXES = {"n": (-9, "nano"), "u": (-6, "micro"), "m": (-3, "milli"), "": (0, ""), "k": (3, "kilo"), "M": (6, "mega"), "G": (9, "giga")}  # fmt: skip
UNITS: dict[str, tuple[str, int]] = {"%": ("", -2), "percent": ("", -2)}  # name -> what it is, power of ten
for _symbol, (_base, _names) in BASES.items():
    for _prefix, (_power, _word) in PREFIXES.items():
        UNITS[_prefix + _symbol] = (_base, _power)
        for _name in _names:
            UNITS[_prefix + _name] = UNITS[_word + _name] = (_base, _power)
# Where the case says nothing: mV and not MV, but Hz.
LOWER = {name.lower(): unit for name, unit in reversed(UNITS.items())} | {
    name.lower(): unit for name, unit in UNITS.items() if not name.startswith(("M", "G"))
}


COUNTED = ("", "1", "spike", "spikes", "cycles", "periods")  # above a time they make a rate
MEANT = {"V": ("V", "mV", "uV"), "s": ("s", "ms", "us"), "1/s": ("Hz", "kHz"), "V/s": ("V/s", "mV/s", "V/ms"), "": ("%",)}  # fmt: skip


def unit_of(name: str) -> tuple[str, int] | None:
    """Return what a unit measures, ``"s"`` or ``"V/s"`` for example, and its power of ten; None if it is none."""
    name = re.sub(r"\s*\bper\b\s*", "/", name.strip().replace("μ", "u"))
    name = re.sub(r"\s*\*?\s*(\w+)\s*\*\*\s*\(?-1\)?$", r"/\1", name)
    above, slash, below = name.partition("/")
    if not slash:
        return UNITS.get(name) or LOWER.get(name.lower())
    counted = ("", 0) if above.strip() in COUNTED else unit_of(above)
    time = unit_of(below)
    if counted is None or time is None or time[0] != "s":
        return None
    return (f"{counted[0] or '1'}/s", counted[1] - time[1])


def scaled(number: float, power: int) -> float:
    """Return a number times a power of ten, rounded once."""
    return number * 10.0**power if power >= 0 else number / 10.0**-power


def relatives(unit: str) -> list[tuple[str, int]]:
    """Return units that stand for another one where it was left out: for ms, ``("s", 3)``, as 1 s is 10^3 ms."""
    own = unit_of(unit or "%")
    if own is None:
        return []
    return [(name, unit_of(name)[1] - own[1] * bool(unit)) for name in MEANT.get(own[0], ()) if name != unit]


# -- One number ------------------------------------------------------------------------------------

NAMES = {f.__name__: f for f in (math.exp, math.log, math.log2, math.log10, math.sqrt, math.sin, math.cos)}
NAMES |= {"ln": math.log, "abs": abs, "pi": math.pi, "e": math.e, "atan": math.atan, "tan": math.tan}
FUNCTIONS = "|".join(name for name, function in NAMES.items() if callable(function))
WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}

DIGITS = r"(?:\d[\d,.]*|[.,]\d+)(?:[eE][+-]?\d+)?"
MULTIPLE = re.compile(rf"({DIGITS})\s*([^\W\d_]+)\s*[*/]\s*({DIGITS})")  # 3 V / 4
GROUPS = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?:[ '_\u202f]\d{3})+)(?![\d.,]*\d)")
TWO = re.compile(rf"-?{DIGITS}\s*(?!x\b)[^\W\d]*(,?\s+|(,\s+|;\s*|\s+(or|to|and)\s+)-?){DIGITS}\s*[^\W\d]*")
EITHER = re.compile(r"[1-9]\d{0,2},\d{3}")  # a comma that groups, or a decimal one
BEFORE = re.compile(
    r"^(?!.*\b(?:not|no|less|more|than|below|above|under|over|between|never)\b)"
    r"(?:[^\W\d][\w\s()]*?)?(?:=|~|:|[<>≤≥]=?|\b(?:is|at|to|by|after|about|of)\b)\s*"
)
EXPLAINED = re.compile(rf"^({'|'.join(WORDS)}|{DIGITS})\s*:\s*[^\d:]+$", re.I)  # two: one and the other
ABOUT = re.compile(
    r"^(~|=|[<>≤≥]=?|from|after|beyond|about|around|roughly|approximately|approx\.?|circa|ca\.?|maybe|perhaps"
    r"|(just|slightly|barely|a (bit|little)) (above|over|more than|below|under|less than))\s*",
    re.I,
)


RADIANS = re.compile(r"rad(ian)?s?\s*(/|per|\*)\s*s(ec(onds?)?)?(\s*\*\*\s*-1)?", re.I)


class Reading(NamedTuple):
    """A number that was typed.

    Attributes:
        number: its value, in the unit that is wanted.
        unit: the unit that stood there, or ``""``.
    """

    number: float
    unit: str = ""


def read_number(text: str, unit: str, *, groups: bool | None = None) -> Reading:
    """Return the number that a text stands for.

    Args:
        text: what was typed.
        unit: the unit that is wanted: of physics, or what is counted.
        groups: whether a comma before exactly three digits groups; None for the decimal one.

    Raises:
        ReadError: with what was typed, if it is no number or one of another unit.
    """
    typed = bare(text)
    found = keyboard(typed).strip()
    if not found:
        raise ReadError(say("an empty text", wanted=wanted(unit)))
    if len(found) > LENGTH:
        raise ReadError(say("too long a number", typed=short(typed)))
    found = EXPLAINED.sub(r"\1", found)
    if unit and unit_of(unit) is None:  # two time constants (of the membrane and of the synapse)
        counted = rf"({'|'.join(WORDS)}|{DIGITS})(\s+{re.escape(unit.removesuffix('s'))}s?|\s+of them)?\s*(\([^()\d]*\))?"
        found = re.sub(rf"^{counted}$", r"\1", found, flags=re.I)
    found = re.sub(r"\bminus\s+(?=[\d.])", "-", BEFORE.sub("", ABOUT.sub("", found)))
    found = ABOUT.sub("", found)
    found = GROUPS.sub(lambda group: re.sub(r"\D", "", group[0]), found.rpartition("=")[2] or found)
    if TWO.fullmatch(found) and not re.search(rf"\b({FUNCTIONS})\b", found):
        halves = re.fullmatch(r"(\d+),?\s+(\d+)", found)
        halves = {"before": halves[1], "after": halves[2]} if halves else {}
        measured = any(map(unit_of, re.findall(r"[^\W\d_]+", found))) and unit and not unit_of(unit)
        case = "two halves" if halves else "several numbers" if measured else "two numbers"
        raise ReadError(say(case, typed=short(typed), wanted=wanted(unit), **halves))
    found = _in_one_unit(found, unit)
    if found.lower() in WORDS:
        return Reading(float(WORDS.index(found.lower())))
    value, rest = _head(found, groups)
    if re.search(r"\+/?-|±", found):
        raise ReadError(say("several numbers", typed=short(typed), wanted=wanted(unit)))
    not_understood = ReadError(say("no number", typed=short(typed), wanted=wanted(unit)))
    if value is None:
        raise not_understood
    own, power = unit_of(unit) or ("", 0)
    given = unit_of(rest) if rest else None
    if not rest:
        return Reading(value)
    if given is not None and given[0] == own:
        return Reading(scaled(value, given[1] - power), rest)
    if given is not None or (not unit and all(map(unit_of, rest.split()))):
        alone = wanted(unit) if unit else say("a number alone")
        raise ReadError(say("another unit", typed=short(typed), unit=rest, wanted=alone))
    if own == "1/s" and RADIANS.fullmatch(rest):
        raise ReadError(say("radians", typed=short(typed), wanted=wanted(unit)))
    squared = re.fullmatch(r"(\w+?)\s*\*\*\s*\(?2\)?", rest)
    if squared and unit_of(squared[1]):
        raise ReadError(say("a squared unit", typed=short(typed), unit=squared[1], wanted=wanted(unit)))
    words = re.fullmatch(r"[^\W\d_]+([ -][^\W\d_]+)*", rest)
    if unit_of(unit) is None and words and UNITS.keys().isdisjoint(rest.split()):
        return Reading(value, rest)  # what is counted, in words of one's own
    if words and not re.search(r"\b(or|to|and)\b", rest):
        raise ReadError(say("words behind a number", words=short(rest), wanted=wanted(unit)))
    raise not_understood


def _in_one_unit(text: str, unit: str) -> str:
    """Return a sum of terms with units, or a multiple of one, in one unit, and one over a time as a rate; else the text."""
    measured, own = re.compile(rf"({DIGITS})\s*([^\W\d_]+)"), unit_of(unit)
    units = [unit_of(term[2]) for term in measured.finditer(text)]
    of = {one and one[0] for one in units}
    rate = own is not None and own[0] == "1/s" and of == {"s"} and "/" in text
    total = own is not None and of == {own[0]} and len(units) > 1 and not re.search("[*/]", text)
    multiple = own is not None and of == {own[0]} and MULTIPLE.fullmatch(text) is not None
    if not (rate or total or multiple):
        return text
    power = 0 if rate else own[1]
    text = measured.sub(lambda term: f"({term[1]}*1e{unit_of(term[2])[1] - power})", text)
    return f"{text} {'Hz' if rate else unit}"


def _head(text: str, groups: bool | None) -> tuple[float | None, str]:
    """Return the number that the longest beginning of a text is, and what follows; None if there is none."""
    ends = [
        len(text),
        *(
            found.start()
            for found in re.finditer(r"(?<=[\d).])\s*[^\W\d_]|(?<=[ie])\s+[^\W\d_]|%|\s*/|\s+1/", text)
        ),
    ]
    for end in sorted(set(ends), reverse=True):
        head, rest = text[:end].strip(), text[end:].strip()
        if head and (value := compute(head, groups)) is not None:
            return value, rest
    return None, text


def compute(text: str, groups: bool | None = None) -> float | None:
    """Return what a text of numbers, signs, brackets and a few functions comes to; None if it is no such text."""
    try:
        # A number in front of pi belongs to it: 1/2pi is one over two pi.
        text = re.sub(rf"({DIGITS})\s*\*?\s*pi\b", r"(\1*pi)", re.sub(r"\b(math|np|numpy|torch)\.", "", text))
        text = re.sub(r"\bpi(\)?)\s+(?=[\d.(])", r"pi\1*", text)
        text = re.sub(DIGITS, lambda digits: _decimal(digits[0], groups), text)
        text = re.sub(rf"\b({FUNCTIONS})\s+({DIGITS})", r"\1(\2)", text)
        text = re.sub(rf"(?<=[\d)])\s*(?=({FUNCTIONS})\b)", "*", text)  # 10 ln 2
        text = re.sub(r"(?<=\d)\s+x\s+(?=\d)", "*", text).strip()
        value = _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, TypeError, ArithmeticError, KeyError, RecursionError, MemoryError):
        return None
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _value(node: ast.AST) -> float:
    """Return the number of a tree of numbers, signs and known names."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if isinstance(NAMES[name], float):
            return NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=x):
            return -_value(x)
        case ast.UnaryOp(op=ast.UAdd(), operand=x):
            return _value(x)
        case ast.BinOp(left=x, op=sign, right=y):
            return OPERATIONS[type(sign)](_value(x), _value(y))
        case ast.Call(func=ast.Name(id=name), args=[x], keywords=[]):
            return NAMES[name](_value(x))
    raise ValueError("no number")


def _decimal(digits: str, groups: bool | None) -> str:
    """Return the digits of a number with a point before its decimals, and no other sign."""
    mantissa, *power = re.split("(?=[eE])", digits)
    commas, points = mantissa.count(","), mantissa.count(".")
    if commas and points:
        # The last sign is the decimal one: 1.234,5 and 1,234.5.
        last = max(mantissa.rfind(","), mantissa.rfind("."))
        before, after = re.sub("[,.]", "", mantissa[:last]), mantissa[last + 1 :]
        return f"{before}.{after}" + "".join(power)
    sign = "," if commas else "."
    grouped = re.fullmatch(rf"[1-9]\d{{0,2}}(\{sign}\d{{3}})+", mantissa)
    if grouped and (commas + points > 1 or (commas and groups)):
        return mantissa.replace(sign, "") + "".join(power)
    if commas > 1 or points > 1:
        raise ValueError("more than one number")
    # Python knows no 007.
    return re.sub(r"^0+(?=\d)", "", mantissa.replace(",", ".")) + "".join(power)


# -- Several numbers -------------------------------------------------------------------------------

SURELY_SEPARATED = r"\s*[;|\n]\s*|\s/\s"
SEPARATED = [r"\s*,\s+|\s+and\s+", r"\s+(?=[-+.\d(])", r"[,\s]+(?=[-+.\d(a-zA-Z])"]


def read_numbers(
    text: str, units: Sequence[str], names: Sequence[str] = (), *, groups: bool = False
) -> list[float]:
    """Return as many numbers as units, however they are separated.

    Args:
        text: what was typed.
        units: the unit of each number.
        names: the name of each, where they have one: ``dt=0.5, duration=20`` may come in any order.
        groups: whether a comma before exactly three digits groups.

    Raises:
        ReadError: with what was typed, if it is no such list or may be several.
    """
    typed = bare(text)
    inner = _without_brackets(typed)
    splits = [SURELY_SEPARATED] if re.search(SURELY_SEPARATED, inner) else [*SEPARATED]
    if len(units) > 2 and "/" in inner:  # two numbers with a slash between them are a fraction
        splits.append("/")
    readings, mistaken, counted, several = [], "", [], False
    for split in splits:
        parts = [part for part in re.split(split, inner) if part.strip(" ,;")]
        several = several or (len(parts) > 1 and bool(re.match(r"[-+.\d]", parts[0])))
        try:
            numbers = _in_order([part.strip(" ,;") for part in parts], units, names, groups)
        except ReadError as error:
            mistaken = mistaken or str(error)
            continue
        if len(numbers) != len(units):
            counted.append(len(numbers))
        elif numbers not in readings:
            readings.append(numbers)
    if len(readings) == 1:
        return readings[0]
    if readings:
        either = " or ".join(f"`{listed(numbers, '; ')}`" for numbers in readings)
        raise ReadError(say("several readings", typed=short(typed), either=either))
    if counted:
        numbers = count(counted[-1], "number")
        raise ReadError(say("too many or too few", typed=short(typed), numbers=numbers, wanted=len(units)))
    if mistaken and (len(units) == 1 or several or "=" in inner):
        raise ReadError(mistaken)
    raise ReadError(say("no numbers", typed=short(typed), wanted=len(units)))


def _in_order(parts: Sequence[str], units: Sequence[str], names: Sequence[str], groups: bool) -> list[float]:
    """Return the numbers of some parts, each in its unit; parts with a name go to its place."""
    named = [re.match(r"(\w+)\s*[=:]\s*(.+)", part) for part in parts]
    if len(set(units)) == 1 < len(parts):
        parts = _in_the_last_unit(parts)
    if names and any(named):
        given = {found[1]: found[2] for found in named if found}
        for name in given:
            if name not in names:
                raise ReadError(say("none of the names", name=name, names=listed_names(names)))
        if len(given) != len(parts) or len(given) != len(names):
            raise ReadError(say("some by their names", names=listed_names(names)))
        parts = [given[name] for name in names]
    wanted = itertools.chain(units, itertools.repeat(units[-1] if units else ""))
    return [read_number(part, unit, groups=groups).number for part, unit in zip(parts, wanted, strict=False)]


def _without_brackets(text: str) -> str:
    """Return what stands between the first bracket and its own closing one, or where that is missing behind it."""
    while text[:1] and text[0] in "[({":
        depths = list(itertools.accumulate((sign in "[({") - (sign in "])}") for sign in text))
        end = depths.index(0) if 0 in depths else len(text)
        if end < len(text) - 1:
            return text
        text = text[1:end].strip()
    return text


def _in_the_last_unit(parts: Sequence[str]) -> Sequence[str]:
    """Return parts with the unit of the last one, ``217, 269, 228 mV``, where no other has one and all are as large."""
    *before, last = (
        re.fullmatch(rf"(-?\s*{DIGITS})\s*([^\W\d_]*)", keyboard(part.strip(" ,;"))) for part in parts
    )
    if not last or not last[2] or not all(before) or any(part[2] for part in before):
        return parts
    sizes = [abs(compute(part[1]) or 0.0) for part in before]
    if not 0.01 * max(sizes) <= abs(compute(last[1]) or 0.0) <= 100 * max(sizes):
        return parts
    return [f"{part[1]} {last[2]}" for part in (*before, last)]


# -- Written -----------------------------------------------------------------------------------------


def written(number: float, digits: int = 4) -> str:
    """Return a number as a person writes it: ``10,000``, ``0.0287``, ``3.2e-7``."""
    if not math.isfinite(number):
        return str(number)
    if number == round(number) and abs(number) < 1e15:
        return f"{round(number):,}"
    if not 1e-5 <= abs(number) < 1e15:
        return re.sub(r"e([-+])0*", lambda power: f"e{power[1].strip('+')}", f"{number:.{digits}g}")
    decimals = digits - 1 - math.floor(math.log10(abs(number)))
    rounded = f"{number:,.{max(decimals, 0)}f}"
    return rounded.rstrip("0").rstrip(".") if "." in rounded else rounded


def whole(number: float) -> str:
    """Return a number with all of its digits where these are ten at most, else with four."""
    shown = written(number, 10)
    return shown if float(shown.replace(",", "")) == number else written(number)


def apart(x: float, y: float) -> tuple[str, str]:
    """Return two numbers with as many digits as tell them apart."""
    for digits in (4, 6, 8, 10, 13):
        if written(x, digits) != written(y, digits):
            return written(x, digits), written(y, digits)
    return repr(x), repr(y)


def with_unit(shown: str, unit: str) -> str:
    """Return a written number with its unit; what is counted stands in the singular where there is one."""
    singular = unit[:-1] if shown in ("1", "-1") and unit_of(unit) is None else unit
    return f"{shown} {singular}".strip()


def wanted(unit: str) -> str:
    """Say what to give where a number in a unit is wanted, or a number of what is counted."""
    return say("a number" if not unit else "a number in a unit" if unit_of(unit) else "how many", unit=unit)


def count(n: int, noun: str) -> str:
    """Return how many there are: ``1 number``, ``3 numbers``, ``no number``."""
    return f"no {noun}" if n == 0 else f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def listed(numbers: Iterable[float], between: str = ", ") -> str:
    """Return numbers one after the other."""
    return between.join(map(written, numbers))


def listed_names(names: Iterable[str]) -> str:
    """Return names as in a sentence: `a`, `b` and `c`."""
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last
