"""What every test stands on: a home of its own, warm fonts, and the option --thorough."""

import collections
import functools
import itertools
import os
import tempfile

import hypothesis
import pytest

HOMES, _number = tempfile.mkdtemp(prefix="leakyedu-test-"), itertools.count()


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run the slow tests too, with more cases")


def pytest_configure(config):
    # matplotlib's first import may print "building the font cache" into a lesson's stderr.
    import matplotlib.font_manager  # noqa: F401

    # The same cases in every run, or a failure that nobody can repeat would stop somebody else's change.
    cases = 2_000 if config.getoption("--thorough") else 200
    hypothesis.settings.register_profile("leakyedu", max_examples=cases, deadline=None, derandomize=True)
    hypothesis.settings.load_profile("leakyedu")


def pytest_collection_modifyitems(config, items):
    for notebook in {item.parent for item in items if type(item).__name__ == "IPyNbCell"}:
        notebook.setup = functools.partial(_start_without_a_past, notebook.setup)
    if config.getoption("--thorough"):
        return
    kept_for_later = ["thorough"] if config.getoption("-m") else ["slow", "thorough"]
    left_out = [item for item in items if any(map(item.get_closest_marker, kept_for_later))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _start_without_a_past(start):
    """Start a notebook's kernel. It inherits the environment; no hook of this file reaches its cells."""
    pytest_runtest_setup()
    start()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Give each test a learner without a past."""
    os.environ["LEAKYEDU_HOME"] = os.path.join(HOMES, str(next(_number)))


@pytest.fixture(scope="session")
def measured():
    """Take what the tests of right numbers measure, and print the worst of each claim after the last test.

    Each claim has the number of its line: pytest -s -m "slow or not slow" | grep '^numbers'
    """
    worst, cases = collections.defaultdict(float), collections.Counter()

    def take(line: int, claim: str, figure: float, of: int = 1):
        if hasattr(figure, "detach"):  # torch warns of a number that has a gradient
            figure = figure.detach()
        worst[line, claim] = max(worst[line, claim], float(figure))
        cases[line, claim] += of

    yield take
    for line, claim in sorted(worst):
        print(f"\nnumbers {line}: {claim}: {worst[line, claim]:.3g} ({cases[line, claim]:,} cases)", end="")
    print()


@pytest.fixture(autouse=True)
def _no_global_damage():
    """Fail a test that leaves another default dtype behind: it would spoil the ones after it."""
    import torch

    before, threads = torch.get_default_dtype(), torch.get_num_threads()
    yield
    torch.set_num_threads(threads)  # lesson 8 takes one core for itself
    assert torch.get_default_dtype() is before
