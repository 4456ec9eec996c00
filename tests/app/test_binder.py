"""What mybinder.org makes of this repository: the plan, the launch link, and the image without docker.

repo2docker prints the Dockerfile that it would build. The slow tests run what it says after the tree is
copied, in a fresh environment that holds what the image holds by then.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from leakyedu.app.server import EXTENSIONS
from tests.browser.server import free_port, running
from tests.test_package import FLOORS, PROJECT, is_safe, tracked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an image of Binder is Linux")

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
START = "leakyedu-lessons/00_start_here.ipynb"
LESSONS = sorted(path.name for path in (ROOT / "course").glob("[0-9][0-9]_*.ipynb") if path.name[:2] != "00")
HEAVIEST = "10_noise.ipynb"  # of all, by the peak of its kernel's memory

# -- The plan --------------------------------------------------------------------------------------


def plan(folder: Path) -> str:
    """Return the Dockerfile that repo2docker would build from a folder, in one line for each instruction."""
    user = ["--user-id", "1000", "--user-name", "jovyan"]  # as on mybinder.org
    program = "import sys; from repo2docker.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--no-build", "--debug", *user, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return re.sub(r"\\\n\s*", "", done.stdout + done.stderr)


@pytest.fixture(scope="module")
def dockerfile():
    return plan(ROOT)


def instructions(dockerfile: str) -> list[str]:
    """Return what happens to the tree: its copy, and what runs after the base is there."""
    lines = re.findall(r"^(?:COPY|RUN) .*", dockerfile, re.MULTILINE)
    return [line for line in lines if " src/ " in line or "binder/" in line]


def runs_after_the_copy(dockerfile: str) -> list[str]:
    """Return the commands that run once the tree is there."""
    copied = re.search(r"^COPY \S+ src/ .*", dockerfile, re.MULTILINE)
    return re.findall(r"^RUN (.*)", dockerfile[copied.end() :], re.MULTILINE)


def test_the_image_has_the_python_that_the_tests_run_with(dockerfile):
    assert (BINDER / "runtime.txt").read_text() == "python-3.11\n"
    assert "Building conda environment for python=3.11\n" in dockerfile
    assert "python:3.11-" in (ROOT / ".github/workflows/ci.yml").read_text()


def test_the_tree_is_copied_before_pip_and_postbuild_run_in_its_root(dockerfile):
    early, tree, *runs = instructions(dockerfile)

    assert early.startswith("COPY --chown=1000:1000 src/binder/requirements.txt ")
    assert tree == "COPY --chown=1000:1000 src/ ${REPO_DIR}/"
    assert runs == [
        'RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
        "RUN chmod +x binder/postBuild",
        "RUN ./binder/postBuild",
    ]
    assert re.findall(r"^WORKDIR (.*)", dockerfile, re.MULTILINE) == ["${REPO_DIR}"]


def test_without_the_package_among_its_requirements_pip_would_run_before_the_tree_is_there(tmp_path):
    shutil.copytree(BINDER, tmp_path / "binder")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    requirements = tmp_path / "binder/requirements.txt"
    requirements.write_text(requirements.read_text().replace("-e .[course]\n", ""))

    _, pip, tree, *_ = instructions(plan(tmp_path))

    # So the test above can fail, and pyproject.toml alone installs nothing.
    assert "/bin/pip install " in pip
    assert " src/ " in tree


def test_postbuild_is_a_program_that_stops_at_the_first_error():
    assert os.access(BINDER / "postBuild", os.X_OK)
    assert (BINDER / "postBuild").read_text().startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in (BINDER / "postBuild").read_text()


def pins_of(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE))


def test_the_image_holds_what_the_tests_last_passed_with():
    pins, tested = pins_of(BINDER / "requirements.txt"), pins_of(BINDER / "constraints.txt")

    assert pins.keys() == {"jupyterlab", "notebook", "ipywidgets"}
    assert {name: pins[name] for name in ("jupyterlab", "ipywidgets")}.items() <= tested.items()


def test_the_tested_versions_name_all_that_an_extra_asks_for():
    tested = {canonicalize_name(name) for name in pins_of(BINDER / "constraints.txt")}
    lines = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]

    asked = {canonicalize_name(Requirement(line).name) for line in lines} - {"leakyedu"}
    assert asked - tested == set()


def test_the_image_gets_the_torch_of_the_package():
    (torch,) = re.findall(r"^torch.*", (BINDER / "requirements.txt").read_text(), re.MULTILINE)

    assert torch in PROJECT["dependencies"]


# -- What stops a build ----------------------------------------------------------------------------


def build(tmp_path: Path, world: str) -> tuple[subprocess.CompletedProcess, Path]:
    """Run postBuild in a world where some Python runs first; return how it ended, and its prefix."""
    tree, prefix = tmp_path / "tree", tmp_path / "prefix"
    for folder in ("leakyedu", "course", "binder"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.prefix = {str(prefix)!r}\n{world}\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    python = shlex.quote(sys.executable)
    for name, command in {"python": python, "leakyedu": f"{python} -m leakyedu.app.cli"}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": f"{tmp_path}:{tree}",
        "HOME": str(tree),
    }
    done = subprocess.run(["binder/postBuild"], cwd=tree, env=environment, capture_output=True, text=True)
    return done, prefix


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "words"),
    [
        # Of torch the build asks this alone before it stops, and the true one takes seconds.
        (
            "import types; of = types.SimpleNamespace; sys.modules['torch'] = of(version=of(cuda='12.8'))",
            "built for CUDA 12.8, gigabytes of it",
        ),
        pytest.param("sys.modules['anywidget'] = None", "import of anywidget halted", marks=pytest.mark.slow),
    ],
)
def test_a_build_fails_for_a_torch_with_cuda_or_a_missing_package(tmp_path, world, words):
    done, prefix = build(tmp_path, world)

    assert done.returncode != 0
    assert words in done.stderr
    assert not prefix.exists()
    assert not (tmp_path / "tree" / "leakyedu-lessons").exists()


@pytest.mark.thorough
def test_a_server_of_the_image_loads_what_the_lessons_and_binder_need_and_nothing_else(tmp_path):
    settings = "etc/jupyter/jupyter_server_config.d"
    shutil.copytree(Path(sys.prefix, settings), tmp_path / "prefix" / settings)
    (tmp_path / "prefix" / settings / "of_the_image.json").write_text(
        json.dumps({"ServerApp": {"jpserver_extensions": {"jupyter_resource_usage": True, "stranger": True}}})
    )
    code = """
