"""PHASES: phase names, the voxel grid with named faces, connectivity, morphology, synthetic electrodes."""
