"""The command calibrate."""

from ..jobs.calibrate import calibrate
from .from_job import command_of

command_of(
    calibrate,
    "calibrate",
    [
        "microsim calibrate series.h5::mu --energies series.h5::energy --lithiation x.txt \\",
        "    --method edge --degree 3 --select 0:111 --out first_charge.json",
    ],
)
