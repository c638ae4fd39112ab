"""Numerics on voxel graphs: operators, multigrid, Krylov, Newton, time step. No battery word in here."""
