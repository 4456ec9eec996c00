"""Answers to the questions of all lessons: those of the corpus, and as many others as one asks for."""

import itertools
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import NamedTuple

import sympy

from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Order, Points, Witness
from leakyedu.teaching.lesson import Lesson
from leakyedu.teaching.record import name_records
from tests.lessons.notebook import ALL, things_of
from tests.lessons.replay import rows_of


class Answer(NamedTuple):
    """What is typed, or chosen, as an answer to a task of a lesson."""

    lesson: Lesson
    task: Exercise | Prediction | Recall
    number: int  # of a question at the end of a lesson, else 0
    typed: str

    @property
    def kind(self):
        return self.task.questions[self.number - 1][1] if self.number else self.task.kind

    @property
    def key(self) -> str:
        return (self.task.records[self.number - 1] if self.number else self.task.record).key


def judged_on_a_page() -> Iterator[tuple[Lesson, Exercise | Prediction | Recall, int]]:
    """Find all tasks that a page judges."""
    for lesson in ALL:
        for task in things_of(lesson, Exercise, Prediction, Recall).values():
            if isinstance(task, Recall):
                yield from ((lesson, task, number) for number in range(1, len(task.questions) + 1))
            elif not isinstance(task.kind, Function):
                yield lesson, task, 0


def corpus() -> list[Answer]:
    """Return the answers of the corpus to what a page judges, as if all were typed."""
    return [
        Answer(lesson, task, 0, row.typed)
        for lesson in ALL
        for row in rows_of(lesson)
        if not isinstance(task := getattr(lesson.exercises, row.task), Recall)
        and not isinstance(task.kind, Function)
    ]


def generated(count: int, seed: int) -> list[Answer]:
    """Return so many answers, to each kind of question as many as it has ways to be answered."""
    draw = random.Random(seed)
    tasks = [Answer(*task, "") for task in judged_on_a_page()]
    share = {Number: 5, Order: 2, Points: 2, Expression: 2, Choice: 1, Witness: 1}
    made = []
    for kind, weight in share.items():
        asked = [task for task in tasks if isinstance(task.kind, kind)]
        for task in itertools.islice(itertools.cycle(asked), round(count * weight / sum(share.values())) + 1):
            made.append(task._replace(typed=_slipped(WRITES[kind](task.kind, draw), draw)))
    return made[:count]


def _slipped(typed: str, draw: random.Random) -> str:
    """Return what was typed, once in a while with a slip or in another dress."""
    chance = draw.random()
    if chance < 0.06 and typed:
        at = draw.randrange(len(typed))
        return (
            typed[:at]
            + draw.choice(("", typed[at] * 2, draw.choice(" ,.;:()-+*/^%x=e0'~\u2212\u00b2\u03c4")))
            + typed[at + 1 :]
        )
    if chance < 0.1:
        return draw.choice(
            ('"{}"', "({})", "[{}]", "`{}`", " {} ", "{}.", "about {}", "= {}", "~{}", "my answer: {}")
        ).format(typed)
    return typed


# -- Questions that no lesson asks, for what is said to no answer of theirs --------------------------


def itself(x, y):
    return x


def itself_with_a_bug(x, y):
    return x * y / y


def stays_below(x, y):
    return min(x, 1.0)


T, TAU = sympy.symbols("t tau")
RANGES = {"t": (0.001, 0.05), "tau": (0.004, 0.03)}


def of_two_sizes() -> Number:
    kind = Number(2000.0, "steps", tolerance=1)
    kind.mistake("Two.")(lambda: 2.0)
    return kind


