"""The names that torch may take away: without each, the library does the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRIVATE = re.compile(r"torch\._|\b_C\b|\._(is_view|version|base|current_level)\b|torch\.\w+\._")
# Those that look at values, and those in which something follows the operations.
TESTS = ["tests/test_model.py", "tests/test_scan.py", "tests/test_layers.py"]
FOLLOWED = "vmap or jacobian or forward_mode or linear or costs_nothing or each_time"


def test_torchs_private_names_stand_in_one_file():
    lines = {path: path.read_text(encoding="utf-8").splitlines() for path in ROOT.glob("leakyedu/**/*.py")}

    found = {path.name for path, text in lines.items() for line in text if PRIVATE.search(line)}

    assert found == {"torch_private.py"}


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["_are_functorch_transforms_active", "_len_torch_dispatch_stack"])
def test_without_a_private_name_of_torch_the_library_does_the_same(name):
    code = (
        "import sys, pytest, torch\n"
        f"gone = torch._C.{name}; del torch._C.{name}\n"
        "from leakyedu import model\n"
        f"torch._C.{name} = gone\n"  # torch itself needs it
        "assert gone not in (model.are_transforms_active, model.are_tracers_active)\n"
        f"sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', '-k', {FOLLOWED!r}, *{TESTS}]))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    assert run.returncode == 0, run.stdout
    assert int(re.search(r"(\d+) passed", run.stdout)[1]) >= 20
