"""neurolib: its Wong-Wang excitatory-inhibitory model (`ww`, the equations of Deco 2014) with its Balloon model.

Measured: CPU seconds of `run(chunkwise=True, bold=True)`, a warm-up run having compiled the loops.
Chunks of one volume (0.72 s), since the whole run at once would keep every step of every variable.
Version 0.6.2 hands the time constant of excitation to inhibition; the right one is put in its place here.
What still differs from the common model, none of which changes the work done by much:
noise is an Ornstein-Uhlenbeck current of 5 ms with the same intensity at low frequency,
and there is one inhibition weight for all regions (the mean; an array is not accepted).
"""

import inspect
import logging

import common

import numpy as np
from neurolib.models.ww import WWModel, timeIntegration

TAU_INHIBITION_MS = 10.0


def repair():
    """Puts the time constant of inhibition in the place where the compiled loop expects it."""
    loop = timeIntegration.timeIntegration_njit_elementwise
    place = list(inspect.signature(loop.py_func).parameters).index("tau_inh")

    def repaired(*values):
        return loop(*values[:place], TAU_INHIBITION_MS, *values[place + 1 :])

    timeIntegration.timeIntegration_njit_elementwise = repaired


def prepare(weights, dt_ms, seconds, seed):
    model = WWModel(Cmat=weights, Dmat=np.zeros_like(weights), seed=seed)
    model.params["dt"] = dt_ms
    model.params["duration"] = seconds * 1000.0
    model.params["K_gl"] = common.GLOBAL_COUPLING
    model.params["J_I"] = float(common.inhibition(weights).mean())
    model.params["sigma_ou"] = common.SIGMA / model.params["tau_ou"]
    model.initializeBold()
    model.boldModel.samplingRate_NDt = steps_per_volume(dt_ms)
    return model


def steps_per_volume(dt_ms):
    return int(round(common.TR_S * 1000.0 / dt_ms))


def run(model, dt_ms):
    model.run(chunkwise=True, chunksize=steps_per_volume(dt_ms), bold=True, append=False)


def main():
    logging.disable(logging.WARNING)
    repair()
    arguments = common.brain_arguments(__doc__)
    for matrix in arguments.matrix:
        weights = common.connectome(matrix)
        for dt in arguments.dt:
            dt_ms = float(dt)
            run(prepare(weights, dt_ms, 2, arguments.seed), dt_ms)
            cpu = []
            for _ in range(arguments.repeats):
                model = prepare(weights, dt_ms, arguments.seconds, arguments.seed)
                with common.Clock() as clock:
                    run(model, dt_ms)
                cpu.append(clock.cpu)
            bold = model.boldModel.BOLD
            rate = 1000.0 * float(np.mean(model.outputs["r_exc"]))
            note = f"{matrix}; bold {bold.shape}, finite {bool(np.isfinite(bold).all())}; mean E rate of the last volume {rate:.2f} Hz"
            common.report_brain(
                "neurolib", "neurolib", "Deco 2014 DMF (ww) + Balloon", arguments, len(weights), dt_ms, arguments.seconds, cpu, note, matrix=matrix
            )


main()
