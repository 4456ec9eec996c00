"""The package as a whole: which file knows which, what is loaded, what is never called, what is where."""

import ast
import inspect
import json
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement
from packaging.version import Version

import leakyedu
from leakyedu import methods, stimuli
from tests import audit, benchmarks
from tests.mutants import BUGS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "leakyedu"


def name_of(path):
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "course" not in path.parts}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
EACH_FILE = pytest.mark.parametrize("name", FILES)

# -- Who may import whom ---------------------------------------------------------------------------

# File: its level, and the files that it may import. A new file is entered here with what it needs.
IMPORTS = {
    "model": (0, set()),
    "device": (0, set()),
    "symbolic": (0, set()),
    "server": (0, set()),
    "lessons": (0, set()),
    "euler": (1, {"model"}),
    "methods": (1, {"model"}),
    "stimuli": (1, {"model"}),
    "scan": (1.5, {"methods", "model"}),
    "sequence": (2, {"device", "methods", "model", "scan"}),
    "plotting": (2, {"methods", "model"}),
    "progress": (2, set()),
    "layers": (3, {"euler", "methods", "model", "sequence"}),
    "labs/__init__": (3.0, set()),
    "labs/canvas": (3.0, {"plotting"}),
    "labs/controls": (3.0, set()),
    "labs/lab": (3.1, {"device", "labs/canvas", "labs/controls", "plotting"}),
    "labs/bucket": (3.2, {"labs/lab", "methods", "model", "plotting", "sequence"}),
    "labs/filter": (3.2, {"labs/lab", "methods", "model", "plotting", "sequence", "stimuli"}),
    "labs/learning": (3.2, {"labs/lab", "model", "plotting", "sequence", "stimuli"}),
    "labs/methods": (3.2, {"labs/lab", "methods", "model", "plotting", "sequence", "stimuli"}),
    "labs/noise": (3.2, {"labs/lab", "plotting"}),
    "labs/slope_field": (3.2, {"labs/lab", "model", "plotting"}),
    "labs/speed": (3.2, {"labs/lab", "lessons", "plotting", "sequence", "stimuli"}),
    "labs/step_order": (3.2, {"labs/lab", "model", "plotting", "stimuli"}),
    "labs/step_size": (3.2, {"labs/lab", "methods", "model", "plotting"}),
    "labs/synapses": (3.2, {"labs/lab", "methods", "model", "plotting", "sequence", "stimuli"}),
    "labs/threshold": (3.2, {"labs/lab", "plotting"}),
    "exercises/__init__": (3.0, set()),
    "exercises/guard": (3.0, set()),
    "exercises/formula": (3.0, set()),
    "exercises/kinds": (3.1, {"exercises/guard"}),
    "exercises/expression": (3.2, {"exercises/formula", "exercises/guard", "exercises/kinds"}),
    "exercises/page": (3.2, {"exercises/kinds"}),
    "exercises/record": (3.0, {"progress"}),
    "exercises/exercise": (
        3.3,
        {"exercises/expression", "exercises/kinds", "exercises/page", "exercises/record", "progress"},
    ),
    "exercises/vote": (3.4, {"exercises/exercise", "exercises/page"}),
    "exercises/start_here": (3.4, {"exercises/exercise", "exercises/kinds"}),
    "exercises/a_leaky_bucket": (3.4, {"exercises/exercise", "exercises/kinds"}),
    "exercises/the_equation": (
        3.4,
        {"exercises/exercise", "exercises/expression", "exercises/kinds", "symbolic"},
    ),
    "exercises/one_euler_step": (
        3.4,
        {"exercises/exercise", "exercises/kinds", "methods", "model", "sequence", "stimuli"},
    ),
    "exercises/a_filter": (3.4, {"exercises/exercise", "exercises/kinds", "model"}),
    "exercises/learning": (
        3.4,
        {"exercises/exercise", "exercises/kinds", "methods", "model", "sequence", "stimuli"},
    ),
    "exercises/whole_sequences": (3.4, {"exercises/exercise", "exercises/kinds", "model"}),
    "exercises/synapses": (3.4, {"exercises/exercise", "exercises/kinds"}),
    "exercises/euler_against_exact": (
        3.4,
        {
            *("exercises/exercise", "exercises/kinds"),
            *("methods", "model", "sequence", "stimuli"),
        },
    ),
    "exercises/exact_steps": (
        3.4,
        {"exercises/exercise", "exercises/expression", "exercises/kinds", "symbolic"},
    ),
    "exercises/noise": (3.4, {"exercises/exercise", "exercises/guard", "exercises/kinds"}),
    "exercises/threshold_and_spikes": (3.4, {"exercises/exercise", "exercises/kinds"}),
    "exercises/course_map": (
        3.5,
        {
            "exercises/a_filter",
            "exercises/a_leaky_bucket",
            "exercises/euler_against_exact",
            "exercises/exact_steps",
            "exercises/exercise",
            "exercises/learning",
            "exercises/noise",
            "exercises/one_euler_step",
            "exercises/start_here",
            "exercises/synapses",
            "exercises/the_equation",
            "exercises/threshold_and_spikes",
            "exercises/whole_sequences",
            "progress",
        },
    ),
    "__init__": (4, {"device", "euler", "layers", "methods", "model", "sequence"}),
    "demo": (4, {"lessons"}),
    "cli": (4.1, {"__init__", "demo", "lessons"}),  # the package for its version
}


