"""Each number with a unit in a lesson's text is computed somewhere, or has a source.

A number is known where an output of the same notebook shows it, where it is a setting in the code or a given
of an exercise, where it is computed below, or where ``course/sources.md`` says which work it is from.
"""

import functools
import html
import math
import re
from typing import NamedTuple

import pytest
import sympy
import torch

from leakyedu import LIParameters, simulate, stimuli, symbolic
from leakyedu.lessons.a_filter import lab as filter_lab
from leakyedu.lessons.euler_against_exact import lab as step_size
from leakyedu.lessons.exact_steps import exercises as exact_steps
from leakyedu.lessons.learning import exercises as learning
from leakyedu.lessons.synapses import exercises as synapses
from leakyedu.lessons.threshold_and_spikes import exercises as threshold_and_spikes, lab as threshold
from leakyedu.lessons.whole_sequences import lab as speed
from leakyedu.methods import held_current
from leakyedu.teaching.exercise import Exercise, Prediction
from leakyedu.teaching.kinds import Choice, Number
from tests.lessons.notebook import ALL, LESSONS, code_of, each_lesson, for_all, prose_of
from tests.lessons.sources import sources_of

# Each unit with its dimension, and its size in the unit in which that dimension is kept.
UNITS = {
    "V per ms": ("slope", 1e3), "V/s": ("slope", 1), "mV s": ("area", 1e-3), "V s": ("area", 1),
    "microvolt": ("voltage", 1e-6), "millivolt": ("voltage", 1e-3), "mV": ("voltage", 1e-3),
    "V": ("voltage", 1),
    "ms": ("time", 1e-3), "s": ("time", 1), "h": ("time", 3600), "Hz": ("frequency", 1),
    "%": ("share", 1e-2), "of the exact one": ("share", 1), "of the area": ("share", 1),
    "times the exact one": ("share", 1),
    "°C": ("temperature", 1), "gigaohm": ("resistance", 1e9), "megaohm": ("resistance", 1e6),
    "ohm": ("resistance", 1), "picofarad": ("capacitance", 1e-12), "nanoampere": ("current", 1e-9),
    "nA": ("current", 1e-9),
    "steps": ("steps", 1), "levels": ("levels", 1), "neurons": ("neurons", 1),
}  # fmt: skip

NUMBER = r"-?(?:\d+ ln \d+|\d+/\d+|(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e-?\d+)?)"
LIST = rf"(?<![\w.^{{/-])({NUMBER}(?:(?:, | and | to | or | = ){NUMBER})*) ?({'|'.join(UNITS)})(?![\w/])"
# A table of predicted points names the unit first.
POINTS = r"\((V|ms)\) (\d[\d., ]*\d)"


class Quantity(NamedTuple):
    """A number with its unit: as it is written, and what that means.

    Attributes:
        text: the number.
        unit: one of UNITS.
        value: in the unit of its dimension.
        slack: how far the value may be rounded; 0 for a number of a single digit, which is exact.
    """

    text: str
    unit: str
    value: float
    slack: float


def quantity(text: str, unit: str) -> Quantity:
    size = UNITS[unit][1]
    if " ln " in text:
        factor, _, argument = text.partition(" ln ")
        text = f"{float(factor) * math.log(float(argument)):.3g}"
    if "/" in text:
        numerator, _, denominator = text.partition("/")
        return Quantity(text, unit, size * float(numerator) / float(denominator), 0.0)
    mantissa, _, exponent = text.replace(",", "").partition("e")
    digits = mantissa.lstrip("-").replace(".", "").lstrip("0")
    last = size * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return Quantity(text, unit, size * float(text.replace(",", "")), last / 2 if len(digits) > 1 else 0.0)


def quantities(text: str) -> list[Quantity]:
    """Return the numbers with units in a text; in "5, 10 and 20 ms" all three have one."""
    found = [(number, m[2]) for m in re.finditer(LIST, text) for number in re.findall(NUMBER, m[1])]
    found += [(number, m[1]) for m in re.finditer(POINTS, text) for number in m[2].split(", ")]
    return [quantity(*pair) for pair in found]


def prose(markdown: str) -> str:
    """Return a text without code, quotes and addresses, its math as plain text."""
    text = re.sub(r"^(```|~~~).*?^\1|^ {4}.*?$", " ", markdown, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r'`[^`]*`|"[^"\n]*"|\]\([^)]*\)', " ", text)
    text = text.replace("\\ln", "ln").replace("\\%", "%").replace("{,}", ",").replace("$", "")
    return re.sub(r"\s+", " ", text.replace("**", "").replace("\\,", " "))


