"""Servers and a browser for the tests and the benchmark of sliders."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def free_port() -> int:
    """Return a port that nobody listens on, for a server that cannot find one itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def listens(port: int) -> bool:
    """Return whether a server is there; take a tenth of a second to say no."""
    with socket.socket() as client:
        there = client.connect_ex(("127.0.0.1", port)) == 0
    if not there:
        time.sleep(0.1)
    return there


@contextmanager
def running(
    folder: Path,
    *arguments: str,
    program: Sequence[str | Path] = (sys.executable, "-m"),
    environment: Mapping[str, str] = os.environ,
) -> Iterator[str]:
    """Run ``python -m ARGUMENTS`` in a folder; give the address that it prints, with its token if any.

    Args:
        folder: where it runs, and where it keeps what it writes.
        arguments: the module and what it is told.
        program: what is run in place of ``python -m``.
        environment: that of the program, in place of ours.
    """
    server = subprocess.Popen(
        [*program, *arguments],
        cwd=folder,
        env={
            **environment,
            "JUPYTER_CONFIG_DIR": str(folder / "settings"),  # not the folder where it runs
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "LEAKYEDU_HOME": str(folder / "progress"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines, found, ready = [], [], threading.Event()

    def read() -> None:
        # To the end, or a full pipe would stop the server.
        for line in server.stdout:
            lines.append(line)
            if not found and (match := re.search(r"http://(127\.0\.0\.1|localhost):\d+/\S*", line)):
                found.append(match[0])
                ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(120), "".join(lines)
        address = found[0].replace("localhost", "127.0.0.1")
        # Jupyter prints its address before it listens, and forgets a request to stop that comes sooner.
        assert any(map(listens, itertools.repeat(urlsplit(address).port, 600))), "".join(lines)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        reader.join()
        server.stdout.close()
