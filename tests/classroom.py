"""A class on a JupyterHub: ``python -m tests.classroom [--learners N]``.

It starts a hub on this machine with the settings of ``course/teaching/classroom.md``. All learners sign in
at the same moment, each starts a server, runs the whole of lesson 1 from top to bottom without a pause for
reading, moves its lab, has its exercises checked and stops the server. A table says how many finished, how
long the first figure took, how much memory each needs, and what became of the others; the status is 1 if
there are others.

A learner here is a client without a browser: it signs in through the form, follows the hub's redirects and
speaks to its kernel over the websocket, but it does not load JupyterLab's own files. Servers are processes
of one user with a home each, not accounts of the machine.

``configurable-http-proxy`` is taken from the path or from beside Python, else npm installs it into the
folder of the run. That folder is a temporary one, and nothing is written outside of it.
"""

import argparse
import asyncio
import collections
import contextlib
import html
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from leakyedu.app import cli
from leakyedu.lessons import course

PAGE = course() / "teaching/classroom.md"
LESSON = "01_a_leaky_bucket.ipynb"
FOLDER = "leakyedu-lessons"
LINK = f"/hub/user-redirect/lab/tree/{FOLDER}/{LESSON}"  # one click: sign in, start, open
# The newest series that runs on the Node of Debian 12; the next one asks for Node 22.
PROXY = "configurable-http-proxy@^4.6.3"
PATIENCE = 900  # seconds; a learner who has not finished by then counts as one who did not

# What a learner types in place of the dots, by the name of the task. Its predictions may be wrong.
ANSWERS = {
    "settles": "0.6",
    "level": "-55",
    "rise": "[0.4, 0.6, 0.9, 1.0]",
    "tau_from_trace": "t[(v - v[0]) / (v[-1] - v[0]) >= 0.632][0]",
    "larger_tau": '"a"',
    "input_halves": '"c"',
    "bucket_hunt": "(0.01, 0.01, 1.0)",
    "bucket_mended": "i * (1 - math.exp(-t / tau_mem))",
}


class StuckError(Exception):
    """A learner cannot go on."""


class Outcome(NamedTuple):
    """What became of a learner.

    Attributes:
        name: who it is.
        figure: seconds from the click on *Sign in* to the first figure of the lesson, or None.
        total: seconds until the server had stopped, or None.
        refused: how often the hub asked to wait and try again.
        shared: memory of server and kernel in bytes, with pages shared by several processes divided
            among them (PSS); None where the system does not tell.
        own: the part of it that nobody shares (USS), or None.
        trouble: where it got stuck and why; empty for those who finished.
    """

    name: str
    figure: float | None = None
    total: float | None = None
    refused: int = 0
    shared: int | None = None
    own: int | None = None
    trouble: str = ""


# -- The hub ---------------------------------------------------------------------------------------


