"""Sizes the mood layer, expectation and settings of trials to what trials printed.

Every number in PARAMETERS is moved so that `resynapse validate` comes nearer to the scored rows of
evidence/observations/targets/targets.csv, by damped least squares with finite differences. The same virtual people are
used throughout (one seed); the result is judged with other people and another seed. Each number is drawn back to where
it started by a prior of the stated width, so that what no row identifies stays put.

    python3 mood_fit.py PROGRAM ATLAS WORK [PEOPLE] [ROUNDS]

PROGRAM is the built program, ATLAS the folder with the starting numbers, WORK a folder that is overwritten. The numbers
found stand in WORK/found.json and in the tables of WORK/atlas. Needs numpy.
"""

import csv
import json
import math
import pathlib
import shutil
import subprocess
import sys

import numpy as np

# Targets that no number below can reach (acute effects, other scales) are left out.
ONLY = ["TSD", "TNE", "TND", "TR", "TSS", "TVC", "TDO", "TIN02"]
# Misfits beyond this many standard errors count with their root only, so that contradictory rows do not rule.
SOFT_FROM = 2.0
ENTRY = "set=before_entry"
MOOD, TRIAL, DRUGS = "symptom.csv", "trial.csv", "drugs.csv"
# (table, id, context, column, scale, width of the prior on that scale)
PARAMETERS = [
    (MOOD, "mood.curvature", "", "value", "linear", 0.4),
    (MOOD, "mood.drive_usual", ENTRY, "value", "linear", 0.5),
    (MOOD, "mood.drive_usual", ENTRY, "variability", "log", 0.4),
    (MOOD, "mood.drive_usual", "condition=depression;" + ENTRY, "value", "linear", 0.5),
    (MOOD, "madrs.intercept", "", "value", "linear", 0.3),
    (MOOD, "madrs.slope", "", "value", "log", 0.3),
    (MOOD, "madrs.intercept", "trial=transform", "value", "linear", 0.3),
    (MOOD, "madrs.intercept", "trial=hospital", "value", "linear", 0.3),
    (MOOD, "madrs.intercept", "trial=tablets", "value", "linear", 0.4),
    (MOOD, "mood.drug_response", "", "variability", "log", 0.4),
    (MOOD, "mood.weight_fast", "", "value", "log", 0.6),
    (MOOD, "mood.weight_protein", "", "value", "log", 0.5),
    (MOOD, "mood.weight_synaptic", "", "value", "log", 0.6),
    (MOOD, "mood.noise_size", "", "value", "log", 0.4),
    (MOOD, "consolidation.rate", "", "value", "log", 0.8),
    (MOOD, "consolidation.weight", "", "value", "log", 0.8),
    (TRIAL, "expectancy.weight", "", "value", "log", 0.6),
    (TRIAL, "expectancy.report_weight", "", "value", "log", 0.5),
    (TRIAL, "expectancy.contact_weight", "", "value", "log", 0.8),
    (TRIAL, "expectancy.tau_contact", "", "value", "log", 0.5),
    (TRIAL, "expectancy.context", "", "value", "log", 0.3),
    (TRIAL, "expectancy.response", "", "variability", "log", 0.4),
    *[
        (TRIAL, "expectancy.trial_scale", context, "value", "log", 0.4)
        for context in ["", "trial=daly2018", "trial=transform", "trial=hospital", "trial=open_label", "trial=tablets"]
    ],
    (TRIAL, "expectancy.unblinding_share", "trial=transform", "value", "log", 0.6),
    (TRIAL, "expectancy.unblinding_share", "trial=hospital", "value", "log", 0.6),
    (DRUGS, "antidepressant.weight", "", "value", "log", 0.5),
]


class Tables:
    """The ledger tables of a copy of the atlas."""

    def __init__(self, source, folder):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        self.folder = folder
        names = {p[0] for p in PARAMETERS}
        self.rows = {name: list(csv.reader(open(self.path(name)))) for name in names}

    def path(self, name):
        return self.folder / "evidence" / "parameters" / name

    def field(self, parameter):
        table, name, context, column, _, _ = parameter
        header = self.rows[table][0]
        row = next(r for r in self.rows[table] if r[0] == name and r[1] == context)
        return row, header.index(column)

    def read(self):
        return np.array([to_scale(float(row[i]), p) for p in PARAMETERS for row, i in [self.field(p)]])

    def write(self, point):
        for p, u in zip(PARAMETERS, point):
            row, i = self.field(p)
            row[i] = "%.6g" % from_scale(u, p)
        for name, rows in self.rows.items():
            with open(self.path(name), "w", newline="") as out:
                csv.writer(out, lineterminator="\n").writerows(rows)


def to_scale(x, parameter):
    return math.log(x) if parameter[4] == "log" else x


def from_scale(u, parameter):
    return math.exp(u) if parameter[4] == "log" else u


def soft(z):
    far = np.maximum(2 * SOFT_FROM * np.abs(z) - SOFT_FROM**2, 0)
    return np.where(np.abs(z) < SOFT_FROM, z, np.sign(z) * np.sqrt(far))


def misfit(program, tables, point, people):
    """Distances of all scored rows in printed standard errors; None where a run fails."""
    tables.write(point)
    command = [program, "--atlas", str(tables.folder), "validate", "--json", "-q", "--people", str(people)]
    command += ["--threads", "2", *(word for only in ONLY for word in ("--only", only))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None
    rows = [r for r in json.loads(done.stdout)["rows"] if r["use"] == "score"]
    # A median that is never reached has no distance; it counts as far off.
    return np.array([8.0 if r["z"] is None else r["z"] for r in rows])


def main():
    program, source, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    people = int(sys.argv[4]) if len(sys.argv) > 4 else 80
    rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 3
    tables = Tables(source, work / "atlas")
    width = np.array([p[5] for p in PARAMETERS])
    start = tables.read()
    point, z = start.copy(), misfit(program, tables, start, people)

    def cost(z, point):
        return float(np.sum(soft(z) ** 2) + np.sum(((point - start) / width) ** 2))

    damping = 1.0
    for turn in range(rounds):
        slopes = np.zeros((len(z), len(PARAMETERS)))
        for i in range(len(PARAMETERS)):
            for step in (0.25 * width[i], -0.25 * width[i]):
                moved = point.copy()
                moved[i] += step
                found = misfit(program, tables, moved, people)
                if found is not None:
                    slopes[:, i] = (soft(found) - soft(z)) / step
                    break
        prior = np.diag(1 / width**2)
        for _ in range(5):
            matrix = slopes.T @ slopes + (1 + damping) * prior
            gradient = slopes.T @ soft(z) + prior @ (point - start)
            step = np.clip(-np.linalg.solve(matrix, gradient), -1.5 * width, 1.5 * width)
            found = misfit(program, tables, point + step, people)
            if found is not None and cost(found, point + step) < cost(z, point) - 0.2:
                point, z, damping = point + step, found, max(damping / 3, 0.05)
                break
            damping *= 4
        else:
            break
        print(f"round {turn}: cost {cost(z, point):.1f}, inside {np.mean(np.abs(z) < 1.96):.2f}, "
              f"median |z| {np.median(np.abs(z)):.2f}", flush=True)
    tables.write(point)
    found = [[*p[1:4], from_scale(u, p)] for p, u in zip(PARAMETERS, point)]
    (work / "found.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
