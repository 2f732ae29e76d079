"""Reads the data sets of a virtual trial with programs that are not ours and compares what they say.

    cargo run -p resynapse-study --example adam_sample -- FOLDER
    python3 tests/reference/adam/check.py FOLDER

Needs pointblank, pyreadstat, polars, pandas and pyarrow from PyPI; without them it says so and checks nothing.

- SAS transport files (pyreadstat, which is ReadStat in C) against CSV and Parquet: the same variables in the same order,
  labels, numbers to the last bit, missing where missing, dates.
- Parquet (pyarrow, polars): labels and units in the file's metadata, row by row the same as CSV.
- `variables.csv` against what the files say of themselves.
- pointblank.validate_adam and validate_adam_structure: nothing that ADaM requires is absent or empty.
- ADPPK against the required variables of the ADaM popPK guide 1.0; no word on suicidality anywhere.

Exit code 0 if all agrees (or nothing could be checked), 1 if something does not.
"""

import csv
import datetime
import math
import pathlib
import sys

MODULES = ["pointblank", "pyreadstat", "polars", "pandas", "pyarrow"]
# Our data set, and the template of pointblank for it.
TEMPLATES = {"adsl": "ADSL", "adqs": "BDS", "adae": "ADAE", "adtte": "ADTTE"}
# Required by the ADaM popPK implementation guide 1.0 (its public conformance rule ADPPK-000172).
ADPPK_REQUIRED = ["STUDYID", "USUBJID", "USUBJIDN", "AFRLT", "EVID", "DV", "MDV", "AMT", "SEX", "RACE"]
# Never empty in a row.
ADPPK_FILLED = ["STUDYID", "USUBJID", "USUBJIDN", "AFRLT", "EVID", "MDV", "SEX", "RACE"]
DATASETS = ["adsl", "adqs", "adppk", "adae", "adtte"]

failures = []
checks = 0


def check(good, message):
    global checks
    checks += 1
    if not good:
        failures.append(message)


def plain(value):
    """A cell as text, number, date or None, whatever program read it."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if type(value).__name__ == "NaTType":
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def read_csv(path, kinds):
    """Rows of a CSV file by the kinds that variables.csv gives."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def cell(name, text):
        if text == "":
            return None
        if kinds[name] == "number":
            return float(text)
        return datetime.date.fromisoformat(text) if kinds[name] == "date" else text

    return [{name: cell(name, text) for name, text in row.items()} for row in rows]


