"""Every public function against input that cannot be meant: each is refused, by name, and nothing is touched.

A message names the argument, the rule and what came, and ends in what to do.
"""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

import leakyedu
from leakyedu import (
    LI,
    LICell,
    LILinearCell,
    LIParameters,
    LIState,
    li_feed_forward_step,
    li_step,
    methods,
    resting_state,
    simulate,
    stimuli,
)
from leakyedu.model import StateSizeError

NEURONS = 3
STATE = LIState(torch.full((NEURONS,), 0.25), torch.full((NEURONS,), 0.5))
METHODS = tuple(known.function.__name__ for known in methods.ALL)


def called(function: Callable, **good: Any) -> Callable:
    """Return the function with good arguments, any of which may be replaced by name."""
    return lambda **bad: function(**good | bad)


def layer(module: type[torch.nn.Module], *inputs: Tensor) -> Callable:
    """Return what makes a layer, and calls it: what it was made with and what it gets."""

    def make_and_call(input_tensor=inputs[0], state=STATE, **made_with):
        if module is LILinearCell:
            made_with = {"input_size": 2, "hidden_size": NEURONS} | made_with
        return module(**made_with)(input_tensor, state)

    return make_and_call


# What a function is called, and how; each works as it stands.
FUNCTIONS = {
    "li_feed_forward_step": called(li_feed_forward_step, input_tensor=torch.zeros(NEURONS), state=STATE),
    "li_step": called(
        li_step, input_spikes=torch.zeros(2), state=STATE, input_weights=torch.zeros(NEURONS, 2)
    ),
    "simulate": called(simulate, inputs=torch.zeros(5, NEURONS), state=STATE),
    "LICell": layer(LICell, torch.zeros(NEURONS)),
    "LI": layer(LI, torch.zeros(5, NEURONS)),
    "LILinearCell": layer(LILinearCell, torch.zeros(2)),
    "resting_state": called(resting_state, inputs=torch.zeros(NEURONS)),
    "from_tau": called(LIParameters.from_tau),
    **{name: called(getattr(methods, name), p=LIParameters(), dt=0.001) for name in METHODS},
    "pulse": called(stimuli.pulse, steps=5),
    "spikes": called(stimuli.spikes, times=[0.001], steps=5),
    "poisson": called(stimuli.poisson, rate=100.0, steps=5),
    "constant": called(stimuli.constant, current=1.0, steps=5),
    "ramp": called(stimuli.ramp, start=0.0, stop=1.0, steps=5),
    "sine": called(stimuli.sine, amplitude=1.0, frequency=10.0, steps=5),
    "white_noise": called(stimuli.white_noise, sigma=1.0, steps=5),
}
STEPS = ("li_feed_forward_step", "li_step", "simulate", "LICell", "LI", "LILinearCell")
DRIVES = ("constant", "ramp", "sine", "white_noise")


class Bad(NamedTuple):
    """What no function takes.

    Attributes:
        value: of the argument.
        error: what is raised.
        shown: what the message says that came.
    """

    value: Any
    error: type[Exception]
    shown: str


DTS = [
    *(Bad(x, ValueError, f"got {x:g}") for x in (-0.001, 0, 0.0, math.nan, math.inf, -math.inf)),
    *(Bad(x, TypeError, rf"got {re.escape(repr(x))} of type") for x in (True, "1ms", None, [0.001], 1j)),
]
TENSOR_DTS = [
    *(Bad(torch.tensor(x), ValueError, f"got {x:g}") for x in (-0.001, 0.0, math.nan, math.inf)),
    Bad(torch.tensor(1), TypeError, r"torch\.int64"),
    Bad(torch.tensor(0.001 + 0j), TypeError, r"torch\.complex64"),
    Bad(torch.full((2,), 0.001), ValueError, r"dt of shape \(2,\)"),
]
INVERSES = [
    *(Bad(x, ValueError, f"got {x:g}") for x in (-100.0, math.nan, math.inf)),
    *(Bad(torch.tensor(x), ValueError, f"got {x:g}") for x in (-100.0, math.nan, math.inf)),
    Bad(torch.tensor(100), TypeError, r"torch\.int64"),
    Bad(torch.tensor(100 + 0j), TypeError, r"torch\.complex64"),
    Bad("100", TypeError, "str"),
    Bad(None, TypeError, "NoneType"),
    Bad(True, TypeError, "bool"),
]
STATES = [
    Bad([torch.zeros(NEURONS)] * 2, TypeError, "got list"),
    Bad((torch.zeros(NEURONS),) * 2, TypeError, "got tuple"),
    Bad({"v": torch.zeros(NEURONS), "i": torch.zeros(NEURONS)}, TypeError, "got dict"),
    Bad(torch.zeros(NEURONS), TypeError, "got Tensor"),
    Bad(LIState(0.0, 0.0), TypeError, "state.v must be a floating tensor, got float"),
    Bad(STATE._replace(i=None), TypeError, "state.i must be a floating tensor, got NoneType"),
    Bad(STATE._replace(v=torch.zeros(NEURONS, dtype=torch.int64)), TypeError, r"got torch\.int64"),
    Bad(STATE._replace(v=torch.zeros(NEURONS, dtype=torch.bool)), TypeError, r"got torch\.bool"),
    Bad(STATE._replace(i=torch.zeros(NEURONS, dtype=torch.complex64)), TypeError, r"got torch\.complex64"),
    Bad(STATE._replace(i=torch.zeros(NEURONS).double()), TypeError, r"got torch\.float32 and torch\.float64"),
    Bad(LIState(*torch.zeros(2, NEURONS).double()), TypeError, r"torch\.float32 and torch\.float64"),
    Bad(STATE._replace(v=torch.zeros(2)), ValueError, r"state\.v of shape \(2,\)"),
    Bad(STATE._replace(i=torch.zeros(4, 1)), ValueError, r"state\.i of shape \(4, 1\)"),
    Bad(LIState(*torch.zeros(2, NEURONS, device="meta")), ValueError, r"state\.v on meta"),
]
COUNTS = [
    *(Bad(x, TypeError, rf"got {re.escape(repr(x))}") for x in (5.0, "5", None, True)),
    Bad(-1, ValueError, "got -1"),
]
NUMBERS = [
    *(Bad(x, ValueError, rf"got {x}") for x in (math.nan, math.inf)),
    *(Bad(x, TypeError, rf"got {re.escape(repr(x))}") for x in ("1", None, [1.0])),
]


