"""Slow, obviously right twins: other people's solvers on the same voxels."""
