"""Make the electrode that ships with the project and the virtual map that its run is compared with.

    python meshes/make_demo.py

demo_electrode.tif is the volume of demo_electrode.yaml. demo_virtual_sto.tif is NOT a measurement: it is the
lithiation of a perturbed run (CEI film, tighter separator), blurred (Gaussian, 0.8 um full width at half
maximum), averaged to 0.8 um voxels, with 2 % Gaussian noise. Both are reproducible to the last bit and to
solver tolerance.
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage

from microsim.case.case import load_case
from microsim.generate.recipe import load_electrode_recipe
from microsim.generate.synthetic import build_electrode
from microsim.jobs.run import run
from microsim.maps.map import SocMap, resample_onto
from microsim.volumes.volume import write_volume

HERE = Path(__file__).parent
PERTURBED = ("cell.film={model: gaussian}", "cell.separator.porosity=0.40", "cell.separator.bruggeman=1.8")
VOXEL, BLUR, NOISE, SEED = 0.8e-6, 0.8e-6 / 2.355, 0.02, 7


def virtual_map(sto, voxel_size):
    """Return what an instrument of 0.8 um resolution and 2 % noise would give of a lithiation field."""
    known = np.isfinite(sto)
    width = [BLUR / h for h in voxel_size]
    weight = ndimage.gaussian_filter(known.astype(float), width)
    blurred = ndimage.gaussian_filter(np.where(known, sto, 0.0), width) / np.maximum(weight, 1e-12)
    source = SocMap(np.where(known, blurred, np.nan), voxel_size)
    shape = tuple(int(n * h / VOXEL) for n, h in zip(sto.shape, voxel_size))
    coarse = resample_onto(source, SocMap(np.zeros(shape), (VOXEL,) * 3), min_coverage=0.5)
    return coarse + NOISE * np.random.default_rng(SEED).standard_normal(shape)


def main():
    recipe = load_electrode_recipe(HERE / "demo_electrode.yaml")
    electrode = build_electrode(recipe)
    print(electrode.measured)
    write_volume(HERE / "demo_electrode.tif", electrode.phase, voxel_size=recipe.voxel_size)
    case = load_case(HERE.parent / "cases" / "demo.yaml", [*PERTURBED, "compare=null"])
    with tempfile.TemporaryDirectory() as folder:
        found = run(case, folder)
        result, sto, voxel_size = found.numbers(), found.sto.values, found.sto.grid.voxel_size
    print(result["capacity_mAh_g"], result["time_steps"], result["wall_s"])
    write_volume(
        HERE / "demo_virtual_sto.tif", virtual_map(sto, voxel_size).astype(np.float32), voxel_size=VOXEL
    )


if __name__ == "__main__":
    main()
