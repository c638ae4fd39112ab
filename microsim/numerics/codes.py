"""What the small whole numbers in arrays stand for, alike in every backend."""

DRY, WET, CLOSED = (
    0,
    1,
    2,
)  # states of a cell that a liquid front passes; closed: it holds gas that cannot leave
TIE = 1e-3  # share of the time since a stage began within which cells are taken to be full together
WRAP, FREE, NO_SLIP = 0, 1, 2  # what holds on the box's two faces across an axis
EDGE = 1e-9  # in volumes of a tetrahedron: how far outside a point still counts as within
