"""Which phase of a volume stands for a role."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.particle_phases import contact_remarks, phase_of
from microsim.mesh.grid import Source, VoxelGrid

PLAIN = VoxelGrid(np.zeros((1, 1, 1)), ["am"], 1e-6)
BOUND = VoxelGrid(np.zeros((1, 1, 1)), ["am", "cbd"], 1e-6)
TOLD = VoxelGrid(np.zeros((1, 1, 1)), ["am"], 1e-6, source=Source(absent=("gold", "cbd")))


def test_named_usual_or_none():
    assert phase_of("contact", "am", PLAIN) == "am"
    assert phase_of("contact", None, BOUND) == phase_of("contact", None, PLAIN, BOUND) == "cbd"
    assert phase_of("contact", None, PLAIN, None) is None
    assert phase_of("contact", "gold", TOLD) == "gold" and phase_of("contact", None, TOLD) == "cbd"


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(
        InputError, match='--contact: expected one of the phases am, cbd, got "gold"; name one'
    ):
        phase_of("contact", "gold", BOUND)


def test_what_is_said_without_contact():
    assert contact_remarks("cbd", BOUND) == []
    assert contact_remarks(None, PLAIN)[0].endswith("--contact names the one whose contact is asked for.")
