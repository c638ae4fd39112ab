"""Units and readers that several sections of a case share. Units other than SI exist only here, in the keys.

A unit is told by how many of it make one SI unit: dividing by it is exact where multiplying by 1e-9 is not.
"""

from itertools import permutations

from ..base.lengths import LARGEST_VOXEL, SMALLEST_VOXEL
from ..base.plausible import physical
from ..base.schema import choice, number, triple

NANOMETRES = {"nm": 1e9, "um": 1e6, "m": 1.0}
MICROMETRES = {"um": 1e6, "nm": 1e9, "m": 1.0}
KELVIN = {"K": 1.0}
SECONDS = {"s": 1.0}
SIEMENS_PER_METRE = {"S_m": 1.0}
OHM_SQUARE_METRE = {"ohm_m2": 1.0, "ohm_cm2": 1e4}
MOL_PER_CUBIC_METRE = {"mol_m3": 1.0}

axes_order = choice(*("".join(axes) for axes in permutations("xyz")))
share = number(0.0, 1.0)
thickness = physical("thickness")
tolerance = number(1e-12, 0.1)
voxel_edges = triple(SMALLEST_VOXEL, LARGEST_VOXEL)