@functools.cache
def known(lesson) -> list[Quantity]:
    """Return what a notebook shows, its settings, the givens of its exercises, and what is computed here."""
    texts = []
    for cell in code_of(lesson):
        texts += re.findall(r"#.*|\"[^\"]*\"", cell.source)
        if ".recall." not in cell.source:  # its options are typed, and most of them wrong
            texts += [o.get("text", "") or html.unescape(o.data.get("text/plain", "")) for o in cell.outputs]
    for asked in vars(lesson.exercises).values():
        if isinstance(asked, (Exercise, Prediction)):
            texts.append(asked.question)
            if isinstance(asked.kind, Number) and asked.kind.unit:  # the next cell tells it
                texts.append(f"{asked.kind.right:.6g} {asked.kind.unit}")
            if isinstance(asked.kind, Choice):  # another test holds the options against the text
                texts += [*asked.kind.options.values(), *asked.kind.feedback.values()]
    found = [q for text in texts for q in quantities(text)]
    code = re.sub(r"#.*", "", "\n".join(cell.source for cell in code_of(lesson)))
    for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?e-?\d+|(?<![\w.])-?\d+\.\d+", code):
        # A 0 in the code is a voltage at rest, and no time or share.
        units = ("V", "s", "of the area", "°C") if float(number) else ("V",)
        found += [quantity(number, unit) for unit in units]
    found += looks(lesson) if lesson.name in LOOKS else []
    return found + RUNNING_EXAMPLE + COMPUTED.get(lesson.name, [])


def looks(lesson) -> list[Quantity]:
    """Return the settings of its lab that a lesson tells the reader to try, and what the lab says there."""
    lab, found = lesson.lab.LAB, []
    for settings in LOOKS[lesson.name]:
        found += quantities(lab.figure(**settings)[1])
        for setting, value in settings.items():
            unit = re.search(r"\((.+)\)", lab.controls[setting].label)
            found += quantities(f"{value} {unit[1]}") if unit else []
    return found


def computed(value, unit: str) -> Quantity:
    """Return what a test has computed, in the unit of its dimension."""
    return Quantity("", unit, float(value), 0.0)


def tutorial_response() -> tuple[float, float]:
    """Return the peak and the area of snnTorch's response to 1 V, its factors those of its tutorial 4."""
    alpha, beta, syn, mem, v = math.exp(-1 / 5), math.exp(-1 / 10), 1.0, 0.0, []
    for _ in range(400):
        mem = beta * mem + syn
        syn, v = alpha * syn, [*v, 0.1 * mem]
    return max(v), sum(v) / 1000


P = LIParameters()
# In float64, so that a number of a single digit can be held exactly against it.
RESPONSE = symbolic.exact()[0, 1].subs({symbolic.tau_mem: 10, symbolic.tau_syn: 5})  # in ms, after 1 V
AREA = computed(sympy.integrate(RESPONSE, (symbolic.dt, 0, sympy.oo)) / 1000, "mV s")

PEAK = computed(RESPONSE.subs(symbolic.dt, 10 * sympy.log(2)), "V")
HELD_AREA = simulate(stimuli.pulse(100), method=held_current).v.sum() * 0.001 / 0.005  # of the exact one
EARLY = computed((exact_steps.SPIKE - exact_steps.GRID) / 1000, "s")  # how much a spike is moved

# The response to 1 V with the factors of snnTorch's tutorial: its peak in V, its area in V s.
SNNTORCH = tutorial_response()

# Lesson 8's recording: from how many neurons on a loop is faster on the accelerator.
LOOP_CROSSES = speed.crossover(
    *(
        [(int(neurons), dict(times["loop"])[1000]) for neurons, times in place.items()]
        for place in speed.RECORDINGS[0].times.values()
    )
)

