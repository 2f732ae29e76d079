"""What the scripts of this folder share: one thread, clocks, peak memory, the two connectomes, the lines of JSON.

Import it first: it sets the number of threads before any numerical library starts.
"""

import os

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import csv
import json
import math
import pathlib
import resource
import time
from importlib import metadata

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
DK68 = "atlas/connectome/dk68_sc_streamline_count.tsv"

# Deco 2014 (J Neurosci 34:7886): 10.1523/JNEUROSCI.5068-13.2014.
GLOBAL_COUPLING = 0.5
SIGMA = 0.01  # of both gating variables, per square root of a millisecond
TR_S = 0.72
MINUTE_S = 60
QUICK_S = 3


class Clock:
    """CPU time of this process, all of its threads, and wall time."""

    def __enter__(self):
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_):
        self.cpu = time.process_time() - self.cpu
        self.wall = time.perf_counter() - self.wall


def memory_mib(field):
    """Memory of this process as the kernel counts it: `VmRSS` is resident now, `VmHWM` was at the most."""
    try:
        for line in pathlib.Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def version(package):
    """Version of an installed package."""
    return metadata.version(package)


def report(**fields):
    """One measurement, one line of JSON."""
    for key, value in fields.items():
        if isinstance(value, float):
            fields[key] = float(f"{value:.4g}")
    print(json.dumps(fields), flush=True)


def ring100():
    """The synthetic connectome: 100 regions on a ring, by formula.

    c_ij = exp(-d / 18) (1 + 0.5 cos(i) cos(j)) with d = min(|i - j|, 100 - |i - j|) and angles in radians,
    0 on the diagonal, divided by the largest row sum.
    """
    n = 100
    index = np.arange(n)
    gap = np.abs(index[:, None] - index[None, :])
    gap = np.minimum(gap, n - gap)
    weights = np.exp(-gap / 18.0) * (1.0 + 0.5 * np.cos(index)[:, None] * np.cos(index)[None, :])
    np.fill_diagonal(weights, 0.0)
    return weights / weights.sum(axis=1).max()


def dk68(path=DK68):
    """Desikan-Killiany connectome: log(1 + streamline count), 0 on the diagonal, divided by the largest row sum."""
    with open(ROOT / path, newline="") as file:
        rows = [row for row in csv.reader((l for l in file if not l.startswith("#")), delimiter="\t")]
    counts = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])
    weights = np.log1p(counts)
    np.fill_diagonal(weights, 0.0)
    return weights / weights.sum(axis=1).max()


def connectome(name):
    """Connectome by name: `ring100` or `dk68`."""
    return np.ascontiguousarray({"ring100": ring100, "dk68": dk68}[name]())


def inhibition(weights):
    """Feedback inhibition held fixed, in closed form: J = 0.75 G (sum of the row) + 1."""
    return 0.75 * GLOBAL_COUPLING * weights.sum(axis=1) + 1.0


