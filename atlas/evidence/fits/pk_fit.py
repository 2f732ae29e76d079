"""Fits one parameter set of the disposition model to published ketamine and norketamine concentrations.

Run:   python atlas/evidence/fits/pk_fit.py            (Python 3.11, numpy 2, scipy 1.17; 20 seconds)
       python atlas/evidence/fits/pk_fit.py --check    (no fit: errors of the values now in the ledger)
Reads  ../observations/*/*.csv and, for everything that is not fitted, ../parameters/pharmacokinetics.csv.
Writes pk_fit.csv (id, value, start, prior_log_sd, rse, unit, note) and pk_fit_errors.csv (predicted over observed).

The model is that of atlas/models/disposition/*.mech, state by state, for one enantiomer at a time (they do not
interact). It is linear, so every interval between two events or observations is one exact matrix exponential.
Stage 1 fits disposition by least squares on log concentrations plus log-normal priors (a MAP estimate). Stage 2 solves
the two numbers of nasal absorption for two published exposures. There is no random number anywhere. The column `rse`
is the SD of the logarithm at the optimum; it takes readings of one curve as independent, and several priors come from
earlier fits to the same curves (marked below), so it is too small.

The priors and the error model were revised once after a first run had been seen: that run met the error targets too,
but with a central norketamine volume of 4.3 L and a formation delay of 8.8 min. The prior on clearance, the tighter
priors on those two and on the R over S ratio, and the reading error of the Kamp figure were added then.

Kamp 2020, Otto 2021, Persson 2002 and Hasan 2021 are all used here: agreement with them is calibration, not validation.
"""

import csv
import sys
from functools import cache
from pathlib import Path

import numpy as np
from scipy.linalg import expm
from scipy.optimize import least_squares

HERE = Path(__file__).resolve().parent
OBSERVATIONS = HERE.parent / "observations"
LEDGER = HERE.parent / "parameters" / "pharmacokinetics.csv"

# What is fitted: id, start value, prior median, SD of the prior's logarithm, unit, where the prior comes from.
# A prior of `None` is the start value, which an earlier fit to the Kamp and Hasan curves gave: not independent evidence.
FITTED = [
    ("ketamine.central_volume", 31.4, 25.0, 0.3, "L", "Kamp 2020 a, V1 25 L"),
    ("ketamine.liver_volume", 57.7, 56.0, 0.4, "L", "Kamp 2020 a, fast peripheral V2 56 L stands for the liver space"),
    ("liver.blood_flow", 149.0, 151.0, 0.1, "L/h", "Perez-Ruixo 2021, Qh 151 L/h"),
    ("ketamine.fast_volume", 117.0, None, 0.7, "L", "earlier fit to the same curves; no published counterpart"),
    ("ketamine.fast_clearance", 104.0, None, 0.7, "L/h", "earlier fit to the same curves; no published counterpart"),
    ("ketamine.slow_volume", 138.0, 157.0, 0.4, "L", "Kamp 2020 a, V3 157 L"),
    ("ketamine.slow_clearance", 19.1, None, 0.7, "L/h", "earlier fit to the same curves; no published counterpart"),
    ("ketamine.clint", 210.0, 214.0, 0.5, "L/h", "loose; the prior is on clearance, see CLEARANCE"),
    ("ketamine_r.clint_ratio", 0.881, 0.85, 0.1, "1", "clearance 0.83-0.95 (Persson 2002, Wang 2019, Hasan 2021)"),
    ("norketamine.formation_delay", 15.0, 15.0, 0.12, "min", "Otto 2021 10-20 min, Simons 2022 20.1 min"),
    ("norketamine.central_volume", 36.6, None, 0.4, "L", "earlier fit to the same curves; published 11.6-98.6 L"),
    ("norketamine.peripheral_volume", 131.0, None, 0.7, "L", "earlier fit to the same curves; published 88.9-221 L"),
    ("norketamine.exchange_clearance", 95.0, None, 0.7, "L/h", "earlier fit to the same curves; published 19.9-158 L/h"),
    ("norketamine.clearance", 45.0, 45.0, 0.15, "L/h", "earlier reading of Otto 2021, fitted here too; published 38.0-60 L/h"),
    ("norketamine_r.clearance_ratio", 0.75, 1.0, 0.3, "1", "no difference known beforehand"),
    ("sampling.fast_share", 0.6, 0.6, 0.2, "1", "earlier grid fit to Otto 2021 and Persson 2002, fitted here too"),
    ("sampling.fast_rate", 15.0, 15.0, 0.3, "1/h", "earlier grid fit to Otto 2021 and Persson 2002, fitted here too"),
    ("sampling.slow_rate", 0.8, 0.8, 0.3, "1/h", "earlier grid fit to Otto 2021 and Persson 2002, fitted here too"),
]
# Clearance of S-ketamine, Qh CLi / (Qh + CLi), L/h: median and SD of the logarithm of the prior (Simons 2022 88.8; Kamp
# 2020 a 84, Fanta 2015 95, Hasan 2021 97, label 89).
CLEARANCE = (88.8, 0.07)
# Stage 2, in the same form.
NASAL = [
    ("nasal.direct_fraction", 0.348, "1", "Cmax 43.8 ng/mL and AUC24 147.3 ng h/mL after 28 mg"),
    ("nasal.absorption_rate", 1.31, "1/h", "Cmax 43.8 ng/mL and AUC24 147.3 ng h/mL after 28 mg"),
]
# SD of the logarithm of one observation about the curve of a typical person: reading error plus sampling error.
SIGMA = {"kamp_ketamine": 0.10, "kamp_norketamine": 0.10, "otto_ketamine": 0.10, "otto_norketamine": 0.15,
         "persson": 0.15, "hasan_cmax": 0.12, "hasan_curve": 0.25}
