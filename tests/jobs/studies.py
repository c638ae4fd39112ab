"""Small studies, and a stand-in for the cases that they run."""

import textwrap
from pathlib import Path

BASE = Path(__file__).parents[2] / "cases" / "dfn_xu2019.yaml"
TINY = "{output.times: 2, volume.slab.cells: 6, cell.shells: 6, numerics.time_tolerance: 1.0e-2}"

# in place of `microsim run`: counts its starts, does what the film's seed says, writes a small result
STAND_IN = """
    import json, os, signal, sys, time
    from pathlib import Path
    from microsim.case.case import load_case
    from microsim.jobs.origin import origin_of
    sets = [b for a, b in zip(sys.argv, sys.argv[1:]) if a == "--set"]
    case = load_case(sys.argv[1], sets)
    out = Path(sys.argv[sys.argv.index("--out") + 1])
    (out / "starts").open("a").write("resumed " if "--resume" in sys.argv else "fresh ")
    first = len((out / "starts").read_text().split()) == 1
    c_e = case.cell.electrolyte_concentration
    if c_e == 1300:
        sys.exit(print("microsim: the sphere is square; round it", file=sys.stderr) or 2)
    if c_e == 1200 or c_e == 1100 and first:
        (out / ".resume").mkdir(exist_ok=True)
        (out / ".resume" / "state.npz").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if (out.parent / "slow").exists():
        time.sleep(2)
    steps = [{"capacity_mAh_g": c_e / 10, "mean_voltage_V": 3.8, "end_reason": "voltage"}]
    result = {"origin": origin_of(case), "current_density_1C_A_m2": 15.5, "capacity_mAh_g": c_e / 10,
              "steps": steps, "lithium_balance_error": 0.0, "time_steps": 1, "wall_s": 0.1,
              "threads": os.environ["NUMBA_NUM_THREADS"]}
    header = "time_s,current_A,voltage_V,capacity_mAh_g,step\\n"
    (out / "voltage.csv").write_text(header + "0,1,4.2,0,0\\n1,1,3.5,90,0\\n")
    (out / "report.html").write_text("page")
    (out / "result.json").write_text(json.dumps(result))
"""


def written(path, body):
    path.write_text(f"base: {BASE}\n" + textwrap.dedent(body))
    return path


def concentrations(path, *values):
    return written(
        path / "salt.yaml", f"set: {TINY}\nsweep: {{cell.electrolyte_concentration_mol_m3: {list(values)}}}\n"
    )


def statuses(result):
    return [case["status"] for case in result["cases"]]