def brain_arguments(doc, steps=("0.1", "1.0")):
    """Arguments of the whole-brain scripts."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--matrix", nargs="+", default=["ring100", "dk68"], choices=["ring100", "dk68"])
    parser.add_argument("--dt", nargs="+", default=list(steps), help="time step, ms")
    parser.add_argument("--seconds", type=int, default=MINUTE_S, help="seconds to simulate")
    parser.add_argument("--repeats", type=int, default=3, help="runs after the warm-up; the fastest counts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help=f"one run of {QUICK_S} s")
    arguments = parser.parse_args()
    arguments.imported_mib = memory_mib("VmRSS")  # Python and libraries, before any model
    if arguments.quick:
        arguments.seconds, arguments.repeats = QUICK_S, 1
    return arguments


def report_brain(peer, package, model, arguments, regions, dt_ms, simulated_s, cpu_s, note, **more):
    """A whole-brain measurement; `cpu_s` has one number a repeat, of which the fastest counts."""
    report(
        peer=peer,
        version=version(package),
        model=model,
        regions=regions,
        dt_ms=dt_ms,
        simulated_s=simulated_s,
        cpu_s=min(cpu_s),
        cpu_s_per_minute=min(cpu_s) * 60.0 / simulated_s,
        cpu_s_all=[float(f"{s:.4g}") for s in cpu_s],
        peak_mib=memory_mib("VmHWM"),
        imported_mib=arguments.imported_mib,
        note=note,
        **more,
    )


# Spiking circuit: Brunel and Wang 2001 (J Comput Neurosci 11:63), conductances of Wang 2002 (Neuron 36:955).
CELLS = {"E": 1600, "I": 400}
IN_DEGREE = {"E": 320, "I": 80}
CELL = {
    "E": {"capacity_pf": 500.0, "leak_ns": 25.0, "refractory_ms": 2.0},
    "I": {"capacity_pf": 200.0, "leak_ns": 20.0, "refractory_ms": 1.0},
}
REST_MV, THRESHOLD_MV = -70.0, -50.0
EXCITATORY_MV, INHIBITORY_MV = 0.0, -70.0
TAU_AMPA_MS, TAU_RISE_MS, TAU_NMDA_MS, ALPHA_PER_MS = 2.0, 2.0, 100.0, 0.5


def circuit_arguments(doc):
    """Arguments of the spiking scripts.

    Wang 2002 connects all to all, 1600 E and 400 I cells; here a cell has 320 E and 80 I inputs,
    so that a synapse is 5 times as strong.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--ampa", nargs=2, type=float, default=[0.25, 0.20], metavar=("E", "I"), help="nS, on E and on I")
    parser.add_argument("--nmda", nargs=2, type=float, default=[0.825, 0.65], metavar=("E", "I"))
    parser.add_argument("--gaba", nargs=2, type=float, default=[6.5, 5.0], metavar=("E", "I"))
    parser.add_argument("--external", nargs=2, type=float, default=[2.1, 1.62], metavar=("E", "I"))
    parser.add_argument("--external-hz", type=float, default=2400.0)
    parser.add_argument("--tau-gaba-ms", type=float, default=5.0)
    parser.add_argument("--jump", nargs=2, type=float, default=nmda_jump(), metavar=("A", "B"), help="of an NMDA gate at a spike of its own cell, A + B s (Brian2 only)")
    parser.add_argument("--float32", action="store_true", help="single precision (Brian2 only)")
    parser.add_argument("--reset-mv", type=float, default=-55.0)
    parser.add_argument("--delay-ms", type=float, default=0.5)
    parser.add_argument("--dt-ms", type=float, default=0.1)
    parser.add_argument("--settle", type=float, default=1.0, help="biological seconds before the clock starts")
    parser.add_argument("--seconds", type=float, default=10.0, help="biological seconds measured")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="one biological second")
    arguments = parser.parse_args()
    arguments.imported_mib = memory_mib("VmRSS")  # Python and libraries, before any model
    if arguments.quick:
        arguments.settle, arguments.seconds = 0.5, 1.0
    return arguments


def nmda_jump():
    """(a, b) of the jump of an NMDA gate at a spike of its own cell, s += a + b s.

    With x' = -x / rise, x(0) = 1, and s' = -s / decay + alpha x (1 - s), the gate long after a spike is that of a gate
    which jumped at the spike and decays from then on. Write k = alpha rise and p = rise / decay; then
    1 + b = exp(-k) and a = exp(-k) * integral of k exp(k u) (1 - u)^(-p) du, u from 0 to 1,
    summed here as a series in k: the integral of u^m (1 - u)^(-p) is the beta function B(m + 1, 1 - p).
    """
    k, p = ALPHA_PER_MS * TAU_RISE_MS, TAU_RISE_MS / TAU_NMDA_MS
    total = 0.0
    for m in range(60):
        beta = math.gamma(m + 1) * math.gamma(1 - p) / math.gamma(m + 2 - p)
        total += k ** (m + 1) / math.gamma(m + 1) * beta
    return math.exp(-k) * total, math.exp(-k) - 1.0


def wiring(seed):
    """Sources and targets of each projection: a fixed number of inputs a cell, drawn without repeats or self."""
    draw = np.random.default_rng(seed)
    projections = {}
    for source in "EI":
        for target in "EI":
            chosen = []
            for cell in range(CELLS[target]):
                pool = CELLS[source] - (source == target)
                inputs = draw.choice(pool, IN_DEGREE[source], replace=False)
                if source == target:
                    inputs = inputs + (inputs >= cell)
                chosen.append(inputs)
            sources = np.concatenate(chosen)
            targets = np.repeat(np.arange(CELLS[target]), IN_DEGREE[source])
            # By source, so that what a spike reaches lies together.
            order = np.lexsort((targets, sources))
            projections[source + target] = (sources[order], targets[order])
    return projections


def report_circuit(peer, package, model, arguments, cpu_s, rate_hz, peak_mib, note, **more):
    """A measurement of the spiking circuit."""
    report(
        peer=peer,
        version=version(package),
        model=model,
        neurons=sum(CELLS.values()),
        dt_ms=arguments.dt_ms,
        simulated_s=arguments.seconds,
        cpu_s=cpu_s,
        cpu_s_per_second=cpu_s / arguments.seconds,
        rate_e_hz=rate_hz["E"],
        rate_i_hz=rate_hz["I"],
        peak_mib=peak_mib,
        note=note,
        **more,
    )