# Reading error of the digitised Kamp figure, umol/L: about one hundredth of its axis.
READING = 0.01

STATES = ["mucosa", "swallowed", "gut", "wall_lost",
          "central", "fast", "slow", "liver",
          "forming", "emerging", "nk_central", "nk_peripheral", "nk_other",
          "hnk", "hnk_eliminated", "hnk_other",
          "k_vein_fast", "k_vein_slow", "nk_vein_fast", "nk_vein_slow"]
INDEX = {name: i for i, name in enumerate(STATES)}
AMOUNTS = STATES[:16]  # the last four are concentrations, readings of the rest
N = len(STATES)


def read_table(path):
    """Rows of a table as dictionaries; lines that start with # are remarks."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def ledger_defaults():
    """Default values of the ledger in h, L, umol (minutes are the only other unit of time)."""
    values = {}
    for row in read_table(LEDGER):
        if row["context"] == "":
            values[row["id"]] = float(row["value"])
    return values


def system(p, enantiomer, weight):
    """The matrix A of x' = A x for one enantiomer: each arrow of the mechanism files once."""
    size = weight / p["body.reference_weight"]
    volume = size ** p["body.volume_exponent"]
    flow = size ** p["body.clearance_exponent"]
    a = np.zeros((N, N))

    def arrow(source, target, rate):
        a[INDEX[source], INDEX[source]] -= rate
        if target is not None:
            a[INDEX[target], INDEX[source]] += rate

    # Absorption and gut wall
    escape, as_norketamine = p["gut.availability"], p["gut.norketamine_share"]
    arrow("mucosa", "central", p["nasal.absorption_rate"] * p["nasal.absorption_fold"])
    for depot, rate in (("swallowed", p["nasal.swallowed_rate"]), ("gut", p["oral.absorption_rate"])):
        arrow(depot, "liver", rate * escape)
        arrow(depot, "nk_central", rate * (1 - escape) * as_norketamine)
        arrow(depot, "wall_lost", rate * (1 - escape) * (1 - as_norketamine))
    # Ketamine
    v1, vl = p["ketamine.central_volume"] * volume, p["ketamine.liver_volume"] * volume
    v2, v3 = p["ketamine.fast_volume"] * volume, p["ketamine.slow_volume"] * volume
    for other, v, q in (("fast", v2, p["ketamine.fast_clearance"]), ("slow", v3, p["ketamine.slow_clearance"]),
                        ("liver", vl, p["liver.blood_flow"])):
        arrow("central", other, q * flow / v1)
        arrow(other, "central", q * flow / v)
    enzyme = p["ketamine.clint"] * p[f"ketamine_{enantiomer}.clint_ratio"] * flow
    share = p["ketamine.norketamine_share"]
    arrow("liver", "forming", share * enzyme / vl)
    arrow("liver", "nk_other", (1 - share) * enzyme / vl)
    # Norketamine
    step = 2 / (p["norketamine.formation_delay"] / 60)
    arrow("forming", "emerging", step)
    arrow("emerging", "nk_central", step)
    vn, vp = p["norketamine.central_volume"] * volume, p["norketamine.peripheral_volume"] * volume
    arrow("nk_central", "nk_peripheral", p["norketamine.exchange_clearance"] * flow / vn)
    arrow("nk_peripheral", "nk_central", p["norketamine.exchange_clearance"] * flow / vp)
    cleared = p["norketamine.clearance"] * p[f"norketamine_{enantiomer}.clearance_ratio"] * flow / vn
    arrow("nk_central", "hnk", p["norketamine.hydroxy_share"] * cleared)
    arrow("nk_central", "hnk_other", (1 - p["norketamine.hydroxy_share"]) * cleared)
    vh = p["hydroxynorketamine.volume"] * volume
    arrow("hnk", "hnk_eliminated", p[f"hydroxynorketamine_{enantiomer}.clearance"] * flow / vh)
    # Venous readings
    for speed in ("fast", "slow"):
        k = p[f"sampling.{speed}_rate"]
        for vein, amount, v in (("k_vein", "central", v1), ("nk_vein", "nk_central", vn)):
            a[INDEX[f"{vein}_{speed}"], INDEX[f"{vein}_{speed}"]] -= k
            a[INDEX[f"{vein}_{speed}"], INDEX[amount]] += k / v
    return a


