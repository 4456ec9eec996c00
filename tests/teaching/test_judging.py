"""Judging numbers, choices, orders, points and arguments: with Python alone, by tables, each mistake by its own digits."""

import itertools
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.kinds import Choice, Measured, Number, Order, Points, Witness, from_table
from tests.lessons.notebook import ALL, for_all, things_of

ROOT = Path(__file__).parents[2]


def every(kind: type):
    """Return what finds all kinds of a type in the lessons, each by its lesson and its name."""
    return lambda: {
        f"{lesson.name}.{name}": thing.kind
        for lesson in ALL
        for name, thing in things_of(lesson, Exercise, Prediction).items()
        if isinstance(thing.kind, kind)
    }


def said(kind, answer) -> tuple:
    """Return all that a kind says of an answer."""
    read = kind.read(answer)
    compared = kind.compare(read[0]) if read[0] is not None and hasattr(kind, "compare") else ""
    return read, compared, kind.try_out(answer)[:2] if hasattr(kind, "try_out") else ""


# -- Pure ------------------------------------------------------------------------------------------


def tables() -> dict[str, dict]:
    """Return the tables of all lessons, as they come back from JSON."""
    pure = (Number, Choice, Order, Points, Witness, Expression)
    kinds = every(pure)()
    for lesson in ALL:
        for name, recall in things_of(lesson, Recall).items():
            kinds |= {
                f"{lesson.name}.{name}.{k}": choice for k, (_, choice) in enumerate(recall.questions, 1)
            }
    return json.loads(json.dumps({name: kind.table() for name, kind in kinds.items()}, allow_nan=False))


def test_tables_judge_where_neither_torch_nor_a_page_can_be_loaded(tmp_path):
    (tmp_path / "tables.json").write_text(json.dumps(tables()))
    code = (
        "import json, sys\n"
        "for name in ('torch', 'numpy', 'IPython', 'ipywidgets', 'anywidget', 'matplotlib'): sys.modules[name] = None\n"
        "from leakyedu.teaching.kinds import from_table\n"
        "assert 'sympy' not in sys.modules\n"
        "from leakyedu.teaching.expression import Expression\n"
        "tables, wrong = json.load(open(sys.argv[1])), []\n"
        "for name, table in tables.items():\n"
        "    formula = table['kind'] == 'Expression'\n"
        "    kind = (Expression.from_table if formula else from_table)(table)\n"
        "    if table['kind'] in ('Points', 'Witness'):\n"
        "        wrong += [name] if kind.read('what')[0] is not None else []\n"
        "        continue\n"
        "    wrong += [name] if not kind.try_out(table['right']).passed else []\n"
        "    for mistake in table['mistakes']:\n"
        "        wrong += [(name, mistake['key'])] if kind.try_out(mistake['answer']).text != mistake['text'] else []\n"
        "print(len(tables), wrong)\n"
    )

    run = [sys.executable, "-c", code, str(tmp_path / "tables.json")]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert done.stdout == f"{len(tables())} []\n", done.stderr[-2000:]
    assert len(tables()) > 100


@for_all(every((Number, Choice, Order, Points)))
def test_a_table_judges_as_the_kind_that_wrote_it(kind):
    read_again = from_table(json.loads(json.dumps(kind.table(), allow_nan=False)))

    answers = [
        "what",
        "1",
        0.3,
        -7.5,
        "b",
        "ABC",
        [1, 2, 3, 4],
        kind.right,
        *(m.answer for m in kind.mistakes),
    ]
    assert [said(read_again, answer) for answer in answers] == [said(kind, answer) for answer in answers]


# -- Mistakes --------------------------------------------------------------------------------------


@for_all(every(Number))
def test_no_two_mistakes_of_a_number_overlap_and_none_covers_the_right_one(kind):
    spans = [("the right answer", kind.right - kind.tolerance, kind.right + kind.tolerance)]
    spans += [(mistake.key, *kind.span(mistake)) for mistake in kind.mistakes]

    overlapping = [
        (one[0], other[0])
        for one, other in itertools.combinations(spans, 2)
        if one[1] <= other[2] and other[1] <= one[2]
    ]

    assert overlapping == []


@for_all(every(Number))
def test_each_mistake_of_a_number_is_reached_by_its_digits_and_by_a_few_of_them(kind):
    for mistake in kind.mistakes:
        low, high = kind.span(mistake)
        digits = next(n for n in range(3, 17) if low <= float(f"{mistake.answer:.{n}g}") <= high)
        for number in (mistake.answer, float(f"{mistake.answer:.{digits}g}"), f"{mistake.answer:.{digits}g}"):
            assert (mistake.key, kind.try_out(number).text) == (mistake.key, mistake.text)
            assert kind.compare(kind.read(number)[0]).endswith(mistake.text)
        assert digits <= 5 or mistake.key in kind.narrow


