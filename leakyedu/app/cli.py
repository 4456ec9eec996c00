"""The command ``leakyedu``: put the lessons into a folder of the learner's and open them in JupyterLab.

The learner works in the copies, so a copy belongs to him from the moment on that he changes a cell. Each
copy carries in its metadata the mark of the lesson it was made from, a hash over its cells' kinds and
sources:

================================  ================================================================
the notebook of the learner       what happens when the lessons are copied again
================================  ================================================================
is not there                      the lesson is copied
has the mark of the lesson        nothing, whether he changed it or only ran it
has an older mark, no change      it is replaced by the newer lesson
has an older mark and a change    the newer lesson arrives beside it, once: ``04_name_new.ipynb``
cannot be read                    the same, for nobody knows what is in it
================================  ================================================================
"""

import argparse
import hashlib
import io
import json
import os
import platform
import re
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakyedu import __version__  # costs nothing: Python has run the package before it comes here
from leakyedu.lessons import course, notebooks
from leakyedu.teaching.whole_file import beside, patiently, whole_file

if TYPE_CHECKING:
    from leakyedu.app.voting import Class

START = "00_start_here.ipynb"
FOLDER, SITE = "leakyedu-lessons", "leakyedu-site"
HANDS = "hands"  # in place of an address: a class without phones
NEEDED = ("jupyterlab", "ipywidgets", "anywidget", "matplotlib", "sympy")
NEEDED_BY_DEMO = (*NEEDED, "voila", "psutil", "segno")
NEEDED_BY_SITE = (*NEEDED, "nir", "sphinx", "myst_nb", "furo", "latex2mathml")
NEEDED_BY_REPORT = (*NEEDED, "nbconvert", "psutil")
# Nobody may have activated this environment. Double quotes are those of each shell.
PIP = f'"{sys.executable}" -m pip' if " " in sys.executable else f"{sys.executable} -m pip"
# What the kernel says of itself. Where a notebook says anything else, JupyterLab corrects it and then
# asks the learner to save changes in a lesson that he has only opened.
LANGUAGE = {
    "name": "python",
    "version": platform.python_version(),
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}


def copy_lessons(folder: Path, fresh: str | None = None) -> list[str]:
    """Copy the lessons to ``folder`` and return sentences that say what happened.

    Args:
        folder: made if it is not there. No notebook in it that the learner changed is written to.
        fresh: number of a lesson of which a clean copy is wanted beside the one that is there.

    Raises:
        OSError: if the folder cannot be written. The notebooks in it are whole all the same.
        SystemExit: if no lesson has the number ``fresh``.
    """
    sources = notebooks()
    if not sources:
        sys.exit(f"There are no lessons in {course()}. Install leakyedu again.")
    if fresh is not None and not any(source.name[:2] == fresh for source in sources):
        names = ", ".join(source.stem for source in sources)
        sys.exit(f"There is no lesson {fresh!r} to copy afresh; the lessons are {names}.")
    if folder.exists() and not folder.is_dir():
        sys.exit(f"{folder} is a file. Name a folder for the lessons.")

    folder.mkdir(parents=True, exist_ok=True)
    arrived = [_marks(path)[0] for path in folder.glob("*.ipynb")]
    copied, replaced, kept, said = [], [], [], []
    for source in sources:
        lesson, mark = _clean(source)
        target, clean = folder / source.name, None
        made_from, now = _marks(target)
        unchanged = made_from == now and now is not None
        # Not by the names in the folder: Windows and macOS take 04_One_Euler_Step.ipynb for the same file.
        if not os.path.lexists(target):
            clean = _write(target, lesson)
            copied.append(clean)
        elif unchanged and mark != now and _marks(target)[1] == now:  # not saved a moment ago
            clean = _write(target, lesson)
            replaced.append(clean)
        else:
            kept.append(target)
            if mark not in (now, *arrived):
                clean = _write(beside(target, "new"), lesson)
                why = "has your changes" if now else "cannot be read"
                said.append(f"{target.name} {why} and was left alone; the new lesson is {clean.name}.")
        if source.name[:2] == fresh:
            clean = clean or _write(beside(target, "fresh"), lesson)
            said.append(f"A clean copy of lesson {fresh} is {clean.name}.")
    _copy_figures(course() / "figures", folder / "figures")

    counts = {"copied": copied, "replaced by a newer version": replaced, "left alone": kept}
    what = ", ".join(f"{len(paths)} {done}" for done, paths in counts.items() if paths)
    return [f"The lessons are in {folder}: {what}.", *said]


