#!/usr/bin/env bash
# tifffile.imwrite(volume, imagej=True) without axes stores the slices of a volume as channels (axes CYX), and a text
# {"shape": ...} that stays on pages written one by one makes it read the headers between them as voxels, without a word.
# A volume of labels comes back with other axes, or with 39 of 60 voxels wrong. Write metadata={"axes": "ZYX"}, and read pages
# with tif.asarray(key=slice(None)).
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q tifffile==2026.3.3 numpy==2.4.6
cd "$place"
venv/bin/python - <<'PYTHON'
import logging

import numpy as np
import tifffile

said = []
logging.getLogger("tifffile").addFilter(lambda record: said.append(record.getMessage()))
print("tifffile", tifffile.__version__)

tifffile.imwrite("stack.tif", np.zeros((24, 20, 16), "u1"), imagej=True)
with tifffile.TiffFile("stack.tif") as tif:
    axes, stated = tif.series[0].axes, tif.imagej_metadata
print("24 slices written with imagej=True: axes", axes, "channels", stated.get("channels"))

labels = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)
with tifffile.TiffWriter("pages.tif") as tif:
    for i, page in enumerate(labels):
        tif.write(page, metadata=None, **({"description": '{"shape": [3, 4, 5]}'} if i == 0 else {}))
wrong = int((tifffile.imread("pages.tif") != labels).sum())
with tifffile.TiffFile("pages.tif") as tif:
    right = int((tif.asarray(key=slice(None)) == labels).sum())
print(f"3 pages under the text of one array: {wrong} of 60 voxels wrong, by pages {right} right; said: {said}")

assert axes == "CYX" and stated["channels"] == 24, "slices are slices now"
assert wrong > 0 and right == 60 and not said, "pages are read as pages now"
PYTHON
