"""``python -m tests.audit``: ask a database of vulnerabilities about each package the tests last passed with.

The status is 1 if one is vulnerable or could not be looked up, and 2 if no database was consulted at all:
pip-audit itself says "No known vulnerabilities found" then.
"""

import json
import subprocess
import sys
from pathlib import Path

TESTED = Path(__file__).parents[1] / "binder" / "constraints.txt"


def verdict(dependencies: list[dict], wanted: int) -> tuple[str, int]:
    """Return what pip-audit found as sentences, and the status.

    Args:
        dependencies: those in its JSON report.
        wanted: how many packages it was asked about.
    """
    audited = [package for package in dependencies if "vulns" in package]
    vulnerable = [
        f"{package['name']} {package['version']}: {vulnerability['id']}"
        for package in audited
        for vulnerability in package["vulns"]
    ]
    if not audited:
        floors = "tests/test_package.py holds the oldest versions without a known vulnerability."
        return f"0 of {wanted} packages audited: no database was consulted; {floors}", 2
    said = f"{len(audited)} of {wanted} packages audited; known vulnerabilities: {len(vulnerable)}."
    return "\n".join([said, *vulnerable]), int(len(audited) < wanted or bool(vulnerable))


def main() -> None:
    """Run the command."""
    wanted = [line for line in TESTED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    options = ["--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json"]
    command = [sys.executable, "-m", "pip_audit", *options, f"--requirement={TESTED}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Without a report it has failed as a whole, for want of a network for example.
    report = json.loads(done.stdout) if done.stdout else {"dependencies": []}
    said, status = verdict(report["dependencies"], len(wanted))
    print(said)
    sys.exit(status)


if __name__ == "__main__":
    main()
