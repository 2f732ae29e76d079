"""Runs every peer in turn, each in a process of its own, and writes the lines of JSON and a table.

A peer that fails is recorded with its reason. With `--ours PATH` the examples of this repository, in the checkout at
PATH, run before and after each group of peers, so that both are measured in one go on one machine.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OURS = {
    "brain": "cargo run --release -p resynapse-neural --example bench_brain",
    "circuit": "cargo run --release -p resynapse-neural --example bench_circuit",
}
BRAINS = ["brain_cubnm.py", "brain_neurolib.py", "brain_tvb.py"]
CIRCUITS = [["circuit_brian2.py"], ["circuit_brian2.py", "--float32"], ["circuit_nest.py"]]
COLUMNS = ["peer", "version", "model", "case", "dt_ms", "simulated_s", "cpu_s", "CPU s per min or s", "peak_mib", "rates E, I", "note"]


def plan(arguments):
    """(group, command) in the order of running; a whole-brain case is a process, so that its memory is its own."""
    for matrix in arguments.matrix:
        for dt in arguments.dt:
            for script in BRAINS:
                yield "brain", [script, "--matrix", matrix, "--dt", dt]
    for command in CIRCUITS:
        yield "circuit", command


def run(command, limit_s, folder):
    """Lines of standard output, or the reason of failure."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return [], f"longer than {limit_s} s"
    except OSError as error:
        return [], str(error)
    if done.returncode != 0:
        last = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        return [], f"status {done.returncode}: {last[-1] if last else 'no output'}"
    return done.stdout.splitlines(), None


def machine():
    """What the numbers hold for."""
    name = platform.machine()
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return {
        "machine": name,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def cells(line):
    """A row of the table."""
    if "failed" in line:
        return [line["peer"], "", "", line.get("case", ""), "", "", "", "", "", "", "failed: " + line["failed"]]
    if "cpu_s_per_minute" in line:
        case = f"{line['matrix']}, {line['regions']} regions" + (f", noise {line['noise']}" if "noise" in line else "")
        return [
            line["peer"], line["version"], line["model"], case, line["dt_ms"], line["simulated_s"], line["cpu_s"],
            f"{line['cpu_s_per_minute']} / min", line["peak_mib"], "", line["note"],
        ]
    return [
        line["peer"], line["version"], line["model"], f"{line['neurons']} neurons", line["dt_ms"], line["simulated_s"],
        line["cpu_s"], f"{line['cpu_s_per_second']} / s", line["peak_mib"], f"{line['rate_e_hz']}, {line['rate_i_hz']}", line["note"],
    ]


def table(lines):
    """The lines as Markdown; what our examples print stands below as it is."""
    out = []
    for line in lines:
        if "machine" in line:
            out += [", ".join(f"{key} {value}" for key, value in line.items()), ""]
    rows = [cells(line) for line in lines if "machine" not in line and "output" not in line]
    out += ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    out += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    for line in lines:
        if "output" in line:
            out += ["", f"`{line['command']}`, {line['when']}", "", "```text", *line["output"], "```"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few seconds each; the numbers are rough")
    parser.add_argument("--only", default="", help="run the scripts whose name contains this")
    parser.add_argument("--matrix", nargs="+", default=["ring100", "dk68"])
    parser.add_argument("--dt", nargs="+", default=["0.1", "1.0"])
    parser.add_argument("--ours", metavar="PATH", help="a checkout of this repository with the examples")
    parser.add_argument("--limit-s", type=int, default=1800, help="longest time of one process")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parents[1] / "target" / "peers-results")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = []

    def keep(line):
        lines.append(line)
        print(json.dumps(line), flush=True)
        (arguments.out / "peers.jsonl").write_text("".join(json.dumps(kept) + "\n" for kept in lines))
        (arguments.out / "peers.md").write_text(table(lines))

    def ours(group, when):
        if not arguments.ours:
            return
        command = shlex.split(OURS[group])
        # What is built here is not measured, the run after it is.
        run(["build" if word == "run" else word for word in command], arguments.limit_s, arguments.ours)
        output, failed = run(command, arguments.limit_s, arguments.ours)
        if failed:
            keep({"peer": "ours", "case": group, "failed": failed})
        else:
            keep({"peer": "ours", "command": OURS[group], "when": when, "output": output})

    keep(machine())
    steps = [step for step in plan(arguments) if arguments.only in step[1][0]]
    for group in ("brain", "circuit"):
        chosen = [command for kind, command in steps if kind == group]
        if not chosen:
            continue
        ours(group, "before the peers")
        for command in chosen:
            full = [sys.executable, str(HERE / command[0]), *command[1:], *(["--quick"] if arguments.quick else [])]
            output, failed = run(full, arguments.limit_s, HERE)
            found = [json.loads(line) for line in output if line.startswith("{")]
            for line in found:
                keep(line)
            if failed or not found:
                keep({"peer": command[0], "case": " ".join(command[1:]), "failed": failed or "no measurement printed"})
        ours(group, "after the peers")


main()
