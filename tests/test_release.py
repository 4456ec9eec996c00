"""A release: one version, what changed, wheel and sdist, and the wheel at work far from a checkout."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from leakyedu import __version__
from tests.browser.server import running
from tests.test_package import PROJECT, text_of, tracked

ROOT = Path(__file__).parents[1]
WHEEL, SDIST = f"leakyedu-{__version__}-py3-none-any.whl", f"leakyedu-{__version__}.tar.gz"
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
LESSON = "04_one_euler_step.ipynb"

# The steps of the workflow are for a machine of Linux.
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="runs a shell as Linux has it")

# -- The version and the tag -----------------------------------------------------------------------


def test_the_version_stands_in_one_place():
    named = re.compile(rf"(version|leakyedu)[\W_]{{1,8}}{re.escape(__version__)}(?![\d.]*\d)", re.IGNORECASE)

    assert [path for path in tracked() if named.search(text_of(path))] == ["leakyedu/__init__.py"]
    assert "version" in PROJECT["dynamic"]


def test_the_readme_says_what_changed_in_this_version_first():
    _, _, changes = (ROOT / "README.md").read_text("utf-8").partition("\n## What changed\n")

    assert re.findall(r"^##+ (.*)", changes, re.MULTILINE)[0] == __version__


def step(name: str, folder: Path, tag: str) -> subprocess.CompletedProcess:
    """Run a step of the release's build, by its name, as if a tag had been pushed."""
    (script,) = [step["run"] for step in WORKFLOW["jobs"]["build"]["steps"] if step.get("name") == name]
    environment = os.environ | {"GITHUB_REF_NAME": tag}
    command = ["bash", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@on_linux
def test_a_tag_that_is_not_the_version_stops_a_release(tmp_path):
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / SDIST).touch()

    right = step("the tag is the version", tmp_path, f"v{__version__}")
    wrong = step("the tag is the version", tmp_path, "v99.0")

    assert right.returncode == 0
    assert wrong.returncode == 1
    assert "The tag v99.0 is not v and the version" in wrong.stderr


@on_linux
def test_the_notes_of_a_release_are_what_the_readme_says_of_that_version_alone(tmp_path):
    readme = "## What changed\n\n### 0.2\n\n- Two.\n- Three.\n\n### 0.1\n\n- One.\n\n## Mistakes\n\nMany.\n"
    (tmp_path / "README.md").write_text(readme)

    done = step("what changed, as the README says", tmp_path, "v0.2")
    notes = (tmp_path / "notes.md").read_text()
    oldest = step("what changed, as the README says", tmp_path, "v0.1")
    none = step("what changed, as the README says", tmp_path, "v0.3")

    assert (done.returncode, notes) == (0, "\n- Two.\n- Three.\n\n")
    assert oldest.returncode == 0
    assert none.returncode == 1
    assert none.stderr == "README.md says nothing about 0.3.\n"


