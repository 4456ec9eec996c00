"""Servers and a browser for the tests and the benchmark of sliders."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[str]:
    """Run ``python -m ARGUMENTS`` in a folder; give the address that it prints, with its token if any."""
    server = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder),
            "JUPYTER_RUNTIME_DIR": str(folder),
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
        assert ready.wait(60), "".join(lines)
        yield found[0].replace("localhost", "127.0.0.1")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        reader.join()
        server.stdout.close()