@for_all(every(Number))
def test_only_a_near_prediction_was_seen_coming(kind):
    if not isinstance(kind, Measured):
        assert kind.tolerance <= 0.15 * abs(kind.right)


@for_all(every(Order))
def test_every_wrong_order_breaks_a_rule_and_each_rule_is_broken(kind):
    orders = ["".join(order) for order in itertools.permutations(kind.lines)]

    told = {order: kind.try_out(order) for order in orders}

    assert [order for order, trial in told.items() if trial.passed] == [kind.right]
    texts = {trial.text for order, trial in told.items() if order != kind.right}
    assert texts == {mistake.text for mistake in kind.mistakes}


# -- Numbers ---------------------------------------------------------------------------------------


def slope() -> Number:
    kind = Number(150.0, "V/s", tolerance=1, between=(-2000, 2000))
    kind.mistake("In volt.")(lambda: 1.5)
    return kind


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (1.5, "In volt."), (1.51, "In volt."), (0.0, "0 V/s is too small."), (0.03, "0.03 V/s is too small."), (-150, "The size is right, the sign is not."),
        (0.15, "That is right in V/ms. Answer in V/s."), ("0.15 V/ms", "150 V/s."), (15, "The digits are right, the decimal point is not."), (15.3, "15.3 V/s is too small."),
        (151.5, "151.5 V/s is too large."), (151.4, "151.4 V/s is too large."), (-3000, "-3,000 V/s is below -2,000 V/s, and can hardly be meant. Was it meant otherwise?"), (1e6, "1,000,000 V/s is above 2,000 V/s, and can hardly be meant. Was it meant otherwise?"),
        (0.2, '0.2 looks like a number in V/ms. Answer in V/s, or write the unit: "0.2 V/ms".'), ("0.2 V/s", "0.2 V/s is too small."), ("150,4", "150.4 V/s."),
        (3 + 4j, "This wants a number in V/s, and got a complex number: take its length, `abs()`."),
    ],
)  # fmt: skip
def test_a_number_is_judged_by_its_own_digits_and_in_the_unit_that_it_has(answer, words):
    assert slope().try_out(answer).text == words


def test_a_comma_before_three_digits_groups_where_large_numbers_are_known():
    steps, current = Number(12.0, "levels", tolerance=0.25, alike=1e-4), Number(1.157, "V", tolerance=0.004)
    steps.mistake("A loop.")(lambda: 4096.0)

    assert steps.try_out("4,096").text == "A loop."
    assert steps.read("5,000") == (5000.0, "")
    assert Number(40.0, "steps", tolerance=1).read("1,000") == (1000.0, "")
    assert current.read("2,000 mV") == (2.0, "")
    assert steps.read("12,000") == (12000.0, "")
    assert Measured(4.0, "steps", 3, "", "", between=(1, 1e6)).read("2,000") == (2000.0, "")
    assert Number(4.0, "steps", tolerance=1, between=(0, 10)).read("4,096") == (4.096, "")
    assert current.try_out("1,157").passed
    assert current.read("1,500") == (1.5, "")


def test_where_a_comma_may_mean_both_it_is_asked():
    both = Number(2000.0, "steps", tolerance=1)
    both.mistake("Two.")(lambda: 2.0)

    assert both.read("2,000") == (
        None,
        "`2,000` may be 2 steps or 2,000 steps: write a decimal point, or no comma at all.",
    )

    slope = Number(1.5, "V/s", tolerance=0.01)
    slope.mistake("In mV.")(lambda: 1000.0)
    assert slope.read("1,500")[1].startswith("`1,500` may be 1.5 V/s or 1,500 V/s")


def test_a_span_is_no_difference():
    peak = Number(6.0, "ms", tolerance=0.25)

    assert peak.read("6-7 ms")[1] == "`6-7 ms` holds two numbers. Give one, in the middle perhaps."
    assert Number(-55.0, "mV", tolerance=0.05).try_out("15-70").passed


def test_a_prediction_far_from_every_name_gets_no_story():
    assert (
        slope().compare(1.6)
        == "You predicted 1.6 V/s. It is 150 V/s: your prediction is too small by 148.4 V/s."
    )
    assert slope().compare(150.5) == "You predicted 150.5 V/s. It is 150 V/s: you saw it coming."


