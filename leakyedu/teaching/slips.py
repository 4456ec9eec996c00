"""What Python and torch say to frequent slips, and what a teacher says instead.

A slip is recognised by the words of its error, and where these fit several slips by the line that raised
it. What is not in the table keeps Python's words.
"""

import ast
import inspect
import linecache
import re
import sysconfig
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from leakyedu.teaching.guard import StoppedError


class Slip(NamedTuple):
    """One slip.

    Attributes:
        error: regular expression for the error, its type before a colon.
        words: what to say; a name in braces is that of a group in one of the expressions.
        line: regular expression for the line that raised the error.
        argument: one that the function must have.
    """

    error: str
    words: str
    line: str = ""
    argument: str = ""


SLIPS = (
    # -- The state and the parameters ----------------------------------------------------------------
    Slip(
        r"AttributeError: can't set attribute|AttributeError: can't assign",
        "A state cannot be changed. Give the new value a name of its own, such as `{name} = ...`, and make a new state of "
        "the new values at the end.",
        r"\.(?P<name>\w+)\s*[-+*/]?=",
    ),
    Slip(
        r"TypeError: '(LIState|LIParameters|Pair|tuple)' object does not support item assignment",
        "What holds several values in brackets cannot be changed. Give each new value a name of its own, and put them together at the end.",
    ),
    Slip(
        r"AttributeError: 'LIParameters' object has no attribute '(?P<tau>tau_(mem|syn))'",
        "There is no `{tau}` in the parameters: they hold its inverse, `{tau}_inv`.",
    ),
    Slip(
        r"AttributeError: 'LIParameters' object has no attribute '(?P<name>\w+)'",
        "There is no `{name}` in the parameters: they hold `tau_syn_inv`, `tau_mem_inv` and `v_leak`.",
    ),
    Slip(
        r"AttributeError: 'LIState' object has no attribute '(?P<name>\w+)'",
        "There is no `{name}` in a state: it holds `v` and `i`.",
    ),
    Slip(
        r"TypeError: (can only concatenate tuple|unsupported operand type\(s\) for [^:]+: .*'(LIState|LIParameters|Pair|tuple)')",
        "This computes with several values in brackets as if they were one number. Take out the one that you need, by its name or by its place.",
    ),
    Slip(
        r"TypeError: p must be LIParameters, got (float|Tensor)",
        "A number stands where the parameters belong: a state comes before them. Give what you hand on by its name, `p=p, dt=dt`.",
    ),
    # -- How many ------------------------------------------------------------------------------------
    Slip(
        r"ValueError: too many values to unpack \(expected (?P<names>\d+)\)",
        "More values stand on the right than the {names} names on the left. Is that what you think it is? A loop goes "
        "through any number of values.",
    ),
    Slip(
        r"ValueError: not enough values to unpack \(expected (?P<names>\d+), got (?P<got>\d+)\)",
        "On the left stand {names} names, and the right side has {got} to give.",
    ),
    Slip(
        r"TypeError: cannot unpack non-(iterable|sequence) (float|int|NoneType)",
        "On the left stand several names, and the right side is a single thing.",
    ),
    Slip(
        r"TypeError: .*missing \d+ required (positional|keyword-only) arguments?: (?P<names>'.*)",
        "Something is called with too few arguments here: {names} must be given too.",
    ),
    Slip(
        r"TypeError: .*takes (from )?(?P<takes>\d+)( to \d+)? positional arguments? but (?P<given>\d+) (was|were) given",
        "Something is called with {given} arguments here, and takes {takes}.",
    ),
    Slip(
        r"TypeError: (?P<name>min|max)\(\) received an invalid combination of arguments - got \((float|int)",
        "Tensors are wanted in these brackets, and plain numbers stand in them. For these take `{name}(...)`, without `torch`.",
    ),
    Slip(
        r"TypeError: (?P<name>\w+)\(\) received an invalid combination of arguments",
        "What stands in the brackets of `{name}` here is not what it takes: look at the kinds and the names.",
    ),
    Slip(
        r"TypeError: (?P<name>\w+) expected (at (least|most) )?(?P<takes>\d+) arguments?, got (?P<given>\d+)",
        "`{name}` takes {takes} arguments, and is called with {given} here.",
    ),
    Slip(
        r"TypeError: .*got an unexpected keyword argument '(?P<name>\w+)'",
        "What is called here has no argument `{name}`.",
    ),
    # -- One number, or many -------------------------------------------------------------------------
    Slip(
        r"(ValueError|TypeError|RuntimeError): (only one element tensors can be converted|a Tensor with \d+ elements cannot)",
        "`math.{name}` computes with one number, and a tensor of many stands in its brackets. Take `torch.{name}`; or, if the "
        "tensor does not belong there, leave it outside.",
        r"\bmath\.(?P<name>exp|log|log10|log2|sqrt|sin|cos|tan|atan|atan2|expm1|log1p|floor|ceil|hypot)\(",
    ),
    Slip(
        r"(ValueError|TypeError|RuntimeError): (only one element tensors can be converted|a Tensor with \d+ elements cannot)",
        "If `I` is meant as the imaginary unit: that is how sympy writes it. Beside tensors Python writes `1j`.",
        r"(?<![\w.])I(?![\w(])",
    ),
    Slip(
        r"(ValueError|TypeError|RuntimeError): (only one element tensors can be converted|a Tensor with \d+ elements cannot)",
        "One number is wanted here, and this is a tensor of many. Compute with the whole tensor, or take one of its numbers.",
    ),
    Slip(
        r"RuntimeError: Boolean value of Tensor",
        "An `if` asks one question, and so does `max`, `min` or `and`. A tensor holds many numbers, each with an answer of its "
        "own. To pick some of them put the condition into brackets, `x[x > 0]`; to compute with all take `torch.where` or `clamp`.",
    ),
    Slip(
        r"TypeError: (?P<name>exp|log|log10|log2|sqrt|sin|cos|tan|atan|abs|expm1|log1p|sigmoid|tanh)\(\): argument '\w+' "
        r"\(position \d+\) must be Tensor, not (float|int)",
        "`torch.{name}` wants a tensor, and this is a plain number. Take `math.{name}`.",
    ),
    Slip(
        r"TypeError: (?P<name>\w+)\(\): argument '\w+' \(position \d+\) must be Tensor, not (float|int)",
        "`torch.{name}` wants a tensor, and this is a plain number.",
    ),
    Slip(
        r"TypeError: expected Tensor as element \d+ in argument \d+, but got (float|int)",
        "Tensors are wanted in these brackets, and plain numbers stand in them. Out of numbers `torch.tensor([...])` makes a tensor.",
    ),
    Slip(
        r"AttributeError: '(float|int)' object has no attribute '(?P<name>tolist|numel|shape|ndim|size|numpy|dtype|item|detach|clone)'",
        "This is a plain number, and no tensor: it has no `{name}`.",
    ),
    Slip(
        r"AttributeError: '(float|int)' object has no attribute '(?P<name>exp|log|log10|log2|sqrt|sin|cos|tan|atan|expm1|log1p)'",
        "This is a plain number, and no tensor. Take `math.{name}(...)`.",
    ),
    Slip(
        r"AttributeError: '(float|int)' object has no attribute '(?P<name>\w+)'",
        "This is a plain number: it has no `{name}`.",
    ),
    Slip(
        r"AttributeError: 'complex' object has no attribute '(?P<name>\w+)'",
        "This is a plain complex number, and no tensor: it has no `{name}`. Its length is `abs(...)`, its angle `cmath.phase(...)`.",
    ),
    Slip(
        r"TypeError: ('(float|int)' object is not iterable|iteration over a 0-d tensor)",
        "This goes through the numbers of something that is a single number.",
    ),
    Slip(
        r"TypeError: (object of type '(float|int)' has no len|len\(\) of a 0-d tensor|'(float|int)' object is not subscriptable)|"
        r"IndexError: invalid index of a 0-dim tensor",
        "This is a single number: it has no length, and no first or last.",
    ),
    Slip(
        r"TypeError: only integer tensors of a single element",
        "`range` counts to a whole number, and a tensor stands in its brackets. `for x in tensor.tolist()` goes through the numbers of a tensor.",
        r"\brange\(",
    ),
    Slip(
        r"TypeError: ('float' object cannot be interpreted as an integer|only integer tensors of a single element)",
        "A whole number is wanted here. The function `round` makes one of any number.",
    ),
    Slip(
        r"TypeError: can only concatenate list|TypeError: can't multiply sequence by non-int of type|TypeError: (unsupported operand type\(s\) for .*|bad operand type .*)'list'",
        "A list does not compute. Write a loop over its numbers, or make a tensor of it: `torch.tensor(...)`. If it came out of "
        "such a loop, the tensor had rows and columns: compute with the tensor itself.",
    ),
    Slip(
        r"TypeError: unsupported operand type\(s\) for [^:]+: .*'str'|TypeError: can only concatenate str",
        "This computes with a text in quotes. Numbers and names stand without them.",
    ),
    Slip(
        r"RuntimeError: Subtraction, the `-` operator, with (a|two) bool tensor",
        "True and False cannot be subtracted. Turn them into 1 and 0 first: `.to(v.dtype)`.",
    ),
    Slip(
        r"AttributeError: 'Tensor' object has no attribute 'astype'",
        "A tensor has no `astype`, which is NumPy's. The dtype changes by `.to(...)`.",
    ),
    Slip(
        r"AttributeError: 'Tensor' object has no attribute '(?P<name>\w+)'",
        "A tensor has no `{name}`. Is it spelled so?",
    ),
    Slip(
        r"TypeError: .*\bGenerator\b",
        "A generator is no function and no size: `torch.randn` is given it by its name, `generator=generator`.",
    ),
    Slip(
        r"ValueError: dt must be a finite number of seconds above 0, got \[?(?P<dt>[-\d.e]+)",
        "A step takes a time above 0, and {dt} second is none.",
    ),
    # -- Lengths and places --------------------------------------------------------------------------
    Slip(
        r"IndexError: The shape of the mask \[(?P<mask>[\d, ]*)\] at index \d+ does not match the shape of the indexed tensor \[(?P<length>[\d, ]*)\]",
        "In the brackets stands a condition for {mask} values, and before them a tensor of {length}. Both must come from tensors of one length.",
    ),
    Slip(
        r"IndexError: index -?\d+ is out of bounds for dimension \d+ with size 0",
        "There is no value at this place, because none is left: no value fulfils the condition before it.",
    ),
    Slip(
        r"IndexError: index (?P<place>-?\d+) is out of bounds for dimension \d+ with size (?P<length>\d+)",
        "There is no value at place {place}: counting begins at 0, so the last of {length} values has a number that is one less.",
    ),
    Slip(
        r"IndexError: (list|tuple) index out of range",
        "There is no value at this place: counting begins at 0, and the last value is one before the length.",
    ),
    Slip(
        r"(TypeError: list indices must be|IndexError: (only integers, slices|tensors used as indices))",
        "The place of a value is a whole number, and what stands in these brackets is none.",
    ),
    Slip(
        r"ValueError: step must be greater than zero",
        "A tensor cannot be read backwards by `[::-1]`: `flip(0)` turns it round.",
    ),
    Slip(
        r"RuntimeError: (output with shape \[(?P<one>[\d, ]*)\] doesn't match the broadcast shape \[(?P<many>[\d, ]*)\]|"
        r"The expanded size of the tensor \((?P<small>\d+)\) must match the existing size \((?P<large>\d+)\)|expand\(torch)",
        "More values are written into a tensor than it has room for. Begin with one of the right size, such as `torch.zeros_like(...)`.",
    ),
    Slip(
        r"RuntimeError: The size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\)",
        "A tensor of {a} values meets one of {b}, and each value wants a partner.",
    ),
    Slip(
        r"RuntimeError: (mat1 and mat2 shapes|size mismatch|mat2 must be|inconsistent tensor size)",
        "`@` is the product of matrices. To multiply each number with its own partner write `*`.",
        r"@",
    ),
    Slip(
        r"RuntimeError: .*(must have the same dtype|expected scalar type|to have the same dtype|dtypes? match)",
        "Two tensors of different dtype meet here, float32 and float64. Make the one that you have made yourself of the dtype "
        "of what you are given: `dtype=x.dtype`.",
    ),
    Slip(
        r"TypeError: expected np\.ndarray \(got numpy\.",
        "A tensor of one number becomes a plain number in NumPy, and no array. Compute with the tensors as they are.",
    ),
    # -- Autograd ------------------------------------------------------------------------------------
    Slip(
        r"RuntimeError: element 0 of tensors does not require grad",
        "Nothing that led to this asked for a gradient. Call `requires_grad_()` on a copy of the input, and compute with that "
        "copy, before you look for its gradient.",
    ),
    Slip(
        r"RuntimeError: One of the differentiated Tensors does not require grad",
        "The tensor whose gradient you ask for does not keep one: call `requires_grad_()` on it before you compute with it.",
    ),
    Slip(
        r"RuntimeError: (One of the differentiated Tensors|The differentiated Tensor at index \d+) appears to not have been used",
        "The tensor whose gradient you ask for was not used on the way: compute with that very tensor, not with another copy.",
    ),
    Slip(
        r"RuntimeError: grad can be implicitly created only for scalar outputs",
        "A gradient is that of one number, and here stand many. Which of them do you ask for?",
    ),
    Slip(
        r"RuntimeError: a (leaf Variable that requires grad|view of a leaf Variable that requires grad) is being used in an in-place",
        "A tensor that waits for its gradient must not be changed. Write `a = a + b` for `a += b`.",
    ),
    Slip(
        r"RuntimeError: Trying to backward through the graph a second time",
        "The way back is there once: after a `backward()` it is gone. Compute the voltage again, or go back once.",
    ),
    Slip(
        r"RuntimeError: Can't call numpy\(\) on Tensor that requires grad",
        "A tensor that waits for its gradient is no array yet: `detach()` gives its numbers alone.",
    ),
    Slip(
        r"RuntimeError: only Tensors of floating point dtype can require gradients",
        "Only a tensor of numbers with digits after the point can have a gradient.",
    ),
    Slip(
        r"TypeError: .*(operand type\(s\)|must be Tensor).*NoneType",
        "There is no gradient, `.grad` is None. Only the very tensor on which `requires_grad_()` was called gets one, after `backward()`.",
        r"\.grad\b",
    ),
    Slip(
        r"(TypeError|AttributeError): .*'?NoneType'?",
        "Something is None here: what a function gives that ends without `return`.",
    ),
    # -- Symbols, powers, names and brackets ---------------------------------------------------------
    Slip(
        r"TypeError: unsupported operand type\(s\) for \^|(NotImplemented|Runtime)Error: \"bitwise_xor",
        "A power is written `**`. In Python `^` does something else, with bits.",
    ),
    Slip(r"^Symbol: ", "In this notebook {symbols}. Inside of your function use its arguments."),
    Slip(
        r"TypeError: (Cannot convert expression to float|cannot determine truth value of Relational|loop of ufunc does not support argument \d+ of type|"
        r".*must be Tensor, not (Symbol|Mul|Add|Pow|exp|Expr))",
        "A formula with symbols stands where a number is wanted. Inside of your function use its arguments.",
    ),
    Slip(
        r"TypeError: '(builtin_function_or_method|function|method)' object is not subscriptable",
        "Square brackets stand behind a function here. What it computes with stands in round brackets.",
    ),
    Slip(
        r"TypeError: unsupported operand type\(s\) for [^:]+: .*'builtin_function_or_method'|TypeError: .*not builtin_function_or_method|"
        r"TypeError: unsupported operand type\(s\) for [^:]+: .*'(function|method)'",
        "A function stands here without its brackets: `log()` computes, `log` is the function itself.",
    ),
    Slip(
        r"TypeError: '(Tensor|tuple|list)' object is not callable",
        "A round bracket right behind a tensor or a list calls it like a function. Its values stand in square brackets, "
        "and a product wants a `*`.",
    ),
    Slip(
        r"TypeError: '(float|int|numpy\.float64)' object is not callable",
        "A bracket right behind a number calls it like a function. Is a `*` missing before the bracket?",
    ),
    Slip(
        r"UnboundLocalError: .*'(?P<name>[vi])'",
        "Here `{name}` has no value yet. The one from before this step is in `state`: begin with `v, i = state`.",
        argument="state",
    ),
    Slip(
        r"UnboundLocalError: .*'(?P<name>\w+)'",
        "Here `{name}` has no value yet. Make it in a line above, out of what your function is given. What cannot be made of that, the answer does without.",
    ),
    Slip(
        r"NameError: name '(?P<name>np|numpy|math|torch|sympy)' is not defined",
        "The library `{name}` is not imported in this notebook. Import it in a line above your function.",
    ),
    Slip(
        r"NameError: name '(?P<name>exp|log|log2|log10|log1p|expm1|sqrt|sin|cos|tan|atan|atan2|pi|inf|isclose|ceil|floor)' is not defined",
        "The name `{name}` is not known alone: it is `math.{name}`, or for a tensor `torch.{name}`.",
    ),
    Slip(
        r"NameError: name 'j' is not defined",
        "The name `j` is not known. The imaginary unit stands right behind a number in Python: `1j`, `2j`.",
    ),
    Slip(
        r"NameError: name 'e' is not defined",
        "Euler's number is `math.e`, and its powers are `math.exp(...)`, or for a tensor `torch.exp(...)`.",
    ),
    Slip(
        r"NameError: name '(?P<name>\w+)' is not defined",
        "The name `{name}` is not known. It is neither an argument of your function nor made in a line above. Is it spelled right? What is "
        "printed in the text alone is not in the notebook.",
    ),
    Slip(
        r"KeyError: (?P<key>.{1,40})$",
        "What stands in these square brackets has no entry for {key}. For any number a formula is wanted, and no list of answers.",
    ),
    Slip(
        r"AttributeError: module '(?P<module>math|torch|numpy)' has no attribute 'ln'",
        "The natural logarithm is `{module}.log`.",
    ),
    Slip(
        r"AttributeError: module '(?P<module>\w+)' has no attribute '(?P<name>\w+)'",
        "There is no `{module}.{name}`. Is it spelled so?",
    ),
    # -- Numbers -------------------------------------------------------------------------------------
    Slip(r"ZeroDivisionError", "This divides by 0."),
    Slip(
        r"ValueError: (math domain error|expected a (positive|nonnegative) input)",
        "There is no root and no logarithm of a negative number, and no logarithm of 0.",
    ),
    Slip(r"OverflowError: (math range error|\(34)", "This number is too large. Is a minus missing in an exponent?"),
    Slip(
        r"TypeError: (must be real number, not complex|'[<>]=?' not supported between instances of 'complex'|.*not 'complex')",
        "A complex number stands where a plain one is wanted. Its length is `abs(...)`.",
    ),
)  # fmt: skip