def observe(p, x, weight):
    """Concentrations in umol/L from a matrix of states (one column a time)."""
    volume = (weight / p["body.reference_weight"]) ** p["body.volume_exponent"]
    w = p["sampling.fast_share"]
    return {
        "ketamine_arterial": x[INDEX["central"]] / (p["ketamine.central_volume"] * volume),
        "norketamine_arterial": x[INDEX["nk_central"]] / (p["norketamine.central_volume"] * volume),
        "ketamine_venous": w * x[INDEX["k_vein_fast"]] + (1 - w) * x[INDEX["k_vein_slow"]],
        "norketamine_venous": w * x[INDEX["nk_vein_fast"]] + (1 - w) * x[INDEX["nk_vein_slow"]],
        "hnk": x[INDEX["hnk"]] / (p["hydroxynorketamine.volume"] * volume),
    }


def simulate(p, enantiomer, weight, inputs, times):
    """States at `times` (h). `inputs`: (state, amount in umol, start in h, duration in h; 0 is a jump)."""
    a = system(p, enantiomer, weight)
    edges = {t for _, _, start, duration in inputs for t in (start, start + duration)}
    stops = sorted({float(t) for t in times} | edges | {0.0})
    stops = [t for t in stops if t <= max(times)]
    wanted = {float(t) for t in times}
    x, found, exponentials = np.zeros(N), {}, {}
    for here, there in zip(stops, stops[1:] + [None]):
        for state, amount, start, duration in inputs:
            if duration == 0 and start == here:
                x = x.copy()
                x[INDEX[state]] += amount
        if here in wanted:
            found[here] = x
        if there is None:
            break
        rate = np.zeros(N)
        for state, amount, start, duration in inputs:
            if duration > 0 and start <= here < start + duration:
                rate[INDEX[state]] += amount / duration
        key = (round(there - here, 12), rate.tobytes())
        if key not in exponentials:
            extended = np.zeros((N + 1, N + 1))
            extended[:N, :N], extended[:N, N] = a, rate
            exponentials[key] = expm(extended * (there - here))
        e = exponentials[key]
        x = e[:N, :N] @ x + e[:N, N]
    return np.array([found[float(t)] for t in times]).T


def nasal_inputs(p, amount, pairs):
    """One spray pair at 0, the next every 5 min: direct and swallowed part of each."""
    inputs = []
    for n in range(pairs):
        f = min(1.0, p["nasal.direct_fraction"] * p["nasal.direct_fold"])
        f *= 1.0 if n == 0 else p["nasal.later_spray_fold"]
        start = n * 5 / 60
        inputs.append(("mucosa", f * amount, start, 0.0))
        inputs.append(("swallowed", (1 - f) * amount, start, p["nasal.swallow_duration"]))
    return inputs