from jupyterlab.labapp import LabApp
server = LabApp.initialize_server(["--allow-root", "--no-browser"])
print(*sorted(name for name, extension in server.extension_manager.extensions.items() if extension.enabled))
"""

    absent = ["voila", "sphinx", "docutils", "latex2mathml", "nir"]  # the image installs [course]
    world = f"import torch; torch.version.cuda = None; sys.modules.update(dict.fromkeys({absent}))"
    done, prefix = build(tmp_path, world)

    assert done.returncode == 0, done.stderr
    config = json.loads((prefix / "etc/jupyter/jupyter_server_config.json").read_text())
    named = config["ServerApp"]["jpserver_extensions"]
    loaded = {name for name, wanted in named.items() if wanted}
    assert loaded == {*EXTENSIONS, "jupyter_resource_usage", "notebook", "notebook_shim"}
    assert {"nbgitpuller", "stranger", "voila.server_extension"} <= set(named)
    path = str(prefix / "etc/jupyter")
    environment = os.environ | {"JUPYTER_CONFIG_PATH": path, "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout.split() == sorted(loaded - {"jupyter_resource_usage"})  # which is not installed here


# -- The launch link -------------------------------------------------------------------------------


def launch_link(urls: dict[str, str]) -> str:
    """Return the link that opens the start page: of the repository's address, or how to make one."""
    address = urls.get("Repository", "https://github.com/OWNER/NAME")
    name = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", address)[1]
    return f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/{START}"


