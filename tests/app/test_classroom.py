"""The class on a JupyterHub: what its script says, what it leaves behind, and the page for the teacher."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest
import zmq
from jupyter_client.manager import AsyncKernelManager
from jupyterhub.app import JupyterHub
from jupyterhub.spawner import Spawner
from nbgitpuller.pull import GitPuller

from leakyedu.lessons import course
from tests import classroom
from tests.apart import apart
from tests.classroom import ANSWERS, LESSON, Kernel, Learner, Outcome, StuckError, report
from tests.lessons.notebook import ALL, calls_of

ROOT = Path(__file__).parents[2]
PAGE = classroom.PAGE.read_text(encoding="utf-8")


# -- The page --------------------------------------------------------------------------------------


def test_the_lines_of_the_page_are_settings_that_jupyterhub_has():
    names = re.findall(r"^ *c\.(JupyterHub|Spawner)\.(\w+) = ", PAGE, re.MULTILINE)

    known = {"JupyterHub": JupyterHub.class_traits(config=True), "Spawner": Spawner.class_traits(config=True)}
    assert ("Spawner", "args") in names
    assert len(names) >= 5
    assert [(owner, name) for owner, name in names if name not in known[owner]] == []


def test_the_hub_of_a_class_has_the_lines_of_the_page_after_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(classroom, "proxy_command", lambda folder: "proxy")

    text = classroom.configuration(tmp_path, 30, "password", "mark", classroom.settings())

    own, lines, _ = text.partition(classroom.settings())
    assert lines
    assert "127.0.0.1" in own
    assert "0.0.0.0" not in own
    compile(text, "jupyterhub_config.py", "exec")


async def overheard(**settings) -> str:
    """Return what a socket without a key hears of a kernel that says something."""
    manager = AsyncKernelManager(**settings)
    await manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        spy = manager.context.socket(zmq.SUB)
        spy.subscribe("")
        spy.connect(f"tcp://{manager.ip}:{manager.iopub_port}")
        await client.wait_for_ready(timeout=60)
        await client.execute("print('from', 'ada')", reply=True, timeout=60)
        parts = []
        while await spy.poll(1000):
            parts += await spy.recv_multipart()
        return b"".join(parts).decode(errors="replace")
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        manager.context.destroy(linger=0)


@pytest.mark.slow
def test_a_kernel_is_overheard_unless_it_is_encrypted_as_the_page_says():
    ((name, value),) = re.findall(
        r'^    c\.Spawner\.args = \["--KernelManager\.(\w+)=(\w+)"\]$', PAGE, re.MULTILINE
    )

    assert "from ada" in apart(asyncio.run, overheard())
    assert apart(asyncio.run, overheard(**{name: value})) == ""


def test_nbgitpuller_has_no_list_of_permitted_repositories_as_the_page_says():
    assert set(GitPuller.class_own_traits(config=True)) == {"depth"}


def test_the_memory_of_a_class_is_that_of_each_times_the_learners_and_one_for_the_rest():
    rows = re.findall(r"^\| (\d+) \| (\d+) GiB \|$", PAGE, re.MULTILINE)
    (each,) = re.findall(r"^\*\*Memory\*\*: (\d+) MiB for each learner", PAGE, re.MULTILINE)

    assert len(rows) >= 3
    assert [int(n) for n, size in rows if int(size) != -(-(1024 + int(n) * int(each)) // 1024)] == []


def test_a_link_of_the_page_opens_a_lesson_that_is_there():
    links = [urlsplit(link) for link in re.findall(r"^    (https://HUB/\S+)$", PAGE, re.MULTILINE)]
    queries = [parse_qs(link.query, strict_parsing=bool(link.query)) for link in links]

    targets = [
        query["urlpath"][0] if query else link.path for link, query in zip(links, queries, strict=True)
    ]
    assert links[0].path == classroom.LINK.replace(LESSON, "00_start_here.ipynb")
    assert [set(query) for query in queries] == [set(), {"repo", "branch", "urlpath"}]
    assert all(target.rpartition("lab/tree/")[1] for target in targets)
    assert all((course() / Path(target).name).is_file() for target in targets)


@pytest.mark.parametrize("path", ["README.md", "course/teaching/README.md"])
def test_a_teacher_is_led_to_the_page(path):
    assert re.search(r"\]\((course/teaching/)?classroom\.md\)", (ROOT / path).read_text(encoding="utf-8"))


# -- What a learner does ---------------------------------------------------------------------------


def test_there_is_an_answer_to_each_task_of_the_lesson():
    (lesson,) = (lesson for lesson in ALL if lesson.notebook == LESSON)

    assert set(ANSWERS) == {*calls_of(lesson, "check"), *calls_of(lesson, "predict")}


class Socket:
    """A websocket that says what it was told to, once it was asked."""

    def __init__(self, *says):
        self.says, self.asked = list(says), None

    async def write_message(self, text):
        self.asked = json.loads(text)["header"]["msg_id"]

    async def read_message(self):
        kind, content = self.says.pop(0)
        parent = {"msg_id": self.asked if kind != "stray" else "another"}
        return json.dumps({"msg_type": kind, "parent_header": parent, "content": content})


REPLY, IDLE = ("execute_reply", {}), ("status", {"execution_state": "idle"})
BUSY, SHOWN = ("status", {"execution_state": "busy"}), ("execute_result", {"data": {"text/plain": "Right."}})


async def outputs(socket):
    return [output["text/plain"] async for output in Kernel(socket).run("ex.level.check(-55)")]


@pytest.mark.parametrize(
    "says",
    [
        (BUSY, SHOWN, REPLY, IDLE),
        (BUSY, SHOWN, IDLE, REPLY),
        (BUSY, REPLY, SHOWN, IDLE),
        (IDLE, SHOWN, REPLY),
    ],
)
def test_no_output_is_missed_in_whatever_order_the_kernel_speaks(says):
    socket = Socket(*says)

    assert apart(asyncio.run, outputs(socket)) == ["Right."]
    assert socket.says == []


def test_an_error_in_a_cell_ends_the_lesson_with_its_words():
    socket = Socket(BUSY, ("error", {"ename": "NameError", "evalue": "name 'x' is not defined"}))

    with pytest.raises(StuckError, match="NameError: name 'x' is not defined"):
        apart(asyncio.run, outputs(socket))


def test_a_connection_that_is_closed_is_said():
    class Closed(Socket):
        async def read_message(self):
            return None

    with pytest.raises(StuckError, match="the connection to the kernel was closed"):
        apart(asyncio.run, outputs(Closed()))


def learner_of(*answers):
    """Return a learner and what a hub that gives these answers, one after another, was asked for."""
    learner, answers, asked = Learner("http://127.0.0.1", "ada", "password", ANSWERS), list(answers), []

    def answer(request):
        asked.append((request.method, request.url.path))
        return answers.pop(0)

    learner._client = httpx.AsyncClient(base_url="http://127.0.0.1", transport=httpx.MockTransport(answer))
    return learner, asked


def test_a_learner_who_is_told_to_wait_opens_the_page_again_and_that_is_counted():
    wait = httpx.Response(429, headers={"Retry-After": "0"})
    learner, asked = learner_of(wait, wait, httpx.Response(200, text="ready"))

    page = apart(asyncio.run, learner._open("/hub/login", {"username": "ada"}))

    assert page.text == "ready"
    assert learner.refused == 2
    assert asked == [("POST", "/hub/login"), ("GET", "/hub/login"), ("GET", "/hub/login")]


def test_a_page_that_fails_is_quoted_without_what_is_around_it():
    text = '<nav>Home</nav><div class="error"><h1>500 : Oh</h1><p>no <b>room</b></p></div>'
    learner, _ = learner_of(httpx.Response(500, text=text))

    with pytest.raises(StuckError, match=r"^status 500, 500 : Oh no room$"):
        apart(asyncio.run, learner._open("/hub/spawn"))


# -- What is reported ------------------------------------------------------------------------------

MEBIBYTE = 2**20


def test_the_table_counts_those_who_finished_and_names_the_others():
    ada = Outcome("ada", 20.0, 30.0, 0, 300 * MEBIBYTE, 290 * MEBIBYTE)
    ben = Outcome("ben", 40.0, 60.0, 2, 340 * MEBIBYTE, 310 * MEBIBYTE)
    cem = Outcome("cem", 50.0, refused=1, trouble="answering level: Not yet.")

    rows = dict(re.findall(r"^(\S.*?)  +(\S.*)$", report([ada, ben, cem], 61.0), re.MULTILINE))

    assert rows == {
        "finished": "2 of 3",
        "from the click to the first figure": "p50 20 s, p95 40 s",
        "from the click to the end": "p50 30 s, p95 60 s",
        "the whole class": "61 s",
        "were told to try again": "2 of 3",
        "memory each, shared pages divided (PSS)": "mean 320 MiB, most 340 MiB",
        "memory each, of its own (USS)": "mean 300 MiB, most 310 MiB",
    }
    assert report([ada, ben, cem], 61.0).splitlines()[-1] == "cem did not finish, answering level: Not yet."


def test_the_table_of_a_class_in_which_nobody_finished_says_so():
    text = report([Outcome("ada", trouble="starting the server: no")], 61.0)

    assert re.search(r"^finished +0 of 1$", text, re.MULTILINE)
    assert re.search(r"^from the click to the first figure +nobody$", text, re.MULTILINE)
    assert re.search(r"^memory each, of its own \(USS\) +not told$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([7.0], 0.95, 7.0), ([1, 2], 0.5, 1), ([3, 1, 2], 0.5, 2), (list(range(1, 31)), 0.95, 29)],
)
def test_a_percentile_is_the_smallest_value_that_the_share_does_not_exceed(values, share, expected):
    assert classroom.percentile(values, share) == expected


# -- What is needed --------------------------------------------------------------------------------


@pytest.fixture
def machine_without_a_proxy(tmp_path, monkeypatch):
    """Return a folder that is the whole path; Python lies elsewhere, too."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere/python"))
    return tmp_path