def test_nothing_but_rounding_is_0():
    error = Number(0.03, "V", tolerance=0.004)
    error.mistake("It is tempting.")(lambda: 0.0)

    assert error.compare(1e-12).endswith("It is tempting.")
    assert error.compare(1e-5).endswith("too small by 0.02999 V.")


def test_a_unit_among_words_is_no_word():
    share = Number(0.8, "", tolerance=0.02, between=(0, 2))

    assert share.read("0.8 of the area") == (0.8, "")
    assert share.read("4 mV s") == (None, "`4 mV s` is in mV s, and this wants a number without a unit.")


def test_a_number_of_what_is_counted_in_percent_is_told_its_unit():
    counted = Number(2.0, "time constants", tolerance=0)

    assert counted.try_out("2 %").text == "The number is right, and its unit is not: `2 %`."
    assert counted.try_out("0 %").text == "0 time constants would be too few."


def test_a_share_in_percent_is_told_that_it_has_no_unit():
    assert Number(0.8, "", 0.02).try_out("0.8 %").text == "The number is right, and its unit is not: `0.8 %`."


def test_a_tiny_number_with_its_unit_is_kept_as_it_is_meant():
    peak = Number(6.0, "ms", tolerance=0.25, between=(0, 40))

    assert peak.read(0.006) == (
        None,
        '0.006 looks like a number in s. Answer in ms, or write the unit: "0.006 s".',
    )
    assert peak.read("0.006 s") == (6.0, "")
    assert peak.read("0.006 ms") == (0.006, "")
    assert peak.kept(0.006) == 0.006
    assert peak.read(0) == (0.0, "")
    assert peak.read(-6)[1] == "-6 ms is below 0 ms, and can hardly be meant. Look at the sign."
    assert peak.kept(math.nan) is peak.kept(50) is peak.kept("b") is None


@pytest.mark.parametrize(
    ("answers", "named", "told"),
    [
        ((), {}, (..., "")), ((6,), {}, (6, "")), ((), {"t": 6}, (6, "")),
        ((6, 5), {}, (None, "This wants one answer, a number in ms, and got 2. If `6,5` was meant, write a decimal point: `6.5`.")),
        ((6, -5), {}, (None, "This wants one answer, a number in ms, and got 2.")), ((6,), {"t": 5}, (None, "This wants one answer, a number in ms, and got 2.")),
    ],
)  # fmt: skip
def test_several_numbers_are_no_answer(answers, named, told):
    assert Number(6.0, "ms", tolerance=0.25).several(answers, named) == told


# -- Choices ---------------------------------------------------------------------------------------

VOLTAGE = Choice(
    "b",
    {"a": "v settles at a higher voltage", "b": "v settles at the same voltage, later", "c": "v settles at the same voltage, sooner"},
    dict.fromkeys("abc", "."),
)  # fmt: skip
METHOD = Choice(
    "backward_euler",
    {"euler": "Euler: the slope at the start", "backward_euler": "backward Euler: solve for the new v", "held_current": "exponentials, with the current held"},
    dict.fromkeys(("euler", "backward_euler", "held_current"), "."),
)  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    [
        "b", "B", " b ", "b.", "(b)", "b)", '"b"', "option b", "Answer: B", "I think b", "(b) v settles at the same voltage, later", "b: later", "b - later", "b because of tau",
        "v settles at the same voltage, later", "V settles at the same voltage later.", "same voltage, later", "later", "v setles at the same voltage later", "the second one", "second",
    ],
)  # fmt: skip
def test_an_option_is_known_by_its_letter_and_by_its_words(typed):
    assert VOLTAGE.read(typed) == ("b", "")


@pytest.mark.parametrize(
    "typed",
    [
        "d",
        "a or b",
        "(a) or (b)",
        "b: sooner",
        "settles",
        "not b",
        "",
        "2",
        "it depends",
        "x" * 10_000,
        "a, b",
        "b, c",
        "(b), (a)",
    ],
)
def test_what_names_no_option_or_two_is_none(typed):
    key, complaint = VOLTAGE.read(typed)

    assert key is None
    assert complaint.startswith('This wants one of the letters "a", "b", "c", and got ')


@pytest.mark.parametrize(
    "typed",
    [
        "backward Euler",
        "backward_euler",
        "Backward-Euler",
        "Euler backward",
        "backwardEuler",
        "solve for the new v",
    ],
)
def test_a_name_may_be_spelled_in_another_way(typed):
    assert METHOD.read(typed) == ("backward_euler", "")
    assert METHOD.read("Euler") == ("euler", "")
    assert METHOD.read("held current") == METHOD.read("the current held") == ("held_current", "")