def imported(tree):
    """Return (module, name or None, function around it or None) for each import in a tree."""
    found = []

    def visit(node, function):
        if isinstance(node, ast.Import):
            found.extend((alias.name, None, function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found.extend((module, alias.name, function) for alias in node.names)
        inside = node.name if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else function
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, None)
    return found


def own_file(module, name):
    """Return the file of this package that an import reads."""
    path = "/".join(module.split(".")[1:])
    candidates = [f"{path}/{name}".strip("/"), path, f"{path}/__init__".strip("/")]
    return next((c for c in candidates if c in FILES), f"{path}/{name}")


def own_imports(tree):
    return {
        own_file(module, name) for module, name, _ in imported(tree) if module.split(".")[0] == "leakyedu"
    }


def test_the_table_holds_every_file():
    assert set(IMPORTS) == set(FILES)


def test_the_table_points_strictly_downwards():
    upwards = {
        (name, other)
        for name, (level, others) in IMPORTS.items()
        for other in others
        if IMPORTS[other][0] >= level
    }

    assert upwards == set()


@EACH_FILE
def test_a_file_imports_what_the_table_allows(name):
    allowed = IMPORTS[name][1] if name in IMPORTS else set()

    assert own_imports(TREES[name]) <= allowed


@EACH_FILE
def test_a_file_imports_by_full_name_and_in_sight(name):
    modules = [module for module, _, _ in imported(TREES[name])]
    calls = {ast.unparse(node.func) for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)}

    assert [module for module in modules if module.startswith(".")] == []
    assert calls.isdisjoint({"importlib.import_module", "import_module", "importlib.reload"})


def test_the_package_itself_knows_no_picture_no_lesson_and_no_command():
    upper = {"labs", "exercises", "plotting", "progress", "symbolic", "server", "demo", "cli", "stimuli"}

    assert {name.split("/")[0] for name in own_imports(TREES["__init__"])} & upper == set()


@pytest.mark.parametrize(("folder", "other"), [("labs", "exercises"), ("exercises", "labs")])
def test_labs_and_exercises_do_not_know_each_other(folder, other):
    inside = [own_imports(tree) for name, tree in TREES.items() if name.startswith(f"{folder}/")]

    assert len(inside) >= 2
    assert [name for names in inside for name in names if name.startswith(other)] == []


def test_the_reader_of_imports_sees_every_kind():
    tree = ast.parse(
        "import leakyedu.cli\nfrom leakyedu import methods, __version__\nfrom leakyedu.labs import lab\n"
        "from leakyedu.exercises.guard import Outcome\n"
        "def f():\n    if x:\n        import leakyedu.model as m"
    )

    assert own_imports(tree) == {"cli", "methods", "__init__", "labs/lab", "exercises/guard", "model"}


