"""microsim: transport and electrochemistry on the voxels of a segmented electrode image.

    import microsim as ms

    electrode = ms.read_volume("nrel_nmc", phases={"pore": 0, "am": 1, "cbd": 2}, voxel_size="398 nm")
    ms.tortuosity(electrode, "pore", axis="x")

Every name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "read_volume": "mesh.read",
    "VoxelGrid": "mesh.grid",
    "datasets": "jobs.datasets",
    "generate_electrode": "jobs.generate",
    "segment_volume": "jobs.segment",
    "measure": "jobs.info",
    "export_fields": "jobs.export",
    "export_mesh": "jobs.mesh",
    "particles": "jobs.particles",
    "tortuosity": "jobs.transport",
    "load_case": "case.case",
    "run": "jobs.run",
    "open_run": "jobs.run_result",
    "reproduce": "jobs.reproduce",
    "compare_runs": "jobs.compare_runs",
    "compare": "jobs.compare",
    "losses": "jobs.losses",
    "evenness": "jobs.evenness",
    "ensemble": "jobs.ensemble",
    "fit": "jobs.fit",
    "virtual_spectra": "jobs.spectra",
    "fit_impedance": "jobs.impedance",
    "measured_curve": "jobs.curve",
    "lithiation_map": "jobs.soc",
    "calibrate": "jobs.calibrate",
    "compton_map": "jobs.compton",
    "register": "jobs.register",
    "cell_impedance": "jobs.cell_eis",
    "homogenise": "jobs.homogenise",
    "study": "jobs.study",
    "animate": "jobs.animate",
    "validate": "jobs.validate",
    "material_sets": "jobs.materials",
    "bpx": "jobs.bpx",
    "tortuosity_by_depth": "jobs.regions",
    "representative_volume": "jobs.representative",
    "pore_impedance": "jobs.eis",
    "permeability": "jobs.flow",
    "wet": "jobs.wetting",
    "InputError": "base.errors",
    "NotConverged": "base.errors",
}
__all__ = list(_HOMES)

if TYPE_CHECKING:  # for editors and type checkers; the test holds this list against _HOMES
    from .base.errors import InputError as InputError
    from .base.errors import NotConverged as NotConverged
    from .case.case import load_case as load_case
    from .jobs.animate import animate as animate
    from .jobs.bpx import bpx as bpx
    from .jobs.calibrate import calibrate as calibrate
    from .jobs.cell_eis import cell_impedance as cell_impedance
    from .jobs.compare import compare as compare
    from .jobs.compare_runs import compare_runs as compare_runs
    from .jobs.compton import compton_map as compton_map
    from .jobs.curve import measured_curve as measured_curve
    from .jobs.datasets import datasets as datasets
    from .jobs.eis import pore_impedance as pore_impedance
    from .jobs.ensemble import ensemble as ensemble
    from .jobs.evenness import evenness as evenness
    from .jobs.export import export_fields as export_fields
    from .jobs.fit import fit as fit
    from .jobs.flow import permeability as permeability
    from .jobs.generate import generate_electrode as generate_electrode
    from .jobs.homogenise import homogenise as homogenise
    from .jobs.impedance import fit_impedance as fit_impedance
    from .jobs.info import measure as measure
    from .jobs.losses import losses as losses
    from .jobs.materials import material_sets as material_sets
    from .jobs.mesh import export_mesh as export_mesh
    from .jobs.particles import particles as particles
    from .jobs.regions import tortuosity_by_depth as tortuosity_by_depth
    from .jobs.register import register as register
    from .jobs.representative import representative_volume as representative_volume
    from .jobs.reproduce import reproduce as reproduce
    from .jobs.run import run as run
    from .jobs.run_result import open_run as open_run
    from .jobs.segment import segment_volume as segment_volume
    from .jobs.soc import lithiation_map as lithiation_map
    from .jobs.spectra import virtual_spectra as virtual_spectra
    from .jobs.study import study as study
    from .jobs.transport import tortuosity as tortuosity
    from .jobs.validate import validate as validate
    from .jobs.wetting import wet as wet
    from .mesh.grid import VoxelGrid as VoxelGrid
    from .mesh.read import read_volume as read_volume


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"microsim has no {name}; it has {', '.join(_HOMES)}")


def __dir__():
    return sorted([*_HOMES, "__version__"])
