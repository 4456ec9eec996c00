"""The package as a whole: which file knows which, what is loaded, what is never called, what is where."""

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distributions, files as files_of, requires
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import leakyedu
from leakyedu import methods, stimuli
from leakyedu.app.site import build
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

# -- Who may import whom ---------------------------------------------------------------------------


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


def test_arrows_point_downwards_only():
    """The contracts stand in pyproject.toml: four storeys, lessons that do not know each other, packages."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


# A lesson is found by looking, and a public name is loaded when it is first used.
BY_NAME = {"__init__", "lessons/__init__", "teaching/lesson"}


def test_a_file_imports_by_full_name_and_in_sight():
    modules = [(name, module) for name, tree in TREES.items() for module, _, _ in imported(tree)]
    called = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("importlib.import_module", "import_module", "importlib.reload")
    }

    assert [(name, module) for name, module in modules if module.startswith(".")] == []
    assert called == BY_NAME


def in_a_fresh_python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_importing_the_package_loads_torch_and_nothing_else_and_its_modules_are_there():
    before, after, there = json.loads(
        in_a_fresh_python(
            "import json, sys\n"
            "import torch\n"
            "before = {name.split('.')[0] for name in sys.modules}\n"
            "import leakyedu\n"
            "there = [leakyedu.euler.li_step is leakyedu.li_step, repr(leakyedu.stimuli)]\n"
            "[getattr(leakyedu, name) for name in leakyedu.__all__]\n"
            "after = {name.split('.')[0] for name in sys.modules}\n"
            "print(json.dumps([sorted(before), sorted(after), there]))"
        )
    )

    assert {name for name in {*after} - {*before} if name not in sys.stdlib_module_names} == {"leakyedu"}
    assert {*after} & {"matplotlib", "ipywidgets", "IPython", "jupyterlab", "scipy", "norse"} == set()
    # What plain torch loads by itself is torch's business.
    assert ("sympy" in after) == ("sympy" in before)
    assert there[0]
    assert there[1].startswith("<module 'leakyedu.stimuli'")


@pytest.mark.slow
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
        "    import leakyedu.teaching.plotting\n"
        "except ModuleNotFoundError:\n"
        "    print('no pictures')\n"
    )

    assert printed.split("\n") == ["0.2693 0.2476", "no pictures", ""]


# -- Names and docstrings --------------------------------------------------------------------------


def test_the_public_names_are_those_that_a_type_checker_sees_in_order():
    names = {name for module, name, _ in imported(TREES["__init__"]) if module.startswith("leakyedu")}

    assert leakyedu.__all__ == sorted(names)
    assert [name for name in leakyedu.__all__ if not hasattr(leakyedu, name)] == []
    assert {*leakyedu.__all__, *leakyedu._HOLDS} <= set(dir(leakyedu))


def test_the_table_of_what_is_loaded_later_holds_every_module_and_public_name():
    held = [name for names in leakyedu._HOLDS.values() for name in names]

    # What torch may take away is looked up for the library alone.
    own = {"__init__", "torch_private"}
    assert set(leakyedu._HOLDS) == {name for name in FILES if "/" not in name} - own
    assert sorted([*held, "methods"]) == leakyedu.__all__
    with pytest.raises(AttributeError, match="module 'leakyedu' has no attribute 'no_such_name'"):
        leakyedu.no_such_name  # noqa: B018


# In this order in one Python: what loads torch is the first of those that are named.
COMPUTES_NOTHING = [
    "import leakyedu; leakyedu.__version__",
    "import leakyedu.app.server",
    "from leakyedu.lessons import lessons; lessons()",
    "from leakyedu.app import cli; cli.main(['copy', sys.argv[1]])",
    "cli.main(['--version'])",
    "cli.main(['--help'])",
]


@pytest.mark.slow
def test_what_computes_nothing_loads_no_torch(tmp_path):
    code = (
        "import sys\n"
        f"for code in {COMPUTES_NOTHING!r}:\n"
        "    try: exec(code)\n"
        "    except SystemExit: pass\n"
        "    print('torch' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "lessons")]

    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr

    after = dict(zip(COMPUTES_NOTHING, loaded.split(), strict=True))
    assert [code for code, torch_is_there in after.items() if torch_is_there != "False"] == []
    assert any((tmp_path / "lessons").iterdir())


FUNCTIONS = {
    f.__name__: f
    for module in (leakyedu, methods, stimuli)
    for f in [getattr(module, name) for name in dir(module)]
    if inspect.isfunction(f) or (inspect.isclass(f) and f.__module__ == "leakyedu.layers")
    if f.__module__.startswith("leakyedu") and not f.__name__.startswith("_")
    if module is leakyedu or f.__module__ == module.__name__
}


def unexplained(function):
    """Return what the docstring of a function does not explain."""
    arguments = inspect.signature(function).parameters
    docstring = inspect.getdoc(function)
    # A family of functions explains its shared arguments once: "Args and errors: as for :func:`euler`."
    if "as for :" in docstring:
        return []
    missing = [a for a in arguments if not re.search(rf"^ *(\w+, )*{a}(, \w+)*:", docstring, re.M)]
    return missing + ["Raises"] * ("\nRaises:\n" not in docstring and bool(arguments))


def test_the_docstrings_of_the_api_explain_arguments_and_errors():
    found = {name: unexplained(function) for name, function in FUNCTIONS.items()}

    assert {name: missing for name, missing in found.items() if missing} == {}


def test_the_functions_of_the_api_are_found():
    assert {"simulate", "li_step", "LI", "exact", "euler", "pulse", "white_noise"} <= set(FUNCTIONS)
    assert "check_dt" not in FUNCTIONS


# -- What is never called --------------------------------------------------------------------------

# Ruff finds what runs a text or reaches out under its own name: `banned-api` and S in pyproject.toml. What is
# below it does not find: a name that is passed on, an attribute of something else, a word in a text, a magic.
NAMES = {"eval", "exec", "compile", "__import__"}
ATTRIBUTES = {"sympify", "parse_expr", "parse_latex", "Javascript", "hub"}
SCRIPT = re.compile(r"<script|javascript:|\bonclick=", re.IGNORECASE)
MAY_SPELL_A_SCRIPT = {"app/own_site"}  # it marks those of templates, and writes one of its own


def forbidden(tree):
    """Return what a tree names that can run a text as code."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in NAMES:
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            found.add("shell=")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SCRIPT.search(node.value):
            found.add("script")
    return found


