"""What every test stands on: a home of its own, warm fonts, one core, and the option --thorough.

A plugin that pyproject.toml names, and no conftest: that would not be read where pytest is given a notebook.
"""

import collections
import gc
import itertools
import os
import sys
import tempfile

# Before torch is imported, here and in each kernel: two workers on two cores would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

# jsonschema, of nbval, would build 38 grammars of addresses, which takes each process three seconds.
sys.modules.setdefault("rfc3987_syntax", None)

HOMES, _number = tempfile.mkdtemp(prefix="leakyedu-test-"), itertools.count()


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run the slow tests too, with more cases")


def pytest_configure(config):
    gc.disable()  # until all tests are collected: to look at what stays takes a fifth of that

    # matplotlib's first import may print "building the font cache" into a lesson's stderr.
    import matplotlib.font_manager  # noqa: F401

    # The same cases in every run, or a failure that nobody can repeat would stop somebody else's change.
    cases = 2_000 if config.getoption("--thorough") else 50
    hypothesis.settings.register_profile("leakyedu", max_examples=cases, deadline=None, derandomize=True)
    hypothesis.settings.load_profile("leakyedu")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Run the notebooks that nbval finds in a kernel that serves all of them."""
    found = yield
    if file_path.suffix != ".ipynb":
        return found
    from tests.nbval_kernel import Notebook

    return [Notebook.from_parent(parent, path=file_path) for _ in found]


def pytest_collection_finish():
    """Keep ten thousand tests, torch and sympy out of each search for garbage: one took half a second."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_sessionfinish():
    if kernel := sys.modules.get("tests.nbval_kernel"):
        kernel.Notebook.end()


def pytest_collection_modifyitems(config, items):
    if config.getoption("--thorough"):
        return
    kept_for_later = ["thorough"] if config.getoption("-m") else ["slow", "thorough"]
    left_out = {item: any(map(item.get_closest_marker, kept_for_later)) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if left_out[item]])
    items[:] = [item for item in items if not left_out[item]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Give each test a learner without a past, before a notebook's first cell prepares its kernel."""
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
