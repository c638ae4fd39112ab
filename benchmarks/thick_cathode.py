"""The five thick-cathode scenarios of Zhang et al., Joule 7 (2023), doi 10.1016/j.joule.2022.12.001, on the
NREL volume, beside the paper's numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

CASES = Path(__file__).parents[1] / "cases"
# capacity (mAh/g), mean overpotential against none (mV), c_e from separator to collector at the end (%)
STUDY = {
    "none": (120, 0, 8),
    "cei": (100, 43.8, 8),
    "thick_cei": (92.7, 79.4, 8),
    "cei_cbd": (100, None, 15),
    "cei_full": (100, None, 50),
}


def thick_cathode(options, out=Path("out")):
    """Run what is not in out/ yet, some ten minutes each, and print the table."""
    if not os.environ.get("MICROSIM_DATA"):
        print("\nthick cathode: MICROSIM_DATA names no folder of the public data; skipped")
        return
    if not options.full:
        print("\nthick cathode: five runs of about ten minutes; add --full")
        return
    print("\nthick cathode, C/2 to 3.5 V; in brackets Zhang et al.")
    _print_row("scenario", "mAh/g", "eta mV", "c_e fall %", "s wall", "peak GB", "lithium")
    none, ratio = None, {}
    for name, (capacity, eta, fall) in STUDY.items():
        folder = out / f"thick_cathode_{name}"
        if not (folder / "result.json").exists():
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "microsim",
                    "run",
                    str(CASES / f"thick_cathode_{name}.yaml"),
                    "--out",
                    str(folder),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        result, curve = json.loads((folder / "result.json").read_text()), _curve(folder)
        none = curve if none is None else none
        ratio[name] = mean_loss(none, curve)
        c_e = [c for c in result["profiles"][-1]["c_e"] if c is not None]
        known = "" if eta is None else f" ({eta:g})"
        _print_row(
            name,
            f"{result['capacity_mAh_g']:.1f} ({capacity:g})",
            f"{1e3 * ratio[name]:.1f}{known}",
            f"{100 * (1 - c_e[-1] / c_e[0]):.0f} ({fall})",
            f"{result['wall_s']:.0f}",
            f"{result['peak_memory_bytes'] / 1e9:.2f}",
            f"{result['lithium_balance_error']:.0e}",
        )
    print(
        f"overpotential of the thick over the single film: {ratio['thick_cei'] / ratio['cei']:.2f} (Zhang et"
        " al. 1.81, its film twice as thick)"
    )


def mean_loss(none, curve):
    """Mean voltage lost against a run without film, over the capacity that both reach (V)."""
    common = np.linspace(1, min(none[0][-1], curve[0][-1]), 400)
    return float(np.mean(np.interp(common, *none) - np.interp(common, *curve)))


def _curve(folder):
    table = np.genfromtxt(folder / "voltage.csv", delimiter=",", names=True)
    capacity, first = np.unique(table["capacity_mAh_g"], return_index=True)
    return capacity, table["voltage_V"][first]


def _print_row(*cells):
    print("  ".join(f"{cell!s:>15}" for cell in cells), flush=True)
