"""What every test stands on: a home of its own, warm fonts, and the option --thorough."""

import os
import tempfile

import pytest

# Before any notebook's kernel starts: it inherits the environment.
os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp(prefix="leakyedu-test-")


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run the slow tests too, with more cases")


def pytest_configure(config):
    # matplotlib's first import may print "building the font cache" into a lesson's stderr.
    import matplotlib.font_manager  # noqa: F401


def pytest_collection_modifyitems(config, items):
    if config.getoption("--thorough") or config.getoption("-m"):
        return
    left_out = [item for item in items if item.get_closest_marker("slow")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def _no_global_damage():
    """Fail a test that leaves another default dtype behind: it would spoil the ones after it."""
    import torch

    before = torch.get_default_dtype()
    yield
    assert torch.get_default_dtype() is before
