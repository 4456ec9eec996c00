"""Where a file must lie so that any browser can open it.

The page that leads a browser to one of our servers is a file, since anybody may read the arguments of a
program, and the token is one of them. A browser that is a Snap, as on Ubuntu, reads no hidden folder and
no temporary one, but what lies in the user's home.

Source: Snapcraft, the interface ``home``.
"""

import os
from pathlib import Path


def place_for(name: str, *folders: Path) -> Path | None:
    """Return the path for a file of this name: in the first of some folders, or else in the home.

    Args:
        name: of the file; the number of this process comes before it.
        folders: where it may lie, if that is below the home and not hidden.

    Returns:
        None, if it may lie in none of them.
    """
    try:
        home = Path.home().resolve()
    except RuntimeError:  # there is none
        return None
    for folder in (*(folder.resolve() for folder in folders), home):
        inside = folder.relative_to(home).parts if folder.is_relative_to(home) else (".",)
        if not any(part.startswith(".") for part in inside) and os.access(folder, os.W_OK):
            return folder / f"leakyedu-{os.getpid()}-{name}"
    return None


def write(file: Path, page: str) -> None:
    """Write a file that nobody else can read."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)  # follows no link that was planted meanwhile
    file.write_text(page, encoding="utf-8")
