"""microsim: transport and electrochemistry on the voxels of a segmented electrode image."""

__version__ = "0.1.0"
