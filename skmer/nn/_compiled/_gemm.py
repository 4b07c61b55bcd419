"""Matrix products tiled for registers, for numba: where a side has 8 to 48 entries, a BLAS is slow.

A `Matrix` is a base address and two strides, in entries; the caller keeps the memory alive. Widths
(``n_columns``) are multiples of `LANES`. ``floor`` is the lower clamp of a result, zero for ReLU; its type
selects float32 or float64 for all entries.
"""

from collections import namedtuple
from functools import cache, partial

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import cfunc, from_dtype, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from skmer._utils._numba import compile_cached
from skmer.nn._compiled._support import LANES

Matrix = namedtuple("Matrix", "address row column")
"""Base address, and strides of rows and columns."""


@njit(nogil=True)
def round_up(n):
    """Return the next multiple of `LANES`."""
    return (n + LANES - 1) // LANES * LANES


class Emitter:
    """LLVM instructions on entries and vectors of one type, at addresses counted in entries."""

    def __init__(self, context, builder, dtype):
        self.builder = builder
        self.entry = context.get_value_type(dtype)
        self.vector = ir.VectorType(self.entry, LANES)
        self.size = dtype.bitwidth // 8
        self.suffix = f"v{LANES}f{dtype.bitwidth}"

    def call(self, name, *vectors):
        """Call an LLVM intrinsic of vectors, such as ``fmuladd``."""
        kind = ir.FunctionType(self.vector, [self.vector] * len(vectors))
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.{self.suffix}")
        return self.builder.call(function, vectors)

    def pointer(self, at, kind):
        return self.builder.inttoptr(self.builder.mul(at, at.type(self.size)), kind.as_pointer())

    def load(self, at, kind=None):
        return self.builder.load(self.pointer(at, kind or self.vector), align=self.size)

    def store(self, value, at):
        self.builder.store(value, self.pointer(at, value.type), align=self.size)

    def spread(self, value):
        """Return a vector filled with one value."""
        undefined, index = ir.Constant(self.vector, ir.Undefined), ir.IntType(32)
        one = self.builder.insert_element(undefined, value, index(0))
        zeros = ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
        return self.builder.shuffle_vector(one, undefined, zeros)

    def step(self, at, stride, count):
        return self.builder.add(at, self.builder.mul(stride, stride.type(count)))


def _make_tile(n_rows, n_vectors):
    """Make ``out = max(start + a b, floor)`` for a block of ``out`` whose sums fit into the registers."""

    def generate(context, builder, signature, arguments):
        floor, out, out_row, a, a_row, a_column, b, b_row, start, start_row, depth = arguments
        emit = Emitter(context, builder, signature.args[0])
        block = [(r, v) for v in range(n_vectors) for r in range(n_rows)]
        sums = {rv: cgutils.alloca_once(builder, emit.vector) for rv in block}

        def place(at, row, r, v):
            return builder.add(emit.step(at, row, r), at.type(LANES * v))

        for r, v in block:
            builder.store(emit.load(place(start, start_row, r, v)), sums[r, v])
        # Each sum is a slot of fixed place, which LLVM turns into a register: the loop stores nothing.
        with cgutils.for_range(builder, depth, intp=depth.type) as loop:
            column = builder.add(a, builder.mul(a_column, loop.index))
            row = builder.add(b, builder.mul(b_row, loop.index))
            factors = [emit.spread(emit.load(emit.step(column, a_row, r), emit.entry)) for r in range(n_rows)]
            vectors = [emit.load(builder.add(row, row.type(LANES * v))) for v in range(n_vectors)]
            for r, v in block:
                total = builder.load(sums[r, v])
                builder.store(emit.call("fmuladd", factors[r], vectors[v], total), sums[r, v])
        least = emit.spread(floor)
        for r, v in block:
            value = builder.load(sums[r, v])
            # False for NaN, which so gets through: a net that has diverged must not look like one at rest.
            below = builder.fcmp_ordered("<", value, least)
            emit.store(builder.select(below, least, value), place(out, out_row, r, v))
        return context.get_dummy_value()

    @intrinsic
    def tile(typing, floor, out, out_row, a, a_row, a_column, b, b_row, start, start_row, depth):
        return types.void(floor, *[types.int64] * 10), generate

    return tile


def _make_strip(n_vectors, n_rows):
    """Make a product of ``n_vectors`` vectors of columns: tiles of ``n_rows`` rows, then row by row."""
    tile, one = _make_tile(n_rows, n_vectors), _make_tile(1, n_vectors)

    @njit(nogil=True)
    def strip(out, a, b, start, floor, total, depth):
        i = 0
        while i + n_rows <= total:
            to, of, first = out.address + i * out.row, a.address + i * a.row, start.address + i * start.row
            tile(floor, to, out.row, of, a.row, a.column, b.address, b.row, first, start.row, depth)
            i += n_rows
        while i < total:
            to, of, first = out.address + i * out.row, a.address + i * a.row, start.address + i * start.row
            one(floor, to, out.row, of, a.row, a.column, b.address, b.row, first, start.row, depth)
            i += 1

    return strip


