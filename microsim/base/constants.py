"""Physical constants (CODATA 2018)."""

F = 96485.33212  # C mol-1
R = 8.314462618  # J mol-1 K-1
EPS_0 = 8.8541878128e-12  # F m-1
