"""What this process does to the machine, written down from the moment at which this file is imported.

A test puts it in front of everything else, ``python -c "import tests.watched; ..."``, and reads the lists
at the end. Python itself tells of each file, address and program; what a library does in C it cannot tell
of, so a test also lists the folders afterwards and cuts the network off.
"""

import os
import sys

files: set[str] = set()  # written, made, moved or removed
requests: list[str] = []  # names looked up and addresses spoken to, outside of this machine
programs: list[str] = []  # names of those that it started

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.rmdir", "os.remove", "os.truncate", "os.chmod", "os.chown", "sqlite3.connect"}
MOVES = {"os.rename", "os.link", "os.symlink"}
# An address comes after its socket, a name comes first.
ADDRESSES = {"socket.connect", "socket.sendto", "socket.sendmsg"}
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.startfile"}
HERE = ("127.", "::1", "localhost")


def _note(event: str, arguments: tuple) -> None:
    if event == "open":
        path, _, flags = arguments
        if flags & WRITES:
            _changed(path)
    elif event in CHANGES:
        _changed(arguments[0])
    elif event in MOVES:
        _changed(arguments[0])
        _changed(arguments[1])
    elif event in ADDRESSES | NAMES:
        _asked(event, arguments[event in ADDRESSES])
    elif event in STARTS:
        programs.append(_name_of(arguments[0]) if arguments else event)


def _changed(path: object) -> None:
    if not isinstance(path, int):  # a file that is open: it was noted when it was opened
        files.add(os.path.abspath(os.fsdecode(path)))


def _name_of(program: object) -> str:
    return os.path.basename(os.fsdecode(program)) if isinstance(program, (str, bytes, os.PathLike)) else "?"


def _asked(event: str, address: object) -> None:
    name = address[0] if isinstance(address, tuple) else address
    # An address that is no tuple is a socket in the file system; no name at all is this machine.
    a_file = event in ADDRESSES and not isinstance(address, tuple)
    if not a_file and name and not str(name).startswith(HERE):
        requests.append(f"{event} {address}")


sys.addaudithook(_note)
