"""Eight bits of a row at a time: what stands in their cells side by side in the lanes of a vector.

Cells lie packed, one for each bit that is set. Their numbers are spread over the lanes whose bit of a byte is
set, and packed again. With AVX2 that is one load and one permutation, elsewhere LLVM makes eight loads of it;
the digits are the same. No place behind the last cell is read or written.
"""

import operator
from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.core.registry import cpu_target
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin

LANES = 8
BYTE = np.uint64(255)
INT, LONG = ir.IntType(32), ir.IntType(64)


@cache
def has_avx2():
    """Whether numba compiles for a processor with AVX2: this one, or the one that NUMBA_CPU_NAME says."""
    features = getattr(cpu_target.target_context.codegen(), "_tm_features", None)
    return "+avx2" in (features or "").split(",")


class Lanes(types.Type):
    """Eight numbers of one type."""

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(f"Lanes({dtype})")


@register_default(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        number = ir.FloatType() if lanes.dtype == types.float32 else ir.DoubleType()
        super().__init__(manager, lanes, ir.VectorType(number, LANES))


# -- arithmetic, lane by lane --------------------------------------------------------------------------------


def _arithmetic(operation, instruction):
    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 2 and isinstance(args[1], Lanes):
                left = args[1] if args[0] == args[1].dtype else args[0]
                if left == args[1]:
                    return signature(args[1], args[0], args[1])

    @lower_builtin(operation, Lanes, Lanes)
    def _lanes(context, builder, sig, args):
        return getattr(builder, instruction)(*args)

    @lower_builtin(operation, types.Float, Lanes)
    def _number(context, builder, sig, args):
        return getattr(builder, instruction)(_splat(builder, args[0]), args[1])


for _operation, _instruction in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")
):  # fmt: skip
    _arithmetic(_operation, _instruction)


def _splat(builder, value):
    vector = ir.VectorType(value.type, LANES)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(INT, 0))
    none = ir.Constant(ir.VectorType(INT, LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), none)


# -- bits and lanes ------------------------------------------------------------------------------------------


def _ranks(byte):
    """For each bit of a byte how many are set before it; 7 for one that is not set: no cell where one is
    missing."""
    set_before = [(byte & ((1 << k) - 1)).bit_count() for k in range(LANES)]
    return [rank if byte >> k & 1 else LANES - 1 for k, rank in enumerate(set_before)]


def _places(byte):
    """The places of the set bits of a byte, one after the other; 7 behind them."""
    found = [k for k in range(LANES) if byte >> k & 1]
    return found + [LANES - 1] * (LANES - len(found))


def _bits(byte):
    return [byte >> k & 1 for k in range(LANES)]


def _from_table(builder, byte, name, lanes_of):
    """Return lanes (int32) of a table for all bytes, a byte each."""
    rows = [sum(lane << 8 * k for k, lane in enumerate(lanes_of(b))) for b in range(256)]
    table = cgutils.global_constant(builder, name, ir.Constant(ir.ArrayType(LONG, 256), rows))
    row = builder.load(builder.gep(table, [ir.Constant(INT, 0), byte], inbounds=True))
    return builder.zext(builder.bitcast(row, ir.VectorType(ir.IntType(8), LANES)), ir.VectorType(INT, LANES))


def _below(builder, count):
    """Mark the first lanes: -1 in as many as count says, 0 in the others."""
    vector = ir.VectorType(INT, LANES)
    numbers = ir.Constant(vector, list(range(LANES)))
    mask = builder.icmp_signed("<", numbers, _splat(builder, builder.trunc(count, INT)))
    return builder.sext(mask, vector)


def _external(builder, name, returns, *takes):
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(returns, takes), name)


def _pointer(context, builder, array_type, array, index):
    found = context.make_array(array_type)(context, builder, array)
    return builder.gep(found.data, [index])


def _load(builder, at, count):
    """Return the numbers at a place in the first lanes, 0 in the others, whose places are not read."""
    number, vector = at.type.pointee, ir.VectorType(at.type.pointee, LANES)
    if has_avx2() and isinstance(number, ir.FloatType):
        byte = ir.IntType(8).as_pointer()
        load = _external(builder, "llvm.x86.avx.maskload.ps.256", vector, byte, ir.VectorType(INT, LANES))
        return builder.call(load, [builder.bitcast(at, byte), _below(builder, count)])
    found, nothing = ir.Constant(vector, [0.0] * LANES), cgutils.alloca_once(builder, number)
    builder.store(ir.Constant(number, 0.0), nothing)
    for k in range(LANES):
        inside = builder.icmp_unsigned("<", ir.Constant(LONG, k), count)
        place = builder.select(inside, builder.gep(at, [ir.Constant(LONG, k)]), nothing)
        found = builder.insert_element(found, builder.load(place), ir.Constant(INT, k))
    return found


