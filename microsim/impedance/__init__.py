"""Impedance of pores and of the whole cell, equivalent circuits, relaxation times."""