def colab_cell(urls: dict[str, str]) -> str:
    """Return what a lesson needs on Colab: the package alone, so that torch stays, and then what is small."""
    address = urls.get("Repository", "https://github.com/OWNER/NAME")
    lines = [line.partition(" #")[0] for line in PROJECT["optional-dependencies"]["lessons"]]
    small = [line for line in lines if re.match("anywidget|filelock|platformdirs", line)]
    needed = " ".join(f'"{line}"' for line in small)
    return f"%pip install -q --no-deps git+{address}\n%pip install -q {needed} sympy\n"


def link_in_lessons(urls: dict[str, str]) -> str:
    """Return where a lesson's first cell leads: while there is no address, to how Binder is told one."""
    return launch_link(urls) if "Repository" in urls else "00_start_here.ipynb#On-Binder"


@pytest.mark.parametrize(
    ("urls", "readme", "lesson"),
    [
        ({}, "/gh/OWNER/NAME/HEAD?urlpath=lab/tree/leakyedu-lessons/", "00_start_here.ipynb#On-Binder"),
        (
            {"Repository": "https://github.com/a/b.c"},
            "/gh/a/b.c/HEAD?",
            "https://mybinder.org/v2/gh/a/b.c/HEAD?",
        ),
        (
            {"Repository": "https://github.com/a/b.git"},
            "/gh/a/b/HEAD?",
            "https://mybinder.org/v2/gh/a/b/HEAD?",
        ),
    ],
)
def test_a_launch_link_is_made_of_the_address_of_the_repository(urls, readme, lesson):
    assert launch_link(urls).startswith(f"https://mybinder.org/v2{readme}")
    assert link_in_lessons(urls).startswith(lesson)


def test_the_readme_has_the_launch_link():
    links = re.findall(r"https://mybinder\.org/v2/[^)`\s]*", (ROOT / "README.md").read_text("utf-8"))

    assert set(links) == {launch_link(PROJECT.get("urls", {}))}


def test_the_readme_and_the_start_page_have_the_cell_for_colab():
    cell = f"\n```\n{colab_cell(PROJECT.get('urls', {}))}```\n"
    start = nbformat.read(ROOT / "course/00_start_here.ipynb", as_version=4)

    assert cell in (ROOT / "README.md").read_text("utf-8")
    assert [cell in page.source for page in start.cells if page.id == "on-colab"] == [True]


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_first_cell_of_a_lesson_has_the_launch_link(lesson):
    first = nbformat.read(ROOT / "course" / lesson, as_version=4).cells[0].source

    assert f"[on Binder]({link_in_lessons(PROJECT.get('urls', {}))})" in first


def test_the_start_page_has_what_lessons_lead_to_and_says_what_binder_takes_away():
    cells = nbformat.read(ROOT / "course/00_start_here.ipynb", as_version=4).cells
    (text,) = [cell.source for cell in cells if cell.source.startswith("## On Binder\n")]

    assert f"\n```\nlab/tree/{START}\n```\n" in text
    assert "**Ten idle minutes**, and it is thrown away with all that you wrote" in text
    assert "**Two gigabytes** of memory" in text


# -- The image, replayed ---------------------------------------------------------------------------


def base_pins() -> list[str]:
    """Return what the image holds before our requirements, as far as pip knows it: name==version."""
    conda = Path(find_spec("repo2docker").origin).parent / "buildpacks/conda"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    lock = (conda / f"environment.py-{python}-linux-64.lock").read_text()
    pins = re.findall(r"/([a-z][\w.-]*)-(\d[\w.]*)-[^-/]+\.(?:conda|tar\.bz2)", lock)
    # Two are cut into pieces for conda.
    pips = {"jupyterhub-base": "jupyterhub", "nbconvert-core": "nbconvert"}
    return [f"{pips.get(name, name)}=={number}" for name, number in pins]


def asked_for_in_the_base() -> list[str]:
    """Return the names of the packages that repo2docker itself asks for."""
    conda = Path(find_spec("repo2docker").origin).parent / "buildpacks/conda"
    asked = re.findall(r"^  - ([\w-]+)==", (conda / "environment.yml").read_text(), re.MULTILINE)
    return ["nbconvert", *(name.replace("jupyterhub-singleuser", "jupyterhub") for name in asked)]


