"""cuBNM on the CPU: Deco 2014 mean field (its `rWW`) with Balloon-Windkessel.

Measured: CPU seconds of `run()` for one simulation, the noise already drawn (`noise`: `kept`) and drawn in the run (`drawn`).
cuBNM draws noise for 30 s and shuffles it for longer runs; that is its default and is left so.
Inhibition weights are given, so its own feedback inhibition control is off; FC and FCD are off.
The Balloon steps at 1 ms whatever the step of the neural model (its default).
"""

import contextlib
import os

import common

import numpy as np
from cubnm import sim


@contextlib.contextmanager
def silent():
    """Keeps what compiled code prints out of our lines."""
    kept, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)


def prepare(weights, dt, seconds, seed):
    group = sim.rWWSimGroup(
        duration=seconds,
        TR=common.TR_S,
        sc=weights,
        dt=dt,
        bw_dt="1.0",
        do_fic=False,
        do_fc=False,
        do_fcd=False,
        sim_seed=seed,
        force_cpu=True,
        bold_remove_s=1,
        gof_terms=[],
    )
    group.N = 1
    group.param_lists["G"] = np.array([common.GLOBAL_COUPLING])
    group.param_lists["wIE"] = common.inhibition(weights)[None, :]
    group._set_default_params(missing=True)
    return group


def main():
    arguments = common.brain_arguments(__doc__)
    for matrix in arguments.matrix:
        weights = common.connectome(matrix)
        for dt in arguments.dt:
            with silent():
                prepare(weights, dt, common.QUICK_S, arguments.seed).run()
                group = prepare(weights, dt, arguments.seconds, arguments.seed)
                with common.Clock() as first:
                    group.run(force_reinit=True)
                kept = []
                for _ in range(arguments.repeats):
                    with common.Clock() as clock:
                        group.run()
                    kept.append(clock.cpu)
            bold = np.asarray(group.sim_bold)
            rate = float(np.asarray(group.sim_states["r_E"]).mean())
            note = f"{matrix}; bold {bold.shape}, finite {bool(np.isfinite(bold).all())}; mean E rate {rate:.2f} Hz"
            for noise, cpu in (("kept", kept), ("drawn", [first.cpu])):
                common.report_brain(
                    "cubnm", "cubnm", "Deco 2014 DMF + Balloon", arguments, len(weights), float(dt), arguments.seconds, cpu, note,
                    matrix=matrix, noise=noise,
                )


main()
