"""Each sentence that only somebody else's work can bear out has a row in ``course/sources.md``.

A sentence needs one if it has a proper name, a year, or a number that neither a cell, an exercise nor
``tests/lessons/test_numbers.py`` computes; there numbers with a unit are held against the same rows.
"""

import functools
import html
import math
import re

import pytest

from leakyedu.lessons.a_filter import lab as filter_lab
from leakyedu.teaching.exercise import Exercise, Prediction
from tests.lessons import sources
from tests.lessons.notebook import ALL, BY_NAME, COURSE, ROOT, code_of, for_all, prose_of
from tests.lessons.test_numbers import known, without_units

# Names that say no more than any other word: of what the course teaches, and of the buttons and tools it is read with.
TERMS = {
    *("Euler", "Kirchhoff", "Ohm", "Poisson", "Nyquist", "Fourier", "Bode", "Wiener", "Ornstein", "Uhlenbeck"),
    *("Maruyama", "Campbell", "Gauss", "Adam", "RC", "LED", "CPU", "GPU", "NaN", "Hz", "mV", "pA", "pF", "nA", "dB", "SGD"),
    *("Google", "Colab", "GitHub", "Edit", "Clear", "Open", "Python", "Binder", "Shift", "Enter", "Reset", "Hint", "Solution", "Download", "Measure", "URL", "MIT"),
}  # fmt: skip
# Ordinary words that the course has at the beginning of a sentence alone.
FIRST = {
    *("Adders", "Adult", "Dividing", "Eleven", "Hospitals", "Multiplying", "Neuroscientists", "Play", "Solved"),
    *("Someone", "Tests"),
}  # fmt: skip
# Numbers without a unit that a lesson has computed in its text, or shows as an example.
COMPUTED = {
    "the_equation": [-math.log10(2.0**-53)],  # digits of float64
    "synapses": [-math.log10(2.0**-53)],
    "exact_steps": [16, *(0.8**k for k in range(4)), *(math.exp(-0.2 * k) for k in range(4))],
    "a_filter": [float(re.search(r"measured gain is ([\d.]+)", filter_lab.LAB.figure(dt=4.0)[1])[1])],
    "whole_sequences": [999_999, 2**6, 6 * 1000, 512],  # a sum on paper, bits, operations, a lab's setting
    # Its cell prints this share of a million; half of the lab's sigma; the spread of a lab's 500, in its own.
    "noise": [1e6 * 1.672e-5, 1.6, (0.05 / 0.975 - 0.21**2) / (0.05 / 0.975 * math.sqrt(2 / 500))],
    "threshold_and_spikes": [0.94, 246.6 / 91.0],  # asked to be typed; the rates that a cell prints
}
CHECKED = re.compile(
    r'passage found: "(?P<passage>[^"]+)".*|abstract found|not found|test: (?P<file>tests/\S+\.py)'
)
OWN = "the leakyedu authors (2026)"  # what this course is cited as
HOURS = r"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|hundred|thousand)\b(?: \w+)? (?:minutes|hours|years|gigabytes|percent)\b"


def words_of(sentence: str) -> list[tuple[str, bool]]:
    """Return the words with a capital letter, each with whether it begins the sentence."""
    found = re.finditer(r"[^\W\d_][\w'.]*(?<![.'])", sentence)
    return [
        (re.sub(r"'s$", "", word[0]), not re.search(r"\w", sentence[: word.start()]))
        for word in found
        if re.search(r"[A-Z]", word[0]) and len(word[0]) > 1
    ]


def sentences_of(text: str) -> list[str]:
    return [s for part in text.split("¶") for s in re.split(r"(?<=[.!?:])[)\"]* (?=[(\"]*[^\W\d_a-z])", part)]


@functools.cache
def written_small() -> set[str]:
    """Return the words that somewhere in the course begin with a small letter, outside of code."""
    files = [*COURSE.glob("teaching/*.md"), *ROOT.glob("leakyedu/lessons/*/*.py")]
    texts = [*map(sources.text_of, ALL), *(path.read_text(encoding="utf-8") for path in files)]
    small = r"(?<![\w./])[a-z][\w']*(?![\w./(])"
    return {word for text in texts for word in re.findall(small, re.sub(r"`[^`]*`", " ", text))}


def is_name(word: str, first: bool) -> bool:
    """Say whether a word with a capital is a proper name; the first of a sentence has one in any case."""
    ordinary = first and (word in FIRST or word.lower() in written_small())
    return not (ordinary or word in TERMS or re.fullmatch(r"[A-Z]\d?", word))


@functools.cache
def shown(lesson) -> tuple[set[str], list[float]]:
    """Return the words and the numbers in the code, the outputs and the questions of a lesson."""
    asked = [x.question for x in vars(lesson.exercises).values() if isinstance(x, (Exercise, Prediction))]
    cells = code_of(lesson)
    outputs = [o.get("text", "") or o.get("data", {}).get("text/plain", "") for c in cells for o in c.outputs]
    text = " ".join([html.unescape(" ".join(outputs)), *(c.source for c in cells), *asked])
    numbers = re.findall(r"\d[\d,_]*(?:\.\d+)?(?:e-?\d+)?", text)
    computed = [*COMPUTED.get(lesson.name, []), lesson.minutes]
    computed += [abs(q.value) for q in known(lesson)]
    computed += [abs(float(q.text)) for q in known(lesson) if re.fullmatch(r"-?\d[\d.]*", q.text)]
    return set(re.findall(r"\w+", text)), [*(float(re.sub("[,_]", "", n)) for n in numbers), *computed]


