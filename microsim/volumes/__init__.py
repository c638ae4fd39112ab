"""IMAGE: voxel files in and out, known data sets, fields of a run."""