# -- What others the files may import --------------------------------------------------------------

# Beside the standard library and torch, which every file may import but symbolic and cli.
OTHERS = {
    "symbolic": {"sympy"},
    "plotting": {"torch", "matplotlib"},
    "labs": {"torch", "matplotlib", "PIL", "ipywidgets", "anywidget", "traitlets", "IPython"},
    "exercises": {"torch", "ipywidgets", "anywidget", "traitlets", "IPython", "sympy", "mpmath"},
    "server": {"jupyter_server"},
    "demo": {"psutil", "tornado", "traitlets", "voila"},
    "cli": set(),
}
INSIDE_A_FUNCTION = {
    ("plotting", "show", "IPython"),
    ("plotting", "sound", "IPython"),
    ("cli", "_open_lab", "matplotlib"),
    ("cli", "_open_lab", "jupyterlab"),
    ("cli", "_open_demo", "matplotlib"),
}


@EACH_FILE
def test_a_file_knows_only_the_packages_that_it_needs(name):
    others = {(module.split(".")[0], function) for module, _, function in imported(TREES[name])}
    others = {(top, f) for top, f in others if top not in sys.stdlib_module_names and top != "leakyedu"}

    at_the_top = {top for top, function in others if function is None}
    later = {(name, function, top) for top, function in others if function is not None}

    assert at_the_top <= OTHERS.get(name.split("/")[0], {"torch"})
    assert later <= INSIDE_A_FUNCTION


def in_a_fresh_python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_loads_torch_and_nothing_else():
    loaded = json.loads(
        in_a_fresh_python(
            "import json, sys\n"
            "import torch\n"
            "before = {name.split('.')[0] for name in sys.modules}\n"
            "import leakyedu\n"
            "after = {name.split('.')[0] for name in sys.modules}\n"
            "print(json.dumps([sorted(before), sorted(after)]))"
        )
    )

    before, after = map(set, loaded)
    assert {name for name in after - before if name not in sys.stdlib_module_names} == {"leakyedu"}
    assert after & {"matplotlib", "ipywidgets", "IPython", "jupyterlab", "scipy", "norse"} == set()
    # What plain torch loads by itself is torch's business.
    assert ("sympy" in after) == ("sympy" in before)


def test_the_library_works_where_only_torch_is_installed():
    # sympy is among what torch itself needs: torch.broadcast_shapes imports it.
    printed = in_a_fresh_python(
        "import sys\n"
        "absent = 'matplotlib', 'ipywidgets', 'IPython', 'jupyterlab', 'numpy', 'scipy'\n"
        "class Nobody:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in absent:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Nobody())\n"
        "import torch\n"
        "import leakyedu\n"
        "from leakyedu import LI, methods, simulate, stimuli\n"
        "x = stimuli.pulse(6)\n"
        "LI(trainable=True)(x)[0].sum().backward()\n"
        "print(f'{simulate(x).v[-1].item():.4f} {simulate(x, method=methods.exact).v[-1].item():.4f}')\n"
        "try:\n"
        "    import leakyedu.plotting\n"
        "except ModuleNotFoundError:\n"
        "    print('no pictures')\n"
    )

    assert printed.split("\n") == ["0.2693 0.2476", "no pictures", ""]


# -- Names and docstrings --------------------------------------------------------------------------


def test_the_public_names_are_those_imported_in_order():
    names = {name for _, name, _ in imported(TREES["__init__"])}

    assert leakyedu.__all__ == sorted(names)
    assert [name for name in leakyedu.__all__ if not hasattr(leakyedu, name)] == []


def public_definitions():
    for name, tree in TREES.items():
        for node in tree.body:
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
                continue
            yield pytest.param(node, id=f"{name}.{node.name}")
            for part in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    yield pytest.param(part, id=f"{name}.{node.name}.{part.name}")


