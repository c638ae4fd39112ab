"""A study: one base case with settings swept over, each case a process of its own, told together in one
table.

    title: Rate capability of a slab, two thicknesses
    base: dfn_xu2019.yaml                       # beside the study's file
    set: {output.times: 3}                      # holds for every case
    sweep:                                      # every combination of these
      c_rate: [0.1, 0.5, 1, 2]                  # of the protocol's first discharge
      volume.slab.thickness_um: [42, 84]
      cell.materials.cathode.active.D_s_m2_s: [2.0e-15, 4.0e-15]
    cases:                                      # or these, one by one; with both, each of them is swept
      - {name: less salt, cell.electrolyte_concentration_mol_m3: 800}

Every case writes into a folder of its own, as `microsim run` does. A case whose result is there already is
not run again; an interrupted one goes on from its checkpoint. A lock that the case's own process holds keeps
two runs out of one folder, also where the study itself was killed and its processes live on.
"""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path

from .. import __version__, materials
from ..base.errors import InputError, MicrosimError
from ..base.files import write_json, write_text
from ..base.gallery import located
from ..base.schema import apply_setting, listed, mapping, read_yaml, say, text
from ..case.case import Case, parse_case

KEYS = ("title", "base", "set", "sweep", "cases")
MOST = 10_000
RATE = re.compile(r"(?i)^(discharge at )(c ?/ ?[\d.eE+-]+|[\d.eE+-]+ ?c)")
COMMAND = (sys.executable, "-m", "microsim", "run")
PATIENCE = 0.2  # s between looks at a folder that another process works in
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Variant:
    """One case of a study: what is swept in it {key: value}, the settings that make it, the Case or why there
    is none."""

    name: str
    swept: dict
    settings: tuple
    case: Case | None = None
    mistake: str = ""


@dataclass(frozen=True)
class Study:
    """A study: title, file of the base case, its variants, and the keys that are swept over."""

    title: str
    name: str
    base: Path
    keys: tuple
    variants: tuple


def load_study(path):
    """Read a study and all its cases; a case that does not read is kept with its mistake. Raises
    InputError."""
    path = located(path)
    raw = read_yaml(path)
    if not isinstance(raw, dict) or not {"base"} <= set(raw) <= set(KEYS):
        given = listed(raw) if isinstance(raw, dict) else say(raw)
        raise InputError(
            f"{path}: expected a study with base, and sweep or cases, out of {listed(KEYS)}, got {given}; "
            "correct the keys"
        )
    base = path.parent / text(raw["base"], "base")
    plain = read_yaml(base)
    if not isinstance(plain, dict):
        raise InputError(f"base: expected a case file, got {say(plain)} in {base}; name another file")
    fixed = (
        mapping(lambda value, where: value, "settings by dotted key")(raw["set"], "set")
        if raw.get("set")
        else {}
    )
    sweep = (
        mapping(_values, "a list of values for each dotted key")(raw["sweep"], "sweep")
        if raw.get("sweep")
        else {}
    )
    single = [_named_case(item, f"cases.{k}") for k, item in enumerate(_list(raw.get("cases"), "cases"))]
    if not sweep and not single:
        raise InputError(f"{path}: expected sweep or cases, got neither; add one")
    points = [
        {**one, **dict(zip(sweep, values, strict=True))}
        for one in single or [{}]
        for values in product(*sweep.values())
    ]
    if len(points) > MOST:
        raise InputError(f"sweep: expected at most {MOST} cases, got {len(points)}; sweep over less")
    swept = tuple(dict.fromkeys(key for point in points for key in point if key != "name"))
    variants = tuple(_variant(plain, base, fixed, point, tuple(sweep)) for point in points)
    _check_distinct(variants)
    if all(variant.case is None for variant in variants):
        raise InputError(
            f"{path}: expected at least one case that reads, got none; the first: {variants[0].mistake}"
        )
    title = text(raw["title"], "title") if raw.get("title") else path.stem
    return Study(title, path.stem, base, swept, variants)


