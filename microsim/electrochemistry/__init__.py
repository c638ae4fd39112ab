"""Electrochemistry of the resolved half cell: materials, kinetics, film, cell, protocol. SI units."""