def settings() -> str:
    """Return the lines that the teacher's page gives for ``jupyterhub_config.py``."""
    page = PAGE.read_text(encoding="utf-8")
    (lines,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return lines


def proxy_command(folder: Path) -> str:
    """Return the program ``configurable-http-proxy``; npm installs it into a folder if it is not there.

    Raises:
        SystemExit: if it is not there and there is no npm, or npm fails.
    """
    beside = Path(sys.executable).parent
    name = "configurable-http-proxy"
    if found := shutil.which(name) or shutil.which(name, path=str(beside)):
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(
            f"{name} is not on the path, and neither is npm, which would install it. Install Node.js with "
            "npm, on Debian or Ubuntu: apt-get install nodejs npm."
        )
    options = ["--prefix", folder, "--cache", folder / "cache", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run([npm, "install", *options, PROXY], capture_output=True, text=True, check=False)
    found = shutil.which(name, path=str(folder / "node_modules/.bin"))
    if done.returncode or found is None:
        raise SystemExit(f"npm could not install {PROXY}:\n{done.stdout}{done.stderr}")
    return found


def free_ports(count: int) -> range:
    """Return ports in a row that are free and that the system gives to nobody who asks for any port.

    The hub would take any free port for a server, seconds before that server listens on it. By then it may
    belong to a kernel that another learner has started, and the hub waits in vain.
    """
    while True:
        ports = range(first := random.randrange(10_000, 30_000), first + count)
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in ports:
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return ports


def configuration(folder: Path, learners: int, password: str, mark: str, lines: str) -> str:
    """Return a ``jupyterhub_config.py``: what is due to this machine, then the lines of a teacher."""
    proxy, hub, api, *each = free_ports(3 + learners)
    own = {
        "JupyterHub.bind_url": f"http://127.0.0.1:{proxy}",
        "JupyterHub.hub_bind_url": f"http://127.0.0.1:{hub}",
        "JupyterHub.db_url": f"sqlite:///{folder / 'hub.sqlite'}",
        "JupyterHub.cookie_secret_file": str(folder / "cookie_secret"),
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{api}",
        "ConfigurableHTTPProxy.command": [proxy_command(folder / "proxy")],
        "ConfigurableHTTPProxy.pid_file": str(folder / "proxy.pid"),
        "JupyterHub.authenticator_class": "shared-password",
        "SharedPasswordAuthenticator.user_password": password,
        "Authenticator.allow_all": True,
        # Servers of users that the machine does not know, each with a home in the folder of the run.
        "JupyterHub.spawner_class": "simple",
        "SimpleLocalProcessSpawner.home_dir_template": str(folder / "homes/{username}"),
        "Spawner.cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
        "Spawner.environment": {MARK: mark},
    }
    text = "".join(f"c.{name} = {value!r}\n" for name, value in own.items())
    text += f"c.Spawner.pre_spawn_hook = lambda own: setattr(own, 'port', {each[0] - 1} + own.user.id)\n"
    text += lines
    if getattr(os, "geteuid", lambda: None)() == 0:
        text += "c.Spawner.args.append('--allow-root')\n"  # as in a container
    return text


MARK = "LEAKYEDU_CLASSROOM"  # in the environment of each process of a run, with a number of its own


def processes(mark: str, learner: str | None = None) -> list[psutil.Process]:
    """Return the processes of a run, or those of one learner."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            environment = process.environ()
            if environment.get(MARK) == mark and learner in (None, environment.get("JUPYTERHUB_USER")):
                found.append(process)
    return found


def memory(mark: str, learner: str) -> tuple[int | None, int | None]:
    """Return PSS and USS of a learner's server and kernel in bytes; None where the system does not tell."""
    each = [process.memory_full_info() for process in processes(mark, learner)]
    shared = [full.pss for full in each if hasattr(full, "pss")]
    return sum(shared) or None, sum(full.uss for full in each) or None


@contextlib.contextmanager
def hub(folder: Path, learners: list[str], password: str, lines: str) -> Iterator[tuple[str, str]]:
    """Run a hub; give its address and the mark of its processes. At the end no process of it is left."""
    for learner in learners:
        with contextlib.redirect_stdout(None):
            cli.main(["copy", str(folder / "homes" / learner / FOLDER)])
    mark = uuid.uuid4().hex
    (folder / "proxy").mkdir()
    config = folder / "jupyterhub_config.py"
    config.write_text(configuration(folder, len(learners), password, mark, lines), encoding="utf-8")
    address = re.search(r"bind_url = '(.*)'", config.read_text(encoding="utf-8"))[1]
    log = folder / "hub.log"
    # A hub of its own session: Ctrl+C reaches this process alone, which then ends all others.
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", config],
            cwd=folder,
            env={**os.environ, MARK: mark},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(f"{address}/hub/health", server, log)
        yield address, mark
    finally:
        _end(server, mark)


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).is_success:
                return
        time.sleep(0.2)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    raise SystemExit(f"The hub does not answer. It said:\n{last}")


def _end(server: subprocess.Popen, mark: str) -> None:
    """End the hub, which ends its proxy and its servers, and then whatever process of it is left."""
    try:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)
    finally:
        while left := processes(mark):
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=5)
        server.wait()


# -- A learner -------------------------------------------------------------------------------------