def _values(raw, where):
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{where}: expected a list of values, got {say(raw)}; write it as [a, b, ...]")
    return raw


def _list(raw, where):
    if raw is not None and (not isinstance(raw, list) or not raw):
        raise InputError(f"{where}: expected a list of cases, got {say(raw)}; write them as - {{key: value}}")
    return raw or []


def _named_case(raw, where):
    return mapping(lambda value, there: value, "settings by dotted key, and a name")(raw, where)


def _variant(plain, base, fixed, point, sweep):
    """Make one case of the base: the settings of `set`, then those of the point."""
    swept = {key: value for key, value in point.items() if key != "name"}
    raw, settings = json.loads(json.dumps(plain, default=str)), []
    given, mistake, case = point.get("name"), "", None
    try:
        for key, value in {**fixed, **swept}.items():
            new = _rate_settings(raw, value) if key == "c_rate" else [*_bases(raw, key), _setting(key, value)]
            for setting in new:
                apply_setting(raw, setting)
            settings += new
        case = parse_case(raw, base)
    except MicrosimError as error:
        mistake = str(error)
    words = (
        [f"{key.rsplit('.', 1)[-1]}-{_leaf(swept[key])}" for key in sweep if key in swept]
        if given or sweep
        else []
    )
    words = (
        [str(given), *words]
        if given
        else words or [f"{key.rsplit('.', 1)[-1]}-{_leaf(v)}" for key, v in swept.items()]
    )
    slug = re.sub(r"[^A-Za-z0-9.+-]+", "_", "_".join(words)).strip("_.")[:80] or "case"
    code = case.sha256 if case else sha256(json.dumps(swept, default=str).encode()).hexdigest()
    return Variant(
        slug if given and not sweep else f"{slug}_{code[:8]}", swept, tuple(settings), case, mistake
    )


def _setting(key, value):
    return f"{key}={json.dumps(value, ensure_ascii=False)}"


def _leaf(value):
    """Word a value for a folder's name: of a section what it changes."""
    if isinstance(value, dict):
        return "_".join(f"{key}-{_leaf(part)}" for key, part in value.items() if key != "base") or value.get(
            "base", ""
        )
    return value


def _bases(raw, key):
    """Settings that turn a material given by name into changes of it, where a key names one of its
    coefficients."""
    parts, settings = key.split("."), []
    named = (raw.get("cell") or {}).get("materials") or {}
    if parts[:2] != ["cell", "materials"] or len(parts) < 4 or parts[2] not in named:
        return []
    path, given = ".".join(parts[:3]), named[parts[2]]
    if isinstance(given, str):
        settings.append(_setting(path, {"base": given}))
    base = given if isinstance(given, str) else given.get("base")
    if parts[3] == "active" and base and not (isinstance(given, dict) and given.get("active")):
        settings.append(_setting(f"{path}.active", {"base": materials.load(base).active.name}))
    return settings


def _rate_settings(raw, value):
    """Turn c_rate into a setting of the protocol's first discharge."""
    for k, step in enumerate(raw.get("protocol") or []):
        if isinstance(step, str) and RATE.match(step):
            return [f"protocol.{k}={json.dumps(RATE.sub(lambda found: f'{found[1]}{value}C', step))}"]
    raise InputError(
        "c_rate: expected a protocol with a step like Discharge at C/2 until 3.5 V, got "
        f"{say(raw.get('protocol'))}; sweep over protocol.0 instead"
    )


def _check_distinct(variants):
    names = [variant.name for variant in variants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"cases: expected cases that differ, each with a name of its own, got {listed(twice)} more than "
            "once; remove or rename them"
        )


# -- running -------------------------------------------------------------------------------------------------