def forbidden_in_cell(source):
    lines = source.splitlines()
    magics = {line.split()[0] for line in lines if line.lstrip().startswith(("%", "!", "?"))}
    rest = "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)
    return magics | (set() if source.startswith("%%") else forbidden(ast.parse(rest)))


NOTEBOOKS = {
    path.name: json.loads(path.read_text(encoding="utf-8"))["cells"]
    for path in (ROOT / "course").rglob("*.ipynb")
}


def test_no_file_and_no_lesson_runs_a_text_or_carries_a_script():
    sources = [
        (name, "".join(cell["source"]))
        for name, cells in NOTEBOOKS.items()
        for cell in cells
        if cell["cell_type"] == "code"
    ]
    found = {(name, what) for name, tree in TREES.items() for what in forbidden(tree)}
    found |= {(name, what) for name, source in sources for what in forbidden_in_cell(source)}

    assert {name for name, _ in sources} == set(NOTEBOOKS)
    assert len(NOTEBOOKS) >= 2
    assert found == {(name, "script") for name in MAY_SPELL_A_SCRIPT}


def test_no_lesson_shows_javascript():
    outputs = [
        (name, mime, str(text))
        for name, cells in NOTEBOOKS.items()
        for cell in cells
        for output in cell.get("outputs", [])
        for mime, text in output.get("data", {}).items()
    ]
    texts = [(name, text) for name, mime, text in outputs if mime.startswith("text/")]
    texts += [(name, "".join(cell["source"])) for name, cells in NOTEBOOKS.items() for cell in cells]

    assert [(name, mime) for name, mime, _ in outputs if "javascript" in mime] == []
    assert [(name, text) for name, text in texts if SCRIPT.search(text)] == []


