"""Measured voltage curves and impedances: files of cyclers and potentiostats, and how far a computed one is
off."""