def main(folder):
    import pointblank
    import polars
    import pyarrow.parquet
    import pyreadstat

    with open(folder / "variables.csv", newline="", encoding="utf-8") as file:
        described = list(csv.DictReader(file))
    for name in DATASETS:
        variables = [v for v in described if v["dataset"] == name.upper()]
        kinds = {v["variable"]: v["type"] for v in variables}
        wanted = read_csv(folder / f"{name}.csv", kinds)
        names = [v["variable"] for v in variables]
        check(bool(names), f"{name}: variables.csv does not know it")
        for v in variables:
            check(0 < len(v["label"]) <= 40, f"{name}.{v['variable']}: a label of {len(v['label'])} characters")
            check(len(v["variable"]) <= 8, f"{name}.{v['variable']}: a name of more than 8 characters")
            check(v["source"] != "", f"{name}.{v['variable']}: nothing is said of where it comes from")

        frame, meta = pyreadstat.read_xport(str(folder / f"{name}.xpt"))
        check(meta.table_name == name.upper(), f"{name}.xpt is called {meta.table_name}")
        check(bool(meta.file_label), f"{name}.xpt has no label")
        check(list(frame.columns) == names, f"{name}.xpt has the variables {list(frame.columns)}")
        labels = {v["variable"]: v["label"] for v in variables}
        check(meta.column_names_to_labels == labels, f"{name}.xpt: its labels are not those of variables.csv")
        types = {"number": "double", "date": "double", "text": "string"}
        check(meta.readstat_variable_types == {n: types[k] for n, k in kinds.items()}, f"{name}.xpt: types differ")
        compare(f"{name}.xpt", frame.to_dict("records"), wanted, names)

        file = pyarrow.parquet.ParquetFile(folder / f"{name}.parquet")
        metadata = {k.decode(): v.decode() for k, v in (file.metadata.metadata or {}).items()}
        check(file.metadata.created_by == "resynapse", f"{name}.parquet was written by {file.metadata.created_by}")
        check(metadata.get("table.name") == name.upper(), f"{name}.parquet does not say its name")
        for v in variables:
            key = f"column.{v['variable']}"
            check(metadata.get(f"{key}.label") == v["label"], f"{name}.parquet: the label of {key} differs")
            check(metadata.get(f"{key}.unit", "") == v["unit"], f"{name}.parquet: the unit of {key} differs")
        compare(f"{name}.parquet (pyarrow)", file.read().to_pylist(), wanted, names)
        table = polars.read_parquet(folder / f"{name}.parquet")
        kinds_of = {"number": polars.Float64, "date": polars.Date, "text": polars.String}
        check(dict(table.schema) == {n: kinds_of[k] for n, k in kinds.items()}, f"{name}.parquet: {table.schema}")
        compare(f"{name}.parquet (polars)", table.to_dicts(), wanted, names)

        if name in TEMPLATES:
            # SAS has no empty text but a blank one: what pointblank should see as missing.
            blank = frame.astype(object).where(frame.notna() & (frame != ""), None)
            template = TEMPLATES[name]
            structure = pointblank.validate_adam_structure(frame, template, strict=True)
            check(structure["valid"], f"{name}: {structure['issues']}")
            known = [c for c in structure["missing_conditional"]]
            print(f"{name}: {len(frame)} rows, {len(names)} variables; conditional variables left out: {known}")
            for data, what in [(blank, "xpt"), (table, "parquet")]:
                validation = pointblank.validate_adam(data, template).interrogate()
                passed = validation.n_passed()
                failed = {i: n for i, n in validation.n_failed().items() if n}
                check(len(passed) > 0, f"{name}.{what}: pointblank had nothing to check")
                check(not failed, f"{name}.{what}: pointblank: {validation.get_json_report()}" if failed else "")

    subjects = {r["USUBJID"]: r for r in read_csv(folder / "adsl.csv", kinds_by(described, "ADSL"))}
    for name in DATASETS[1:]:
        rows = read_csv(folder / f"{name}.csv", kinds_by(described, name.upper()))
        check({r["USUBJID"] for r in rows} <= set(subjects), f"{name}: people that ADSL does not have")
        check(all(r["USUBJID"].startswith(r["STUDYID"] + "-") for r in rows), f"{name}: USUBJID without STUDYID")
        if name == "adppk":
            for column in ADPPK_REQUIRED:
                check(all(column in r for r in rows), f"adppk has no {column}")
            for column in ADPPK_FILLED:
                check(all(r[column] is not None for r in rows), f"adppk.{column} is empty somewhere")
            for r in rows:
                is_dose = r["EVID"] == 1
                check((r["AMT"] is not None) == is_dose and (r["DV"] is None) == (r["MDV"] == 1), f"adppk: {r}")
                for column in ["SEX", "RACE", "AGE"]:
                    check(r[column] == subjects[r["USUBJID"]][column], f"adppk.{column} is not that of ADSL")
    with open(folder / "nonmem.csv", newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        for row in reader:
            check(len(row) == len(header) and all(c == "." or is_number(c) for c in row), f"nonmem.csv: {row}")
    for path in folder.iterdir():
        check(b"suicid" not in path.read_bytes().lower(), f"{path.name} speaks of suicidality")


def kinds_by(described, name):
    return {v["variable"]: v["type"] for v in described if v["dataset"] == name}


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def compare(what, rows, wanted, names):
    check(len(rows) == len(wanted), f"{what}: {len(rows)} rows, {len(wanted)} in CSV")
    for i, (row, want) in enumerate(zip(rows, wanted)):
        for name in names:
            value = plain(row.get(name))
            check(value == want[name], f"{what}, row {i + 1}, {name}: {value!r}, {want[name]!r} in CSV")


if __name__ == "__main__":
    absent = []
    for module in MODULES:
        try:
            __import__(module)
        except ImportError:
            absent.append(module)
    if absent:
        print(f"skipped: {', '.join(absent)} not installed")
        sys.exit(0)
    if len(sys.argv) != 2:
        sys.exit("check.py FOLDER")
    main(pathlib.Path(sys.argv[1]))
    for failure in failures[:20]:
        print(failure)
    print(f"{checks - len(failures)} of {checks} checks agree")
    sys.exit(1 if failures else 0)
