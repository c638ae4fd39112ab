"""Physical constants (CODATA 2018, exact)."""

F = 96485.33212  # C mol-1
R = 8.314462618  # J mol-1 K-1