def _clean(source: Path) -> tuple[bytes, str]:
    """Return a lesson as a file without outputs, so that no answer spoils a prediction, and its mark."""
    notebook = json.loads(source.read_bytes())
    mark = _mark(notebook)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    notebook["metadata"].pop("widgets", None)  # they hold answers too
    notebook["metadata"] |= {"language_info": LANGUAGE, "leakyedu": {"version": __version__, "copied": mark}}
    # Sorted as Jupyter sorts, so that a save changes the lines that the learner changed and no other.
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n", mark


def _mark(notebook: dict) -> str:
    """Hash what a learner writes: the kinds and sources of the cells.

    Empty cells do not count: JupyterLab appends one whenever the last cell is run.
    """
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps([cell for cell in cells if cell[1].strip()]).encode()).hexdigest()


def _marks(path: Path) -> tuple[str | None, str | None]:
    """Return the mark of the lesson that a notebook was made from, and its own; None: it cannot be told."""
    try:
        notebook = json.loads(path.read_bytes())
        return notebook["metadata"].get("leakyedu", {}).get("copied"), _mark(notebook)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, None  # half-written, or no notebook at all: it is the learner's


def is_a_copy(path: Path) -> bool:
    """Tell whether a notebook was made from a lesson of the course, and belongs to a learner."""
    return _marks(path)[0] is not None


