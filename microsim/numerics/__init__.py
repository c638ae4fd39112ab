"""Numerics on voxel graphs: operators, multigrid, Krylov, Newton, time step. No word of what is simulated."""
