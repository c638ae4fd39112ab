"""Synthetic electrodes: packings, recipes, a simulated FIB-SEM."""