# Sums, factors and vectors fit into the sixteen registers of AVX2; with a row more LLVM puts some into
# memory, which is twice as slow.
_STRIP_OF_24, _STRIP_OF_16, _STRIP_OF_8 = _make_strip(3, 3), _make_strip(2, 5), _make_strip(1, 10)


def _whole(floor, out, out_row, a, a_row, a_column, b, b_row, start, start_row, n_rows, n_columns, depth):
    rows = Matrix(a, a_row, a_column)
    j = 0
    while j < n_columns:
        left = n_columns - j
        to, of, first = Matrix(out + j, out_row, 1), Matrix(b + j, b_row, 1), Matrix(start + j, start_row, 1)
        # 32 columns are 16 and 16: after 24 a strip of one vector would be left, the slowest.
        if left == 24 or left >= 40:
            _STRIP_OF_24(to, rows, of, first, floor, n_rows, depth)
            j += 24
        elif left >= 16:
            _STRIP_OF_16(to, rows, of, first, floor, n_rows, depth)
            j += 16
        else:
            _STRIP_OF_8(to, rows, of, first, floor, n_rows, depth)
            j += 8


@cache
def prepare(number):
    """Compile `product` for a type of numbers; to be called before anything that calls `product` is loaded.

    It is a symbol to the functions that call it, and not compiled anew into each of them.
    """
    kind = from_dtype(np.dtype(number))
    compiled = compile_cached(partial(cfunc, types.void(kind, *[types.int64] * 12)), _whole)
    llvm.add_symbol(f"skmer_product_{kind.bitwidth}", compiled.address)
    return compiled


@intrinsic
def _call_whole(
    typing, floor, out, out_row, a, a_row, a_column, b, b_row, start, start_row, rows, columns, depth
):
    def generate(context, builder, signature, arguments):
        kinds = [argument.type for argument in arguments]
        name = f"skmer_product_{signature.args[0].bitwidth}"
        whole = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), kinds), name)
        builder.call(whole, arguments)
        return context.get_dummy_value()

    return types.void(floor, *[types.int64] * 12), generate


@njit(nogil=True)
def product(out, a, b, start, floor, n_rows, n_columns, depth):
    """``out = max(start + a b, floor)`` with a of (n_rows, depth) and b of (depth, n_columns).

    Columns of ``out``, ``b`` and ``start`` lie side by side; ``start`` may be ``out`` or one row.
    """
    _call_whole(
        *(floor, out.address, out.row, a.address, a.row, a.column, b.address, b.row),
        *(start.address, start.row, n_rows, n_columns, depth),
    )


def _generate_mask(context, builder, signature, arguments):
    _, out, values, mask = arguments
    emit = Emitter(context, builder, signature.args[0])
    zero = ir.Constant(emit.vector, [0.0] * LANES)
    # ReLU's derivative at zero is zero, as torch has it; a mask of NaN drops nothing.
    dropped = builder.fcmp_ordered("<=", emit.load(mask), zero)
    emit.store(builder.select(dropped, zero, emit.load(values)), out)
    return context.get_dummy_value()


def _generate_get(context, builder, signature, arguments):
    emit = Emitter(context, builder, signature.args[0])
    return emit.load(arguments[1], emit.entry)


def _generate_put(context, builder, signature, arguments):
    _, at, value = arguments
    Emitter(context, builder, signature.args[0]).store(value, at)
    return context.get_dummy_value()


@intrinsic
def _mask_vector(typing, floor, out, values, mask):
    return types.void(floor, *[types.int64] * 3), _generate_mask


@intrinsic
def get(typing, floor, at):
    """Return the entry at an address; ``floor`` only says of what type it is."""
    return floor(floor, types.int64), _generate_get


@intrinsic
def put(typing, floor, at, value):
    """Write an entry to an address."""
    return types.void(floor, types.int64, floor), _generate_put


@njit(nogil=True)
def where_positive(out, values, mask, floor, n_entries):
    """``out = values where mask > 0 else 0`` at three addresses; ``n_entries`` is a multiple of `LANES`."""
    for k in range(0, n_entries, LANES):
        _mask_vector(floor, out + k, values + k, mask + k)


@njit(nogil=True)
def transpose(out, a, floor, n_rows, n_columns):
    """``out = a.T``, a of (n_rows, n_columns)."""
    for i in range(n_rows):
        for j in range(n_columns):
            put(floor, out.address + j * out.row + i, get(floor, a.address + i * a.row + j))
