"""What ages a cell keeps its lithium: particles that lose contact hold theirs and take their share of the
capacity with them, and a film holds what the cell lacks.

Nine equal columns of active material, cycled slowly; three of them lose contact between a charge and a
discharge: the capacity falls to 6/9. A film that grows as sqrt(k^2 t + delta_0^2) on a slab takes
A n (delta - delta_0) of lithium, n what a volume of it holds, whatever the current does meanwhile.
"""

import numpy as np

from microsim.base.constants import F
from microsim.case.build import assemble
from microsim.cell.contacts import LostContact
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Growth
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

H, CORNERS = 0.4e-6, [(j, k) for j in (0, 3, 6) for k in (0, 3, 6)]


def checks(data):
    yield from _columns()
    yield from _film()


def half_cell(labels, **more):
    grid = VoxelGrid(labels, ("pore", "am"), H)
    phases = {"pore": None, "am": load("NMC811_Chen2020")}
    separator = Separator(10e-6, 0.47, 0.32)
    return assemble(grid, CellDesign(phases, load("LiPF6_EC_EMC_3_7"), separator, load("lithium"), **more))


def _columns():
    labels, particle = np.zeros((8, 9, 9), np.uint8), np.zeros((8, 9, 9), int)
    for number, (j, k) in enumerate(CORNERS, 1):
        labels[2:, j : j + 2, k : k + 2], particle[2:, j : j + 2, k : k + 2] = 1, number
    share = np.zeros(10)
    share[[1, 5, 6]] = 1.0
    cell = half_cell(labels, lost_later=((2, LostContact(share, particle, True)),))
    I = cell.capacity.sum() / 3600 / 20
    down, up = Load("d", I, until_voltage=3.5), Load("c", -I, until_voltage=4.1)
    experiment, lithium = Experiment(cell, 0.4, Tolerances()), []
    of = particle[tuple((cell.mesh.solid.position - [cell.mesh.lines, 0, 0]).T)]
    for moment in experiment.moments([down, up, down, up]):
        if moment.last:
            lithium.append(np.bincount(of, cell.capacity * moment.u.sto)[1:])
    record, held = experiment.now.record, np.bincount(of, cell.capacity)[1:]
    charges = [step["charge_C"] for step in record.steps]
    ratio = -charges[2] / charges[1]
    yield Check("discharge with six of nine columns over the charge before", ratio, 6 / 9, 0.01, source="6/9")
    lost = np.array([0, 4, 5])
    moved = np.abs(lithium[3] - lithium[1])[lost] / held[lost]
    yield Check(
        "lithium that the three exchange afterwards, of their sites", moved.max(), 1e-13, kind="at most"
    )
    error = record.lithium_balance_error
    yield Check("lithium that is missing, of the charge passed", error, 1e-12, kind="at most")


def _film():
    labels = np.repeat(np.array([0, 1, 1, 1], np.uint8)[:, None, None], 2, axis=1).repeat(2, axis=2)
    cell, n, rate, first = half_cell(labels), 5.7e4 * F, 1e-10, 1e-8
    where = np.ones(cell.mesh.faces.area.size, bool)
    experiment = Experiment(cell, 0.4, Tolerances(), Growth(rate, 0.0, 4.2, 5e-7, where, n))
    experiment.now.solved.step.R_film[:] = first / 5e-7
    place, I = cell.unknowns.place("sto"), 0.3 * cell.mesh.area
    begun = cell.capacity @ experiment.x[place]
    loads = [Load("d", I, duration=300.0), Load("rest", duration=300.0), Load("c", -I, duration=100.0)]
    record = experiment.run(loads)
    lacking = 200.0 * I - (cell.capacity @ experiment.x[place] - begun)
    expected = cell.mesh.area * n * (np.sqrt(first**2 + rate**2 * 700.0) - first)
    source = "A n (delta - delta_0)"
    yield Check("lithium that the electrode lacks (C)", lacking, expected, 1e-9, source=source)
    yield Check("lithium in the film (C)", experiment.film_lithium[0], expected, 1e-9, source=source)
    error = record.lithium_balance_error
    yield Check("lithium of both that is missing, of the charge passed", error, 1e-12, kind="at most")