class Kernel:
    """A kernel at the other end of a websocket.

    Attributes:
        models: the state of each widget, as the page would know it.
    """

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket, self._session = socket, uuid.uuid4().hex
        self.models: dict[str, dict] = collections.defaultdict(dict)

    async def _send(self, kind: str, content: dict) -> str:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self._session, "version": "5.3"}
        header |= {"username": "", "date": ""}
        parts = {"channel": "shell", "header": header, "content": content}
        await self._socket.write_message(json.dumps(parts | {"parent_header": {}, "metadata": {}}))
        return header["msg_id"]

    async def _receive(self) -> dict:
        text = await self._socket.read_message()
        if text is None:
            raise StuckError("the connection to the kernel was closed")
        # What comes as bytes has buffers, which no widget of the lesson has.
        message = json.loads(text) if isinstance(text, str) else {"msg_type": "buffers", "content": {}}
        content = message["content"]
        if message["msg_type"] in ("comm_open", "comm_msg"):
            self.models[content["comm_id"]].update(content["data"].get("state", {}))
        return message

    async def run(self, source: str) -> AsyncIterator[dict]:
        """Run a cell and give what it shows, one output after another.

        The reply and the word that the kernel is idle come on two ways, in any order. An output may come
        after the reply, so both are waited for.
        """
        request = await self._send(
            "execute_request", {"code": source, "silent": False, "store_history": True}
        )
        replied = idle = False
        while not (replied and idle):
            message = await self._receive()
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "execute_reply":
                replied = True
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind == "error":
                raise StuckError(f"{content['ename']}: {content['evalue']}")
            elif kind in ("display_data", "execute_result"):
                yield content["data"]

    async def move(self, lab: str, **settings: object) -> str:
        """Move controls as the page does, wait for another picture and return it."""
        model = self.models[lab]
        before, content = model["picture"], {"settings": model["settings"] | settings, "mark": "1"}
        await self._send("comm_msg", {"comm_id": lab, "data": {"method": "custom", "content": content}})
        while model["picture"] == before:
            await self._receive()
        return model["picture"]