def answers(address: str) -> bool:
    """Return whether somebody is there, whatever he says."""
    try:
        urllib.request.urlopen(address, timeout=10).close()
    except urllib.error.HTTPError:
        pass
    except OSError:
        return False
    return True


def drop_an_index_that_does_not_answer(requirements: Path) -> str:
    """Take the extra index out of the requirements if nobody is there; say what was done.

    pip would try it five times for each package, 8 s each, and go on without it.
    """
    lines = requirements.read_text().splitlines(keepends=True)
    (index,) = [line for line in lines if line.startswith("--extra-index")]
    if answers(index.split()[1]):
        return "PyTorch's CPU index answers: all lines are replayed"
    lines.remove(index)
    requirements.write_text("".join(lines))
    return "PyTorch's CPU index does not answer: that one line is left out; pip finds torch elsewhere"


class Image:
    """What a learner's machine on Binder would hold: a home with the tree in it, and an environment."""

    def __init__(self, folder: Path) -> None:
        """Make a home that has the tree."""
        self.home, self.prefix = folder / "home", folder / "environment"
        for path in tracked():
            (self.home / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, self.home / path)
        # Nothing of the tests' own environment, least of all a path to this checkout.
        gone = ("PYTHON", "JUPYTER", "LEAKYEDU", "VIRTUAL_ENV", "MPL")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(gone)},
            "HOME": str(self.home),
            "KERNEL_PYTHON_PREFIX": str(self.prefix),
            "PATH": f"{self.prefix / 'bin'}:{os.environ['PATH']}",
            "PIP_NO_COMPILE": "1",  # most modules are never imported here
        }

    def run(self, command: str, folder: Path | None = None) -> str:
        """Run a line of the shell as it would run there; return what it says."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder or self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def packages(self) -> dict[str, str]:
        """Return name and version of what is installed."""
        return {p["name"]: p["version"] for p in json.loads(self.run("pip list --format json 2>/dev/null"))}


@pytest.fixture(scope="module")
def image(tmp_path_factory, dockerfile):
    folder = tmp_path_factory.mktemp("image")
    image, start = Image(folder), time.perf_counter()
    said = drop_an_index_that_does_not_answer(image.home / "binder/requirements.txt")
    subprocess.run([sys.executable, "-m", "venv", image.prefix], check=True)
    (folder / "base.txt").write_text("\n".join(base_pins()))
    base = shlex.join(asked_for_in_the_base())
    image.run(f"pip install --quiet --constraint {shlex.quote(str(folder / 'base.txt'))} {base}")
    image.before = image.packages()
    based = time.perf_counter()

    for command in runs_after_the_copy(dockerfile):
        image.run(command)

    image.after = image.packages()
    print(f"\n{said}\nbase: {len(image.before)} packages in {based - start:.0f} s; ", end="")
    print(f"ours: {len(image.after)} packages in {time.perf_counter() - based:.0f} s")
    return image


@pytest.mark.thorough
def test_ours_goes_over_the_older_packages_of_the_image_and_pip_finds_nothing_broken(image):
    names = ("jupyterlab", "notebook", "ipywidgets", "jupyter_server", "nbconvert", "jupyterhub")
    moved = {name: (image.before[name], image.after[name]) for name in names}
    print("".join(f"\n{name} {old} -> {new}" for name, (old, new) in moved.items()))

    assert image.run("pip check") == "No broken requirements found.\n"
    assert all(Version(old) < Version(new) for old, new in moved.values())


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(FLOORS.keys() - {"voila"}))
def test_no_package_of_the_image_is_vulnerable(image, name):
    installed = {name.replace("_", "-").lower(): number for name, number in image.after.items()}

    assert is_safe(name, Version(installed[name]))


@pytest.mark.thorough
def test_the_package_can_be_imported_from_everywhere_in_the_image(image, tmp_path):
    code = "import leakyedu, torch; print(leakyedu.__file__, torch.__version__, torch.version.cuda)"

    file, torch, cuda = image.run(f'python -c "{code}"', tmp_path).split()

    print(f"\ntorch {torch}")
    assert file == str(image.home / "leakyedu/__init__.py")
    assert cuda == "None"


@pytest.mark.thorough
def test_the_learner_s_copies_are_in_the_image(image):
    copies = {path.name for path in (image.home / "leakyedu-lessons").glob("*.ipynb")}

    assert copies == {"00_start_here.ipynb", *LESSONS}


@pytest.mark.thorough
def test_jupyterlab_opens_the_start_page_and_ends_a_kernel_with_its_tab(image):
    arguments = ["lab", "--no-browser", "--allow-root", f"--port={free_port()}"]
    jupyter, page = image.prefix / "bin/jupyter", f"/lab/tree/{START}"
    setting = "/lab/api/settings/@jupyterlab/notebook-extension:tracker"

    with running(image.home, *arguments, program=[jupyter], environment=image.environment) as address:
        server, token = re.fullmatch(r"(http://[^/]+)/.*(\?token=\w+)", address).groups()
        lab = urllib.request.urlopen(server + page + token, timeout=30).read().decode()
        file = json.load(urllib.request.urlopen(f"{server}/api/contents/{START}{token}", timeout=30))
        settings = json.load(urllib.request.urlopen(server + setting + token, timeout=30))
    assert "jupyter-config-data" in lab
    assert file["type"] == "notebook"
    assert settings["schema"]["properties"]["kernelShutdown"]["default"] is True


@pytest.mark.thorough
def test_the_server_of_the_image_sends_a_picture_at_once_saves_whole_files_and_loads_no_more(image):
    code = """