# What is no code of a learner: the standard library, all that is installed beside torch, and this package.
LIBRARIES = (
    sysconfig.get_path("stdlib"),
    str(Path(inspect.getfile(torch)).parents[1]),
    str(Path(__file__).parents[1]),
)


def tell_failure(error: BaseException, function: Callable, when: str = "") -> str:
    """Say how a learner's function failed, and in which line of his.

    Args:
        error: what it raised.
        function: the function.
        when: the case in which it failed, in words, or nothing.
    """
    if isinstance(error, StoppedError):
        return f"Your function {error}."
    where, line = _place(error, function)
    if isinstance(error, SystemExit):
        return f"Your function ends the whole of Python{where}: leave that out. A function ends by itself, or by `return`."
    if re.search(r"'ellipsis'|\b(be|not|got) ellipsis|EllipsisType", str(error)):
        stands = (
            f"A `...` still stands in {found}"
            if (found := dots(function))
            else f"Something is still a `...`{where}"
        )
        return f"{stands}: put your own code in its place."
    code = getattr(function, "__code__", None)
    arguments = code.co_varnames[: code.co_argcount] if code else ()
    symbols = symbols_of(function)
    in_line = [name for name in symbols if re.search(rf"\b{name}\b", line)]
    kind = "Symbol" if in_line else type(error).__name__
    said = f"{kind}: {error}"
    for slip in SLIPS:
        found, wrote = re.search(slip.error, said), re.search(slip.line, line)
        if found and wrote and (not slip.argument or slip.argument in arguments):
            words = slip.words.format(
                symbols=_are_symbols(in_line or symbols), **found.groupdict(), **wrote.groupdict()
            )
            return f"Your function stops{where}{when}. {words}"
    message = f": {str(error).splitlines()[0][:200]}" if str(error) else ""
    return f"Your function stopped with {type(error).__name__}{where}{when}{message.rstrip('.')}."