WHICH = Choice(
    "b",
    {"a": "of the last one", "b": "of the first one, which came long ago", "c": "less than of the first one and the last one"},
    dict.fromkeys("abc", "."),
)  # fmt: skip


@pytest.mark.parametrize(("typed", "key"), [("the first one", None), ("of the first one, which came", "b"), ("second", "b"), ("long ago", "b")])  # fmt: skip
def test_words_that_several_options_hold_name_none_of_them(typed, key):
    assert WHICH.read(typed)[0] == key


# -- Orders ----------------------------------------------------------------------------------------

STEP = Order(
    "CAB",
    {"A": "v = v + i", "B": "i = i / 2", "C": "i = i + x"},
    [("C", "AB", "The jump comes first."), ("A", "B", "The decay comes last.")],
    why="so it is.",
)


@pytest.mark.parametrize(
    "answer",
    [
        "CAB", "cab", "C A B", "C, A, B", "C-A-B", "C -> A -> B", "C → A → B", '"CAB"', "CAB.", "C then A then B", "first C, then A, and then B", "1. C 2. A 3. B", "C=1, A=2, B=3", "B: 3; C: 1; A: 2", "3. B 1. C 2. A",
        ["C", "A", "B"], ("c", "a", "b"), ["i = i + x", "v = v + i", "i = i / 2"], "i = i + x\nv = v + i\ni = i / 2",
    ],
)  # fmt: skip
def test_an_order_is_read_in_any_form(answer):
    assert STEP.try_out(answer).text == "C, then A, then B: so it is."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("ACB", "The jump comes first."), ("C=3, A=1, B=2", "The jump comes first."), ("BCA", "The jump comes first."), ("CBA", "The decay comes last."), ("CA", "In `CA`, `B` is missing."), ("C", "In `C`, `A` and `B` are missing."),
        ("CAAB", "In `CAAB`, `A` stands more than once."), ("CABX", "In `CABX`, `X` is none of them."), ("3, 1, 2", "In `3, 1, 2`, no letter stands."), (312, "and got a plain number."),
    ],
)  # fmt: skip
def test_a_wrong_order_is_told_the_first_rule_that_it_breaks(answer, words):
    assert STEP.try_out(answer).text.endswith(words)


def test_letters_may_be_given_one_by_one():
    assert STEP.several(("C", "A", "B"), {}) == (("C", "A", "B"), "")


# -- Points and arguments --------------------------------------------------------------------------

CURVE = Points(
    lambda ms: 1 - math.exp(-ms / 10), (5, 10, 20), ("time (ms)", "v (V)"), tolerance=0.04, axis=(0, 1.1)
)


@pytest.mark.parametrize(
    "answer",
    [[0.4, 0.6, 0.9], "0,4; 0,6; 0,9", "0.4 0.6 0.9", "400 mV, 600 mV, 900 mV", ["0.4", "600 mV", 0.9], {5: 0.4, 10: 0.6, 20: 0.9}, [(5, 0.4), (10, 0.6), (20, 0.9)]],
)  # fmt: skip
def test_points_are_read_in_any_form(answer):
    assert CURVE.read(answer) == (((5, 0.4), (10, 0.6), (20, 0.9)), "")


def test_a_curve_is_known_by_the_digits_of_a_formula_though_it_fits_no_axis():
    line = Points(
        lambda ms: 1 - math.exp(-ms / 10), (5, 10, 20), ("time (ms)", "v (V)"), 0.04, (0, 1.1), computed=("for_ever", "till_full")
    )  # fmt: skip
    line.mistake("It goes on for ever.")(for_ever := lambda ms: 30 * ms)
    line.mistake("It has a corner.")(till_full := lambda ms: min(ms / 10, 1))
    line.mistakes = [m._replace(key=key) for m, key in zip(line.mistakes, line.computed, strict=True)]

    for makes, words in ((for_ever, "It goes on for ever."), (till_full, "It has a corner.")):
        points, complaint = line.read([1.05 * makes(ms) for ms in line.at])
        assert complaint == ""
        assert line.compare(points).endswith(words)
    assert "corner" not in line.compare([(5, 0.4), (10, 0.8), (20, 0.8)])
    assert set(line.rule()["curves"]) == {""}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([400, 600, 900], "900 V is too large to be meant. Are these in mV? Answer in V."), ([0.4, 0.6], "and got 2 numbers."), ([0.4, ..., 0.9], "Entry 2 is no number: `...` still stands there."),
        ([0.4, "x", 0.9], "`x` is not understood as a number. This wants a number in V."), ("0.4 0.6", "holds 2 numbers, and 3 are wanted."), (0.4, "and got a plain number."),
        ([(1, 0.4), (2, 0.6), (3, 0.9)], "and got other places."), ([0.4, 0.6, None], "Entry 3 is no number: it is None (what a function without `return` gives)."),
    ],
)  # fmt: skip
def test_what_are_no_points_says_why(answer, words):
    points, complaint = CURVE.read(answer)

    assert points is None
    assert complaint.endswith(words)