def _store(builder, lanes, at, count):
    """Write the first lanes to a place, and nothing behind them."""
    number = lanes.type.element
    if has_avx2() and isinstance(number, ir.FloatType):
        byte, mask = ir.IntType(8).as_pointer(), ir.VectorType(INT, LANES)
        store = _external(builder, "llvm.x86.avx.maskstore.ps.256", ir.VoidType(), byte, mask, lanes.type)
        builder.call(store, [builder.bitcast(at, byte), _below(builder, count), lanes])
        return
    nothing = cgutils.alloca_once(builder, number)
    for k in range(LANES):
        inside = builder.icmp_unsigned("<", ir.Constant(LONG, k), count)
        place = builder.select(inside, builder.gep(at, [ir.Constant(LONG, k)]), nothing)
        builder.store(builder.extract_element(lanes, ir.Constant(INT, k)), place)


def _in_precision(builder, lanes, number):
    """Return the lanes as numbers of another type."""
    if lanes.type.element == number:
        return lanes
    cast = builder.fpext if isinstance(number, ir.DoubleType) else builder.fptrunc
    return cast(lanes, ir.VectorType(number, LANES))


def _permute(builder, vector, lanes):
    """Return the lanes of a vector in another order."""
    if has_avx2() and isinstance(vector.type.element, ir.FloatType):
        permute = _external(builder, "llvm.x86.avx2.permps", vector.type, vector.type, lanes.type)
        return builder.call(permute, [vector, lanes])
    found = ir.Constant(vector.type, ir.Undefined)
    for k in range(LANES):
        lane = builder.extract_element(lanes, ir.Constant(INT, k))
        found = builder.insert_element(found, builder.extract_element(vector, lane), ir.Constant(INT, k))
    return found


@intrinsic
def spread_out(typing, values, first, byte, like):
    """The cells from the first on in the lanes whose bit of a byte is set, 0 in the others, in the precision
    of `like`."""

    def build(context, builder, sig, args):
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        cells = _load(builder, at, builder.ctpop(args[2]))
        ranks = _from_table(builder, args[2], "ranks", _ranks)
        return _in_precision(builder, _permute(builder, cells, ranks), args[3].type)

    return Lanes(like)(values, types.uint64, types.uint64, like), build


@intrinsic
def packed(typing, lanes, byte):
    """The lanes whose bit of a byte is set, one after the other; behind them anything that was there."""

    def build(context, builder, sig, args):
        return _permute(builder, args[0], _from_table(builder, args[1], "places", _places))

    return lanes(lanes, types.uint64), build


@intrinsic
def in_a_row(typing, values, first, count, like):
    """So many cells from the first on in the first lanes, 0 in the others, in the precision of `like`."""

    def build(context, builder, sig, args):
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        return _in_precision(builder, _load(builder, at, args[2]), args[3].type)

    return Lanes(like)(values, types.uint64, types.uint64, like), build


@intrinsic
def put(typing, values, first, lanes, count):
    """Write the first lanes into so many cells from the first on."""

    def build(context, builder, sig, args):
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        _store(builder, _in_precision(builder, args[2], at.type.pointee), at, args[3])
        return context.get_dummy_value()

    return types.void(values, types.uint64, lanes, types.uint64), build


@intrinsic
def set_among(typing, one, other, like):
    """How many of two bits are set for each lane of two bytes (a number of the type of `like`)."""

    def build(context, builder, sig, args):
        counts = [_from_table(builder, byte, "bits", _bits) for byte in args[:2]]
        vector = ir.VectorType(args[2].type, LANES)
        return builder.sitofp(builder.add(*counts), vector)

    return Lanes(like)(types.uint64, types.uint64, like), build


@intrinsic
def first_of(typing, lanes, count):
    """The first lanes, 0 in the others, whatever is there."""

    def build(context, builder, sig, args):
        none = ir.Constant(ir.VectorType(INT, LANES), [0] * LANES)
        mask = builder.icmp_signed("<", _below(builder, args[1]), none)
        return builder.select(mask, args[0], ir.Constant(args[0].type, [0.0] * LANES))

    return lanes(lanes, types.uint64), build


@intrinsic
def in_precision(typing, lanes, like):
    """The lanes in the precision of `like`."""
    return Lanes(like)(lanes, like), lambda context, builder, sig, args: _in_precision(
        builder, args[0], args[1].type
    )


@intrinsic
def alike(typing, number):
    """A number in all lanes."""
    return Lanes(number)(number), lambda context, builder, sig, args: _splat(builder, args[0])


@intrinsic
def lane(typing, lanes, k):
    """The number in lane k."""

    def build(context, builder, sig, args):
        return builder.extract_element(args[0], args[1])

    return lanes.dtype(lanes, types.uint64), build


@intrinsic
def summed(typing, lanes):
    """The sum of the lanes, in one order."""

    def build(context, builder, sig, args):
        parts = [builder.extract_element(args[0], ir.Constant(INT, k)) for k in range(LANES)]
        while len(parts) > 1:
            half = len(parts) // 2
            parts = [builder.fadd(a, b) for a, b in zip(parts[:half], parts[half:])]
        return parts[0]

    return lanes.dtype(lanes), build