def _copy_figures(source: Path, target: Path) -> None:
    """Copy the files that lessons read or show. One that differs stays beside as ``name_old``."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        if any(part.startswith(".") for part in path.relative_to(source).parts):
            continue  # JupyterLab's checkpoints
        copy, content = target / path.relative_to(source), path.read_bytes()
        copy.parent.mkdir(parents=True, exist_ok=True)
        if copy.exists():
            if copy.is_file() and copy.read_bytes() == content:
                continue
            patiently(os.replace, copy, beside(copy, "old"))
        _write(copy, content)


def _write(target: Path, content: bytes) -> Path:
    """Write a file that is there as a whole or not at all, whenever the computer is switched off."""
    with whole_file(target) as file:
        file.write(content)
    return target


def _open_lab(folder: Path, port: int | None, browser: bool, jupyter_arguments: Sequence[str]) -> None:
    """Run JupyterLab in this process until the learner stops it."""
    _prefer_own_environment()
    import matplotlib.font_manager  # noqa: F401  # builds its font cache here, not in a lesson's output
    from jupyterlab.labapp import LabApp

    from leakyedu.app.server import LessonServer, can_encrypt

    LabApp.serverapp_class = LessonServer
    options = {
        "ServerApp.root_dir": folder,
        "ServerApp.ip": "127.0.0.1",
        "LabApp.default_url": f"/lab/tree/{START}",
        # Closing a lesson ends its kernel, and work is saved soon.
        "LabApp.app_settings_dir": Path(__file__).resolve().parent / "jupyter",
        # A picture follows its slider at once.
        "ServerApp.kernel_websocket_connection_class": "leakyedu.app.server.PromptConnection",
        # A notebook is whole whenever the server is killed.
        "ServerApp.contents_manager_class": "leakyedu.app.server.WholeFiles",
        # Nobody else on this machine reads what a kernel says.
        "KernelManager.transport_encryption": "required",
        # Nothing is fetched from anywhere.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    if windows := _windows():
        options["LabApp.workspaces_dir"] = windows
    if port is not None:
        options["ServerApp.port"] = port
    if not browser:
        options["ServerApp.open_browser"] = False
    if _is_root():
        print("You are root, as in a container, so JupyterLab is started with --allow-root.")
        options["ServerApp.allow_root"] = True
    if not can_encrypt():
        print("On a machine that you share, others can read what your lessons show: they are not encrypted.")
        print(f"To change that: {PIP} install --upgrade ipykernel jupyter_client pyzmq")
        options["KernelManager.transport_encryption"] = "auto"
    # Jupyter refuses an option that is given twice, so one of the learner's takes the place of ours.
    names = {argument.lstrip("-").partition("=")[0] for argument in jupyter_arguments}
    theirs = {LabApp.aliases.get(name, name) for name in names}
    ours = [f"--{name}={value}" for name, value in options.items() if name not in theirs]

    print("JupyterLab runs until you press Ctrl+C here.", flush=True)
    LabApp.launch_instance(argv=[*ours, *jupyter_arguments])


def _windows() -> Path | None:
    """Return where JupyterLab keeps which windows are open, or None if nothing can be kept.

    It begins without its side bar, which takes a quarter of a small screen, and later as the learner left it.
    """
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    from leakyedu.teaching.progress import home

    closed = {"collapsed": True, "visible": True, "widgets": []}
    layout = {
        "main": {"dock": None, "current": None},
        "left": closed,
        "right": closed,
        "relativeSizes": [0, 1, 0],
    }
    begin = {"data": {"layout-restorer:data": layout}, "metadata": {"id": "default"}}
    try:
        folder = home() / "windows"
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            WorkspacesManager(str(folder)).save("default", json.dumps(begin))
    except (OSError, RuntimeError):  # or there is no home
        return None
    return folder


def _open_demo(arguments: argparse.Namespace) -> None:
    """Show lessons to a class in this process until the teacher stops it."""
    if arguments.phones not in (None, HANDS) and _is_root():
        sys.exit("The phones of a class reach this program, so it is not run as root. Be another user.")
    _prefer_own_environment()
    import matplotlib.font_manager  # noqa: F401  # builds its font cache here, not on the wall

    from leakyedu.app import demo

    if _is_root():
        print("You are root, as in a container: whoever has the address below acts as root.")
    numbers = [int(number) for number in arguments.lessons]
    room = _open_room(arguments.phones, arguments.save)
    demo.run(numbers, arguments.port, not arguments.no_browser, room)


def _open_room(address: str | None, saved: Path | None) -> "Class | None":
    """Return the room of a class that votes by itself, once the teacher has confirmed where it opens."""
    from leakyedu.app.voting import Class, Phones, networks

    if address is None:
        return None
    if saved and os.path.lexists(saved):
        sys.exit(f"{saved} is there already. Name another file for the votes.")
    if not address:
        there = list(networks())
        print("Addresses of this machine in its networks:", ", ".join(there) or "none")
        if not there or not sys.stdin.isatty():
            sys.exit("Name the one for phones: leakyedu demo 4 --class ADDRESS. Without any: --class hands.")
        try:
            address = input(f"Where shall phones reach it? Press Enter for {there[0]}, or type another: ")
        except EOFError:
            sys.exit("Nothing is opened.")
        address = address.strip() or there[0]
    try:
        return Class(saved) if _address(address) == HANDS else Phones(address, saved)
    except (OSError, argparse.ArgumentTypeError) as error:
        sys.exit(f"{error}")


def _make_site(folder: Path) -> None:
    """Write the course as web pages into a folder."""
    from leakyedu.app.site import build

    try:
        build.run(folder)
    except (OSError, ValueError) as error:
        sys.exit(f"The site cannot be made: {error}")


def _make_report(arguments: argparse.Namespace) -> None:
    """Write what a class has done as a page and a table."""
    _prefer_own_environment()
    from leakyedu.app import report, run

    limits = run.Limits(arguments.seconds, arguments.memory)
    for name in ("SIGTERM", "SIGHUP"):  # no notebook of a stranger runs on without its limits
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(1))
    try:
        report.make(arguments.folder, arguments.run, limits, names=arguments.names)
    except (OSError, ValueError) as error:
        sys.exit(f"The report cannot be made: {error}.")


def _absolute(folder: Path) -> Path:
    # Unlike that of Path, this expanduser leaves the name of an unknown user as it stands.
    return Path(os.path.abspath(os.path.expanduser(folder)))


def _prefer_own_environment() -> None:
    """Let a kernel run in the Python that runs this, and in no older one that lies in the user's folder.

    Jupyter does so by itself only where the environment belongs to the user.
    """
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")


def _is_root() -> bool:
    return getattr(os, "geteuid", lambda: None)() == 0


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, got {text!r}")
    return int(text)


def _address(text: str) -> str:
    """Return an address of this machine that phones may reach, or that there are no phones, or nothing."""
    if text in ("", HANDS):
        return text
    try:
        address = IPv4Address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"an address is like 192.168.1.5, or {HANDS}, got {text!r}; lessons come before --class"
        ) from None
    if address.is_unspecified or address.is_multicast:
        raise argparse.ArgumentTypeError(f"{text} is no address of one network; name that of the class")
    return text


def _lesson(text: str) -> str:
    """Return the number of a lesson in two digits: of 4, 04 or 04_one_euler_step."""
    number = re.match(r"\s*0*(\d+)", text)
    if number is None:
        raise argparse.ArgumentTypeError(f"a lesson has a number, for example 04, got {text!r}")
    return number[1].zfill(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leakyedu",
        description="Lessons about one neuron that only leaks. Type `leakyedu lab` to start.",
    )
    parser.add_argument("--version", action="version", version=f"leakyedu {__version__}")

    both = argparse.ArgumentParser(add_help=False)
    help_ = (
        "folder of your lessons, made if it is not there "
        f"(default: the one that you stand in, if it holds them, else {FOLDER})"
    )
    both.add_argument("folder", metavar="DIR", nargs="?", type=Path, help=help_)
    help_ = "put a clean copy of lesson NN beside yours, for example --fresh 04"
    both.add_argument("--fresh", metavar="NN", type=_lesson, help=help_)

    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    does = "Copy the lessons to DIR, never over your changes"
    commands.add_parser("copy", parents=[both], help=f"{does}.", description=f"{does}.")
    does += ", and open them in JupyterLab."
    lab = commands.add_parser(
        "lab",
        parents=[both],
        help=does,
        description=does,
        usage="leakyedu lab [DIR] [--no-browser] [--port N] [--fresh NN] [-- JUPYTER_ARGUMENTS]",
        epilog="What stands after -- goes to JupyterLab and wins over what leakyedu tells it.",
    )
    does = "Show the predictions and labs of lessons to a class, in large type and without code."
    demo = commands.add_parser("demo", help=does, description=does)
    help_ = (
        "number of a lesson to keep ready; with one of them the demonstration begins there, with none it "
        "begins at the menu, and all that fit into half of the free memory are kept ready (300 MB each)"
    )
    demo.add_argument("lessons", metavar="LESSON", nargs="*", type=_lesson, help=help_)
    help_ = (
        f"let the class vote by phone, at an address of this machine in its network; `{HANDS}`: you type how "
        "many raised a hand"
    )
    demo.add_argument(
        "--class", dest="phones", metavar="ADDRESS", nargs="?", const="", type=_address, help=help_
    )
    help_ = "keep what the class has voted in this file; without it nothing is written"
    demo.add_argument("--save", metavar="FILE", type=Path, help=help_)
    does = (
        "Write the course as web pages that answer without a server, for any host or to be opened from disk."
    )
    site = commands.add_parser("site", help=does, description=does)
    help_ = f"folder of the pages, made anew if it holds an earlier site (default: {SITE})"
    site.add_argument("folder", metavar="DIR", nargs="?", type=Path, default=Path(SITE), help=help_)
    _add_report(commands)
    for command, name, usual in ((lab, "JupyterLab", 8888), (demo, "Voila", 8866)):
        help_ = f"only print the address of {name}"
        command.add_argument("--no-browser", action="store_true", help=help_)
        help_ = f"port of {name} (default: {usual} or the next)"
        command.add_argument("--port", metavar="N", type=_port, help=help_)
    return parser


def _add_report(commands: Any) -> None:
    does = (
        "Write what a class has done and misunderstood as a page and a table, from what learners handed in."
    )
    report = commands.add_parser("report", help=does, description=does)
    help_ = "folder of what they handed in: lines that `course_map.export` gave, or progress files"
    report.add_argument("folder", metavar="FOLDER", nargs="?", type=_folder, help=help_)
    report.add_argument("--names", action="store_true", help="name learners: each by the name of his file")
    help_ = "run the notebooks in that folder, too, which is strangers' code, and mark what has passed there"
    report.add_argument("--run", metavar="NOTEBOOKS", type=_folder, help=help_)
    help_ = "gigabytes of memory that a run may take (default: 4)"
    report.add_argument("--memory", metavar="GB", type=_above_0, default=4.0, help=help_)
    help_ = "seconds that a run may take (default: 300)"
    report.add_argument("--seconds", metavar="S", type=_above_0, default=300.0, help=help_)


def _folder(text: str) -> Path:
    if not Path(text).expanduser().is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return Path(os.path.abspath(Path(text).expanduser()))


def _above_0(text: str) -> float:
    if not (re.fullmatch(r"\d{1,6}(\.\d+)?", text) and float(text) > 0):
        raise argparse.ArgumentTypeError(f"this is a number above 0, got {text!r}")
    return float(text)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command. What goes wrong is said in one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        # A folder may have a name that a pipe or an old console cannot say, as on Windows.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    argv = sys.argv[1:] if argv is None else list(argv)
    end = argv.index("--") if "--" in argv else len(argv)
    parser = _parser()
    arguments, jupyter_arguments = parser.parse_args(argv[:end]), argv[end + 1 :]
    lab, demo, site, report = (arguments.command == name for name in ("lab", "demo", "site", "report"))
    if jupyter_arguments and not lab:
        parser.error(f"only `leakyedu lab` passes arguments on to JupyterLab, got {jupyter_arguments}")
    if report and arguments.folder is None and arguments.run is None:
        parser.error("name a folder of what was handed in, or of notebooks with --run")
    needed = {"demo": NEEDED_BY_DEMO, "site": NEEDED_BY_SITE, "report": NEEDED_BY_REPORT}
    missing = [name for name in needed.get(arguments.command, NEEDED) if find_spec(name) is None]
    if arguments.command != "copy" and missing:
        extra = "demo" if demo else "site" if site else "course"
        sys.exit(f'{", ".join(missing)} is missing. Install it with: {PIP} install "leakyedu[{extra}]"')
    if demo:
        if arguments.save and arguments.phones is None:
            parser.error("--save keeps the votes of a class: it needs --class")
        return _open_demo(arguments)
    if report:
        return _make_report(arguments)
    if site:
        return _make_site(_absolute(arguments.folder))

    inside = is_a_copy(Path(START))  # as in JupyterLab's own terminal
    if arguments.folder is None:
        arguments.folder = Path.cwd() if inside else Path(FOLDER)
    if str(arguments.folder) == "." and not inside:
        parser.error(f"name a folder of its own for the lessons, for example {FOLDER}")
    folder = _absolute(arguments.folder)
    try:
        sentences = copy_lessons(folder, arguments.fresh)
    except OSError as error:
        sys.exit(f"The lessons cannot be copied to {folder}: {error.strerror or error}.")
    print(*sentences, sep="\n")
    if lab and (shown := os.environ.get("JUPYTER_SERVER_ROOT")) and folder.is_relative_to(shown):
        print("The JupyterLab of this terminal shows that folder: open a lesson in the list on its left.")
    elif lab:
        _open_lab(folder, arguments.port, not arguments.no_browser, jupyter_arguments)
    else:
        print(f"Open {START} first.")
    return None


if __name__ == "__main__":
    main()
