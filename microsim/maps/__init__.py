"""Measured maps of lithiation: spectra, Compton profiles, registration, comparison with a simulated map."""
