"""The unknowns of the half cell, declared once: which fields there are, on which cells, in which unit, and
the balance that determines each. What lies where in the flat vector, the bounds that Newton keeps, the error
of a time step: all of it follows from BLOCKS.

    psi = phi_e - W(c_e)      what a lithium reference electrode reads; i_e = -beta kappa grad psi
    phi = phi_s - V           electronic potential against its own collector; V is the cell voltage

Both choices remove round-off and coupling: salt gradients enter psi only through the kinetics, and the
electronic drops (1e-5 to 1e-2 V) are not taken as differences of 4 V. The counter electrode's metal is the
zero of potential; in a counter slab phi = phi_s.
"""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAP = 0.3  # V that a potential may move in one step of Newton


@dataclass(frozen=True)
class Block:
    """A field of unknowns and the balance that determines it.

    cells: the kind of cells it lives on, "ionic", "electronic", "solid", or "cell", of which there is one;
    stored: whether its balance has a time derivative; low, high: bounds that no state passes; margin: how far
    inside them a guess must lie; leap: largest change in one step of Newton; error_scale(design): what its
    local error in time is held against, None where that is not looked at.
    """

    name: str
    balance: str
    cells: str
    unit: str
    stored: bool = False
    low: float = -np.inf
    high: float = np.inf
    margin: float = 0.0
    leap: float = np.inf
    error_scale: Callable | None = None


BLOCKS = (
    Block("psi", "charge_e", "ionic", "V", leap=LEAP),
    Block("phi", "charge_s", "electronic", "V", leap=LEAP),
    Block("V", "constraint", "cell", "V", leap=LEAP, error_scale=lambda design: 1.0),
    Block(
        "sto", "lithium", "solid", "1", True, low=0.0, high=1.0, margin=1e-6, error_scale=lambda design: 0.2
    ),
    Block(
        "c_e", "salt", "ionic", "mol m-3", True, low=0.0, margin=1.0, error_scale=lambda design: design.c_e_0
    ),
)

State = namedtuple("State", [block.name for block in BLOCKS])
State.__doc__ = "The fields of a flat vector of unknowns, as views."
Balances = namedtuple("Balances", [block.balance for block in BLOCKS])
Balances.__doc__ = "The rows of a residual, by what they balance (A, an outflow is positive), as views."


class Unknowns:
    """Where each block lies in the flat vector. n: number of unknowns of each block."""

    def __init__(self, counts, blocks=BLOCKS):
        """counts: {kind of cells: how many}."""
        self.blocks, self.n = blocks, tuple(counts[block.cells] for block in blocks)
        ends = np.cumsum(self.n)
        self.size, self.places = int(ends[-1]), tuple(map(slice, ends - self.n, ends))

    def place(self, name):
        """Return where a block lies, as a slice."""
        return self.places[[block.name for block in self.blocks].index(name)]

    def state(self, x):
        """Return the fields of a flat vector as views."""
        return State._make([x[place] for place in self.places])

    def rows(self, R):
        """Return the balances of a residual as views."""
        return Balances._make([R[place] for place in self.places])

    def vector(self, **fields):
        """Return the flat vector of the given fields (arrays or numbers), zero where none is given."""
        return self.joined([fields.get(block.name, 0.0) for block in self.blocks])

    def joined(self, parts):
        """Return the flat vector of a State or of Balances."""
        parts = [np.asarray(part) for part in parts]
        x = np.empty(self.size, np.result_type(float, *(part.dtype for part in parts)))
        for place, part in zip(self.places, parts):
            x[place] = part
        return x

    def largest_sum(self, R):
        """Return the largest of the balances' sums over their cells, taken absolutely."""
        return max(np.abs(R[place]).sum() for place in self.places)

    def limit(self, x, dx):
        """Return the share of dx that keeps within the bounds, at most 90 % of the way to one, and moves
        nothing by more than its leap: from full particles, whose current hardly depends on V, Newton leaps
        by kV."""
        share = 1.0
        for block, value, change in zip(self.blocks, self.state(x), self.state(dx)):
            if block.leap < np.inf:
                share = min(share, block.leap / np.abs(change).max(initial=1e-30))
            if block.low > -np.inf or block.high < np.inf:
                down, up = change < 0, change > 0
                room = [(block.low - value[down]) / change[down], (block.high - value[up]) / change[up]]
                share = min(share, 0.9 * np.concatenate(room).min(initial=np.inf))
        return share

    def inside(self, x):
        """Whether a guess lies inside the bounds by their margins."""
        return all(
            value.min() > block.low + block.margin and value.max() < block.high - block.margin
            for block, value in zip(self.blocks, self.state(x))
            if block.margin
        )

    def largest_error(self, dx, design, **known):
        """Return the largest rms change of the blocks that time steps look at, each over its scale; known:
        rms changes to take for those of dx, by name."""
        return max(
            known.get(block.name, np.sqrt(np.mean(change**2))) / block.error_scale(design)
            for block, change in zip(self.blocks, self.state(dx))
            if block.error_scale
        )