@pytest.mark.parametrize("node", list(public_definitions()))
def test_what_is_public_says_in_a_sentence_what_it_is(node):
    first = (ast.get_docstring(node) or "").split("\n\n")[0]

    assert len(first.split()) >= 2
    assert first.endswith((".", "!", "?"))


@EACH_FILE
def test_a_module_says_what_it_is(name):
    docstring = ast.get_docstring(TREES[name]) or ""

    assert re.match(r"\S.{15,}", docstring)


FUNCTIONS = {
    f.__name__: f
    for module in (leakyedu, methods, stimuli)
    for f in vars(module).values()
    if inspect.isfunction(f) or (inspect.isclass(f) and f.__module__ == "leakyedu.layers")
    if f.__module__.startswith("leakyedu") and not f.__name__.startswith("_")
    if module is leakyedu or f.__module__ == module.__name__
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_docstring_of_the_api_explains_arguments_and_errors(name):
    arguments = inspect.signature(FUNCTIONS[name]).parameters
    docstring = inspect.getdoc(FUNCTIONS[name])

    # A family of functions explains its shared arguments once: "Args and errors: as for :func:`euler`."
    elsewhere = "as for :" in docstring
    unexplained = [a for a in arguments if not re.search(rf"^ *(\w+, )*{a}(, \w+)*:", docstring, re.M)]
    assert elsewhere or unexplained == []
    assert elsewhere or not arguments or "\nRaises:\n" in docstring


def test_the_functions_of_the_api_are_found():
    assert {"simulate", "li_step", "LI", "exact", "euler", "pulse", "white_noise"} <= set(FUNCTIONS)
    assert "check_dt" not in FUNCTIONS


# -- What is never called --------------------------------------------------------------------------

# (file or notebook, what) that is allowed all the same, each with its reason.
EXCEPTIONS = set()

NAMES = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "parse_latex", "Javascript"}
CALLS = {
    *("os.system", "os.popen", "torch.load", "torch.jit.load", "pandas.eval", "sympy.S", "S"),
    *("builtins.eval", "builtins.exec", "builtins.compile"),
}
MODULES = {
    *("pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "pty"),
    *("urllib", "urllib3", "requests", "http", "httpx", "aiohttp", "socket", "ftplib", "smtplib", "xmlrpc"),
    *("torch.hub", "torch.utils.model_zoo", "torchvision", "huggingface_hub"),
}
ATTRIBUTES = {"sympify", "parse_expr", "parse_latex", "Javascript", "hub"}


def forbidden(tree):
    """Return what a tree calls, names or imports that can run a text as code, or reach out."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in NAMES:
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            found |= {dotted} & CALLS
            found |= {node.attr} & ATTRIBUTES
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            found.add(ast.unparse(node.func))
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            found.add("shell=")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {"script"} if re.search(r"<script|javascript:|\bonclick=", node.value, re.I) else set()
    for module, name, _ in imported(tree):
        found |= {module.split(".")[0], module, f"{module}.{name}"} & MODULES
        found |= {f"{module}.{name}"} & CALLS
        found |= {name} & NAMES
    return found


def forbidden_in_cell(source):
    lines = source.splitlines()
    magics = {line.split()[0] for line in lines if line.lstrip().startswith(("%", "!", "?"))}
    rest = "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)
    return magics | forbidden(ast.parse(rest))


NOTEBOOKS = sorted((ROOT / "course").rglob("*.ipynb"))
EACH_NOTEBOOK = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


@EACH_FILE
def test_no_file_runs_a_text_or_reaches_out(name):
    assert {(name, what) for what in forbidden(TREES[name])} - EXCEPTIONS == set()


@EACH_NOTEBOOK
def test_no_lesson_runs_a_text_or_reaches_out(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    found = {what for source in sources for what in forbidden_in_cell(source)}

    assert len(sources) >= 1
    assert {(notebook.name, what) for what in found} - EXCEPTIONS == set()


@EACH_NOTEBOOK
def test_no_lesson_carries_javascript(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    texts = [str(text) for data in outputs for mime, text in data.items() if mime.startswith("text/")]
    texts += ["".join(cell["source"]) for cell in cells]

    assert [mime for data in outputs for mime in data if "javascript" in mime] == []
    assert [text for text in texts if re.search(r"<script|javascript:|\bonclick=", text, re.I)] == []


def test_there_are_lessons_to_look_at():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize(
    "bad",
    [
        "eval('1')",
        "map(exec, lines)",
        "compile('1', '', 'eval')",
        "__import__('os')",
        "import builtins\nbuiltins.eval('1')",
        "from sympy import sympify",
        "import sympy\nsympy.sympify('x')",
        "from sympy.parsing.sympy_parser import parse_expr",
        "S('x')",
        "import sympy\nsympy.S('x')",
        "import pickle",
        "from pickle import loads",
        "def f():\n    import marshal",
        "import torch\ntorch.load('w.pt')",
        "from torch import load",
        "torch.hub.load('a', 'b')",
        "import os\nos.system('ls')",
        "from os import system",
        "run = os.popen",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=yes)",
        "import urllib.request",
        "from urllib.request import urlopen",
        "import requests",
        "from http.client import HTTPSConnection",
        "from IPython.display import Javascript",
        "display.Javascript('1')",
        "html = '<script>1</script>'",
        "html = f'<a href=\"javascript:{x}\">'",
        "%%javascript\nalert(1)",
        "!ls",
        "%run x.py",
    ],
)
def test_what_is_forbidden_is_found(bad):
    assert forbidden_in_cell(bad if not bad.startswith("%%") else bad.split("\n")[0]) != set()


@pytest.mark.parametrize(
    "good",
    [
        "model.eval()",
        "import re\nre.compile('x')",
        "torch.compile(simulate)",
        "subprocess.run(['ls'])",
        "layer.load_state_dict(x)",
        "import os\nos.replace(a, b)",
        "sympy.Symbol('S')",
        "import json\njson.load(file)",
        "x = 5 % 3\ny = a != b",
    ],
)
def test_what_is_harmless_is_left_alone(good):
    assert forbidden_in_cell(good) == set()


# -- Versions --------------------------------------------------------------------------------------

# The oldest versions without a known vulnerability.
FLOORS = {
    "jupyterlab": "4.6.4",
    "jupyter-server": "2.20.0",
    "nbconvert": "7.17.1",
    "notebook": "7.6.3",
    "voila": "0.5.6",
    "jupyterhub": "5.4.5",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def is_safe(name, candidate):
    # The fixes of JupyterLab were carried back to one older series.
    older = name == "jupyterlab" and candidate.release[:2] == (4, 5) and candidate >= Version("4.5.11")
    return older or candidate >= Version(FLOORS[name])


def requirements():
    optional = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for lines in optional for line in lines)]
    for path in sorted((ROOT / "binder").glob("*.txt")):
        lines += [
            line for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"[A-Za-z]", line)
        ]
    for line in lines:
        # runtime.txt names a Python, which is no requirement.
        if not line.startswith("python-"):
            yield Requirement(line.partition(" #")[0])


def test_no_requirement_admits_a_vulnerable_version():
    wanted = [(r.name.replace("_", "-").lower(), r.specifier) for r in requirements()]

    lowest = {
        (name, s.version)
        for name, spec in wanted
        for s in spec
        if s.operator in (">=", "==", "~=") and name in FLOORS
    }
    assert {name for name, _ in lowest} == {name for name, _ in wanted if name in FLOORS}
    assert {"jupyterlab", "jupyter-server", "nbconvert", "voila"} <= {name for name, _ in lowest}
    assert [(name, low) for name, low in lowest if not is_safe(name, Version(low))] == []


@pytest.mark.parametrize("name", FLOORS)
def test_the_installed_version_is_not_vulnerable(name):
    try:
        installed = version(name)
    except PackageNotFoundError:
        # The test extra brings the others; these two are looked at where a machine has them.
        assert name in ("notebook", "jupyterhub")
        return

    assert is_safe(name, Version(installed))


@pytest.mark.parametrize(
    ("name", "candidate", "safe"),
    [
        ("jupyterlab", "4.6.4", True),
        ("jupyterlab", "4.6.3", False),
        ("jupyterlab", "4.5.11", True),
        ("jupyterlab", "4.5.10", False),
        ("jupyterlab", "4.6.0a1", False),
        ("nbconvert", "7.17.0", False),
        ("voila", "0.5.10", True),
    ],
)
def test_a_version_is_judged_by_number(name, candidate, safe):
    assert is_safe(name, Version(candidate)) is safe


GOOD, BAD = (
    {"name": "a", "version": "1", "vulns": []},
    {"name": "b", "version": "2", "vulns": [{"id": "CVE-1"}]},
)
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "words", "status"),
    [
        ([GOOD, GOOD], "2 of 2 packages audited; known vulnerabilities: 0.", 0),
        ([GOOD, BAD], "2 of 2 packages audited; known vulnerabilities: 1.\nb 2: CVE-1", 1),
        ([GOOD, SKIPPED], "1 of 2 packages audited; known vulnerabilities: 0.", 1),
        ([GOOD], "1 of 2 packages audited", 1),
        ([SKIPPED, SKIPPED], "0 of 2 packages audited: no database was consulted", 2),
        ([], "0 of 2 packages audited: no database was consulted", 2),
    ],
)
def test_an_audit_passes_only_if_each_package_was_looked_up_and_none_is_vulnerable(found, words, status):
    said, got = audit.verdict(found, wanted=2)

    assert words in said
    assert got == status


# -- What is where ---------------------------------------------------------------------------------


def tracked():
    """Return the files in git, and those that would be added."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in done.stdout.split("\0") if path and (ROOT / path).exists())


def text_of(path):
    """Return a tracked file without its pictures: base64 holds any word."""
    try:
        text = (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
    return re.sub(r"[A-Za-z0-9+/=]{100,}", "", text)


def test_the_top_level_holds_what_the_design_says():
    top = {path.split("/")[0] for path in tracked()}

    house = {"pyproject.toml", "README.md", "LICENSE", "course", "leakyedu", "tests", "binder"}
    assert {name for name in top if not name.startswith(".")} <= house
    assert {"pyproject.toml", "README.md", "LICENSE", "course", "leakyedu", "tests"} <= top


def test_there_is_no_drawer_of_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "core", "misc", "tools", "shared", "base"}

    names = {part.lower().split(".")[0] for path in tracked() for part in path.split("/")}

    assert names & drawers == set()


def test_every_module_has_its_test_file():
    modules = {name.split("/")[0] for name in FILES} - {"__init__"}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}

    assert modules - tests == set()
    others = {
        "bad_input",
        "binder",
        "classroom",
        "course",
        "course_numbers",
        "distributed",
        "kernels",
        "notation",
        "package",
        "properties",
        "readme",
        "release",
        "teaching",
        "updates",
    }
    assert tests - modules <= others


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_seeded_bug_has_its_place(bug):
    code = (PACKAGE / f"{bug.file}.py").read_text(encoding="utf-8")

    assert code.count(bug.code) == 1
    ast.parse(code.replace(bug.code, bug.becomes))
    assert all((ROOT / test_file).is_file() for test_file in bug.test_files)