RUNNING_EXAMPLE = [
    quantity(*pair) for pair in (("1", "ms"), ("5", "ms"), ("10", "ms"), ("0", "V"), ("1", "V"))
]
COMPUTED = {
    "start_here": [
        computed(0.001, "V"),  # for NEST, worked out in tests/lessons/start_here/test_notation.py
        *(computed(x, unit) for x, unit in zip(SNNTORCH, ("V", "mV s"), strict=True)),
        PEAK,
        AREA,
    ],
    "a_leaky_bucket": [computed(1 - math.exp(-5), "%"), computed(0.015 / 100e6, "nA")],
    "the_equation": [
        computed(1 - math.exp(-1), "%"),
        computed(3.3e9 * 11e-12, "s"),
        computed(1, "V/s"),  # asked in its self-test
    ],
    "synapses": [
        computed(1.0 * P.tau_mem_inv, "V/s"),
        computed(math.exp(-1), "%"),
        computed(len(synapses.neurons(torch.Generator())), "neurons"),
        AREA,
    ],
    "one_euler_step": [
        computed(1.0 * P.tau_syn_inv, "V/s"),
        computed(simulate(stimuli.pulse(2)).v[-1], "V"),
        AREA,
    ],
    "euler_against_exact": [PEAK, computed(step_size.DURATION, "s"), computed(60, "steps")],
    "exact_steps": [
        computed(math.exp(-1), "%"),
        computed(HELD_AREA - 1, "%"),
        AREA,
        computed(1.0 * P.tau_mem_inv, "V/s"),
        EARLY,
        computed(EARLY.value * float(P.tau_mem_inv), "V"),
        computed(0.040, "s"),
    ],
    "a_filter": [
        computed(1 - math.exp(-1), "V"),
        computed(1.0 * P.tau_mem_inv, "Hz"),
        computed(1 / (2 * 0.001), "Hz"),
        computed(filter_lab.DURATION, "s"),
        *(computed(200 * overtone, "Hz") for overtone in (1, 2, 3)),
    ],
    "whole_sequences": [
        *(computed(2**level, "steps") for level in range(6)),
        computed(speed.BLOCK, "steps"),
        computed(float(f"{LOOP_CROSSES:.1g}"), "neurons"),
    ],
    "learning": [
        computed(math.exp(-1), "%"),
        computed(learning.hidden_tau.kind.tolerance / learning.hidden_tau.kind.right, "of the area"),
        computed(6000 * 0.001, "s"),
        *(computed(n, "neurons") for n in (60, 100)),  # as in its cells
    ],
    "noise": [
        computed(math.exp(-1), "%"),
        computed(math.erf(1 / math.sqrt(2)), "%"),  # within one standard deviation
        computed(1 - 0.001 / 0.010, "V"),
        computed(math.sqrt(10), "V"),  # sigma, in V per root second
        computed(10_000, "neurons"),  # of the check
    ],
    "threshold_and_spikes": [
        computed(threshold_and_spikes.moves(0.94, 1.5, 0.001, 0.010), "V"),
        computed(threshold_and_spikes.current_for_a_spike(), "V"),
        computed(threshold.time_to_spike(torch.tensor(1.5), 0.010), "s"),
    ],
}
# Settings of a lesson's lab that its text tells the reader to try. What the lab says there is known.
LOOKS = {
    "a_leaky_bucket": [{"i": -1}, {"shape": "triangle"}, {"shape": "triangle", "tau_mem": 20}],
    "the_equation": [{"v_start": 1.5}, {"start": 20}, {"tau_mem": 2}],
    "synapses": [
        {"spikes": 1, "w": 2},
        {"spikes": 1, "w": -1},
        {"spikes": 1, "tau_syn": 10},
        {"spikes": 1, "tau_syn": 20},
        {"interval": 20},
        {"interval": 1},
    ],
    "one_euler_step": [{"dt": 4}, {"dt": 0.25}, {"tau_syn": 20}],
    "euler_against_exact": [
        {"show": "i", "dt": 5},
        {"dt": 10},
        {"tau_syn": 10, "tau_mem": 5},
        {"dt": 0.125},
    ],
    "exact_steps": [
        {"spike": 3.3},
        {"method": "exact", "spike": 3},
        {"method": "exact", "dt": 8},
        {"method": "held_current", "dt": 4},
        {"method": "exact", "spike": 3.3},
        {"method": "exact", "spike": 3.3, "dt": 0.1},
    ],
    "a_filter": [
        {"kind": "chirp", "frequency": 200.0},
        {"stages": "synapse and membrane"},
        {"dt": 4.0},
        {"frequency": 200.0, "dt": 4.0},
    ],
    "whole_sequences": [{"device": speed.RECORDINGS[0].name}],
    "learning": [{"iteration": 60}, {"learning_rate": 2.0, "start_tau": 3}, {"optimiser": "Adam"}],
    "noise": [{"dt": 4.0}, {"tau": 20}],
    "threshold_and_spikes": [{"dt": 0.05}, {"i": 1.01}, {"i": 1.0}, {"tau": 20}, {"dt": 1.0}],
}


