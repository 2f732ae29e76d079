"""NEST: the spiking circuit of 2,000 cells with `iaf_bw_2001`.

Measured: CPU seconds of `Simulate` after a settling time; building and wiring do not count. One thread.
`iaf_bw_2001` integrates a cell by an adaptive Runge-Kutta and sends the jump of an NMDA gate with the spike;
an excitatory input takes two connections, one to the AMPA and one to the NMDA receptor.
"""

import logging
import os
import warnings

import common

os.environ["PYNEST_QUIET"] = "1"
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import nest
import numpy as np


def build(arguments, model):
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=arguments.dt_ms, local_num_threads=1, rng_seed=arguments.seed, print_time=False)
    draw = np.random.default_rng(arguments.seed)
    cells, spikes = {}, {}
    for kind, count in common.CELLS.items():
        own = common.CELL[kind]
        cells[kind] = nest.Create(
            model,
            count,
            params=dict(
                C_m=own["capacity_pf"],
                g_L=own["leak_ns"],
                t_ref=own["refractory_ms"],
                E_L=common.REST_MV,
                V_th=common.THRESHOLD_MV,
                V_reset=arguments.reset_mv,
                E_ex=common.EXCITATORY_MV,
                E_in=common.INHIBITORY_MV,
                tau_AMPA=common.TAU_AMPA_MS,
                tau_GABA=arguments.tau_gaba_ms,
                tau_rise_NMDA=common.TAU_RISE_MS,
                tau_decay_NMDA=common.TAU_NMDA_MS,
                alpha=common.ALPHA_PER_MS,
                conc_Mg2=1.0,
            ),
        )
        cells[kind].V_m = draw.uniform(common.REST_MV, common.THRESHOLD_MV, count)
        spikes[kind] = nest.Create("spike_recorder")
        nest.Connect(cells[kind], spikes[kind])
    receptor = nest.GetDefaults(model, "receptor_types")

    def synapse(name, weight, delay):
        return dict(synapse_model="static_synapse", weight=weight, delay=delay, receptor_type=receptor[name])

    for projection, (sources, targets) in common.wiring(arguments.seed).items():
        source, target = projection
        on = "EI".index(target)
        channels = [("AMPA", arguments.ampa[on]), ("NMDA", arguments.nmda[on])] if source == "E" else [("GABA", arguments.gaba[on])]
        pre = np.array(cells[source].tolist())[sources]
        post = np.array(cells[target].tolist())[targets]
        ones = np.ones(len(pre))
        for name, weight in channels:
            nest.Connect(
                pre,
                post,
                "one_to_one",
                dict(
                    synapse_model="static_synapse",
                    weight=weight * ones,
                    delay=arguments.delay_ms * ones,
                    receptor_type=receptor[name] * np.ones(len(pre), dtype=int),
                ),
            )
    for kind in common.CELLS:
        source = nest.Create("poisson_generator", params=dict(rate=arguments.external_hz))
        weight = arguments.external["EI".index(kind)]
        nest.Connect(source, cells[kind], "all_to_all", synapse("AMPA", weight, arguments.dt_ms))
    return spikes


def main():
    arguments = common.circuit_arguments(__doc__)
    model = "iaf_bw_2001"
    spikes = build(arguments, model)
    nest.Simulate(arguments.settle * 1000.0)
    before = {kind: recorder.n_events for kind, recorder in spikes.items()}
    with common.Clock() as clock:
        nest.Simulate(arguments.seconds * 1000.0)
    rates = {
        kind: (recorder.n_events - before[kind]) / common.CELLS[kind] / arguments.seconds
        for kind, recorder in spikes.items()
    }
    common.report_circuit(
        "nest",
        "nest-simulator",
        model,
        arguments,
        clock.cpu,
        rates,
        common.memory_mib("VmHWM"),
        "one thread",
        imported_mib=arguments.imported_mib,
    )


main()
