"""Packages that one job needs and no other: imported as it begins; if missing, the line for pip."""

import importlib

from .errors import Missing, why

DISTRIBUTION = "microsim-electrode"
EXTRAS = {
    "hdf5plugin": "hdf5",
    "taufactor": "taufactor",
    "gmsh": "mesh",
    "pygmsh": "mesh",
    "SimpleITK": "register",
    "pybamm": "pybamm",
    "xarray": "xarray",
    "galvani": "cyclers",
    "NewareNDA": "cyclers",
    "openpyxl": "cyclers",
    "pyarrow": "parquet",
    **dict.fromkeys(("nibabel", "zarr", "olefile", "fabio", "h5netcdf"), "formats"),
    **dict.fromkeys(("dask", "distributed", "bokeh"), "cluster"),
    "optuna": "optimise",
    "torch": "optimise",
    "mpi4py": "mpi",
    "warp": "gpu",
    **dict.fromkeys(("starlette", "uvicorn"), "studio"),
}
DISTRIBUTIONS = {"sklearn": "scikit-learn", "warp": "warp-lang"}  # packages that pip knows by another name


def need(package, what):
    """Import a package that `what` needs; raises Missing where it cannot be imported."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        extra = EXTRAS.get(package.partition(".")[0])
        named = f"'{DISTRIBUTION}[{extra}]'" if extra else DISTRIBUTIONS.get(package, package)
        raise Missing(
            f"expected the package {package} for {what}, got: {why(error)}; pip install {named}"
        ) from error
