"""`microsim eis CASE.yaml`: the impedance of a whole cell."""

import math
from pathlib import Path

from ..base.errors import InputError
from .console import progress_bar, report, table

FEWEST = 8  # frequencies that relaxation times and the Kramers-Kronig relations are asked of


def whole_cell(case_file, settings, freq, after, tolerance, out, json_file):
    """Compute the impedance of a case's cell about one of its states, and report it."""
    from ..case.case import load_case

    case = load_case(Path(case_file), settings or ())
    from ..base.provenance import peak_memory_bytes
    from ..impedance.circuits import kramers_kronig
    from ..impedance.relaxation import relaxation_times
    from ..jobs.cell_eis import case_impedance

    after = _steps(after, len(case.protocol))
    if out and len(freq) < FEWEST:
        raise InputError(
            f"--out: expected at least {FEWEST} frequencies for a report, got {len(freq)}; ask for more, or"
            " use --json."
        )
    with progress_bar(f"impedance of {case.title}") as progress:
        setup, spectrum, C_dl = case_impedance(case, freq, after, tolerance=tolerance, progress=progress)
    mesh = setup.cell.mesh
    known = spectrum.freq.size >= FEWEST  # a handful of points says nothing about relaxation times
    relaxation = relaxation_times(spectrum.freq, spectrum.Z) if known else None
    misfit = float(abs(kramers_kronig(spectrum.freq, spectrum.Z).residual).max()) if known else None
    result = {
        "freq_Hz": spectrum.freq,
        "Z_real_ohm_m2": spectrum.Z.real,
        "Z_imag_ohm_m2": spectrum.Z.imag,
        "title": case.title,
        "state": f"after {case.protocol[after - 1].text!r}" if after else "at the start",
        "voltage_V": spectrum.voltage,
        "current_density_A_m2": spectrum.current / mesh.area,
        "double_layer_F_m2": C_dl,
        "kramers_kronig_residual": misfit,
        "relaxation_peaks": _peaks(relaxation, freq) if known else [],
        "reaction_share_of_depth": abs(spectrum.reaction),
        "iterations": spectrum.iterations,
        "seconds": spectrum.seconds,
        "voxels": mesh.counts,
        "case_sha256": case.sha256,
        "peak_memory_bytes": peak_memory_bytes(),
    }
    rows = [(f"{f:.4g}", Z.real * 1e4, Z.imag * 1e4) for f, Z in zip(spectrum.freq, spectrum.Z)]
    rows = rows[:: max(len(rows) // 12, 1)]
    lines = [table(("frequency Hz", "Re Z ohm cm2", "Im Z ohm cm2"), rows)]
    if out:
        from ..report.pages import cell_eis as page

        drawn = page.CellSpectrum(
            spectrum.freq, spectrum.Z, relaxation, spectrum.reaction, mesh.shape[0] * mesh.voxel_size[0]
        )
        shown = {"grid": setup.grid, "case": case.as_dict(), "result": result, "spectrum": drawn}
        lines.append(f"\nreport: {page.write(out, **shown)}")
    report(result, json_file, f"{case.title}: impedance {result['state']}, {spectrum.voltage:.4f} V", *lines)


def _peaks(relaxation, freq):
    """Peaks inside the range of the frequencies; beyond it the fit only extends what it saw."""
    return [
        {"tau_s": tau, "resistance_ohm_m2": R}
        for tau, R in relaxation.peaks()
        if min(freq) <= 1 / (2 * math.pi * tau) <= max(freq)
    ]


def _steps(given, count):
    """Read --after: how many steps of the protocol, or end."""
    if given == "end":
        return count
    if not given.isdigit() or int(given) > count:
        raise InputError(
            f"--after: expected 0 to {count} (the steps of the protocol) or end, got {given}; correct it."
        )
    return int(given)
