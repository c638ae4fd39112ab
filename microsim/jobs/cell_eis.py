"""The impedance of a case's cell about one of its states."""

from ..base.constants import EPS_0
from ..base.errors import InputError
from ..case.build import set_up
from ..impedance.cell import C_DL, cell_impedance


def case_impedance(case, freq, after=0, *, tolerance=1e-6, progress=None):
    """Compute the impedance of a case's cell about its state after so many steps of the protocol (0: at the
    start).

    freq: Hz. Returns the Setup, the CellImpedance and the capacitance that was taken for the double layer (F
    m-2).
    """
    setup = set_up(case)
    experiment, steps = setup.experiment(progress=progress), setup.loads()
    if after > len(steps):
        raise InputError(
            f"--after: expected at most the {len(steps)} steps of the protocol, got {after}; correct it"
        )
    if after:
        experiment.run(steps[:after])
    C_dl = C_DL if case.cell.double_layer is None else case.cell.double_layer
    film_time = EPS_0 * getattr(case.cell.film, "relative_permittivity", 0.0) / setup.film.conductivity
    spectrum = cell_impedance(
        setup.cell, experiment.x, freq, C_dl=C_dl, film_time=film_time, tolerance=tolerance, progress=progress
    )
    return setup, spectrum, C_dl
