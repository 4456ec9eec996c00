"""Another user of the same machine, who tries what he can."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NOBODY = 65534


@contextmanager
def stranger(code: str) -> Iterator[str]:
    """Run code, which has fcntl and os, as another user; give what it printed. It ends with the block."""
    if getattr(os, "geteuid", lambda: None)() != 0:
        pytest.skip("a second user is missing: only root may become one")
    pytest.importorskip("fcntl")
    # What it imports comes first: he may have no way to the folders that Python lies in.
    become = f"import fcntl, os\nos.setgroups([])\nos.setgid({NOBODY})\nos.setuid({NOBODY})\n"
    code = f"{become}{textwrap.dedent(code)}\nprint(flush=True)\ninput()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        yield process.stdout.readline().removesuffix("\n")
        process.communicate("\n", timeout=60)