def program(path):
    path.parent.mkdir(exist_ok=True)
    path.touch(0o755)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows a program by its ending")
@pytest.mark.parametrize("place", ["configurable-http-proxy", "elsewhere/configurable-http-proxy"])
def test_a_proxy_on_the_path_or_beside_python_is_taken(machine_without_a_proxy, place):
    there = program(machine_without_a_proxy / place)

    assert classroom.proxy_command(machine_without_a_proxy / "new") == there


def test_without_a_proxy_and_npm_one_is_told_what_to_install(machine_without_a_proxy):
    with pytest.raises(
        SystemExit, match=r"is not on the path, and neither is npm.*Install Node\.js with npm"
    ):
        classroom.proxy_command(machine_without_a_proxy / "new")


@pytest.mark.parametrize("text", ["0", "101", "-1", "many", "1.5"])
def test_a_class_that_does_not_fit_is_refused(text, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["classroom", "--learners", text])

    with pytest.raises(SystemExit, match="2"):
        classroom.main()

    assert f"a class has 1 to 100 learners, got {text!r}" in capsys.readouterr().err


# -- A class ---------------------------------------------------------------------------------------


def processes_in(folder):
    """Return the processes that work in a folder, or know of one in it."""
    found = []
    for process in psutil.process_iter():
        try:
            about = [process.cwd(), *process.cmdline(), process.environ().get("HOME", "")]
        except (psutil.Error, OSError):
            continue
        if any(str(folder) in text for text in about):
            found.append(process)
    return found


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """Return the folder of the proxy, installed once for all classes."""
    return Path(classroom.proxy_command(tmp_path_factory.mktemp("proxy"))).parent