# What has to be found, and who finds it.
BY_RUFF = [
    "eval('1')",
    "import builtins\nbuiltins.eval('1')",
    "import builtins\nbuiltins.compile('1', '', 'eval')",
    "from sympy import sympify",
    "import sympy\nsympy.sympify('x')",
    "from sympy.parsing.sympy_parser import parse_expr",
    "import sympy\nsympy.parsing.sympy_parser.parse_expr('x')",
    "from sympy import S\nS('x')",
    "import sympy\nsympy.S('x')",
    "import pickle",
    "from pickle import loads",
    "def f():\n    import marshal",
    "import torch\ntorch.load('w.pt')",
    "from torch import load",
    "import torch\ntorch.hub.load('a', 'b')",
    "import os\nos.system('ls')",
    "from os import system",
    "import os\nrun = os.popen",
    "import subprocess\nsubprocess.run('ls', shell=True)",
    "import urllib.request",
    "import urllib.parse\nurllib.request.urlopen('x')",
    "from urllib.request import urlopen",
    "from urllib import request",
    "import requests",
    "from http.client import HTTPSConnection",
    "from IPython.display import Javascript",
    "from IPython import display\ndisplay.Javascript('1')",
]
BY_US = [
    "map(exec, lines)",
    "compile('1', '', 'eval')",
    "__import__('os')",
    "display.Javascript('1')",
    "formula.sympy.sympify('x')",
    "torch.hub.load('a', 'b')",
    "subprocess.run('ls', shell=True)",
    "subprocess.run('ls', shell=yes)",
    "html = '<script>1</script>'",
    "html = f'<a href=\"javascript:{x}\">'",
    "%%javascript\nalert(1)",
    "!ls",
    "%run x.py",
]
HARMLESS = [
    "model.eval()",
    "import re\nre.compile('x')",
    "import torch\ntorch.compile(simulate)",
    "subprocess.run(['ls'])",
    "layer.load_state_dict(x)",
    "import os\nos.replace(a, b)",
    "import sympy\nsympy.Symbol('S')",
    "import json\njson.load(file)",
    "import urllib.parse\nurllib.parse.quote('a b')",
    "x = 5 % 3\ny = a != b",
]


