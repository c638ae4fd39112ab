"""The kernels that run: compiled by numba for this processor."""
