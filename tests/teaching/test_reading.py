"""What people type: numbers with units, commas and quotes, and lists of them; and how numbers are written."""

import pytest

from leakyedu.teaching.reading import (
    ReadError,
    apart,
    read_number,
    read_numbers,
    relatives,
    unit_of,
    with_unit,
    written,
)


@pytest.mark.parametrize(
    ("typed", "unit", "number"),
    [
        ("12", "ms", 12), ("12 ms", "ms", 12), ("12ms.", "ms", 12), ('"12"', "ms", 12), ("t = 12 ms", "ms", 12), ("~12", "ms", 12), ("about 12 ms", "ms", 12),
        ("0.012 s", "ms", 12), ("12000 us", "ms", 12), ("12000 µs", "ms", 12), ("12 milliseconds", "ms", 12), ("12 msec", "ms", 12), ("1/80", "", 0.0125),
        ("-70+15", "mV", -55), ("−55", "mV", -55), ("-70 mV + 15 mV", "mV", -55), ("-0.07 V + 15 mV", "mV", -55), ("minus 55", "mV", -55), ("600 mV", "V", 0.6),
        ("0.6 volts", "V", 0.6), ("v settles at 0.6 V", "V", 0.6), ("v = -0.4 + 1 = 0.6 V", "V", 0.6), ("4/5", "", 0.8), ("80 %", "", 0.8), ("½", "", 0.5),
        ("15.9 hz", "Hz", 15.9), ("15.9 1/s", "Hz", 15.9), ("0.0159 kHz", "Hz", 15.9), ("91 spikes per second", "Hz", 91), ("0.15 V/ms", "V/s", 150),
        ("150 mV/ms", "V/s", 150), ("12 levels", "levels", 12), ("12 levels deep", "levels", 12), ("821", "steps", 821), ("two", "", 2),
        ("two levels (up and down)", "levels", 2), ("12 level", "levels", 12), ("3 V / 4", "V", 0.75), ("600 mV * 2", "V", 1.2),
        ("0,17", "V", 0.17), ("0,170", "V", 0.17), ("4,096", "levels", 4.096), ("1.234,5", "V", 1234.5), ("1,234.5", "V", 1234.5), ("4 096", "steps", 4096),
        ("1,234,567", "steps", 1234567), ("3×10⁻³ s", "ms", 3), ("3e-3 s", "ms", 3), ("1 - 1/e", "V", 0.6321205588), ("10*ln(2)", "ms", 6.931471806), ("007", "ms", 7),
        ("1000/(2π·10)", "Hz", 15.91549431), ("1/2pi", "Hz", 0.159154943), ("math.log2(4096)", "levels", 12), ("2^3", "", 8), ("+.6", "V", 0.6),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_meant(typed, unit, number):
    assert read_number(typed, unit).number == pytest.approx(number, rel=1e-9)


def test_a_comma_before_three_digits_groups_where_that_is_asked_for():
    assert read_number("4,096", "steps", groups=True).number == 4096
    assert read_number("4,0960", "steps", groups=True).number == 4.096
    assert read_number("0,096", "steps", groups=True).number == 0.096


@pytest.mark.parametrize(
    ("typed", "unit", "words"),
    [
        ("600 mA", "V", "`600 mA` is in mA, and this wants a number in V."),
        ("0.6 s", "V", "`0.6 s` is in s, and this wants a number in V."),
        ("12 V", "levels", "`12 V` is in V, and this wants a number of levels."),
        ("0.05 V^2", "V", "`0.05 V^2` is in V squared, and this wants a number in V."),
        (
            "100 rad/s",
            "Hz",
            "`100 rad/s` counts radians, and this wants a number in Hz, which counts whole turns: divide by 2 pi.",
        ),
        ("4 mV s", "", "`4 mV s` is in mV s, and this wants a number without a unit."),
        ("0.6 foo", "V", "`foo` after the number is not understood."),
        ("a lot", "V", "`a lot` is not understood as a number. This wants a number in V."),
        (
            "12 or 13",
            "levels",
            "`12 or 13` holds two numbers. This wants a number of levels: give one of them.",
        ),
        ("-70, -55", "mV", "`-70, -55` holds two numbers. This wants a number in mV: give one of them."),
        ("10 ms and 5 ms", "ms", "holds two numbers"),
        ("-0.4 to 0.6", "V", "holds two numbers"),
        ("10, 5", "ms", "This wants a number in ms: if it is one, write `10.5`."),
        ("", "V", "This wants a number in V, and got an empty text."),
        ("it is not 0.6 V", "V", "`it is not 0.6 V` is not understood"),
        ("0.6.7", "V", "`0.6.7` is not understood"),
        ("1/0", "V", "`1/0` is not understood"),
        ("9**9**9", "V", "`9**9**9` is not understood"),
        ("(-1)**0.5", "V", "`(-1)**0.5` is not understood"),
        ("__import__('os')", "V", "is not understood"),
        ("(" * 150, "V", "is not understood"),
        ("9" * 300, "V", "is longer than a number."),
    ],
)
def test_what_is_no_number_is_quoted_as_it_was_typed(typed, unit, words):
    with pytest.raises(ReadError) as refused:
        read_number(typed, unit)

    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("10, 8", [10, 8]), ("10 8", [10, 8]), ("(10,8)", [10, 8]), ("[10; 8]", [10, 8]), ("10 and 8", [10, 8]), ("0,5; 20", [0.5, 20]), ("0,5, 20", [0.5, 20]),
        ("0,5 20", [0.5, 20]), ("1,5 2,5", [1.5, 2.5]), ("0.5 ms, 20 ms", [0.5, 20]), ("0.0005 s 20 ms", [0.5, 20]), ("dt=0.5, duration=20", [0.5, 20]),
        ("duration = 20 ms; dt: 0,5", [0.5, 20]), ("-1 -2", [-1, -2]), ('"10, 8"', [10, 8]), ("1/2, 2*10", [0.5, 20]),
    ],
)  # fmt: skip
def test_two_numbers_are_read_however_they_are_separated(typed, numbers):
    assert read_numbers(typed, ["ms", "ms"], ("dt", "duration")) == numbers


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1, 2, 3", "`1, 2, 3` holds 3 numbers, and 2 are wanted."),
        ("10", "`10` holds 1 number, and 2 are wanted."),
        ("10, abc", "`abc` is not understood as a number."),
        ("everywhere", "`everywhere` is not understood as numbers, and 2 are wanted."),
        ("10/8", "`10/8` holds 1 number, and 2 are wanted."),
        ("x=1, y=2", "`x` is none of `dt` and `duration`."),
        ("dt=1, 2", "Give all of `dt` and `duration`, or none, by its name."),
        ("10 V, 8", "`10 V` is in V, and this wants a number in ms."),
    ],
)
def test_what_are_no_two_numbers_is_explained(typed, words):
    with pytest.raises(ReadError) as refused:
        read_numbers(typed, ["ms", "ms"], ("dt", "duration"))

    assert str(refused.value).startswith(words)


