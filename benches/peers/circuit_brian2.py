"""Brian2, C++ standalone: the spiking circuit of 2,000 cells.

Measured: CPU seconds between the start and the end of the second `run` in the compiled program (`std::clock` put
around it), so neither compilation nor wiring nor the settling time counts. Peak memory is that of the compiled program.
One thread, flags as Brian2 sets them for this machine (`-O3 -ffast-math -march=native`), double precision unless `--float32`.
Euler steps, as the cheapest. An NMDA gate jumps at a spike of its own cell, and the jump reaches the targets after the
delay: two additions an excitatory synapse, one an inhibitory. External input: binomial, 800 sources a cell.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile

import common

import brian2 as b2
import numpy as np

CELL = """
dv/dt = (leak * (rest - v) - ampa * (v - excitatory) - nmda / (1 + exp(-0.062 * v / mV) / 3.57) * (v - excitatory)
         - gaba * (v - inhibitory)) / capacity : volt (unless refractory)
dampa/dt = -ampa / tau_ampa : siemens
dnmda/dt = -nmda / tau_nmda : siemens
dgaba/dt = -gaba / tau_gaba : siemens
"""
# Gate of the cell's own NMDA synapses, and what its last spike added.
GATE = """
dgate/dt = -gate / tau_nmda : 1
jump : 1
"""
STAMP = """{ std::ofstream file(brian::results_dir + "clock.txt", std::ios::app); file << (double)std::clock() / CLOCKS_PER_SEC << std::endl; }"""
MEMORY = """{ std::ifstream from("/proc/self/status"); std::ofstream file(brian::results_dir + "memory.txt"); std::string line; while (std::getline(from, line)) if (line.rfind("VmHWM", 0) == 0) file << line.substr(6) << std::endl; }"""


def cells(kind, arguments, shared):
    own = common.CELL[kind]
    a, b = arguments.jump
    names = dict(
        shared,
        capacity=own["capacity_pf"] * b2.pF,
        leak=own["leak_ns"] * b2.nS,
        jump_a=a,
        jump_b=b,
    )
    group = b2.NeuronGroup(
        common.CELLS[kind],
        CELL + (GATE if kind == "E" else ""),
        threshold="v > threshold",
        reset="v = reset" + ("\njump = jump_a + jump_b * gate\ngate += jump" if kind == "E" else ""),
        refractory=own["refractory_ms"] * b2.ms,
        method="euler",
        namespace=names,
        name=f"cells_{kind}",
    )
    draw = np.random.default_rng(arguments.seed + ord(kind))
    group.v = draw.uniform(common.REST_MV, common.THRESHOLD_MV, common.CELLS[kind]) * b2.mV
    return group


def build(arguments, folder):
    b2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    b2.prefs.devices.cpp_standalone.extra_make_args_unix = []  # by default it compiles everything at once
    b2.prefs.codegen.cpp.headers += ["<ctime>", "<fstream>", "<string>"]
    b2.defaultclock.dt = arguments.dt_ms * b2.ms
    b2.seed(arguments.seed)
    b2.prefs.core.default_float_dtype = np.float32 if arguments.float32 else np.float64
    shared = dict(
        rest=common.REST_MV * b2.mV,
        threshold=common.THRESHOLD_MV * b2.mV,
        reset=arguments.reset_mv * b2.mV,
        excitatory=common.EXCITATORY_MV * b2.mV,
        inhibitory=common.INHIBITORY_MV * b2.mV,
        tau_ampa=common.TAU_AMPA_MS * b2.ms,
        tau_nmda=common.TAU_NMDA_MS * b2.ms,
        tau_gaba=arguments.tau_gaba_ms * b2.ms,
    )
    groups = {kind: cells(kind, arguments, shared) for kind in "EI"}
    parts = list(groups.values())
    for projection, (sources, targets) in common.wiring(arguments.seed).items():
        source, target = projection
        on = "EI".index(target)
        names = dict(
            w_ampa=arguments.ampa[on] * b2.nS, w_nmda=arguments.nmda[on] * b2.nS, w_gaba=arguments.gaba[on] * b2.nS
        )
        effect = "ampa_post += w_ampa\nnmda_post += w_nmda * jump_pre" if source == "E" else "gaba_post += w_gaba"
        synapses = b2.Synapses(
            groups[source],
            groups[target],
            on_pre=effect,
            delay=arguments.delay_ms * b2.ms,
            namespace=names,
            name=f"synapses_{projection}",
        )
        synapses.connect(i=sources, j=targets)
        parts.append(synapses)
    for kind, group in groups.items():
        weight = arguments.external["EI".index(kind)] * b2.nS
        parts.append(b2.PoissonInput(group, "ampa", N=800, rate=arguments.external_hz / 800 * b2.Hz, weight=weight))
    spikes = {kind: b2.SpikeMonitor(group) for kind, group in groups.items()}
    network = b2.Network(parts, list(spikes.values()))
    b2.device.insert_code("before_network_run", STAMP)
    b2.device.insert_code("after_network_run", STAMP)
    b2.device.insert_code("before_end", MEMORY)
    network.run(arguments.settle * b2.second, namespace={})
    network.run(arguments.seconds * b2.second, namespace={})
    with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
        b2.device.build(directory=str(folder), compile=True, run=False, with_output=False)
        b2.device.run(directory=str(folder), with_output=False)
    return spikes


def main():
    arguments = common.circuit_arguments(__doc__)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peer-brian2-"))
    try:
        spikes = build(arguments, folder)
        stamps = [float(line) for line in (folder / "results" / "clock.txt").read_text().split()]
        peak = round(int((folder / "results" / "memory.txt").read_text().split()[0]) / 1024, 1)
        rates = {
            kind: float(np.sum(monitor.t / b2.second >= arguments.settle)) / common.CELLS[kind] / arguments.seconds
            for kind, monitor in spikes.items()
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    common.report_circuit(
        "brian2",
        "brian2",
        "conductance LIF, C++ standalone",
        arguments,
        stamps[3] - stamps[2],
        rates,
        peak,
        ("single" if arguments.float32 else "double") + " precision, Euler",
    )


main()
