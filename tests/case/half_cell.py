"""A case to change, as a file and as plain data."""

import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case

TEXT = """\
title: A half cell
volume:
  file: electrode.tif
  voxel_size_nm: 398
  phases: {pore: 0, am: 1, cbd: 2}
  crop: {x: [0, 8], y: [2, 6]}
cell:
  separator: {thickness_um: 25, porosity: 0.47, bruggeman: 1.5}
  materials: {am: NMC811_Chen2020, cbd: CBD_default, electrolyte: LiPF6_EC_EMC_3_7}
  initial_sto: 0.27
  film: {model: gaussian, mean_separator_nm: 20, seed: 3}
protocol:
  - Discharge at C/2 until 3.5 V
  - Rest for 30 minutes
compare: {measured: soc.tif, voxel_size_um: [0.5, 0.5, 1], time: Rest for 30 minutes}
"""
BASE = {
    "volume": {"file": "a.tif", "voxel_size_um": 1, "phases": {"pore": 0, "am": 1}},
    "cell": {
        "separator": {"thickness_um": 25, "porosity": 0.47},
        "materials": {"am": "NMC811_Chen2020", "electrolyte": "LiPF6_EC_EMC_3_7"},
        "initial_sto": 0.3,
    },
    "protocol": ["Discharge at C/2 until 3.5 V"],
}


def fails(case_file, *settings):
    """The sentence that a case with these settings is refused with."""
    with pytest.raises(InputError) as caught:
        load_case(case_file, settings)
    return str(caught.value)
