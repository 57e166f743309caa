"""Ask whether any pinned dependency has a known vulnerability: `make audit`.

Exit code 1 only where one was found. Where the source of advisories cannot be reached nothing is known, which is said
and is no failure: a closed network must not stop a build.
"""

import json
import subprocess
import sys
from typing import Final

PINS: Final = "requirements/runtime.txt"
PATIENCE: Final = 15


def main() -> int:
    """Audit what the product runs on."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", PINS, "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off", "--timeout", str(PATIENCE)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]
        print(f"audit: the source of advisories cannot be reached, so nothing is known ({reason})")  # noqa: T201
        return 0
    found = [each for each in audited if each.get("vulns")]
    for each in found:
        for advisory in each["vulns"]:
            fixed = ", ".join(advisory["fix_versions"]) or "no release yet"
            print(f"{each['name']} {each['version']}: {advisory['id']}, fixed in {fixed}")  # noqa: T201
    print(f"audit: {len(audited)} packages, {len(found)} with a known vulnerability")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