def run_study(study, out_dir, *, processes=None, threads=None, progress=None):
    """Run what is not finished of a study and write study.csv, study.json, report.html and figures/*.png into
    `out_dir`.

    processes  cases at a time [the processor's cores, at most the cases]; threads  of each [cores /
               processes]
    progress   callable(done, total, message) or None

    Returns what study.json holds. A case that fails is named there, with the reason, and the others go on.
    """
    begun, out_dir, cores = time.perf_counter(), Path(out_dir), os.cpu_count() or 1
    waiting = [v for v in study.variants if v.case is not None and finished(out_dir / v.name, v.case) is None]
    before = {v.name for v in study.variants if v.case is not None} - {v.name for v in waiting}
    processes = max(1, min(processes or cores, max(len(waiting), 1)))
    threads = threads or max(1, cores // processes)
    failures = {v.name: v.mistake for v in study.variants if v.case is None}
    say, total = progress or (lambda *told: None), len(study.variants)
    say(total - len(waiting), total, f"{len(before)} finished before")
    crew, pool = Crew(study.base, out_dir, threads), ThreadPoolExecutor(processes)
    try:
        jobs = {pool.submit(crew.run, variant): variant for variant in waiting}
        for done, job in enumerate(as_completed(jobs), start=total - len(waiting) + 1):
            if job.result():
                failures[jobs[job].name] = job.result()
            say(done, total, f"{jobs[job].name}{': failed' if job.result() else ''}")
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        crew.stop()
        raise
    finally:
        pool.shutdown()
    rows = [
        _row(variant, out_dir, failures.get(variant.name), variant.name in before)
        for variant in study.variants
    ]
    result = {
        "title": study.title,
        "microsim_version": __version__,
        "base": str(study.base),
        "keys": list(study.keys),
        "processes": processes,
        "threads": threads,
        "cases": rows,
        "finished": sum(row["status"] == "finished" for row in rows),
        "failed": sum(row["status"] == "failed" for row in rows),
        "wall_s": time.perf_counter() - begun,
    }
    write_outputs(out_dir, study, result)
    return result


def finished(folder, case):
    """Return the result that a complete run of this very case left in a folder, or None."""
    try:
        result = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = (Path(folder) / "report.html").is_file() and (Path(folder) / "voltage.csv").is_file()
    return result if whole and isinstance(result, dict) and result.get("case_sha256") == case.sha256 else None


class Crew:
    """Processes that run cases, `threads` each; stop() ends those that this crew started."""

    def __init__(self, base, out_dir, threads):
        self.base, self.out_dir, self.processes, self.stopped = base, out_dir, set(), False
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        self.env = {**os.environ, **{name: str(threads) for name in THREADS}, "PYTHONPATH": path}

    def run(self, variant):
        """Run a case to its end, from its checkpoint if there is one; return what went wrong, or nothing."""
        folder = self.out_dir / variant.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder.parent / f".{variant.name}.lock", lambda: self.stopped) as lock:
                if finished(folder, variant.case) is not None:  # by a process of a study that was killed
                    return ""
                for _ in range(2):
                    code, said = self._process(variant, folder, lock)
                    if code >= 0 or self.stopped:  # killed: once more, from the checkpoint
                        break
        except OSError as error:
            return f"expected to write {folder}, got: {error.strerror or error}"
        if code == 0:
            return (
                "" if finished(folder, variant.case) is not None else "expected a complete result, got none"
            )
        last = (said.strip().splitlines() or [""])[-1].removeprefix("microsim: ")
        return (
            f"killed twice ({signal.Signals(-code).name})"
            if code < 0
            else last or f"ended with exit code {code}"
        )

    def _process(self, variant, folder, lock):
        command = [*COMMAND, str(self.base), "--out", str(folder)]
        for setting in variant.settings:
            command += ["--set", setting]
        resume = (folder / ".resume" / "state.npz").is_file()
        code, said = self._ended([*command, "--resume"] if resume else command, lock)
        if (
            resume and code == 2 and "--resume:" in said
        ):  # a checkpoint of another case, or one that does not read
            code, said = self._ended(command, lock)
        return code, said

    def _ended(self, command, lock):
        """Run a process that holds the lock too; return its exit code and what it said."""
        with subprocess.Popen(
            command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[lock],
        ) as process:
            self.processes.add(process)
            if self.stopped:
                process.terminate()
            _, said = process.communicate()
        self.processes.discard(process)
        return process.returncode, said

    def stop(self):
        """End the processes of this crew."""
        self.stopped = True
        for process in list(self.processes):
            process.terminate()