class Learner:
    """One who signs in, works through the lesson and leaves.

    Attributes:
        doing: what is under way, for the report.
        refused: how often the hub asked to wait and try again.
        figure: seconds from the click on *Sign in* to the first figure.
    """

    def __init__(self, address: str, name: str, password: str, answers: dict[str, str]) -> None:
        self._address, self._name, self._password, self._answers = address, name, password, answers
        self._base, self._clicked = f"/user/{name}/", 0.0
        self._client = httpx.AsyncClient(base_url=address, follow_redirects=True, timeout=PATIENCE)
        self.doing, self.refused, self.figure = "signing in", 0, None

    async def attend(self, mark: str) -> Outcome:
        """Do all of it and say what became of it."""
        try:
            async with self._client:
                shared, own = await asyncio.wait_for(self._all_of_it(mark), PATIENCE)
        except (StuckError, httpx.HTTPError, OSError, psutil.Error, asyncio.TimeoutError) as error:
            why = str(error) or f"no answer for too long ({type(error).__name__})"
            return Outcome(self._name, self.figure, refused=self.refused, trouble=f"{self.doing}: {why}")
        return Outcome(self._name, self.figure, self._seconds(), self.refused, shared, own)

    async def _all_of_it(self, mark: str) -> tuple[int | None, int | None]:
        await self._sign_in()
        await self._work_through_the_lesson()
        self.doing = "measuring the memory"
        measured = await asyncio.to_thread(memory, mark, self._name)
        await self._leave()
        return measured

    def _seconds(self) -> float:
        return time.monotonic() - self._clicked

    def _token(self, path: str) -> str:
        """Return the token that a page of this path has as a cookie, against requests from other sites."""
        return next(c.value for c in self._client.cookies.jar if c.name == "_xsrf" and c.path == path)

    async def _open(self, url: str, form: dict[str, str] | None = None) -> httpx.Response:
        """Open a page as a browser does. Where the hub says "try again in ... seconds", so do we."""
        method = "GET" if form is None else "POST"
        while True:
            page = await self._client.request(method, url, data=form, headers={"Sec-Fetch-Mode": "navigate"})
            if page.is_success:
                return page
            if "Retry-After" not in page.headers:
                raise StuckError(f"status {page.status_code}, {_words(page.text)}")
            self.refused += 1
            self.doing = "waiting to try again"
            await asyncio.sleep(float(page.headers["Retry-After"]))
            method, url, form = "GET", str(page.url), None

    async def _call(self, method: str, path: str, **options) -> httpx.Response:
        """Call the API of the hub or of the server, as the page of JupyterLab does."""
        token = self._token("/hub/" if path.startswith("/hub/") else self._base)
        headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "X-XSRFToken": token}
        answer = await self._client.request(method, path, headers=headers, **options)
        if not answer.is_success:
            raise StuckError(f"{method} {path} gives status {answer.status_code}, {_words(answer.text)}")
        return answer

    async def _sign_in(self) -> None:
        page = await self._open(LINK)
        form = {"username": self._name, "password": self._password, "_xsrf": self._token("/hub/")}
        self._clicked = time.monotonic()
        page = await self._open(str(page.url), form)
        self.doing = "starting the server"
        if not page.url.path.startswith(self._base):
            await self._wait_for_the_server()
        self.doing = "opening JupyterLab"
        await self._open(LINK)

    async def _wait_for_the_server(self) -> None:
        """Follow the bar of progress on the page that the hub shows meanwhile."""
        path = f"/hub/api/users/{self._name}/server/progress"
        options = {"params": {"_xsrf": self._token("/hub/")}, "headers": {"Sec-Fetch-Mode": "cors"}}
        async with self._client.stream("GET", path, **options) as events:
            if not events.is_success:
                raise StuckError(f"no progress is told, status {events.status_code}")
            async for line in events.aiter_lines():
                event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if event.get("failed"):
                    raise StuckError(_words(event["message"]))
                if event.get("ready"):
                    return
        raise StuckError("the hub ended its report of progress")

    async def _work_through_the_lesson(self) -> None:
        self.doing = "opening the lesson"
        path = f"{FOLDER}/{LESSON}"
        notebook = (await self._call("GET", f"{self._base}api/contents/{path}?content=1")).json()["content"]
        request = {"path": path, "name": LESSON, "type": "notebook", "kernel": {"name": "python3"}}
        session = (await self._call("POST", f"{self._base}api/sessions", json=request)).json()
        channels = f"{self._base}api/kernels/{session['kernel']['id']}/channels?session_id={self._name}"
        cookie = self._client.build_request("GET", channels).headers["cookie"]
        url = f"{self._address.replace('http', 'ws', 1)}{channels}"
        headers = {"Cookie": cookie, "Sec-Fetch-Mode": "websocket", "Origin": self._address}
        socket = await websocket_connect(
            HTTPRequest(url, headers=headers, connect_timeout=PATIENCE, request_timeout=PATIENCE),
            max_message_size=2**27,
        )
        try:
            await self._run_all(Kernel(socket), notebook["cells"])
        finally:
            socket.close()
            while await socket.read_message() is not None:
                pass  # until the server has closed it, too: the loop may end with this learner

    async def _run_all(self, kernel: Kernel, cells: list[dict]) -> None:
        checked, moved = [], 0
        for cell in (cell for cell in cells if cell["cell_type"] == "code"):
            source = cell["source"]
            asked = re.search(r"\bex\.(\w+)\.(check|predict)\(", source)
            if asked:
                answer = self._answers[asked[1]]
                source = source.replace(f"{asked[0]})", f"{asked[0]}{answer})", 1).replace("...", answer, 1)
            self.doing = f"running the cell {source.splitlines()[0]!r}"
            known, said = set(kernel.models), []
            async for output in kernel.run(source):
                said.append(output["text/plain"])
                if self.figure is None and "<img" in output.get("text/html", ""):
                    self.figure = self._seconds()
            if asked and asked[2] == "check":
                self.doing = f"answering {asked[1]}"
                verdict = said[-2]  # what stands below it says how to answer
                if not verdict.startswith("Right."):
                    raise StuckError(verdict)
                checked.append(asked[1])
            if "lab.show(" in source:
                self.doing = "moving the lab"
                await _move_the_lab(kernel, known)
                moved += 1
        self.doing = "the end of the lesson"
        if self.figure is None or not checked or not moved:
            raise StuckError(f"first figure after {self.figure} s, {len(checked)} checks and {moved} labs")

    async def _leave(self) -> None:
        self.doing = "stopping the server"
        await self._call("DELETE", f"/hub/api/users/{self._name}/server")
        while (await self._call("GET", f"/hub/api/users/{self._name}")).json()["servers"]:
            await asyncio.sleep(0.5)


