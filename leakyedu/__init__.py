"""A leaky integrator in torch, small enough to be read in one sitting.

===========  =====================================================================================
model        what the neuron is: state, parameters, symbols, units; checks with good messages
euler        one step: ``li_step``, ``li_feed_forward_step``, bit for bit as Norse computes them
methods      ``(p, dt) -> Propagator``: ``euler`` ... ``exact``
scan         the recurrence over a whole sequence, and its gradient
sequence     many steps at once: ``simulate``
layers       the same as ``torch.nn`` modules: ``LICell``, ``LI``, ``LILinearCell``
device       the accelerator if there is one
symbolic     the same neuron on paper, in sympy
stimuli      inputs to try: pulse, spikes, constant, ramp, sine, poisson, white noise
plotting     pictures that say in a sentence what they show
labs         experiments with sliders
exercises    tasks that name the mistake
lessons      where the notebooks are
demo         lessons on a wall: ``leakyedu demo``
cli          the command ``leakyedu``
===========  =====================================================================================

``import leakyedu`` needs torch alone and offers the names below; ``leakyedu.euler`` is the module, and
the method is ``methods.euler``. ``stimuli``, ``symbolic``, ``plotting``, ``labs`` and ``exercises`` are
imported by name where they are wanted.
"""

from leakyedu import methods
from leakyedu.device import best_device
from leakyedu.euler import li_feed_forward_step, li_step
from leakyedu.layers import LI, LICell, LILinearCell
from leakyedu.model import LIParameters, LIState, resting_state
from leakyedu.sequence import simulate

__version__ = "0.1.0"

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