@contextmanager
def locked(path, given_up=lambda: False):
    """Hold a lock that a child can inherit, so that it lasts as long as the last of the two; yields its file
    descriptor."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if given_up():
                    raise
                time.sleep(PATIENCE)
        yield descriptor
    finally:
        os.close(descriptor)


# -- what a study leaves -------------------------------------------------------------------------------------


def _row(variant, out_dir, failure, before):
    """Tabulate one case: what is swept, whether it finished, and its figures."""
    result = None if variant.case is None or failure else finished(out_dir / variant.name, variant.case)
    result = result or {}
    discharges = [step for step in result.get("steps", []) if (step.get("capacity_mAh_g") or 0) > 0]
    last = discharges[-1] if discharges else {}
    rates = (
        [step.value for step in variant.case.protocol if step.quantity == "c_rate" and (step.value or 0) > 0]
        if variant.case
        else []
    )
    return {
        "name": variant.name,
        "swept": variant.swept,
        "status": "finished" if result else "failed",
        "message": failure or ("" if result else "expected a result, got none"),
        "ran_before": before,
        "c_rate": rates[-1] if rates else None,
        "current_density_1C_A_m2": result.get("current_density_1C_A_m2"),
        "capacity_mAh_g": result.get("capacity_mAh_g"),
        "mean_voltage_V": last.get("mean_voltage_V"),
        "end_reason": last.get("end_reason"),
        "lithium_balance_error": result.get("lithium_balance_error"),
        "time_steps": result.get("time_steps"),
        "wall_s": result.get("wall_s"),
        "case_sha256": variant.case.sha256 if variant.case else None,
        "folder": variant.name,
        "settings": list(variant.settings),
    }


def write_outputs(out_dir, study, result):
    """Write study.csv, study.json and the report."""
    figures = [key for key in result["cases"][0] if key not in ("swept", "settings", "name")]
    lines = io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    rows.writerow(["name", *study.keys, *(name for name in figures if name not in study.keys)])
    for row in result["cases"]:
        given = [_cell(row["swept"].get(key)) for key in study.keys]
        rows.writerow([row["name"], *given, *(row[name] for name in figures if name not in study.keys)])
    write_text(out_dir / "study.csv", lines.getvalue())
    write_json(out_dir / "study.json", result)
    from ..report.pages import study as page

    page.write(
        out_dir,
        result=result,
        curves={
            row["name"]: read_curve(out_dir / row["folder"] / "voltage.csv")
            for row in result["cases"]
            if row["status"] == "finished"
        },
    )


def _cell(value):
    return value if isinstance(value, (str, int, float)) or value is None else json.dumps(value)


def read_curve(path):
    """Read capacity (mAh per g) and voltage (V) of the last discharge in a voltage.csv: (n,), (n,)."""
    with open(path, newline="", encoding="utf-8") as file:
        lines = [
            (float(line["capacity_mAh_g"]), float(line["voltage_V"]), float(line["current_A"]), line["step"])
            for line in csv.DictReader(file)
        ]
    flowing = [line for line in lines if line[2] > 0]
    last = [line for line in flowing if line[3] == flowing[-1][3]] if flowing else lines
    return [line[0] - last[0][0] for line in last], [line[1] for line in last]