def peak_and_area(times, values):
    """Peak (parabola through the three highest neighbours), its time, and the area by Simpson's rule on even steps."""
    i = int(np.clip(np.argmax(values), 1, len(values) - 2))
    y0, y1, y2 = values[i - 1], values[i], values[i + 1]
    shift = 0.5 * (y0 - y2) / (y0 - 2 * y1 + y2)
    h = times[1] - times[0]
    area = h / 3 * (values[0] + values[-1] + 4 * values[1:-1:2].sum() + 2 * values[2:-1:2].sum())
    return y1 - 0.25 * (y0 - y2) * shift, times[i] + shift * h, area


def nasal_exposure(p, mg, pairs, analyte="ketamine_venous", weight=70.0):
    """Cmax in ng/mL, its time in h and AUC24 in ng h/mL after nasal esketamine."""
    mass = p["ketamine.molecular_weight"] if analyte.startswith("ketamine") else p["norketamine.molecular_weight"]
    times = np.linspace(0, 24, 1441)
    x = simulate(p, "s", weight, nasal_inputs(p, mg / pairs * 1e3 / p["ketamine.molecular_weight"], pairs), times)
    return peak_and_area(times, observe(p, x, weight)[analyte] * mass)


@cache
def observations():
    """All observed curves: (name, enantiomer, weight, inputs per umol, times, analyte, values in umol/L, sigma)."""
    mw_k, mw_n = ledger_defaults()["ketamine.molecular_weight"], ledger_defaults()["norketamine.molecular_weight"]
    out = []

    def add(name, enantiomer, weight, inputs, times, analyte, values, sigma):
        keep = [(t, v, s) for t, v, s in zip(times, values, np.broadcast_to(sigma, len(values))) if v > 0]
        t, v, s = (np.array(column) for column in zip(*keep))
        out.append((name, enantiomer, weight, inputs, t, analyte, v, s))

    kamp = read_table(OBSERVATIONS / "kamp2020" / "arterial_three_steps.csv")
    times = [float(r["time_h"]) for r in kamp]
    steps = {"esk": (0.14, 0.28, 0.57), "rac": (0.28 / 2, 0.57 / 2, 1.14 / 2)}  # mg/kg/h of one enantiomer
    for arm, form, label in (("esk", "s", "S"), ("rac", "s", "S"), ("rac", "r", "R")):
        inputs = [("central", rate * 70 * 1e3 / mw_k, float(i), 1.0) for i, rate in enumerate(steps[arm])]
        for analyte, short in (("ketamine_arterial", "K"), ("norketamine_arterial", "NK")):
            column = f"{label}_{short}_{arm}"
            values = np.array([float(r[column]) for r in kamp])
            sigma = np.hypot(SIGMA["kamp_" + analyte.split("_")[0]], READING / np.maximum(values, READING / 10))
            add(f"kamp {column}", form, 70.0, inputs, times, analyte, values, sigma)
    otto = read_table(OBSERVATIONS / "otto2021" / "venous_10mg_30min.csv")
    times = [float(r["time_h"]) for r in otto]
    inputs = [("central", 10e3 / mw_k, 0.0, 0.5)]
    add("otto S_K", "s", 68.0, inputs, times, "ketamine_venous",
        [float(r["S_ketamine"]) / mw_k for r in otto], SIGMA["otto_ketamine"])
    add("otto S_NK", "s", 68.0, inputs, times, "norketamine_venous",
        [float(r["S_norketamine"]) / mw_n for r in otto], SIGMA["otto_norketamine"])
    for row in read_table(OBSERVATIONS / "persson2002" / "arterial_venous_pairs.csv"):
        for form in "sr":
            add(f"persson {row['site']} {form.upper()}_K", form, 70.0, [("central", 7e3 / mw_k, 0.0, 0.5)], [0.5],
                f"ketamine_{row['site']}", [float(row[f"{form.upper()}_ketamine"]) / mw_k], SIGMA["persson"])
    hasan = read_table(OBSERVATIONS / "hasan2021" / "venous_5mg_30min.csv")
    cmax = {r["analyte"]: float(r["value"]) for r in read_table(OBSERVATIONS / "hasan2021" / "summary.csv")
            if r["quantity"] == "cmax"}
    for form in "sr":
        column = f"{form.upper()}_ketamine"
        later = [r for r in hasan if float(r["time_h"]) > 0.5]
        add(f"hasan Cmax {form.upper()}_K", form, 70.0, [("central", 2.5e3 / mw_k, 0.0, 0.5)], [0.5],
            "ketamine_venous", [cmax[column] / mw_k], SIGMA["hasan_cmax"])
        add(f"hasan {form.upper()}_K after 0.5 h", form, 70.0, [("central", 2.5e3 / mw_k, 0.0, 0.5)],
            [float(r["time_h"]) for r in later], "ketamine_venous", [float(r[column]) / mw_k for r in later],
            SIGMA["hasan_curve"])
    return out