WITHIN = {"x": (-2, 2, "V", "it is so"), "y": (0, 2, "", "")}
KINDS = {
    "share": Number(0.8, "", tolerance=0.01),
    "steps": of_two_sizes(),
    "stops": Witness((1.0, 0.0), itself, itself_with_a_bug, WITHIN),
    "shows": Witness((2.0, 0.0), itself, stays_below, WITHIN, ("it stays below", "it does not")),
    "constant": Expression(2 * sympy.pi, {}),
    "decay": Expression(sympy.exp(-T / TAU), RANGES),
    "rise": Expression(1 - sympy.exp(-T / TAU), RANGES),
    "volts": Number(3.0, "V", tolerance=0.1),
}
TASKS = {name: Exercise(name, kind, ("one",), "") for name, kind in KINDS.items()}
TASKS["expected"] = Prediction("expected", Number(3.0, "V", tolerance=0.1))
MADE_UP = SimpleNamespace(name="made_up", exercises=SimpleNamespace(**TASKS))
name_records({"__name__": "lessons.made_up.exercises", **vars(MADE_UP.exercises)})
TYPED = {
    "share": ("80", "80 %", "0.8", "800", "0.79", "8"),
    "steps": ("2,000", "2.000", "2", "2000"),
    "stops": ("1, 0", "1, 1", '"", 1', "-0, 0", "1 and 0", ", ,", "x = 1, z = 2", "1, 3", "1 V, 0.5", 'x = "", y = 1'),
    "volts": ("3 mV", "3000 mV", "3", "-3", "30", "3000", "0.003 kV"),
    "expected": ("-3 V", "3.1", "3.2", "3,000"),
    "rise": ("1 - exp(-t/tau) + t*exp(-t/tau)", "1", "1 - exp(-2*t/tau)", "t/tau", "1 - e^(-t/tau)"),
    "shows": ("1, 0", "2, 0", "0.5, 1", "1500 mV, 0"),
    "constant": ("2*pi", "pi+pi", "6.283185307179586", "t", "6.28", "2pi", "ln(e^2)*pi"),
    "decay": (
        "exp(-t/tau)", "e^(-t/tau)", "exp(t/tau)", "2*exp(-t/tau)", "exp(-t/tau) + 1", "exp(-t/tau) + t*exp(-t/tau)",
        "exp(-t/tau) + exp(-2*t/tau)", "exp(-t/tau) + t", "t + ...", "exp(-t/tau)*t", "exp(-t/tau)/tau^2", "sqrt(-exp(-t/tau))",
        "-exp(-t/tau)", "1/(t - t)", "exp(-t)/tau", "cosh(t/tau) - sinh(t/tau)", "(1/e)^(t/tau)", "exp(-t/tau)*(sin(t)^2 + cos(t)^2)",
        "exp(-t/2/tau)*exp(-t/2/tau)", "exp(-t/tau + 1e-11)", "exp(-t/tau + 1e-13)", "abs(-exp(-t/tau))", "tanh(t)", "atan(t/tau)",
        "log(exp(exp(-t/tau)))", "tan(t)/tan(t)*exp(-t/tau)", "(exp(-t/tau)^3)^(1/3)", "(-exp(-t/tau)^3)^(1/3)", "log(-t)", "atan(sqrt(-t))",
    ),
}  # fmt: skip


def made_up() -> list[Answer]:
    """Return answers to the questions that no lesson asks."""
    return [
        Answer(MADE_UP, getattr(MADE_UP.exercises, name), 0, typed)
        for name, texts in TYPED.items()
        for typed in texts
    ]


