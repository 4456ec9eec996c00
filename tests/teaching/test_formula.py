"""Typed formulas: what people type is read or explained, and nothing that anybody types is run."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sympy
from sympy import E, Rational, Symbol, exp, log, pi, sqrt

from leakyedu.teaching.formula import FormulaError, evaluate, parse

ROOT = Path(__file__).parents[2]
NAMES = ("t", "tau", "tau_mem", "tau_syn", "v0", "V", "w", "dt")
t, tau, tau_mem, tau_syn, v0, V, w, dt = map(Symbol, NAMES)

# -- What people type ------------------------------------------------------------------------------

DOUBLE = w * tau_syn / (tau_syn - tau_mem) * (exp(-t / tau_syn) - exp(-t / tau_mem))
UNDERSTOOD = {
    "2*t": 2 * t,
    "t": t,
    "-t^2": -(t**2),
    "2^t": 2**t,
    "t**2": t**2,
    "2^-1": Rational(1, 2),
    "2^3^2": 512,
    "v0 − V": v0 - V,
    "v0 – V": v0 - V,
    "2×t": 2 * t,
    "2·t": 2 * t,
    "2⋅t": 2 * t,
    "t÷τ": t / tau,
    "t∕tau": t / tau,
    "τ_mem": tau_mem,
    "Δt/τ_mem": dt / tau_mem,
    "∆t": dt,
    "π*t": pi * t,
    "pi": pi,
    "t²": t**2,
    "t⁻¹": 1 / t,
    "t¹²": t**12,
    "½*t": t / 2,
    "√(t)": sqrt(t),
    "e": E,
    "e^(-t/tau)": exp(-t / tau),
    "e**(-t/tau)": exp(-t / tau),
    "e^-t/tau": exp(-t) / tau,
    "exp(-t/τ)": exp(-t / tau),
    "ln(t)": log(t),
    "log(t)": log(t),
    "sqrt(t)": sqrt(t),
    "abs(t)": abs(t),
    "sin(t)*cos(t)/tan(t)": sympy.sin(t) * sympy.cos(t) / sympy.tan(t),
    "sinh(t)+cosh(t)-tanh(t)+atan(t)": sympy.sinh(t) + sympy.cosh(t) - sympy.tanh(t) + sympy.atan(t),
    "0.1*t": t / 10,
    ".5*t": t / 2,
    "1e-3": Rational(1, 1000),
    "5.E-3 * t": t / 200,
    "0e999999999": 0,
    "v = 1 - t": 1 - t,
    "v(t) = 1 - t": 1 - t,
    "v_0 + v(0)": v0 + v0,
    "dv/dt = 1 - t": 1 - t,
    "v' = 1 - t": 1 - t,
    "Eq(v(t), 1 - t)": 1 - t,
    "Eq(Derivative(v(t), t), 1 - t)": 1 - t,
    '"1 - t"': 1 - t,
    "np.exp(-t)": exp(-t),
    "V(t) - v0": V - v0,
    "(t+1) (t+2)": (t + 1) * (t + 2),
    "E**(-t/tau)": exp(-t / tau),
    r"\frac{t}{\tau_{mem}}": t / tau_mem,
    r"e^{-\frac{t}{\tau_\text{mem}}}": exp(-t / tau_mem),
    r"\left(1 - t\right) \cdot \tau_{\text{syn}}": (1 - t) * tau_syn,
    "  t\n + 1 ": t + 1,
    "++t": t,
    "t - -t": 2 * t,
    "((t))": t,
    "𝑡 + 𝐭": 2 * t,
    "２＊ｔ": 2 * t,
    "w*tau_syn/(tau_syn - tau_mem)*(exp(-t/tau_syn) - exp(-t/tau_mem))": DOUBLE,
    "w·τ_syn/(τ_syn−τ_mem)·(e^(−t/τ_syn)−e^(−t/τ_mem))": DOUBLE,
    "V*(1-exp(-t/tau)) + v0*exp(-t/tau)": V * (1 - exp(-t / tau)) + v0 * exp(-t / tau),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_people_type_is_understood(text):
    assert parse(text, NAMES).doit() == UNDERSTOOD[text]


@pytest.mark.parametrize("name", ["E", "I", "S", "N", "Q", "O", "C", "beta", "gamma", "lambda", "pi", "e", "zeta", "is", "None", "exp"])  # fmt: skip
def test_a_name_of_the_question_is_an_ordinary_symbol(name):
    assert parse(f"2*{name} + t", ("t", name)).doit() == 2 * Symbol(name) + t


@pytest.mark.parametrize(("letter", "name"), [("σ", "sigma"), ("ω", "omega"), ("λ", "lambda"), ("μ", "mu"), ("µ", "mu"), ("ϕ", "phi"), ("θ", "theta")])  # fmt: skip
def test_a_greek_letter_is_its_name(letter, name):
    assert parse(letter, (name,)) == Symbol(name)


def test_a_decimal_number_is_what_was_typed():
    assert parse("0.1", ()) == Rational(1, 10)
    assert parse("0.30000000000000000001", ()) == Rational(30000000000000000001, 10**20)


def test_a_formula_keeps_the_form_in_which_it_was_typed():
    assert str(parse("t + t", NAMES)) == "t + t"
    assert str(parse("2*3", ())) == "2*3"


EXPLAINED = {
    "2t": "Between `2` and `t` a sign is missing. For a product write `2*t`.",
    "2(t+1)": "Between `2` and `(...)` a sign is missing. For a product write `2*(...)`.",
    "(t+1)2": "Between `(...)` and `2` a sign is missing. For a product write `(...)*2`.",
    "t(v0+1)": "Between `t` and `(...)` a sign is missing. For a product write `t*(...)`.",
    "v0 e^(-t/tau)": "Between `v0` and `e` a sign is missing. For a product write `v0*e`.",
    "2 3": "Between `2` and `3` a sign is missing. For a product write `2*3`.",
    "1.2.3": "Between `1.2` and `.3` a sign is missing. For a product write `1.2*.3`.",
    "w exp(t)": "Between `w` and `exp` a sign is missing. For a product write `w*exp`.",
    "wt": "`wt` is not a symbol of this question. For a product write `w*t`.",
    "τt": "`taut` is not a symbol of this question. For a product write `tau*t`.",
    "0,5*t": "`0,5` has a comma: write a decimal point, `0.5`.",
    "exp(t,2)": "`,` is not understood. A decimal comma is written as a point, and a function takes one thing.",
    "2½": "Between `2` and `(...)` a sign is missing.",
    "|t|": "`|` is not understood. Write `abs(t)` for the size of `t`.",
    "tau*t = 2": "`=` is not understood. Solve the equation for what is asked, and give what stands right of the `=` then.",
    "t == 2": "`=` is not understood. Solve the equation for what is asked",
    "V = t": "This is an equation for `V`. Solve it for what is asked, and give what stands right of the `=` then.",
    "jax.exp(t)": "`.` is not understood. A name has no dot: write `exp(t)`.",
    "2*[t+1]": "`[` is not understood. Write round brackets.",
    "t!": "`!` is not understood. A formula has numbers, names, `+ - * / ^` and round brackets.",
    "tau mem": "`tau mem` has a gap: write `tau_mem`.",
    "tau_men": "`tau_men` is not a symbol of this question. Did you mean `tau_mem`? The symbols are `t`, `tau`,",
    "tau_": "Did you mean `tau_mem` or `tau_syn`?",
    "Tau": "Did you mean `tau`?",
    "τmem": "Did you mean `tau_mem`?",
    "v": "`v` is not a symbol of this question. The symbols are `t`, `tau`, `tau_mem`, `tau_syn`, `v0`,",
    "10 ms": "`ms` is not a symbol of this question.",
    "expo(t)": "`expo` is not a function here. Did you mean `exp`? The functions are `exp`, `log`,",
    "f(t)": "`f` is not a function here. The functions are",
    "exp -t": "`exp` is a function and needs brackets: write `exp(...)`.",
    "sin²(t)": "`sin` is a function and needs brackets: write `sin(...)`.",
    "√t": "`sqrt` is a function and needs brackets: write `sqrt(...)`.",
    "exp(-t/tau": "The `(` before `-t/tau` is never closed: put a `)` where it ends.",
    "(t+1": "The `(` before `t+1` is never closed",
    "t/tau)": "The `)` after `t/tau` closes nothing: take it away.",
    "2*": "Something is missing after `*`: put a number or a symbol there.",
    "*2": "Something is missing before `*`",
    "t+*2": "Something is missing after `+` and before `*`",
    "exp()": "Something is missing after `(` and before `)`",
    "2^": "Something is missing after `^`",
    "": "There is no formula here: write one between the quotes, for example `2*t`.",
    " \n\t ": "There is no formula here",
    "v = ": "There is no formula here",
    "exp(...)": "A `...` still stands in the formula: put your own terms in its place.",
    "…": "A `...` still stands in the formula",
    "t^21": "An exponent is larger than 20: write a smaller one.",
    "1e999": "`1e999` is too large or too small a number: stay between 1e-30 and 1e30.",
    "t^(1/0)": "It is no number: look for a division by 0.",
    "t`t": "The character U+0060 is not understood.",
    "t" + "+t" * 99: "This formula has more than 80 parts: write it in a shorter form.",
    "t" * 201: "This formula is longer than 200 characters: write it in a shorter form.",
    "(" * 21 + "t" + ")" * 21: "More than 20 brackets stand inside each other: take some away.",
}


@pytest.mark.parametrize("text", EXPLAINED)
def test_what_is_not_understood_is_explained(text):
    with pytest.raises(FormulaError, match=re.escape(EXPLAINED[text])):
        parse(text, NAMES)


@pytest.mark.parametrize(("text", "words"), [(None, "NoneType"), (b"t", "bytes"), (3, "int"), (t, "Symbol")])
def test_what_is_no_text_is_named(text, words):
    with pytest.raises(
        FormulaError, match=f"A formula is a text in quotes, and this is of the type {words}."
    ):
        parse(text, NAMES)


def test_a_question_without_symbols_says_so():
    with pytest.raises(FormulaError, match=r"`t` is not a symbol of this question\. It has no symbols\."):
        parse("t", ())


# -- What must never be run ------------------------------------------------------------------------

SPY = "__import__('builtins').RUN"
HOSTILE = [
    # Code that would leave a mark.
    *(f"{SPY}.append({n})" for n in range(5)),
    f"eval(\"{SPY}.append(1)\")", f"exec('''{SPY}.append(1)''')", f"(lambda: {SPY}.append(1))()",
    f"[{SPY}.append(1) for x in (1,)]", f"{{{SPY}.append(1)}}", f"t if {SPY}.append(1) else t",
    f"t and {SPY}.append(1)", f"f'{{{SPY}.append(1)}}'", f"t[{SPY}.append(1)]", f"t.__class__({SPY})",
    f"exp({SPY}.append(1))", f"exp(t, {SPY}.append(1))", f"exp(*{SPY})", f"exp(**{SPY})", f"t; {SPY}.append(1)",
    f"t\n{SPY}.append(1)", f"t = {SPY}.append(1)", f"(x := {SPY}.append(1))", f"print({SPY})", f"#\n{SPY}.append(1)",
    "__import__('os').system('echo')", "__import__('subprocess').Popen('echo')", "import os", "from os import system",
    "os.system('echo')", "open('/etc/passwd').read()", "globals()", "locals()", "vars()", "dir()", "help()", "input()",
    "breakpoint()", "exit()", "quit()", "compile('1','','eval')", "getattr(t,'x')", "setattr(t,'x',1)", "delattr(t,'x')",
    "__builtins__", "__builtins__['eval']('1')", "__import__", "__name__", "__class__", "_", "__", "t.__class__",
    "().__class__.__bases__[0].__subclasses__()", "''.join(['a'])", "t.func", "t._eval_evalf", "sympy.sympify('t')",
    "sympify('t')", "S('t')", "parse_expr('t')", "lambdify(t,t)", "Symbol('t')", "Function('f')", "Integral(t,t)",
    "𝐞𝐯𝐚𝐥(t)", "ｅｖａｌ(t)", "𝔢𝔵𝔢𝔠(t)", "__𝒾mport__('os')", "eval (t)", "ev\u200bal(t)",
    # Syntax of Python that is no formula.
    "lambda: 0", "lambda t: t", "[t]", "{t}", "{t: t}", "(t,)", "t, t", "t[0]", "t.real", "t.a.b", "f't'",
    "b't'", "t if t else t", "not t", "t and t", "t or t", "t in t", "t is t", "t < t", "t != t", "t == t",
    "t := 1", "t @ t", "t // t", "t % t", "t << t", "t >> t", "t & t", "t ^^ t", "t | t", "~t", "*t", "**t", "yield t",
    "await t", "async t", "return t", "del t", "pass", "raise t", "assert t", "global t", "while 1: t", "class t: t",
    "def f(): t", "@t", "t -> t", "t...", "...", "Ellipsis", "True", "False", "None", "1j", "2J", "0x10", "0b1", "0o7",
    "1_000", "1__0", "1e", "1e+", "1.e.", "..1", "1if t else t", "exp(t)[0]", "exp.t", "exp(x=t)",
    "%run x", "!ls", "?t", "$t$", "#t", "t#", "t;", "t\\", "'", '"', "t\x00", "\x00", "\x1b[31m", "\ud800",
    "\u202et", "\ufeff1", "ﷺ" * 20, "ﷺ" * 200, "😀", "t😀", "٣*t", "²", "⁻", "^", "∞", "t′", "∫t", "∂t", "∑",
    # Much from little.
    "9**9**9", "9^9^9^9", "9^9^9^9^9^9^9^9", "2^(9^9)", "(9^9)^9^9", "t^(10^10)", "t^1e10", "t^1e30", "2^(20*20*20)",
    "(-9)^9^9", "9^-9^9", "2^(2^(2^(2^(2^2))))", "2^exp(9)", "2^exp(exp(exp(9)))", "2^exp(exp(exp(exp(exp(9)))))",
    "2^sin(exp(exp(9)))", "t^(exp(1e30))", "2^(1/0)", "2^ln(0)", "2^tan(pi/0)", "2^(0^-1)", "2^sqrt(-1e9)", "1e999",
    "1e-999", "1e999999999", "1e-999999999", "9" * 200, "0." + "0" * 190 + "1", "1e31", "2^(1e30*ln(1e30))",
    "(" * 200, ")" * 200, "(" * 100 + ")" * 100, "(" * 99 + "t" + ")" * 99, "((" * 50 + "t", "exp(" * 50, "exp(" * 40 + "t" + ")" * 40,
    "[" * 200, "{" * 200, "-" * 199 + "t", "+" * 199 + "t", "t" + "-" * 199, "t**" * 66 + "t", "2^" * 99 + "2", "t" + "*t" * 99,
    "t/" * 99 + "t", "t" * 200, "t" * 201, "x" * 10**6, " " * 10**6, "a." * 99, "not " * 49 + "t", "lambda:" * 28 + "t",
    "(t" * 66, "t " * 99, "1 " * 100, "1" + "e1" * 90, "1" * 100 + "." * 90, "t," * 100, "0,0," * 50, "sqrt(" * 30 + "t" + ")" * 30, "=" * 200,
    "t=" * 100, "t(" * 66, "^" * 200, "tautau" * 33 + "x", "⁰" * 200,
]  # fmt: skip


def seconds(text):
    start = time.perf_counter()
    with pytest.raises(FormulaError):
        parse(text, NAMES)
    return time.perf_counter() - start


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:40]))
def test_a_hostile_text_is_refused_in_one_sentence_and_at_once(text):
    with pytest.raises(FormulaError) as refusal:
        parse(text, NAMES)
    message = str(refusal.value)
    # The quickest of some: another process may take the time of one.
    quickest = min(seconds(text) for _ in range(3))

    assert 15 < len(message) < 300
    assert message.endswith(".")
    assert message.isprintable()
    assert quickest < 0.050


def test_there_are_enough_hostile_texts(capsys):
    slowest, text = max((min(seconds(text) for _ in range(3)), text) for text in HOSTILE)

    with capsys.disabled():
        print(f" {len(HOSTILE)} hostile texts, slowest {1e3 * slowest:.2f} ms: {text[:40]!a} ", end="")
    assert len(set(HOSTILE)) == len(HOSTILE) >= 150


def test_no_text_is_run_and_pythons_parser_sees_placeholders_only():
    code = (
        "import builtins, json, sys\n"
        "from leakyedu.teaching.formula import FormulaError, parse\n"
        "texts, names = json.load(sys.stdin)\n"
        "builtins.RUN, events, compiled, on = [], [], [], False\n"
        "def hook(event, args):\n"
        "    if on and event == 'compile':\n"
        "        compiled.append(str(args[0]))\n"
        "    elif on:\n"
        "        events.append(event)\n"
        "for text in texts[:20]:\n"  # what Python loads at its first error is no event of a text
        "    try:\n"
        "        parse(text, names)\n"
        "    except FormulaError:\n"
        "        pass\n"
        "sys.addaudithook(hook)\n"
        "on = True\n"
        "for text in texts:\n"
        "    try:\n"
        "        parse(text, names)\n"
        "    except FormulaError:\n"
        "        pass\n"
        "on = False\n"
        "print(json.dumps([builtins.RUN, events, compiled]))\n"
    )
    texts = [*UNDERSTOOD, *EXPLAINED, *HOSTILE]

    done = subprocess.run([sys.executable, "-c", code], input=json.dumps([texts, NAMES]), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
    run, events, compiled = json.loads(done.stdout)
    assert run == []
    assert (
        set(events) & {"exec", "import", "open", "os.system", "subprocess.Popen", "socket.connect"} == set()
    )
    assert len(compiled) >= len(UNDERSTOOD)
    assert [text for text in compiled if not re.fullmatch(r"(b')?(n\d+|\*\*|[-+*/()]| )+'?", text)] == []


@pytest.mark.parametrize("text", ["exp(9e9*ln(2))", "2^t*2^(9-t)", "exp(exp(exp(exp(exp(9)))))", "exp(1e30*ln(1e30))", "sin(1e30)^20", "abs((t+1)^20*(t+2)^20)^20", "1/0", "ln(0)"])  # fmt: skip
def test_a_formula_that_would_explode_is_read_without_a_computation(text):
    start = time.perf_counter()
    parse(text, NAMES)

    assert time.perf_counter() - start < 0.5


def test_the_walk_refuses_what_is_no_formula_even_if_it_gets_there():
    import ast

    from leakyedu.teaching.formula import _build

    for code in (
        "[n0]",
        "n0.n0",
        "n0 @ n0",
        "~n0",
        "lambda: n0",
        "n0(*n0)",
        "n0(n0, n0)",
        "n0(x=n0)",
        "1",
        "'1'",
    ):
        with pytest.raises(FormulaError, match="This formula is not understood"):
            _build(ast.parse(code, mode="eval").body, [t])


# -- The number that an expression is --------------------------------------------------------------

POINT = {"t": 0.3, "tau": 0.7, "w": 2.0}
EACH_WAY = [
    t + tau * w, t / tau - 1, exp(-t / tau), log(t), sqrt(-t), abs(-w), pi * E, sympy.I * t, t**tau, sympy.sin(t) / sympy.cosh(tau),
    sympy.Piecewise((t, t > tau), (w, True)), sympy.Piecewise((t, (t < tau) & (w > 1)), (w, True)), sympy.Max(t, tau, w), sympy.Min(t, w),
    sympy.Heaviside(t - tau), sympy.Heaviside(tau - t), sympy.sign(t), sympy.erf(t), sympy.asin(t) + sympy.acosh(w), sympy.Float(0.1) * t,
    sympy.Piecewise((t, sympy.Ne(t, tau)), (w, True)), sympy.EulerGamma + sympy.GoldenRatio, sympy.conjugate(sympy.I * t) + sympy.re(t),
]  # fmt: skip


@pytest.mark.parametrize("expression", EACH_WAY, ids=str)
def test_an_expression_has_the_value_that_sympy_gives_it(expression):
    exact = {Symbol(name): Rational(value) for name, value in POINT.items()}

    value = evaluate(expression, POINT)

    expected = complex(expression.subs(exact).evalf(30))
    assert complex(value) == pytest.approx(expected, rel=1e-14, abs=1e-14)


def test_values_are_right_where_doubles_cancel():
    value = evaluate((exp(t) - 1 - t) / t**2, {"t": 1e-12})

    assert float(value) == pytest.approx(0.5 + 1e-12 / 6, rel=1e-15)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        pytest.param(
            1 / (t - t * tau / Symbol("tau", positive=True)), "At t = 0.3, tau = 0.7, w = 2 it is no number: look for a division by 0.",
            id="1/(t - t*tau/tau)",  # two symbols of one name, which sympy puts in any order
        ),
        (sympy.nan, "is no number"), (sympy.zoo, "is no number"), (sympy.oo, "is no number"), (t * sympy.oo, "is no number"),
        (sympy.Piecewise((t, t > 1)), "is no number"), (sympy.Max(t, sympy.I * t, evaluate=False), "is no number"),
        (exp(exp(exp(9 / t))), "It explodes: some part of it is far too large"), (exp(-exp(exp(9 / t))), "It explodes"),
        (sympy.Function("v")(t), "`v(t)` still stands in the formula."),
        (sympy.Function("v")(t).diff(t), "`Derivative(v(t), t)` still stands in the formula."),
        (sympy.Integral(exp(-t / tau), t), "`Integral(exp(-t/tau), t)` still stands in the formula. Put in what it is;"),
        (sympy.Order(t), "`O(t)` still stands"), (sympy.Sum(t, (t, 1, 3)), "`Sum(t, (t, 1, 3))` still stands"),
    ],
    ids=str,
)  # fmt: skip
def test_an_expression_without_a_value_says_why(expression, words):
    with pytest.raises(FormulaError, match=re.escape(words)):
        evaluate(expression, POINT)
