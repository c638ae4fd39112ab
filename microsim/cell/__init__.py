"""The cell: mesh, film, kinetics, balances, protocol steps in time. SI units; knows no array backend."""
