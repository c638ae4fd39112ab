"""Transport through the phases of a voxel grid."""