def test_there_are_bugs_enough():
    assert len(set(BUGS)) == len(BUGS) >= 50


# The Littlest JupyterHub lies in /opt/tljh, on whatever machine it is.
MACHINE = re.compile(
    r"(?<![\w.~])/(?:work|root|home|Users|tmp|opt(?!/tljh/)|mnt|srv)/\w|\b[A-Z]:\\\\?(?:Users|Temp)\b"
)
INDEX = re.compile(
    r"index[-_]url|find[-_]links|trusted[-_]host|pypi\.|pythonhosted|/simple\b|npmjs|download\.pytorch", re.I
)
# PyTorch's own index of CPU builds: the plain one brings gigabytes of CUDA.
CPU_BUILDS = re.compile(
    r"(--extra-index-url |PIP_EXTRA_INDEX_URL(=|: ))https://download\.pytorch\.org/whl/cpu(?![\w/])"
)
MAY_NAME_CPU_BUILDS = ("README.md", "binder/", ".github/")
# This file spells what it looks for.
LOOKED_AT = [path for path in tracked() if path != "tests/test_package.py"]


def names_an_index(path, text):
    return (
        INDEX.search(CPU_BUILDS.sub("", text) if path.startswith(MAY_NAME_CPU_BUILDS) else text) is not None
    )


