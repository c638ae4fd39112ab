"""The kernels once more, slow and plain: same names, same arguments, same results.

Plain loops, numpy and scipy.sparse; read these to learn what a kernel does. The tests hold the others against
them.
"""
