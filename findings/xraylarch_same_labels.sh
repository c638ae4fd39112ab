#!/usr/bin/env bash
# larch.io.read_athena keeps the groups of an Athena project by their labels: of two groups with one label (scans merged twice, a
# standard measured again), the first is gone without a word. Of 1389 spectra in 123 public projects 11 are lost so. Give every group a
# label of its own in Athena before the project is read, or count groups against lines that begin with $old_group.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q xraylarch==2026.3.1
cd "$place"
venv/bin/python -W ignore - <<'PYTHON'
import gzip
import importlib.metadata

import numpy as np
from larch.io import read_athena

print("xraylarch", importlib.metadata.version("xraylarch"))
energies = np.arange(8200.0, 8700.0, 2)
edge = np.where(energies > 8345, 1.0, 0.0)


def listed(values):
    return ",".join(f"'{value}'" for value in values)


def project(labels):
    text = ["# Athena project file -- Demeter version 0.9.25"]
    for k, (tag, label) in enumerate(zip(("abcde", "bcdef"), labels), 1):
        text += [f"$old_group = '{tag}';", f"@args = ('label','{label}','bkg_e0','8345','importance','1');"]
        text += [f"@x = ({listed(energies)});", f"@y = ({listed(k * edge)});", "[record]   # create object and set arrays", ""]
    return gzip.compress("\n".join([*text, "@journal = ('');", "1;"]).encode())


def heights(labels):
    with open("p.prj", "wb") as file:
        file.write(project(labels))
    groups = read_athena("p.prj", do_bkg=False, do_fft=False, do_preedge=False)
    return sorted(float(g.mu.max()) for g in vars(groups).values() if hasattr(g, "mu"))


apart, alike = heights(("NiO", "NiO again")), heights(("NiO", "NiO"))
print("edges of two groups with labels of their own:", apart)
print("edges of two groups with one label:          ", alike)
assert apart == [1.0, 2.0], "a project of two groups is not read as two"
assert alike == [2.0], "groups of one label are kept now"
PYTHON
