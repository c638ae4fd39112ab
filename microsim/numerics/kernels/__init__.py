"""Loops over cells and links: a folder for each backend, with the same files, names and arguments in each.

numerics.backend decides which run; nobody imports a file of this folder by name.
"""
