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


@intrinsic
def power_of_two(typing, shifted):
    """2^k of a whole number k (-1022 to 1023) to which 1.5 * 2^52 was added, so that it stands in the lowest
    bits of the float64."""

    def build(context, builder, signature, arguments):
        word = ir.IntType(64)
        exponent = builder.add(builder.bitcast(arguments[0], word), ir.Constant(word, 1023))
        return builder.bitcast(builder.shl(exponent, ir.Constant(word, 52)), ir.DoubleType())

    return types.float64(types.float64), build


@intrinsic
def parts_of(typing, number):
    """A float64 above 0 as m 2^e: m in [1, 2), and e as a float64."""

    def build(context, builder, signature, arguments):
        word, number = ir.IntType(64), ir.DoubleType()
        bits = builder.bitcast(arguments[0], word)
        digits = builder.and_(bits, ir.Constant(word, 2**52 - 1))
        m = builder.bitcast(builder.or_(digits, ir.Constant(word, 1023 << 52)), number)
        # as the last bits of 2^52 it needs no conversion, which four numbers at a time have not
        whole = builder.or_(builder.lshr(bits, ir.Constant(word, 52)), ir.Constant(word, 1075 << 52))
        e = builder.fsub(builder.bitcast(whole, number), ir.Constant(number, 2.0**52 + 1023))
        return context.make_tuple(builder, signature.return_type, (m, e))

    return types.UniTuple(types.float64, 2)(types.float64), build


@intrinsic
def wide(typing, number):
    """A number as it is, or the float32 whose upper half a uint16 is."""
    if isinstance(number, types.Float):
        return number(number), lambda context, builder, signature, arguments: arguments[0]

    def build(context, builder, signature, arguments):
        word = ir.IntType(32)
        bits = builder.shl(builder.zext(arguments[0], word), ir.Constant(word, 16))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(types.uint16), build


@intrinsic
def kept_as(typing, place, number):
    """A float32 or float64 in the type of what stands in its place; in that of a uint16 its upper half."""
    if isinstance(place, types.Float):
        return place(place, number), lambda context, builder, signature, arguments: context.cast(
            builder, arguments[1], number, place
        )

    def build(context, builder, signature, arguments):
        bits = builder.bitcast(context.cast(builder, arguments[1], number, types.float32), ir.IntType(32))
        return builder.trunc(builder.lshr(bits, ir.Constant(ir.IntType(32), 16)), ir.IntType(16))

    return types.uint16(types.uint16, number), build


@intrinsic
def halved(typing, number):
    """A float32 rounded to one whose lower half is zero."""

    def build(context, builder, signature, arguments):
        word = ir.IntType(32)
        bits = builder.add(builder.bitcast(arguments[0], word), ir.Constant(word, 0x8000))
        return builder.bitcast(builder.and_(bits, ir.Constant(word, 0xFFFF0000)), ir.FloatType())

    return types.float32(types.float32), build
