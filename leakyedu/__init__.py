"""A leaky integrator in torch, small enough to be read in one sitting, and the course that it is for.

===========  =====================================================================================
model        what the neuron is: state, parameters, symbols, units; checks with good messages
euler        one step: ``li_step``, ``li_feed_forward_step``, bit for bit as Norse computes them
methods      ``(p, dt) -> Propagator``: ``euler`` ... ``exact``
compiled     the loop over a whole sequence, if numba is installed
scan         the same in operations of torch, and its gradient
sequence     many steps at once: ``simulate``
layers       the same as ``torch.nn`` modules: ``LICell``, ``LI``, ``LILinearCell``
nir          neurons for other simulators, and from them: the standard NIR
device       the accelerator if there is one
symbolic     the same neuron on paper, in sympy
stimuli      inputs to try: pulse, spikes, constant, ramp, sine, poisson, white noise
-----------  -------------------------------------------------------------------------------------
teaching     what every lesson uses: exercises, labs, pictures, progress
lessons      a folder for each lesson
app          what a person starts: the command ``leakyedu``, its servers, the map
===========  =====================================================================================

``import leakyedu`` offers the names below and the modules of the first part, each loaded when it is first
used: what asks for a version or a path loads no torch. ``leakyedu.euler`` is the module, and the method is
``methods.euler``. Whatever needs more than torch is imported by name where it is wanted.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakyedu import methods
    from leakyedu.device import best_device
    from leakyedu.euler import li_feed_forward_step, li_step
    from leakyedu.layers import LI, LICell, LILinearCell
    from leakyedu.model import LIParameters, LIState, resting_state
    from leakyedu.sequence import simulate

__version__ = "0.2.0"

__all__ = [
    "LI",
    "LICell",
    "LILinearCell",
    "LIParameters",
    "LIState",
    "best_device",
    "li_feed_forward_step",
    "li_step",
    "methods",
    "resting_state",
    "simulate",
]

# Each module of the library, and the public names that it holds.
_HOLDS = {
    "compiled": (),
    "device": ("best_device",),
    "euler": ("li_feed_forward_step", "li_step"),
    "layers": ("LI", "LICell", "LILinearCell"),
    "methods": (),
    "model": ("LIParameters", "LIState", "resting_state"),
    "nir": (),
    "scan": (),
    "sequence": ("simulate",),
    "stimuli": (),
    "symbolic": (),
}


def __getattr__(name: str) -> object:
    """Load a module, or what it holds, when it is first used."""
    for module, held in _HOLDS.items():
        if name == module or name in held:
            loaded = import_module(f"{__name__}.{module}")
            globals()[name] = loaded if name == module else getattr(loaded, name)
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what is loaded, and what would be."""
    return sorted({*globals(), *__all__, *_HOLDS})