def predictions(p):
    """Predicted values for every observed curve, one simulation for each dosing."""
    cache = {}
    for name, form, weight, inputs, times, analyte, values, sigma in observations():
        key = (form, weight, tuple(inputs), tuple(times))
        if key not in cache:
            cache[key] = observe(p, simulate(p, form, weight, inputs, times), weight)
        yield name, times, values, sigma, cache[key][analyte]


def fit_disposition(fixed):
    """MAP estimate on the log scale; returns values and the SD of each logarithm."""
    start = np.log([s for _, s, *_ in FITTED])
    prior = np.log([s if m is None else m for _, s, m, *_ in FITTED])
    prior_sd = np.array([sd for _, _, _, sd, *_ in FITTED])

    def with_values(logs):
        return {**fixed, **{row[0]: float(np.exp(v)) for row, v in zip(FITTED, logs)}}

    def residuals(logs):
        p = with_values(logs)
        parts = [np.log(predicted / values) / sigma for _, _, values, sigma, predicted in predictions(p)]
        clearance = 1 / (1 / p["liver.blood_flow"] + 1 / p["ketamine.clint"])
        parts.append([np.log(clearance / CLEARANCE[0]) / CLEARANCE[1]])
        return np.concatenate(parts + [(logs - prior) / prior_sd])

    upper = np.full(len(FITTED), np.inf)
    upper[[row[0] for row in FITTED].index("sampling.fast_share")] = np.log(0.95)
    result = least_squares(residuals, start, bounds=(np.full(len(FITTED), -np.inf), upper), x_scale=0.1,
                           xtol=1e-10, ftol=1e-10, gtol=1e-10, max_nfev=60)
    covariance = np.linalg.inv(result.jac.T @ result.jac)
    return with_values(result.x), np.sqrt(np.diag(covariance)), 2 * result.cost


def fit_nasal(p):
    """The direct share and its rate that give the published Cmax and AUC24 after one pair of sprays."""
    published = read_table(OBSERVATIONS / "perezruixo2021" / "nasal_esketamine.csv")
    target = {r["quantity"]: float(r["value"]) for r in published if r["use"] == "calibrate"}

    def misfit(v):
        trial = {**p, "nasal.direct_fraction": 1 / (1 + np.exp(-v[0])), "nasal.absorption_rate": float(np.exp(v[1]))}
        peak, _, area = nasal_exposure(trial, 28, 1)
        return [np.log(peak / target["cmax"]), np.log(area / target["auc24"])]

    v = least_squares(misfit, [np.log(0.348 / 0.652), np.log(1.31)], xtol=1e-10).x
    return {**p, "nasal.direct_fraction": float(1 / (1 + np.exp(-v[0]))), "nasal.absorption_rate": float(np.exp(v[1]))}


def errors(p):
    """One row an observation, and the median absolute relative error and bias of each curve."""
    rows, summary = [], []
    for name, times, values, _, predicted in predictions(p):
        ratio = predicted / values
        rows += [(name, t, v, q, r) for t, v, q, r in zip(times, values, predicted, ratio)]
        summary.append((name, len(values), float(np.median(np.abs(ratio - 1))), float(np.median(ratio - 1))))
    return rows, summary


