"""The Virtual Brain: `ReducedWongWangExcInh` (the equations of Deco 2014) with its Bold monitor.

Measured: CPU seconds of `run()`, a short run having compiled the model; Euler for stochastic equations, no delays.
The Bold monitor convolves the excitatory gate with the Volterra kernel of a Balloon; it is no Balloon integrated online.
A minute at 0.1 ms takes minutes: by default that step is run for a tenth of the time.
"""

import logging
import warnings

import common

import numpy as np

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")

from tvb.simulator.lab import connectivity, coupling, integrators, models, monitors, noise, simulator


def prepare(weights, dt_ms, seed):
    n = len(weights)
    links = connectivity.Connectivity(
        weights=weights,
        tract_lengths=np.zeros((n, n)),
        region_labels=np.array([f"r{i}" for i in range(n)]),
        centres=np.zeros((n, 3)),
        speed=np.array([1e6]),
    )
    model = models.ReducedWongWangExcInh(
        G=np.array([common.GLOBAL_COUPLING]),
        J_i=common.inhibition(weights),
        variables_of_interest=("S_e",),
    )
    # TVB counts in ms and takes half of the variance.
    additive = noise.Additive(nsig=np.array([0.5 * common.SIGMA**2]), noise_seed=seed)
    built = simulator.Simulator(
        model=model,
        connectivity=links,
        coupling=coupling.Linear(a=np.array([1.0])),
        integrator=integrators.EulerStochastic(dt=dt_ms, noise=additive),
        monitors=(monitors.Bold(period=common.TR_S * 1000.0),),
    )
    built.configure()
    return built


def main():
    arguments = common.brain_arguments(__doc__)
    for matrix in arguments.matrix:
        weights = common.connectome(matrix)
        for dt in arguments.dt:
            dt_ms = float(dt)
            simulated_s = arguments.seconds
            if dt_ms < 0.5 and not arguments.quick:
                simulated_s = max(common.QUICK_S, simulated_s // 10)
            prepare(weights, dt_ms, arguments.seed).run(simulation_length=10.0)
            cpu = []
            for _ in range(arguments.repeats):
                built = prepare(weights, dt_ms, arguments.seed)
                with common.Clock() as clock:
                    ((times, bold),) = built.run(simulation_length=simulated_s * 1000.0)
                cpu.append(clock.cpu)
            gate = float(built.current_state[0].mean())
            note = f"{matrix}; bold {bold.shape}, finite {bool(np.isfinite(bold).all())}; mean E gate at the end {gate:.3f}"
            common.report_brain(
                "tvb", "tvb-library", "Deco 2014 DMF + Bold kernel", arguments, len(weights), dt_ms, simulated_s, cpu, note, matrix=matrix
            )


main()
