"""What the analysis of a made-up run says: parts of its voltage, particles, reaction over the depth."""

import numpy as np

from microsim.base.quantities import VOLTAGE_PARTS


def overpotentials(film=0.01):
    """A discharge and a rest: kinetic grows, film constant, the whole is their sum."""
    n = 6
    capacity = np.concatenate([np.linspace(0, 100, n), [100.0, 100.0]])
    kinetic = np.concatenate([np.linspace(0.02, 0.05, n), [0.001, 0.0]])
    zero = np.zeros(n + 2)
    parts = {name: zero for name in VOLTAGE_PARTS} | {
        "kinetic": kinetic,
        "film": np.append(np.full(n, film), [0.0, 0.0]),
    }
    total = sum(parts.values())
    return {
        "time_s": [*np.linspace(0, 3000, n), 3000.0, 3600.0],
        "step": [0] * n + [1] * 2,
        "capacity_mAh_g": list(capacity),
        "step_name": ["Discharge at C/2"] * n + ["Rest for 10 minutes"] * 2,
        "weights": ["current"] * n + ["area"] * 2,
        "open_circuit_V": list(4 - 0.001 * capacity),
        "voltage_V": list(4 - 0.001 * capacity - total),
        "total_V": list(total),
        "parts_V": {k: list(v) for k, v in parts.items()},
        "meaning": {},
        "largest_miss_V": 1e-16,
    }


def heterogeneity(layers=16, near=True):
    rate = {"mean": 0.5, "p05": 0.3, "p25": 0.4, "p50": 0.5, "p75": 0.6, "p95": 0.7, "max": 0.9}
    ending = {
        "step": 0,
        "name": "Discharge at C/2 until 3.5 V",
        "time_s": 6000.0,
        "by_depth": {
            "x_m": list(4e-7 * (np.arange(layers) + 0.5)),
            "mean": [0.5] * layers,
            "std": [0.1] * layers,
        },
        "by_distance_to_surface": {
            "distance_m": [1e-6, 2e-6],
            "mean": [0.6, 0.5],
            "std": [0.1, 0.1],
            "share": [0.7, 0.3],
        },
        "particles": {"mean": [0.5, 0.6], "std": [0.01, 0.02], "utilisation": [0.9, 1.0]},
        "utilisation": {"mean": 0.95, "std": 0.05, "min": 0.9, "max": 1.0},
    }
    if not near:
        ending["by_distance_to_surface"] = None
    times = {
        "time_s": [0.0, 2000.0, 4000.0, 6000.0],
        "step": [0] * 4,
        "name": ["Discharge"] * 4,
        "mean": [0.3, 0.4, 0.5, 0.6],
        **{name: [0.0, 0.1, 0.12, 0.13] for name in ("std", "std_between", "std_within", "std_over_depth")},
        "peak_depth_m": [1e-6, 2e-6, 3e-6, None],
        "half_depth_m": [3e-6] * 3 + [None],
        "reaction_A_m2": [[1.0] * (layers - 1) + [None]] * 4,
        "local_c_rate": [None, rate, rate, rate],
    }
    return {
        "particles": {
            "count": 2,
            "listed": 2,
            "depth_m": [1e-6, 4e-6],
            "diameter_m": [3e-6, 5e-6],
            "resolved": True,
        },
        "window": 0.6,
        "times": times,
        "ends": [ending],
    }


def cycles(**more):
    """Make result["cycles"] of a discharge, a whole cycle and a charge."""
    rows = [(None, 180.0, None, 1.0), (175.0, 170.0, 0.9714285, 0.94444), (165.0, None, None, None)]
    return [
        {
            "cycle": number,
            "charge_mAh_g": charge,
            "discharge_mAh_g": discharge,
            "coulombic_efficiency": efficiency,
            "retention": retention,
            "energy_efficiency": efficiency and 0.9,
            "mean_charge_V": charge and 4.0,
            "mean_discharge_V": discharge and 3.8,
            "charge_ended_by": charge and "voltage",
            "discharge_ended_by": discharge and "voltage",
            **more,
        }
        for number, (charge, discharge, efficiency, retention) in enumerate(rows, 1)
    ]