def test_every_comparison_of_tensors_says_how_close():
    tests = [path for path in tracked() if path.startswith("tests/") and path.endswith(".py")]
    calls = [
        (path, ast.unparse(node), {keyword.arg for keyword in node.keywords})
        for path in tests
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.testing.assert_close"
    ]

    # This file shows below what the defaults let pass.
    by_default = {(path, call) for path, call, named in calls if not {"rtol", "atol"} <= named}
    assert by_default == {("tests/test_package.py", "torch.testing.assert_close(wrong, right)")}
    assert len(calls) > 100


def test_the_defaults_of_assert_close_pass_a_millivolt_that_is_wrong(measured):
    right, wrong = torch.tensor(1e-3), torch.tensor(1.009e-3)

    torch.testing.assert_close(wrong, right)

    measured(9, "error that the defaults of assert_close pass in 1 mV, relative", abs(wrong / right - 1))
    with pytest.raises(AssertionError, match="Scalars are not close"):
        torch.testing.assert_close(wrong, right, rtol=1.3e-6, atol=0)


@pytest.mark.parametrize("name", ["checks", "import_cost", "memory", "sliders", "speed"])
def test_a_benchmark_is_a_list_of_measurements(name):
    assert (ROOT / "tests/benchmarks" / f"{name}.py").exists()

    measurements = import_module(f"tests.benchmarks.{name}").measurements()

    assert measurements
    assert all(map(callable, measurements))


