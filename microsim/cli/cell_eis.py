"""`microsim eis CASE.yaml`: the impedance of a whole cell."""

from ..jobs.cell_eis import cell_impedance, check_enough
from .console import progress_bar, report


def whole_cell(case_file, settings, freq, after, tolerance, out, json_file):
    """Compute the impedance of a case's cell about one of its states, and report it."""
    if out:
        check_enough(freq, "--out")
    with progress_bar("impedance of a cell") as progress:
        found = cell_impedance(
            case_file, freq, after, set=settings or None, tolerance=tolerance, progress=progress
        )
    lines = [f"\nreport: {found.write(out)}"] if out else []
    report(found.numbers(), json_file, found, *lines)