@pytest.fixture
def folder(proxy, tmp_path, monkeypatch):
    """Return the folder in which temporary folders are made."""
    monkeypatch.setenv("PATH", str(proxy), prepend=os.pathsep)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(classroom.tempfile, "tempdir", None)
    return tmp_path


@pytest.mark.slow
def test_a_class_of_three_finishes_lesson_1_and_leaves_nothing(folder):
    names = ["ada", "ben", "cem"]

    outcomes, seconds = apart(classroom.attend, dict.fromkeys(names, ANSWERS), classroom.settings())

    print(f"\n{report(outcomes, seconds)}")
    assert [(outcome.name, outcome.trouble) for outcome in outcomes] == [(name, "") for name in names]
    assert all(0 < outcome.figure < outcome.total <= seconds for outcome in outcomes)
    assert all(50 * MEBIBYTE < outcome.own < 1000 * MEBIBYTE for outcome in outcomes)
    assert processes_in(folder) == []
    assert list(folder.iterdir()) == []


@pytest.mark.thorough
def test_a_learner_who_gets_stuck_is_reported_with_what_he_did_and_read(folder):
    wrong, raising = ANSWERS | {"level": "-85"}, ANSWERS | {"level": "1 / 0"}

    outcomes, seconds = apart(classroom.attend, {"ada": wrong, "ben": raising}, classroom.settings())

    print(f"\n{report(outcomes, seconds)}")
    ada, ben = (outcome.trouble for outcome in outcomes)
    assert ada.startswith("answering level: Not yet. The current was subtracted.")
    assert ben == "running the cell 'ex.level.check(1 / 0)  # in mV': ZeroDivisionError: division by zero"
    assert processes_in(folder) == []


@pytest.mark.thorough
def test_ctrl_c_in_the_middle_ends_all_processes_and_removes_the_folder(folder):
    script = subprocess.Popen(
        [sys.executable, "-m", "tests.classroom", "--learners", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

    until = time.monotonic() + 60
    while not [p for p in processes_in(folder) if "jupyterhub.singleuser" in p.cmdline()]:
        assert time.monotonic() < until, script.communicate()
        time.sleep(0.1)
    running = len(processes_in(folder))
    script.send_signal(signal.SIGINT)
    script.communicate(timeout=60)

    print(f"\n{running} processes were running; {len(processes_in(folder))} are left")
    assert running >= 3  # the hub, its proxy and a server
    assert processes_in(folder) == []
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_a_hub_that_cannot_start_is_quoted_and_ended(folder):
    with pytest.raises(SystemExit, match=r"The hub does not answer\. It said:\n[^$]*no_such_name"):
        apart(classroom.attend, {"ada": ANSWERS}, "no_such_name\n")

    assert processes_in(folder) == []