def test_only_what_passed_the_tests_is_published_and_without_a_password():
    jobs = WORKFLOW["jobs"]

    assert jobs["tests"]["uses"] == "./.github/workflows/ci.yml"
    assert [jobs[job]["needs"] for job in ("build", "publish", "notes")] == ["tests", "build", "publish"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["environment"] == "pypi"
    assert jobs["publish"]["steps"][-1].keys() == {"uses"}
    assert jobs["publish"]["steps"][-1]["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_an_action_is_pinned_to_one_commit_with_its_version_beside_it():
    text = "".join(path.read_text("utf-8") for path in WORKFLOWS)

    used = {line for line in re.findall(r"\buses: *(.*)", text) if not line.startswith("./")}
    pins = [re.fullmatch(r"([\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in used]
    assert [line for line, pin in zip(used, pins, strict=True) if pin is None] == []
    assert len({pin[1] for pin in pins}) == len(pins) >= 5


def test_no_checkout_leaves_its_token_behind():
    workflows = [yaml.safe_load(path.read_text("utf-8")) for path in WORKFLOWS]

    steps = [step for flow in workflows for job in flow["jobs"].values() for step in job.get("steps", [])]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) >= 4
    assert [step for step in checkouts if step.get("with", {}).get("persist-credentials") is not False] == []


def test_what_a_release_is_built_with_is_pinned():
    installs = [
        step["run"] for step in WORKFLOW["jobs"]["build"]["steps"] if "pip install" in step.get("run", "")
    ]
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (backend,) = re.findall(r'^requires = \["(.*)"\]', project, re.MULTILINE)

    assert len(installs) == 1
    assert re.fullmatch(r"python -m pip install build==[\d.]+", installs[0])
    assert re.fullmatch(r"hatchling==[\d.]+", backend)


def test_the_readme_says_who_may_push_a_tag():
    (line,) = re.findall("^- A release: .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)

    assert "Only maintainers may push, move or delete a tag `v*`" in line


# -- What is built ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build sdist and wheel from a tree in which somebody has worked, as the release does."""
    tree, dist = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for path in tracked():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tree / path)
    left_behind = [
        "leakyedu/__pycache__/cli.cpython-311.pyc",
        "course/.ipynb_checkpoints/04-checkpoint.ipynb",
    ]
    for path in left_behind:
        (tree / path).parent.mkdir()
        (tree / path).touch()
    command = [sys.executable, "-m", "build", "--outdir", dist, tree]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dist


@pytest.mark.slow
def test_a_build_makes_one_wheel_and_one_sdist_and_both_stay_small(dist):
    sizes = {path.name: path.stat().st_size for path in dist.iterdir()}
    print("".join(f"\n{name}: {size / 1e6:.2f} MB" for name, size in sizes.items()))

    assert sizes.keys() == {WHEEL, SDIST}
    assert max(sizes.values()) < 5e6


@pytest.mark.slow
def test_the_wheel_holds_the_package_the_course_and_the_licence_and_nothing_else(dist):
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = set(wheel.namelist())

    info = f"leakyedu-{__version__}.dist-info"
    package = {path for path in tracked() if path.startswith("leakyedu/")}
    course = {f"leakyedu/{path}" for path in tracked() if path.startswith("course/")}
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert names == package | course | {f"{info}/{name}" for name in about}
    assert {Path(name).suffix for name in names} >= {".py", ".ipynb", ".png", ".json", ".js", ".css", ".md"}


@pytest.mark.slow
def test_the_sdist_holds_what_is_in_git_and_its_own_description(dist):
    with tarfile.open(dist / SDIST) as sdist:
        names = {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}

    assert names == {*tracked(), "PKG-INFO"}


# -- The wheel at work -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory):
    """Install the wheel with the course's extra into an empty environment; return that and a free folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    # Nothing of the tests' own environment, least of all a path to this checkout.
    gone = ("PYTHON", "JUPYTER", "LEAKYEDU", "VIRTUAL_ENV", "MPL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(gone)}
    environment |= {"LEAKYEDU_HOME": str(folder / "progress"), "PIP_NO_COMPILE": "1"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")

    def run(program, *arguments):
        done = subprocess.run(
            [programs / program, *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    run("python", "-m", "pip", "install", "--quiet", f"{dist / WHEEL}[course]")
    print(f"\n$ pip install {WHEEL}[course]    ({time.perf_counter() - start:.0f} s)")
    return folder, programs, environment, run


@pytest.mark.thorough
def test_an_installed_wheel_leaves_nothing_broken_and_says_its_version(installed):
    *_, run = installed

    assert run("python", "-m", "pip", "check") == "No broken requirements found.\n"
    said = run("leakyedu", "--version")
    print(f"\n$ leakyedu --version\n{said}", end="")
    assert said == f"leakyedu {__version__}\n"


@pytest.mark.thorough
def test_an_installed_wheel_opens_all_lessons_in_jupyterlab(installed):
    folder, programs, environment, _ = installed
    arguments = ["lab", "--no-browser", "--port", "0"]

    with running(folder, *arguments, program=[programs / "leakyedu"], environment=environment) as address:
        page = urllib.request.urlopen(address, timeout=60).read().decode()
    copies = {path.name: path.read_bytes() for path in (folder / "leakyedu-lessons").glob("*.ipynb")}

    shown = re.sub("token=.*", "token=...", address)
    print(f"\n$ leakyedu {' '.join(arguments)}\n{shown}: {len(page)} bytes, {len(copies)} lessons")
    assert re.search(r"/lab/tree/00_start_here\.ipynb\?token=\w{32}", address)
    assert "jupyter-config-data" in page
    assert copies.keys() == {path.name for path in (ROOT / "course").glob("*.ipynb")}
    assert f'"version": "{__version__}"'.encode() in copies[LESSON]


def cells_of_code(notebook):
    return [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]


def pictures(cells):
    outputs = [output for cell in cells for output in cell.outputs]
    return sum("<figure" in output.get("data", {}).get("text/html", "") for output in outputs)


@pytest.mark.thorough
def test_a_lesson_runs_on_an_installed_wheel(installed):
    folder, _, _, run = installed
    run("leakyedu", "copy", "to-run")
    start = time.perf_counter()

    run("python", "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", f"to-run/{LESSON}")

    ran, stored = cells_of_code(folder / "to-run" / LESSON), cells_of_code(ROOT / "course" / LESSON)
    print(f"\n$ nbconvert --execute {LESSON}    ({time.perf_counter() - start:.0f} s)")
    print(f"{len(ran)} cells of code, {pictures(ran)} pictures")
    where = run("python", "-c", "import leakyedu; print(leakyedu.__file__)")
    assert Path(where.strip()).is_relative_to(folder / "venv")
    assert [cell.execution_count for cell in ran] == list(range(1, len(ran) + 1))
    assert pictures(ran) == pictures(stored) > 0