def each(functions, argument: str, bads: list[Bad]) -> list[tuple[str, str, Bad]]:
    return [(function, argument, bad) for function in functions for bad in bads]


def wrong_kinds(**said: Any) -> list[Bad]:
    """Return values of a wrong kind, each under the words that a message has for it."""
    return [Bad(value, TypeError, re.escape(words.replace("_", " "))) for words, value in said.items()]


NO_TENSORS = wrong_kinds(list=[0.0] * NEURONS, NoneType=None, float=0.0, str="0")
COMPLEX = Bad(torch.zeros(5, NEURONS, dtype=torch.complex64), TypeError, r"got torch\.complex64")
INPUTS = {
    "li_feed_forward_step": "input_tensor",
    "simulate": "inputs",
    "LICell": "input_tensor",
    "LI": "input_tensor",
}
AMOUNTS = {
    "pulse": ("w",),
    "spikes": ("w",),
    "poisson": ("w",),
    "constant": ("current",),
    "ramp": ("start", "stop"),
    "sine": ("amplitude", "frequency", "phase"),
    "white_noise": ("sigma",),
}
TIMED = [function for function in FUNCTIONS if function not in ("resting_state", "from_tau", "pulse")]

TABLE = [
    *each(TIMED, "dt", DTS),
    *each(STEPS, "dt", TENSOR_DTS),
    *each(STEPS, "state", STATES),
    *each(
        (*STEPS, "euler", "exact", "resting_state", "constant"),
        "p",
        wrong_kinds(
            NoneType=None, tuple=(200.0, 100.0, 0.0), the_class_LIParameters=LIParameters, float=0.01
        ),
    ),
    *(
        row
        for name in ("tau_syn_inv", "tau_mem_inv")
        for row in each((*STEPS, "exact"), f"p.{name}", INVERSES)
    ),
    *each(STEPS, "p.v_leak", [Bad(x, ValueError, f"got {x}") for x in (math.nan, math.inf)]),
    *each(STEPS, "p.v_leak", [Bad(torch.zeros(4, 1), ValueError, r"p\.v_leak of shape \(4, 1\)")]),
    *each(DRIVES, "p.tau_syn_inv", [Bad(0.0, ValueError, "got 0")]),
    *(
        row
        for name in ("tau_syn", "tau_mem")
        for row in each(
            ("from_tau",), name, [Bad(x, ValueError, f"got {x:g}") for x in (0.0, 0, -0.01, math.nan)]
        )
    ),
    *(
        row
        for name in ("tau_syn", "tau_mem", "v_leak")
        for row in each(
            ("from_tau",), name, wrong_kinds(str="10ms", NoneType=None, int64=torch.tensor(1), bool=True)
        )
    ),
    *(row for function, name in INPUTS.items() for row in each((function,), name, [*NO_TENSORS, COMPLEX])),
    *(
        row
        for function, name in INPUTS.items()
        for lead in [(5,) if function in ("simulate", "LI") else ()]
        for row in each(
            (function,),
            name,
            [
                Bad(
                    torch.zeros(*lead, NEURONS).double(), TypeError, r"got torch\.float64 and torch\.float32"
                ),
                Bad(torch.zeros(5, 4, 1), ValueError, r"\(.*4, 1\)"),
                Bad(torch.zeros(*lead, NEURONS, device="meta"), ValueError, "on meta"),
            ],
        )
    ),
    *each(
        ("simulate",),
        "inputs",
        [
            Bad(torch.zeros(()), ValueError, r"got shape \(\)"),
            Bad(torch.zeros(NEURONS), ValueError, r"inputs\[None\] for one step"),
        ],
    ),
    *each(
        ("LI",),
        "input_tensor",
        [
            Bad(torch.zeros(()), ValueError, r"got shape \(\)"),
            Bad(torch.zeros(NEURONS), ValueError, r"input_tensor\[None\] for one step"),
        ],
    ),
    *each(
        ("simulate",),
        "inputs",
        [Bad(torch.zeros(1, 1).expand(10**6, 10**8), ValueError, r"would need \S+ GiB")],
    ),
    *each(
        ("li_step",),
        "input_spikes",
        [*NO_TENSORS, COMPLEX._replace(value=torch.zeros(2, dtype=torch.complex64))],
    ),
    *each(
        ("li_step",),
        "input_weights",
        [
            *NO_TENSORS,
            Bad(torch.zeros(NEURONS, 2, dtype=torch.int64), TypeError, r"got torch\.int64"),
            Bad(torch.zeros(NEURONS, 2).double(), TypeError, r"torch\.float32 and torch\.float64"),
            Bad(torch.zeros(2, NEURONS), ValueError, r"got \(2, 3\) and \(2,\)"),
            Bad(torch.zeros(NEURONS), ValueError, r"got \(3,\) and \(2,\)"),
            Bad(torch.zeros(NEURONS, 2, device="meta"), ValueError, "on meta"),
        ],
    ),
    *each(("LILinearCell",), "input_tensor", [*NO_TENSORS, Bad(torch.zeros(5), ValueError, r"\(5,\)")]),
    *(row for name in ("input_size", "hidden_size") for row in each(("LILinearCell",), name, COUNTS)),
    *each(
        ("simulate", "LICell", "LI", "LILinearCell"),
        "method",
        [
            Bad("euler", TypeError, "got 'euler'"),
            Bad(None, TypeError, "got None"),
            Bad(lambda p, dt: (1.0, 0.0, 1.0), TypeError, "got tuple"),
        ],
    ),
    *each(AMOUNTS, "steps", COUNTS),
    *each(AMOUNTS, "steps", [Bad(0, ValueError, "got 0")]),
    *each(
        AMOUNTS,
        "dtype",
        [Bad(torch.int64, TypeError, r"got torch\.int64"), Bad("float32", TypeError, "got 'float32'")],
    ),
    *(
        row
        for function, names in AMOUNTS.items()
        for name in names
        for row in each((function,), name, NUMBERS)
    ),
    *each(
        ("pulse",),
        "at",
        [Bad(-1, ValueError, "got -1"), Bad(5, ValueError, "got 5"), Bad(0.001, TypeError, "got 0.001")],
    ),
    *each(("spikes",), "times", [Bad([x], ValueError, f"got {x} s") for x in (-0.001, 0.005, math.nan)]),
    *each(("spikes",), "times", [Bad(x, TypeError, "of type") for x in ("1", None, True, [[0.1], 0.2])]),
    *each(("poisson",), "rate", [Bad(x, ValueError, f"got {x}") for x in (-1, math.nan, math.inf)]),
    *each(("poisson",), "rate", [Bad(x, TypeError, "of type") for x in ("100", None, True)]),
    *each(("poisson",), "rate", [Bad(torch.ones(4), ValueError, r"rate of shape \(4,\)")]),
    *each(
        ("poisson", "white_noise"),
        "neurons",
        [Bad(-1, ValueError, "got -1"), Bad(2.0, TypeError, "got 2.0"), Bad((2, "3"), TypeError, "'3'")],
    ),
]