def test_four_decimal_commas_are_told_from_four_separators():
    four = ["V"] * 4

    assert read_numbers("0,4; 0,6; 0,8; 1", four) == [0.4, 0.6, 0.8, 1]
    assert read_numbers("0,4, 0,6, 0,8, 1,0", four) == [0.4, 0.6, 0.8, 1]
    assert read_numbers("0,4 0,6 0,8 1", four) == [0.4, 0.6, 0.8, 1]
    assert read_numbers("0,4/0,6/0.8/1", four) == [0.4, 0.6, 0.8, 1]
    assert read_numbers("1/2, 1, 1, 1", four) == [0.5, 1, 1, 1]
    with pytest.raises(ReadError, match=r"`0,4,0,6,0,8,1` holds 7 numbers, and 4 are wanted\."):
        read_numbers("0,4,0,6,0,8,1", four)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1"), (10000.0, "10,000"), (6714.85, "6,715"), (9999.96, "10,000"), (0.0286809, "0.02868"), (3.2e-7, "3.2e-7"), (-0.0, "0"), (3.4e38, "3.4e38")],
)  # fmt: skip
def test_a_number_is_written_as_a_person_writes_it(number, text):
    assert written(number) == text


def test_two_numbers_are_written_with_the_digits_that_differ():
    assert apart(1.0, 0.99999999) == ("1", "0.99999999")
    assert apart(0.098956, 0.098955) == ("0.098956", "0.098955")
    assert apart(2.0, 3.0) == ("2", "3")


def test_what_is_counted_has_a_singular_and_a_unit_has_none():
    assert with_unit("1", "steps") == "1 step"
    assert with_unit("2", "steps") == "2 steps"
    assert with_unit("1", "ms") == "1 ms"


def test_the_case_of_a_unit_matters_only_where_it_says_something():
    assert unit_of("mV") == unit_of("mv") == ("V", -3)
    assert unit_of("MV") == ("V", 6)
    assert unit_of("khz") == unit_of("kHz") == unit_of("1/ms") == ("1/s", 3)
    assert unit_of("steps") is None
    assert relatives("ms") == [("s", 3), ("us", -3)]
    assert relatives("ohm") == []