def odd() -> list[Answer]:
    """Return what hardly anybody types, to each kind of question twice: half of it is for one kind alone."""
    tasks = [Answer(*task, "") for task in judged_on_a_page()]
    found = []
    for kind, texts in ODD.items():
        asked = [task for task in tasks if isinstance(task.kind, kind)]
        found += [
            task._replace(typed=typed)
            for task in asked[:: max(1, len(asked) // 9)]
            for typed in (*texts, *ANYWHERE)
        ]
    return found


ANYWHERE = ("", " ", "...", '""', "''", "x" * 201, "1" * 199, "\x00", "1\x9f\x7f", "\u202e1", "<b>1</b>", "$x$", "\\frac{1}{2}", "&amp;", "`1`", "\U0001d465", "\ud7ff", "\u0661", "\uff11\uff12", "\u00bd", "2\u00b3", "1e999", "1e-400", "nan", "inf", "None", "True", "1_000", "0x10", "1 # one", "007", "1;2;3", "()", "[]", "=", "a = b", "é", "\u2460", "1\u00a0ms", "\u2014", "\u03bc", "5\u00b5s", "\u221a2", "\u03c0/2")  # fmt: skip
ODD = {
    Number: ("1,5,2,5", "0.5 parts", "6 ms**2", "V 6", "one", "Two", "minus 3", "two: one and the other", "1/0", "(1", "1)", "2**0.5", "(-8)**(1/3)", "0**-1", "10**400", "1/(1e308*10)", "sqrt(-1)", "log(0)", "exp(1000)", "exp 2", "10ln2", "3pi", "1/2pi", "1 x 2", "1.234,5", "1,234.5", "1.234.567", "12 per s", "s**-1", "6 ms + 1 s", "1/(10 ms)", "-6-7", "6-7 ms", "5 or 6", "< 6", "not 6", "no less than 6", "6 Ms", "6 MS", "100", "0", "-0", "+6", "--6", "6!", "6.", ".6", "0,6", "1,000", "1,000,000", "1'000", "1 000", "~6 ms", "six", "6 milliseconds", "60 percent", "6 mV/ms", "6 V per second", "100 rad/s", "100 radians per second", "3 V / 4", "600 mV * 2", "two of them", "2 (x and y)", "two levels (up and down)", ",5", "1/(2 pi 0.01)", "from 5 on", "beyond 5", "10 ms and 5 ms", "4 mV s"),
    Choice: ("a", "B", "c)", "(a) because", "b since it is so", "the first", "second option", "maybe c", "d", "not a", "A.", "a a", "it's b", "option: a", "a, b", "c) they add up", "b: not c", "a, which is so", "first one", "a) b"),
    Order: ("A", "AAB", "abc", "ABCDEFG", "GFEDCBA", "A then B", "first A, then C, and finally B", "a\nb\nc", "1 2 3", "ACB!", "A=2, B=1, C=3, D=4", "1=B 2=A 3=C", "C: 1; A: 2; B: 3"),
    Points: ("1", "0,1,0,2", "1 2 3 4", "0.1 0.2 0.3 0.4", "0,1; 0,2; 0,3; 0,4", "1, 2, 3", "100, 200, 300, 400", "1e5 1e5 1e5 1e5", "1 V, 2 V, 3 V, 4 V", "10%, 20%, 30%, 40%", "0,1, 0,2, 0,3, 0,4", "1,2,3,4,5,6,7,8", "a b c d", "[0.1; 0.2; 0.3; 0.4]", "217, 269, 228, 100 mV", "0.2, 0.5, 600 mV", "0.1/0.2/0.3/0.4/0.5", "[1-exp(-1); 2; 3; (4)]", "(1) 2 (3)", "it falls", "0.5 0.4 0.3 0.2 0.1", "0.5 0.4 0.3 0.2 0.1 0", "0.1 0.1 0.2 0.3 0.3", "0.1 0.1 0.2 0.3 0.3 0.4", "1 0.5 0.3 0.1", "1 2 3 4 5 6", "0.5 0.7 0.9 0.6 0.3 0.1"),
    Witness: ("1", "1, 2", "1, 2, 3", "0.3, 0.1", "0.35 0.02", "0,5; 20", "0,5, 20", "1,5,2,5", "x = 1, y = 2", "dt = 1", "1 2 3 4", "20 ms, 5 ms", "-1, -1", "t=1; gap=2", "39.7887357729738, 0.01, 0.001", "25, 0.01, 0.004052847345693511", "16 16", "1e9, 1e9, 1e9", "0.27 0", "0.12 0.12", "0.2 0.2", "0.01, 0.005, 100", "100, 0.01", "100 1 1", "everywhere", "50 1", "1000 5"),
    Expression: ("2*t", "t", "1", "E", "pi", "e^t", "...", "v = ", "v = 1", "v(t) = t", "dv/dt = v", "t =", "t t", "2t", "tau mem", "tau", "ta", "foo", "foo(t)", "Exp(t)", "exp", "exp t", "sin(t", "sin t)", ")(", "t)", "(t", "t +", "* t", "/", "t ** ** 2", "t + * 2", "t*)", "(+)", "1,5*t", "t, v", "[t]", "{t}", "|t|", "t = 2", "t!", "t`", "C1*exp(t)", "C12", "1e31*t", "1e-31", "0e99", "t^21", "t^(20+1)", "2^(1/0)", "1/0", "1/(t-t)", "exp(exp(exp(9)))", "exp(9e9*log(2))", "sqrt(-t)", "log(-t)", "(-1)^0.5", "sqrt(-1)*sqrt(-1)", "sin(1e30)", "cos(10^20)", "tan(pi/2)", "atan(1e20)", "tanh(1e6)", "tanh(-99)", "sinh(1e-9)", "log(1+1e-20)", "2^-t", "-t^2", "--t", "+t", "(((((((((((((((((((((t)))))))))))))))))))))", "t" + "+1" * 90, "t+" * 60, "\\frac{t}{2}", "\\tau_{mem}", "v_{\\text{leak}}", "Eq(v, t)", "Eq(Derivative(v(t), t), t)", "v_0", "v(0)", "\u03c4_mem", "t\u00b2", "np.exp(t)", "abs(t)", "Abs(t)", "0*t", "t*0+1", "i", "I", "(R)(C)", "R(C)", "RC", "e", "(+e)^2", "e^(-200)", "2^(-2)", "(-8)^(1/3)", "0^0", "0^-1", "0^0.5", "0^-0.5"),
}  # fmt: skip


# -- Numbers ---------------------------------------------------------------------------------------


def _digits(x: float, draw: random.Random) -> str:
    """Return a number as somebody writes it."""
    shown = draw.choice(
        ("{:.1g}", "{:.2g}", "{:.3g}", "{:.4g}", "{:.6g}", "{!r}", "{:.2f}", "{:.4f}", "{:,.0f}", "{:.3e}")
    ).format(x)
    if draw.random() < 0.15:
        shown = shown.replace(",", "").replace(".", ",")
    return shown.replace("-", "\u2212") if draw.random() < 0.05 else shown


def _near(of: list[float], draw: random.Random) -> float:
    x = draw.choice(of) or draw.choice((0.0, 1e-9, 0.01))
    how = draw.random()
    if how < 0.35:
        return x
    if how < 0.6:
        return x * draw.choice((1.001, 0.995, 1.009, 0.9, 1.1, 2, 0.5, -1, 1.3))
    if how < 0.8:
        return x * 10.0 ** draw.randint(-7, 7)
    return draw.uniform(-3, 3) * 10.0 ** draw.randint(-6, 6)


UNITS = (
    "",
    "",
    " V",
    " mV",
    " ms",
    " s",
    "ms",
    " us",
    " Hz",
    " kHz",
    " %",
    "%",
    " steps",
    " levels",
    " V/s",
    " volts",
    " per second",
    " spikes per second",
    " MV",
    " seconds",
    " V*s",
    " of it",
)
SUMS = (
    "{}/{}",
    "{}+{}",
    "{} - {}",
    "{}*{}",
    "{} x {}",
    "{} ln {}",
    "exp(-{}/{})",
    "{}/{}pi",
    "sqrt({})+{}",
    "{}^{}",
    "{}-{}",
    "{} or {}",
    "{} to {}",
    "{} \u00b1 {}",
    "{} ms + {} us",
    "1/({} ms) + {}",
)


def _number(kind: Number, draw: random.Random) -> str:
    known = [kind.right, *(mistake.answer for mistake in kind.mistakes)]
    x = _digits(_near(known, draw), draw)
    if draw.random() < 0.15:
        return draw.choice(SUMS).format(x, _digits(draw.choice((1, 2, 5, 0.1, 10, 100.0)), draw))
    unit = f" {kind.unit}" if draw.random() < 0.3 else draw.choice(UNITS)
    name = draw.choice(("v = ", "t: ", "it is ", "after ")) if draw.random() < 0.05 else ""
    return name + x + unit


# -- Orders, choices, points, arguments --------------------------------------------------------------


def _order(kind: Order, draw: random.Random) -> str:
    letters = list(kind.lines)
    how = draw.random()
    if how < 0.1:
        letters[draw.randrange(len(letters))] = draw.choice("ABCDEFGHXZ")
    draw.shuffle(letters)
    if how < 0.2:
        letters = list(kind.right)
        one, other = draw.sample(range(len(letters)), 2)
        letters[one], letters[other] = letters[other], letters[one]
    if how > 0.97:
        return "\n".join(kind.lines.get(letter, letter) for letter in letters)
    text = draw.choice(("", ", ", " ", " then ", "-", " -> ", ", and then ")).join(letters)
    return text.lower() if draw.random() < 0.2 else text


def _choice(kind: Choice, draw: random.Random) -> str:
    key = draw.choice(list(kind.options))
    words = kind.options[key]
    ways = (key, key.upper(), f"({key})", f"{key}.", f"{key})", kind.show(key), words, words.upper(), words[:12], words[:-1], f"{key}: {words}", f"option {key}", f"{key} because I think so", f"I think {key}", draw.choice(("first", "the second one", "third", "neither", "", "?")), words.replace("e", "", 1), f"not {words}", key.replace("_", " "))  # fmt: skip
    return draw.choice(ways)


def _points(kind: Points, draw: random.Random) -> str:
    curves = [[value for _, value in kind.right], *(mistake.answer for mistake in kind.mistakes)]
    one, other = draw.choice(curves), draw.choice(curves)
    part, high = draw.choice((0, 0, draw.random())), kind.axis[1] - kind.axis[0]
    noise = draw.choice((0, 0.02, 0.05, 0.1, 0.3))
    values = [
        (1 - part) * x + part * y + draw.gauss(0, noise) * high for x, y in zip(one, other, strict=True)
    ]
    if draw.random() < 0.1:
        values = [value * draw.choice((1000, 100, 0.001)) for value in values]
    if draw.random() < 0.05:
        values = values[:-1]
    shown = [draw.choice(("{:.2f}", "{:.3g}", "{!r}")).format(value) for value in values]
    how = draw.random()
    if how < 0.1:
        return "; ".join(each.replace(".", ",") for each in shown)
    if how < 0.2:
        return ",".join(each.replace(".", ",") for each in shown)
    if how < 0.3:
        return ", ".join(f"{place} {kind.of}: {each}" for place, each in zip(kind.at, shown, strict=False))
    if how < 0.4:
        return f"({', '.join(f'{each} {kind.unit}' for each in shown)})"
    return draw.choice((", ", " ", "; ", ",")).join(shown)


def _witness(kind: Witness, draw: random.Random) -> str:
    shown = []
    examples = [kind.right, *(mistake.answer for mistake in kind.mistakes)]
    for place, argument in enumerate(kind.within.values()):
        x = draw.uniform(argument.low, argument.high) if draw.random() < 0.5 else draw.choice(examples)[place]
        if draw.random() < 0.1:
            x *= draw.choice((1000, 0.001, -1, 30))
        x = round(x) if draw.random() < 0.2 else x
        shown.append(_digits(x, draw) + (f" {argument.unit}" if draw.random() < 0.2 else ""))
    if draw.random() < 0.2:
        shown = [f"{name} = {x}" for name, x in zip(kind.within, shown, strict=True)]
        draw.shuffle(shown)
    if draw.random() < 0.05:
        shown.pop()
    return draw.choice((", ", "; ", " ")).join(shown)


# -- Formulas --------------------------------------------------------------------------------------


def _formula(kind: Expression, draw: random.Random) -> str:
    texts = [str(kind.right), str(kind.right), *(str(mistake.answer) for mistake in kind.mistakes)]
    text = draw.choice(texts) if draw.random() < 0.7 else _tree(kind, draw, 3)
    names = list(kind.ranges)
    for _ in range(draw.choice((0, 0, 1, 1, 2))):
        how = draw.randrange(9)
        if how == 0:
            text = f"{draw.choice(('2', '-1', '0.5', '1e-3', draw.choice(names)))}*({text})"
        elif how == 1:
            text = f"({text}) {draw.choice('+-')} {draw.choice(('1', '0.1', draw.choice(names)))}"
        elif how == 2:
            text = text.replace(draw.choice(names), draw.choice((*names, "1", "0")), 1)
        elif how == 3:
            text = text.replace(draw.choice("()"), "", 1)
        elif how == 4:
            text = text.replace("**", "^").replace("*", draw.choice(("*", " ", "\u00b7", "\u00d7")))
        elif how == 5:
            text = text.replace("tau", "\u03c4").replace("-", "\u2212")
        elif how == 6:
            text = text.replace(draw.choice("+-*/"), draw.choice("+-*/"), 1)
        elif how == 7:
            text = f"{draw.choice(('v', 'v(t)', 'dv/dt', 'x'))} = {text}"
        else:
            text = text.replace("exp", draw.choice(("e^", "exp", "math.exp", "Exp", "log", "sqrt", "sin")))
    return text


def _tree(kind: Expression, draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.2:
        return draw.choice((*kind.ranges, *kind.ranges, "1", "2", "0.5", "pi", "e", "10"))
    one, other = _tree(kind, draw, depth - 1), _tree(kind, draw, depth - 1)
    ways = ("{}+{}", "{}-{}", "{}*{}", "{}/{}", "({}+{})", "({}-{})", "{}^2", "-{}", "exp({})", "exp(-{}/{})", "sqrt({})", "ln({})", "sin({})", "cos({})", "tan({})", "atan({})", "sinh({})", "cosh({})", "tanh({})", "abs({})", "{}**0.5", "({})^({})", "({})**-1")  # fmt: skip
    return draw.choice(ways).format(one, other)


WRITES = {
    Number: _number,
    Order: _order,
    Choice: _choice,
    Points: _points,
    Witness: _witness,
    Expression: _formula,
}