async def _move_the_lab(kernel: Kernel, known: set[str]) -> None:
    """Set lesson 1's time constant to 20 ms; its picture has to say so."""
    (lab,) = (name for name, state in kernel.models.items() if name not in known and "picture" in state)
    words = html.unescape(await asyncio.wait_for(kernel.move(lab, tau_mem=20.0), 120))
    if "at 20 ms" not in words:
        raise StuckError(f"the picture says {_words(words)}")


def _words(page: str) -> str:
    """Return what a page says, without its tags and, of a long one, without the middle."""
    errors = re.findall(r'<(?:div class="error"|p class="login_error")>(.*?)</(?:div|p)>', page, re.DOTALL)
    said = " ".join(errors) or page
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())
    return said if len(said) <= 300 else f"{said[:150]} ... {said[-150:]}"


# -- The class -------------------------------------------------------------------------------------


def attend(answers: dict[str, dict[str, str]], lines: str) -> tuple[list[Outcome], float]:
    """Give the lesson to a class and return what became of each learner, and the seconds it took.

    Args:
        answers: who attends, and what each types in place of the dots.
        lines: of ``jupyterhub_config.py``.
    """
    with tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True) as name:
        password = secrets.token_urlsafe(24)
        with hub(Path(name), list(answers), password, lines) as (address, mark):

            async def together() -> list[Outcome]:
                each = (Learner(address, who, password, typed) for who, typed in answers.items())
                return await asyncio.gather(*(learner.attend(mark) for learner in each))

            began = time.monotonic()
            return asyncio.run(together()), time.monotonic() - began


def report(outcomes: list[Outcome], seconds: float) -> str:
    """Return a table of what became of a class."""
    finished = [outcome for outcome in outcomes if not outcome.trouble]
    figures = [outcome.figure for outcome in finished]
    totals = [outcome.total for outcome in finished]
    refused = sum(outcome.refused > 0 for outcome in outcomes)
    rows = {
        "finished": f"{len(finished)} of {len(outcomes)}",
        "from the click to the first figure": _spread(figures),
        "from the click to the end": _spread(totals),
        "the whole class": f"{seconds:.0f} s",
        "were told to try again": f"{refused} of {len(outcomes)}",
        "memory each, shared pages divided (PSS)": _mebibytes([o.shared for o in finished]),
        "memory each, of its own (USS)": _mebibytes([o.own for o in finished]),
    }
    lines = [f"{name:<40} {value}" for name, value in rows.items()]
    stuck = [f"{outcome.name} did not finish, {outcome.trouble}" for outcome in outcomes if outcome.trouble]
    return "\n".join([*lines, *stuck])


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of all do not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "nobody"
    return f"p50 {percentile(seconds, 0.5):.0f} s, p95 {percentile(seconds, 0.95):.0f} s"


def _mebibytes(sizes: list[int | None]) -> str:
    told = [size / 2**20 for size in sizes if size is not None]
    return f"mean {statistics.mean(told):.0f} MiB, most {max(told):.0f} MiB" if told else "not told"


def _learners(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"a class has 1 to 100 learners, got {text!r}")
    return int(text)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.classroom", description=__doc__.split(":")[0])
    parser.add_argument("--learners", metavar="N", type=_learners, default=30, help="default: 30")
    help_ = "leave the settings of the teacher's page out"
    parser.add_argument("--defaults", action="store_true", help=help_)
    arguments = parser.parse_args()

    # A run that is ended from outside ends its processes, as one that is stopped by Ctrl+C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = [f"learner{number:02}" for number in range(1, arguments.learners + 1)]
    memory_there, cores = psutil.virtual_memory().total / 2**30, os.cpu_count()
    which = "JupyterHub's own settings" if arguments.defaults else f"the settings of {PAGE.name}"
    print(f"Learners at once: {len(names)}; cores: {cores}; {memory_there:.0f} GiB; {which}.", flush=True)
    outcomes, seconds = attend(dict.fromkeys(names, ANSWERS), "" if arguments.defaults else settings())
    print(report(outcomes, seconds))
    sys.exit(int(any(outcome.trouble for outcome in outcomes)))


if __name__ == "__main__":
    main()