def names(bad: Bad) -> str:
    value = bad.value
    if isinstance(value, Tensor):
        kind = "" if value.ndim == 0 else f" of shape {tuple(value.shape)}"
        return f"{value.dtype} on {value.device}{kind}" if value.ndim else f"tensor {value.item()}"
    # The address of a function differs between two runs, and the ids that they compare.
    return f"{type(value).__name__} {getattr(value, '__name__', repr(value)):.40}"


@pytest.mark.parametrize(
    ("function", "argument", "bad"),
    [pytest.param(*row, id=f"{row[0]}-{row[1]}-{names(row[2])}") for row in TABLE],
)
def test_what_cannot_be_meant_is_refused_by_name(function, argument, bad):
    before = [x.clone() for x in STATE]
    name, _, field = argument.partition(".")
    value = LIParameters(**{field: bad.value}) if field else bad.value

    with pytest.raises(bad.error) as refusal:
        FUNCTIONS[function](**{name: value})

    message = str(refusal.value)
    assert re.search(rf"(?<!\w){re.escape(argument)}(?!\w)", message), message
    assert re.search(bad.shown, message), message
    assert re.search(r"must|would|do not fit", message), message
    assert re.search(r"[.:?] [A-Z][^.]*\S", message), f"{message} ... and what to do?"
    assert type(refusal.value) in (ValueError, TypeError, StateSizeError)
    assert all(map(torch.equal, before, STATE))


def test_the_table_is_long_and_names_every_function():
    assert len(TABLE) >= 120
    assert {function for function, *_ in TABLE} == set(FUNCTIONS)
    assert set(leakyedu.__all__) - {"LIParameters", "LIState", "best_device", "methods"} <= set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_meant_is_taken(function):
    FUNCTIONS[function]()