def is_shown(number: str, numbers: list[float]) -> bool:
    """Say whether a number, or its share in percent, is one of these, rounded to its digits."""
    plain = number.replace(",", "")
    slack = 0.5 * 10.0 ** -len(plain.partition(".")[2]) + 1e-9 * float(plain)
    return any(abs(n - float(plain)) <= slack or abs(100 * n - float(plain)) <= slack for n in numbers)


def claims(sentence: str, lesson) -> list[str]:
    """Return the names, years and numbers of a sentence that need a source."""
    words, numbers = shown(lesson)
    found = [word for word, first in words_of(sentence) if is_name(word, first) and word not in words]
    found += re.findall(r"\b(?:1[5-9]|20)\d\d\b(?!,\d|\.\d)", sentence)
    found += re.findall(HOURS, sentence, re.IGNORECASE)
    # What a learner is asked to type or has to know for the lesson is no claim.
    if not re.match(r"\W*(Make|Time|You need|Test yourself|\()", sentence):
        rest = re.sub(
            r"(lessons?|sections?|figure|chapter|[Ss]teps?) [A-Z]?[\d.]+((, | and | to )[\d.]+)*",
            " ",
            without_units(sentence),
        )
        bare = re.findall(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)*(?!\w)", rest)
        found += [
            n
            for n in (x.rstrip(",.") for x in bare)
            if len(n) > 1 and (n.count(".") > 1 or not is_shown(n, numbers))
        ]
    return found


def needing_a_source(text: str, lesson) -> dict[str, list[str]]:
    found = {s.strip(): claims(s, lesson) for s in sentences_of(text.replace(OWN, " "))}
    return {sentence: what for sentence, what in found.items() if what}


@for_all(ALL)
def test_a_sentence_with_a_name_a_year_or_a_number_that_no_cell_computes_has_a_source(lesson):
    said = sources.without(sources.sources_of(lesson), sources.text_of(lesson))

    assert needing_a_source(said, lesson) == {}


@for_all(ALL)
def test_each_link_of_a_lesson_is_the_address_of_a_source(lesson):
    linked = re.findall(r"\]\((https://[^)]+)\)", "\n".join(prose_of(lesson)))

    assert set(linked) - {row.address for row in sources.sources_of(lesson)} == set()


def test_the_page_has_a_table_for_each_lesson_and_no_other():
    assert list(sources.sources()) == [f"{lesson.number} · {lesson.name}" for lesson in ALL]


@for_all(ALL)
def test_the_words_of_a_source_stand_in_its_lesson(lesson):
    text = sources.text_of(lesson).lower()

    parts = [part for row in sources.sources_of(lesson) for part in row.parts]
    assert [part for part in parts if part.lower() not in text] == []
    assert [row.words for row in sources.sources_of(lesson) if len(re.findall(r"\w+", row.words)) < 3] == []


@for_all(ALL)
def test_a_source_says_what_it_is_where_it_is_and_how_it_was_checked(lesson):
    for row in sources.sources_of(lesson):
        how = CHECKED.fullmatch(row.checked)
        assert how, row.checked
        assert len((how["passage"] or "").split()) <= 20, row.checked
        assert how["file"] is None or (ROOT / how["file"]).exists(), row.checked
        assert "" not in row, row
        assert re.fullmatch(r"https://\S+", row.address), row.address


# -- The test finds what it is for -----------------------------------------------------------------

ADDED = {
    "a name": "Rall solved this equation for a whole tree of branches.",
    "a name at the beginning": "Gerstner derives it on one page.",
    "a year": "The first one was built in 1957.",
    "a number": "The human brain has some 86,000 times as many.",
    "a number in words": "It took three long years to build.",
}


@pytest.mark.parametrize("claim", ADDED.values(), ids=ADDED)
def test_a_claim_that_is_written_in_without_a_row_is_found(claim):
    lesson = BY_NAME["one_euler_step"]

    assert list(needing_a_source(f"One step goes first. {claim} Another one follows.", lesson)) == [claim]


def test_a_row_answers_for_its_own_words_only():
    text, lesson = "NEST steps by 0.1 ms (Rall, 1999). Rall said so.", BY_NAME["one_euler_step"]
    row = sources.Source("NEST steps by 0.1 ms (Rall, 1999)", "", "", "", "")

    assert needing_a_source(text, lesson).keys() == {"NEST steps by 0.1 ms (Rall, 1999).", "Rall said so."}
    assert needing_a_source(sources.without([row], text), lesson) == {"Rall said so.": ["Rall"]}


@for_all(ALL)
def test_the_sources_of_a_lesson_are_needed(lesson):
    assert needing_a_source(sources.text_of(lesson), lesson) != {}