def test_a_ratio_is_that_of_two_times_and_a_bar_is_kept_or_missed(monkeypatch):
    clock = iter(range(10**6))
    monkeypatch.setattr(benchmarks.time, "perf_counter", lambda: next(clock))

    def slow():
        for _ in range(9):
            next(clock)

    figure = benchmarks.ratio(slow, lambda: None, rounds=3)

    assert figure == 10
    assert benchmarks.Row("ten times", figure, ">= 10").holds
    assert not benchmarks.Row("ten times", figure, "<= 9.9").holds
    assert benchmarks.Row("only told", figure).holds


def test_no_file_names_a_folder_of_one_machine():
    assert [path for path in LOOKED_AT if MACHINE.search(text_of(path))] == []


def test_no_file_names_an_index_but_that_of_cpu_builds():
    assert [path for path in LOOKED_AT if names_an_index(path, text_of(path))] == []


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("README.md", "export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu first", False),
        ("binder/requirements.txt", "--extra-index-url https://download.pytorch.org/whl/cpu\ntorch", False),
        ("binder/requirements.txt", "--index-url https://download.pytorch.org/whl/cpu", True),
        ("binder/requirements.txt", "--extra-index-url https://download.pytorch.org/whl/cpu/x", True),
        ("binder/requirements.txt", "--extra-index-url https://mirror.example.org/simple", True),
        ("leakyedu/cli.py", "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu", True),
        ("pyproject.toml", 'find-links = "wheels"', True),
    ],
)
def test_an_index_is_recognised(path, text, found):
    assert names_an_index(path, text) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(
            (f"see '/{folder}/x'", True)
            for folder in ("home", "root", "tmp", "work", "Users", "opt", "mnt", "srv")
        ),
        (r"C:\Users\me", True),
        ("https://example.org/home/x", False),
        ("course/figures/opt/x", False),
        ("sudo nano /opt/tljh/config/x.py", False),
        ("/opt/tljhome/x", True),
    ],
)
def test_a_folder_of_one_machine_is_recognised(text, found):
    assert (MACHINE.search(text) is not None) is found