def report_hydroxynorketamine(p):
    """Prints how far the metabolite that is not fitted here lies from two sources that contradict each other.

    Clearance of the R form was derived from the very ratio it is compared with: only the S form and the curve test it.
    """
    kamp = read_table(OBSERVATIONS / "kamp2020" / "arterial_three_steps.csv")
    times, total = [float(r["time_h"]) for r in kamp], 0.0
    fine = np.linspace(0, 96, 2881)
    for form in "sr":
        steps = [("central", rate * 70e3 / p["ketamine.molecular_weight"], float(i), 1.0)
                 for i, rate in enumerate((0.14, 0.285, 0.57))]
        total = total + observe(p, simulate(p, form, 70.0, steps, times), 70.0)["hnk"]
        seen = observe(p, simulate(p, form, 70.0, [("central", 10.0, 0.0, 0.5)], fine), 70.0)
        ratio = peak_and_area(fine, seen["hnk"])[2] / peak_and_area(fine, seen["ketamine_venous"])[2]
        observed = next(r for r in read_table(OBSERVATIONS / "hasan2021" / "summary.csv")
                        if r["analyte"] == f"{form.upper()}_hydroxynorketamine_over_ketamine")
        print(f"not fitted: HNK over ketamine AUC, {form.upper()}: {ratio:.2f}, "
              f"Hasan 2021 {observed['value']} (SD {observed['sd']})")
    ratio = np.array([q / float(r["HNK_total_rac"]) for q, r in zip(total, kamp) if float(r["HNK_total_rac"]) > 0])
    print(f"not fitted: total HNK of Kamp 2020, MdAPE {100 * np.median(np.abs(ratio - 1)):.0f} %, "
          f"at 5 h {ratio[-1]:.2f} times observed")


def report_ledger(p):
    """Prints every fitted value that the ledger does not carry."""
    for row in read_table(HERE / "pk_fit.csv"):
        if float(row["value"]) != p[row["id"]]:
            print(f"ledger differs: {row['id']} is {p[row['id']]}, the fit gave {row['value']}")


def main():
    p = ledger_defaults()
    if "--check" not in sys.argv:
        p, sd, objective = fit_disposition(p)
        p = fit_nasal(p)
        print(f"objective {objective:.2f} over {sum(len(o[6]) for o in observations())} observations")
        with open(HERE / "pk_fit.csv", "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["id", "value", "start", "prior", "prior_log_sd", "rse", "unit", "note"])
            for (name, s, m, prior_sd, unit, note), e in zip(FITTED, sd):
                out.writerow([name, f"{p[name]:.4g}", s, s if m is None else m, prior_sd, f"{e:.3f}", unit, note])
            for name, s, unit, note in NASAL:
                out.writerow([name, f"{p[name]:.4g}", s, "", "", "", unit, note])
        p = {**p, **{r["id"]: float(r["value"]) for r in read_table(HERE / "pk_fit.csv")}}  # as rounded in the ledger
    report_ledger(ledger_defaults())
    rows, summary = errors(p)
    if "--check" not in sys.argv:
        with open(HERE / "pk_fit_errors.csv", "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["curve", "time_h", "observed_umol_l", "predicted_umol_l", "predicted_over_observed"])
            out.writerows([(n, f"{t:g}", f"{v:.5g}", f"{q:.5g}", f"{r:.3f}") for n, t, v, q, r in rows])
    print(f"{'curve':24s}   n  MdAPE %  bias %")
    for name, n, mdape, bias in summary:
        print(f"{name:24s} {n:3d}  {100 * mdape:7.1f} {100 * bias:7.1f}")
    for mg, pairs in ((28, 1), (56, 2), (84, 3)):
        peak, when, area = nasal_exposure(p, mg, pairs)
        _, _, nk = nasal_exposure(p, mg, pairs, "norketamine_venous")
        print(f"nasal {mg} mg: Cmax {peak:.1f} ng/mL at {60 * when:.0f} min, AUC24 {area:.1f} ng h/mL; "
              f"norketamine AUC24 {nk:.0f}")
    report_hydroxynorketamine(p)
    x = simulate(p, "s", 70.0, nasal_inputs(p, 100.0, 3), [1.0, 24.0, 240.0])
    held = x[[INDEX[s] for s in AMOUNTS]].sum(axis=0)
    print(f"mass balance, 3 pairs of 100 umol: {abs(held[1:] / 300 - 1).max():.1e} relative")


if __name__ == "__main__":
    main()