from jupyterlab.labapp import LabApp
server = LabApp.initialize_server(["--allow-root", "--no-browser"])
print(server.kernel_websocket_connection_class.__name__, type(server.contents_manager).__name__)
print(*sorted(name for name, extension in server.extension_manager.extensions.items() if extension.enabled))
"""

    said = image.run(f"python -c {shlex.quote(code)} 2>/dev/null")

    classes, extensions = said.splitlines()
    print(f"\n{extensions}")
    assert classes == "PromptConnection WholeFiles"
    own = {"jupyter_offlinenotebook", "jupyter_resource_usage", "notebook", "notebook_shim"}
    assert set(EXTENSIONS) <= set(extensions.split()) <= {*EXTENSIONS, *own}


def append_a_look_at_the_kernel(notebook: Path, report: Path) -> None:
    """Let a lesson end with a cell that writes whose Python ran it, on which package, and its peak memory."""
    lesson = nbformat.read(notebook, as_version=4)
    look = f"""
import json, pathlib, re, sys
import leakyedu

peak = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
seen = {{"prefix": sys.prefix, "package": leakyedu.__file__, "MiB": int(peak) // 1024}}
pathlib.Path({str(report)!r}).write_text(json.dumps(seen))
"""
    lesson.cells.append(nbformat.v4.new_code_cell(look, metadata={"tags": ["nbval-ignore-output"]}))
    nbformat.write(lesson, notebook)


@pytest.mark.thorough
@pytest.mark.parametrize("lesson", ["04_one_euler_step.ipynb", HEAVIEST])
def test_a_lesson_says_in_the_image_what_it_says_here_and_takes_less_than_1_gb(image, tmp_path, lesson):
    report, notebook = tmp_path / "report.json", image.home / "course" / lesson
    append_a_look_at_the_kernel(notebook, report)
    kernel = [str(image.prefix / "bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = tmp_path / "kernels/image/kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": kernel, "display_name": "image", "language": "python"}))
    (tmp_path / "empty.ini").write_text("[pytest]\n")
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests/nbval_sanitize.cfg'}"
    options = ["-q", "-c", tmp_path / "empty.ini", "-p", "no:cacheprovider", "--nbval", sanitize]

    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--nbval-kernel-name=image", notebook],
        env=image.environment | {"JUPYTER_PATH": str(tmp_path), "LEAKYEDU_HOME": str(tmp_path / "progress")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(report.read_text())
    last = done.stdout.splitlines()[-1]
    print(f"\n{lesson}: {last}; peak of its kernel {seen['MiB']} MiB; {time.perf_counter() - start:.0f} s")
    assert seen["prefix"] == str(image.prefix)
    assert seen["package"] == str(image.home / "leakyedu/__init__.py")
    assert seen["MiB"] * 2**20 < 1e9
