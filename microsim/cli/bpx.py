"""The command bpx."""

from ..jobs.bpx import bpx
from .from_job import command_of

command_of(
    bpx,
    "bpx",
    [
        "microsim bpx nmc_pouch_cell_BPX.json --case half.yaml",
        "microsim bpx nmc_pouch_cell_BPX.json --case full.yaml --counter electrode",
        "microsim bpx cases/dfn_chen2020.yaml --out chen2020.json",
    ],
)
