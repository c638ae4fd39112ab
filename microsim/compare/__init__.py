"""Compare lithiation maps: bring them onto one grid, then say how well they agree."""