def dots(function: Callable) -> str | None:
    """Return the line of a function that still holds a ``...``, in words, or None."""
    lines, start = _source(function)
    for node in ast.walk(_tree(lines)):
        if isinstance(node, ast.Constant) and node.value is ...:
            return f"line {start + node.lineno - 1}, `{lines[node.lineno - 1].strip()}`"
    return None


def returned(function: Callable) -> list[str]:
    """Return what stands behind each ``return`` of a function."""
    tree = _tree(_source(function)[0])
    return [ast.unparse(node.value) for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]


def symbols_of(function: Callable) -> list[str]:
    """Return the names in a function that are symbols of the notebook."""
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    known = getattr(function, "__globals__", {})
    return [name for name in names if getattr(known.get(name), "is_Symbol", False) is True]


def _are_symbols(names: list[str]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    return listed and f"{listed} {'is a symbol' if len(names) == 1 else 'are symbols'} of sympy"


def _place(error: BaseException, function: Callable) -> tuple[str, str]:
    """Return in which line of a learner's code an error was raised, in words, and the line itself."""
    code = getattr(function, "__code__", None)
    file = getattr(code, "co_filename", "")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == file or not frame.filename.startswith(("<", *LIBRARIES)):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            name = (
                ""
                if frame.name.startswith("<") or frame.name == getattr(code, "co_name", "")
                else f" of `{frame.name}`"
            )
            return f" in line {frame.lineno}{name}" + (f", `{line}`" if line else ""), line
    return "", ""


def _source(function: Callable) -> tuple[list[str], int]:
    """Return the lines of a function and the number of the first, or none of them where nobody knows."""
    try:
        lines, start = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return [], 0
    return textwrap.dedent("".join(lines)).splitlines(), start


def _tree(lines: list[str]) -> ast.AST:
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:  # a lambda, cut out of its line
        return ast.Module([], [])