def is_known(q: Quantity, all_known: list[Quantity]) -> bool:
    """Say whether one of the known quantities is this one, in any unit, rounded to its digits."""
    return any(
        UNITS[q.unit][0] == UNITS[k.unit][0] and abs(q.value - k.value) <= q.slack + 1e-9 * abs(q.value)
        for k in all_known
    )


def cited(lesson) -> set[str]:
    """Return the numbers in the words of a lesson that a row of ``course/sources.md`` answers for."""
    words = [part for row in sources_of(lesson) for part in row.parts]
    return {f"{q.text} {q.unit}" for q in quantities(prose("\n\n".join(words)))}


def without_units(text: str) -> str:
    """Return a text without the numbers that have a unit."""
    return re.sub(LIST, " ", text)


def numbers_of(lesson) -> list[Quantity]:
    return quantities(prose("\n\n".join(prose_of(lesson))))


def unknown(numbers: list[Quantity], lesson) -> list[str]:
    """Return those of the numbers that the notebook does not know."""
    return [f"{q.text} {q.unit}" for q in numbers if not is_known(q, known(lesson))]


@for_all(ALL)
def test_each_number_in_the_text_is_computed_or_has_a_source(lesson):
    assert set(unknown(numbers_of(lesson), lesson)) - cited(lesson) == set()


@for_all(LESSONS)
def test_the_text_of_a_lesson_has_numbers_with_units(lesson):
    assert len(numbers_of(lesson)) >= 20


def with_a_wrong_digit(text: str) -> list[str]:
    """Return a number with one digit replaced, in all ways in which somebody would write it."""
    others = [
        text[:at] + digit + text[at + 1 :]
        for at, was in enumerate(text)
        for digit in "0123456789"
        if was.isdigit() and digit != was
    ]
    return [other for other in others if not re.match(r"-?0\d|.*/0", other)]


@each_lesson
def test_a_wrong_digit_in_the_text_is_found(lesson):
    wrong = [
        quantity(text, unit)
        for text, unit in {(q.text, q.unit) for q in numbers_of(lesson)}
        for text in with_a_wrong_digit(text)
    ]
    found = [name for name in unknown(wrong, lesson) if name not in cited(lesson)]

    # A single digit says little: in some lessons most times from 1 to 9 ms are that of something.
    longer = [f"{q.text} {q.unit}" for q in wrong if sum(map(str.isdigit, q.text)) > 1]
    longer_found = [name for name in longer if name in set(found)]
    print(f"{lesson.name}: {len(found) / len(wrong):.1%} of {len(wrong)} wrong numbers are found,")
    print(f"{len(longer_found) / len(longer):.1%} of those with more than one digit")
    assert len(found) >= 0.85 * len(wrong)
    assert len(longer_found) >= 0.9 * len(longer)


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("It is 0.25 V, then -0.4 V.", ["0.25 V", "-0.4 V"]),
        ("after 5, 10 and 20 ms", ["5 ms", "10 ms", "20 ms"]),
        ("at $10 \\ln 2 = 6.93$ ms", ["6.93 ms", "6.93 ms"]),
        ("exactly 1/4 V, an area of $w$ = 5 mV s", ["1/4 V", "5 mV s"]),
        ("0.1 V per ms is 100 V/s, 37 % of it", ["0.1 V per ms", "100 V/s", "37 %"]),
        ('16 digits, lesson 5 says `dt = 1 ms` and "2 ms"', []),
        ("~~~python\nprint(1, '3 ms')\n~~~\n\n    0 V", []),
    ],
)
def test_the_numbers_of_a_text_are_found(markdown, found):
    assert [f"{q.text} {q.unit}" for q in quantities(prose(markdown))] == found


@pytest.mark.parametrize(
    ("said", "shown", "agree"),
    [
        ("0.25 V", "0.250 V", True),
        ("1/4 V", "250 mV", True),
        ("2.7 ms", "2.6999 ms", True),
        ("2.7 ms", "0.0027 s", True),
        ("37 %", "0.368 of the exact one", True),
        ("150 V/s", "0.15 V per ms", True),
        ("2.7 ms", "2.8 ms", False),
        ("4 ms", "4.09 ms", False),
        ("2.70 ms", "2.7 V", False),
        ("6.93 ms", "6.9 ms", False),
    ],
)
def test_a_number_agrees_with_one_of_its_dimension_rounded_to_its_own_digits(said, shown, agree):
    (number,) = quantities(said)

    assert is_known(number, quantities(shown)) is agree
