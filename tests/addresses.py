"""``python -m tests.addresses``: ask each address in ``course/sources.md`` and the lessons if it answers.

The status is 1 if one is gone. A publisher that lets no program in (403) or asks for patience (429) still
has the page.
"""

import re
import sys
import urllib.error
import urllib.request

from tests.lessons.notebook import ALL, COURSE, prose_of

GONE = {404, 410}


def addresses() -> list[str]:
    texts = [(COURSE / "sources.md").read_text(encoding="utf-8"), *("\n".join(prose_of(x)) for x in ALL)]
    return sorted({x for text in texts for x in re.findall(r"https://[^\s)|]+", text)})


def fault(address: str, timeout: float = 30) -> str:
    """Return why nobody would find a page there, or nothing."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0 (leakyedu's weekly check)"})
    try:
        urllib.request.urlopen(request, timeout=timeout).close()
    except urllib.error.HTTPError as error:
        return str(error) if error.code in GONE else ""
    except OSError as error:  # no such server, no answer in time
        return str(error)
    return ""


def main() -> None:
    """Run the command."""
    faults = {address: fault(address) for address in addresses()}
    gone = [f"{address}: {why}" for address, why in faults.items() if why]
    print("\n".join([f"{len(faults)} addresses asked, {len(gone)} gone.", *gone]))
    sys.exit(bool(gone))


if __name__ == "__main__":
    main()