def test_points_may_be_given_one_by_one_and_decimal_commas_among_them_are_noticed():
    assert CURVE.several((0.4, 0.6, 0.9), {}) == ((0.4, 0.6, 0.9), "")
    assert CURVE.several((0, 4, 0, 6, 0, 9), {})[1].endswith("and got 6. Write points for decimals.")


HUNT = Witness(
    (0.01, 1.0),
    lambda t, i: i * (1 - math.exp(-t / 0.01)),
    lambda t, i: i * min(t / 0.01, 1),
    {"t": (0, 1, "s", "by then all is over"), "i": (-10, 10, "V", "no cell bears more")},
)


@pytest.mark.parametrize(
    "answer",
    [(0.01, 1), [0.01, 1], "0.01, 1", "10 ms, 1 V", "0,01; 1", "i=1, t=10 ms", {"t": 0.01, "i": 1}, ("10 ms", 1), ((0.01, 1),)],
)  # fmt: skip
def test_arguments_are_read_in_any_form(answer):
    assert HUNT.try_out(answer).text == "With t = 0.01 s, i = 1 V it returns 1, where 0.6321 is right."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((10, 1), "`t` is in s, from 0 to 1, and got 10: by then all is over. If it is in ms, write 0.01. They come in the order (t, i)."), ((0.01, 50), "`i` is in V, from -10 to 10, and got 50: no cell bears more. If it is in mV, write 0.05."),
        ((0.01,), "This wants 2 numbers in brackets, (t in s, i in V), and got 1 number."), (0.01, "This wants 2 numbers in brackets, (t in s, i in V), and got a plain number."),
        ((0.01, "much"), "`much` is not understood as a number. This wants a number in V."), ({"t": 0.01}, "`i` is missing. This wants 2 numbers in brackets, (t in s, i in V)."),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_told_the_units_and_the_range(answer, words):
    assert HUNT.try_out(answer).text == words


@pytest.mark.parametrize(
    ("answers", "named", "told"),
    [
        ((0.01, 1), {}, (0.01, 1)), ((0.01,), {"i": 1}, (0.01, 1)), ((), {"i": 1, "t": 0.01}, (0.01, 1)), (((0.01, 1),), {}, (0.01, 1)),
        ((), {"t": 0.01}, "`i` is missing."), ((), {"x": 1, "t": 2}, "`x` is none of `t` and `i`."), ((0.01, 1), {"i": 2}, "`i` is there twice."),
    ],
)  # fmt: skip
def test_arguments_may_stand_without_their_brackets_and_have_names(answers, named, told):
    answer, complaint = HUNT.several(answers, named)

    assert (complaint.startswith(told) and answer is None) if isinstance(told, str) else answer == told


# -- Words -----------------------------------------------------------------------------------------

VARIABLE = re.compile(
    r"`?(d[tv]|[vixwtfz]|tau|sigma|tau_\w+|v_leak|v_\d|I_in)`?(?=[ ,.:=/])(?! \w+ (step|jump)s)", re.I
)


def words_of(thing) -> list[str]:
    """Return all that an exercise, a prediction or a recall may say."""
    if isinstance(thing, Recall):
        return [
            text for question, choice in thing.questions for text in (question, *choice.feedback.values())
        ]
    told = [mistake.text for mistake in thing.kind.mistakes] + [*getattr(thing.kind, "feedback", {}).values()]
    hints = [*map(str, getattr(thing, "hints", ())), getattr(thing, "_solution", "")]
    return [thing.question, *told, *(text.partition("\n\n")[0] for text in hints)]


@for_all(
    lambda: {
        f"{lesson.name}.{name}": thing
        for lesson in ALL
        for name, thing in things_of(lesson, Exercise, Prediction, Recall).items()
        if not isinstance(getattr(thing, "kind", None), Order)  # its lines have letters for names
    }
)
def test_no_sentence_begins_with_a_variable(thing):
    sentences = [sentence for text in words_of(thing) for sentence in re.split(r"(?<=[.!?]) ", text)]

    assert [s for s in sentences if VARIABLE.match(s) and not s.startswith("I ")] == []
