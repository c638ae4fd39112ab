#!/usr/bin/env bash
# ome-zarr 0.18 takes a voxel size as before, as units of the axes and coordinate_transformations, and drops it: the file states a
# scale of 1 and no unit (one warning says that the argument will go in future). Give scale={"z": ...} and axes_units={"z": ...}.
# Coarser levels of labels are smoothed by default: labels 0 and 2 become 1, which is none. Give method="nearest" for labels.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q ome-zarr==0.18.0 zarr==3.1.6 numpy==2.4.6
cd "$place"
venv/bin/python - <<'PYTHON'
import importlib.metadata
import json
import warnings

import numpy as np
from ome_zarr.format import FormatV04
from ome_zarr.scale import Methods
from ome_zarr.writer import write_image

print("ome-zarr", importlib.metadata.version("ome-zarr"))
warnings.simplefilter("ignore")
labels = np.zeros((8, 64, 64), "u1")
labels[:, ::2] = 2
labels[:, :, :32] = 2


def stated(name, **options):
    write_image(labels, name, fmt=FormatV04(), **options)
    image = json.load(open(f"{name}/.zattrs"))["multiscales"][0]
    scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
    return scale, [axis.get("unit") for axis in image["axes"]], [level["path"] for level in image["datasets"]]


axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
levels = [[{"type": "scale", "scale": [0.6, 0.5 * 2**k, 0.4 * 2**k]}] for k in range(5)]
old = stated("old.zarr", axes=axes, coordinate_transformations=levels)
print("units in axes, coordinate_transformations:", *old[:2])
size = {"scale": {"z": 0.6, "y": 0.5, "x": 0.4}, "axes_units": dict.fromkeys("zyx", "micrometer")}
new = stated("new.zarr", axes="zyx", **size)
print("scale, axes_units:                        ", *new[:2])

import zarr

found = {}
for name, method in (("new.zarr", None), ("nearest.zarr", Methods.NEAREST)):
    path = (new if method is None else stated(name, axes="zyx", method=method, **size))[2][1]
    found[name] = np.unique(zarr.open(f"{name}/{path}", mode="r")[...]).tolist()
    print(f"labels 0 and 2, second level, {'default' if method is None else method.value}: {found[name]}")

assert old[0] == [1, 1, 1] and not any(old[1]), "a voxel size in the old words is kept now"
assert np.allclose(new[0], [0.6, 0.5, 0.4]) and set(new[1]) == {"micrometer"}
assert set(found["new.zarr"]) - {0, 2}, "coarser levels hold no labels that are none now"
assert set(found["nearest.zarr"]) <= {0, 2}
PYTHON
