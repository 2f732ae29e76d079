"""Sends the explorer's server what its description allows and what it forbids.

    python3 attack.py PROGRAM

Starts `PROGRAM serve`, runs schemathesis on /api/openapi.json from a fixed seed, and stops the server.
Needs schemathesis. Talks to this machine alone.
"""

import pathlib
import subprocess
import sys
import tempfile

SEED = 20261122
EXAMPLES = 15
SECONDS = 600

# What is checked by meaning, such as a dose sentence, cannot be written as a schema: 422 answers that. Names that are
# not there give 404, and a full queue 429.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "422", "429"]
[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "413", "415", "422", "429"]
"""


def main() -> int:
    server = subprocess.Popen([sys.argv[1], "serve", "--port", "0", "--quiet"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip().rstrip("/")
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "schemathesis.toml")
            config.write_text(CONFIG)
            command = [
                sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config), "run",
                f"{address}/api/openapi.json", "--seed", str(SEED), "--max-examples", str(EXAMPLES),
                "--checks", "all", "--workers", "1", "--request-timeout", "60",
                "--suppress-health-check", "all", "--phases", "coverage,fuzzing",
            ]
            found = subprocess.run(command, cwd=folder, timeout=SECONDS, check=False).returncode
        if server.poll() is not None:
            print("the server did not survive")
            return 1
        return found
    finally:
        server.terminate()
        try:
            print("stopped with", server.wait(timeout=2))
        except subprocess.TimeoutExpired:
            print("the server did not stop within 2 s")
            server.kill()
            raise


if __name__ == "__main__":
    sys.exit(main())