def lint(folder, sources):
    """Return for each source which rules ruff finds broken, in a file of the package and in a lesson."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "leakyedu").mkdir()
    (folder / "course").mkdir()
    for n, source in enumerate(sources):
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
        notebook = {"cells": [cell | {"source": source}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"leakyedu/{n}.py").write_text(source + "\n")
        (folder / f"course/{n}.ipynb").write_text(json.dumps(notebook))
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=json"]
    done = subprocess.run([*ruff, folder], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)

    def rules(path):
        return {rule["code"] for rule in found if rule["filename"].endswith(path)}

    return [(rules(f"/leakyedu/{n}.py"), rules(f"/course/{n}.ipynb")) for n in range(len(sources))]


def runs_a_text_or_reaches_out(rules):
    return any(re.fullmatch(r"TID251|S\d+", rule) for rule in rules)


def test_what_is_forbidden_under_its_own_name_is_found_by_ruff_in_files_and_in_lessons(tmp_path):
    found = lint(tmp_path, [*BY_RUFF, *HARMLESS])

    missed = [
        source
        for source, places in zip(BY_RUFF, found, strict=False)
        if not all(map(runs_a_text_or_reaches_out, places))
    ]
    blamed = [
        source
        for source, places in zip(HARMLESS, found[len(BY_RUFF) :], strict=True)
        if any(map(runs_a_text_or_reaches_out, places))
    ]
    assert missed == blamed == []


def test_what_ruff_does_not_see_is_found():
    assert [bad for bad in BY_US if not forbidden_in_cell(bad)] == []
    assert [good for good in HARMLESS if forbidden_in_cell(good)] == []


# -- Versions --------------------------------------------------------------------------------------

# The oldest versions without a known vulnerability.
FLOORS = {
    "jupyterlab": "4.6.4",
    "jupyter-server": "2.20.0",
    "nbconvert": "7.17.1",
    "notebook": "7.6.3",
    "voila": "0.5.13",
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


def brought_by(extra):
    """Return the modules of the distributions that an extra installs, and their own."""
    wanted, found = [Requirement(line) for line in PROJECT["dependencies"]], set()
    wanted += [Requirement(line) for line in PROJECT["optional-dependencies"][extra]]
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if one.marker and not one.marker.evaluate({"extra": ""}):
            continue
        if name == "leakyedu":
            wanted += [
                Requirement(line) for more in one.extras for line in PROJECT["optional-dependencies"][more]
            ]
        elif name not in found:
            found.add(name)
            wanted += [Requirement(line) for line in requires(name) or []]
    # Python 3.10's `packages_distributions` knows those alone that list their modules.
    return {file.parts[0].partition(".")[0] for name in found for file in files_of(name) or ()}


NIR, SITE = "nir", "app/site/"
DEMO = ("app/demo", "app/voting", "app/phones", "app/room", "app/teacher")


@pytest.mark.parametrize(
    ("extra", "files"),
    [
        ("nir", {name for name in FILES if name == NIR}),
        ("course", {name for name in FILES if not name.startswith((NIR, *DEMO, SITE))}),
        ("demo", {name for name in FILES if name.startswith(DEMO)}),
        ("site", {name for name in FILES if name.startswith(SITE)} | set(build.LIBRARY)),
    ],
)
def test_an_extra_brings_what_its_files_import(extra, files):
    assert files
    there = {*sys.stdlib_module_names, *brought_by(extra), "leakyedu"}

    missing = {(name, module) for name in files for module, *_ in imported(TREES[name])}
    assert {(name, module) for name, module in missing if module.partition(".")[0] not in there} == set()


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


def test_the_installed_versions_are_not_vulnerable():
    installed = {d.name.replace("_", "-").lower(): Version(d.version) for d in distributions()}

    # The test extra brings the others; notebook is looked at where a machine has it.
    assert set(FLOORS) - {"notebook"} <= set(installed)
    assert {n: v for n, v in installed.items() if n in FLOORS and not is_safe(n, v)} == {}


@pytest.mark.parametrize(
    ("name", "candidate", "safe"),
    [
        ("jupyterlab", "4.6.4", True),
        ("jupyterlab", "4.6.3", False),
        ("jupyterlab", "4.5.11", True),
        ("jupyterlab", "4.5.10", False),
        ("jupyterlab", "4.6.0a1", False),
        ("nbconvert", "7.17.0", False),
        ("voila", "0.5.9", False),
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


def test_a_module_of_the_library_has_its_test_file():
    library = {name for name in FILES if "/" not in name} - {"__init__"}

    assert [name for name in library if not (ROOT / f"tests/test_{name}.py").exists()] == []


def has_its_place(bug):
    code = (PACKAGE / f"{bug.file}.py").read_text(encoding="utf-8")
    ast.parse(code.replace(bug.code, bug.becomes))
    return code.count(bug.code) == 1 and all((ROOT / test_file).is_file() for test_file in bug.test_files)


def test_seeded_bugs_are_enough_and_each_has_its_place():
    assert [bug.name for bug in BUGS if not has_its_place(bug)] == []
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


@pytest.mark.parametrize("name", ["checks", "import_cost", "memory", "report", "sliders", "speed"])
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
        ("leakyedu/app/cli.py", "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu", True),
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
