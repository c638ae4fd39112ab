"""What the small whole numbers in arrays stand for, alike in every backend."""

DRY, WET, CLOSED = (
    0,
    1,
    2,
)  # states of a cell that a liquid front passes; closed: it holds gas that cannot leave
TIE = 1e-3  # share of the time since a stage began within which cells are taken to be full together
WRAP, FREE, NO_SLIP = 0, 1, 2  # what holds on the box's two faces across an axis
EDGE = 1e-9  # in volumes of a tetrahedron: how far outside a point still counts as within
PURE = 1 / 512  # of a voxel: less than half a step of eight bits from empty or full counts as that
FLAT = 1e-3  # least component of a normal whose components add up to 1: the volume divides by their product
POOR_FIT, GOOD_FIT = (
    0.1,
    0.3,
)  # gradient, over that of a plane, below which no plane fits, above which it does
FARTHEST = 2**16 - 1  # that a neighbour of a stretch of cells lies above the lowest one
DIGITS_OF = 64  # entries of a vector that share a scale, where whole numbers stand for them
MOST_OF_DIGITS = (
    2**23 - 2**7
)  # the largest of these numbers: float32 holds it, and what rounding may add is less
HALF_BYTE = 15  # says that a fine link lies within an aggregate, where two share a byte (see coarse_slots)
