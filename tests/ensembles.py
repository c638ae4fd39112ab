"""Small ensembles for the tests: files of a current, of white-line shifts and of a potential, made here."""

import numpy as np

STEP = "low * (high / low) ** ((1 - tanh((sto - edge) / 0.03)) / 2)"
TOGETHER = "2 * sqrt(sto * (1 - sto))"


def small(i0=STEP, **changes):
    """Three radii that are charged in ten hours."""
    raw = {
        "title": "small",
        "radii_um": [2.0, 3.0, 4.5],
        "material": {
            "base": "NMC532_Xu2019",
            "ocp_V": "-0.07 * log(sto / (1 - sto)) + 0.9 * (sto - 1) ** 2 + 0.27 * sto ** 2 + 3.5",
            "i0_A_m2": i0,
            "D_s_m2_s": 1e-14,
            "sto_window": [0.002, 0.998],
            "sto_0": 0.99,
            "sto_100": 0.02,
        },
        "initial_sto": 0.97,
        "shells": 8,
        "time_tolerance": 1e-4,
        "current": {"hours": 10, "to_sto": 0.1},
    }
    if i0 == STEP:
        raw["parameters"] = {"low": 1e-4, "high": 1.0, "edge": 0.9}
    return raw | changes


def write_measured(folder, run, noise=0.0, rest=1.0, seed=0):
    """Write the files of a cell in which an EnsembleRun was measured; return its sections of the YAML.

    Shift 0.2 eV at sto 0.97 to 4.2 eV at 0.1, four points an hour; potential, a hundred; 100 mAh/g in all.
    """
    rng, t = np.random.default_rng(seed), np.arange(rest, 10 + rest + 1e-9, 0.25)
    rate = (0.97 - 0.1) / 10 * 100
    current = f"time_h,value\n0,0\n{rest},0\n{rest},{rate}\n{10 + rest},{rate}\n"
    (folder / "current.csv").write_text(current)
    lines = ["particle,time_h,delta_whiteline_eV"]
    for name, sto in zip("abc", run.sto):
        x = np.interp(3600 * (t - rest), run.t, sto)
        shift = 0.2 + (0.97 - x) / 0.87 * 4.0 + noise * rng.standard_normal(t.size)
        lines += [f"{name},{at:.4f},{value:.5f}" for at, value in zip(t, shift)]
    (folder / "whiteline.csv").write_text("\n".join(lines) + "\n")
    dense = np.arange(rest, 10 + rest + 1e-9, 0.01)
    V = "".join(f"{at:.4f},{np.interp(3600 * (at - rest), run.t, run.V):.5f}\n" for at in dense)
    (folder / "potential.csv").write_text("time_h,value\n" + V)
    return {
        "current": {"file": str(folder / "current.csv"), "positive": "charge", "capacity_mAh_g": 100.0},
        "measured": {
            "whiteline": str(folder / "whiteline.csv"),
            "potential": str(folder / "potential.csv"),
            "calibration": {"half_way_eV": 1.2},
        },
    }
