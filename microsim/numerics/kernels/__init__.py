"""Loops over cells and links, one file per backend, with the same names in each.

`numba_cpu` is what runs; `numpy_reference` is its slow twin, kept for the tests.
"""
