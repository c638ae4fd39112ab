"""Instructions that numba has no name for."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

ONE = np.uint64(1)


@intrinsic
def population(typing, word):
    """Number of set bits of a uint64."""

    def build(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


@intrinsic
def lowest(typing, word):
    """Position of the lowest set bit of a uint64 that is not 0."""

    def build(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), build


@intrinsic
def value_of(typing, number):
    """The int64 in an array of one, read from memory each time: another thread may have written it."""

    def build(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load_atomic(array.data, "acquire", 8)

    return types.int64(number), build
