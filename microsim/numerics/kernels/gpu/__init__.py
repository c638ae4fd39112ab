"""Kernels of a solve on a GPU, compiled by NVIDIA warp; what sets it up runs on the processor.

The same names and arguments as in the other folders, on arrays of the device (see device.py). No sum depends
on the order in which threads finish: lanes add in float64, each in its own order, and no atomics are used.
"""
