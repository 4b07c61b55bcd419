"""Softmax and sigmoid a vector at a time, for numba."""

from math import factorial, log

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmer.nn._compiled._gemm import LANES, Emitter

# Terms of the series of exp below, on up to half of log(2), and the least argument with a normal result.
_N_TERMS = {32: 8, 64: 14}
_LEAST = {32: -87.0, 64: -708.0}


def _exp(emit, x):
    """The exponential of numbers that are not positive: ``2^n exp(x - n log(2))``, n a whole number."""
    builder, bits = emit.builder, 8 * emit.size
    whole = ir.VectorType(ir.IntType(bits), LANES)

    def constant(value):
        return ir.Constant(emit.vector, [value] * LANES)

    least = constant(_LEAST[bits])
    x = builder.select(builder.fcmp_ordered("<", x, least), least, x)
    n = builder.fptosi(emit.call("fmuladd", x, constant(1 / log(2)), constant(-0.5)), whole)
    # log(2) in two parts, the first short enough to be multiplied without rounding.
    high = round(log(2) * 2**15) / 2**15
    n_float = builder.sitofp(n, emit.vector)
    rest = emit.call("fmuladd", n_float, constant(-high), x)
    rest = emit.call("fmuladd", n_float, constant(high - log(2)), rest)
    total = constant(1 / factorial(_N_TERMS[bits] - 1))
    for k in reversed(range(_N_TERMS[bits] - 1)):
        total = emit.call("fmuladd", total, rest, constant(1 / factorial(k)))
    bias, n_digits = (127, 23) if bits == 32 else (1023, 52)
    power = builder.add(n, ir.Constant(whole, [bias] * LANES))
    power = builder.shl(power, ir.Constant(whole, [n_digits] * LANES))
    return builder.fmul(total, builder.bitcast(power, emit.vector))


def _over_rows(builder, n_rows, starts, row):
    """Loop over rows; yields the addresses of one."""
    with cgutils.for_range(builder, n_rows, intp=n_rows.type) as loop:
        step = builder.mul(loop.index, row)
        yield [builder.add(start, step) for start in starts]


def _generate_softmax(context, builder, signature, arguments):
    floor, out, values, row, n_rows = arguments
    emit = Emitter(context, builder, signature.args[0])
    largest = cgutils.alloca_once_value(builder, emit.spread(floor))
    total = cgutils.alloca_once_value(builder, ir.Constant(emit.vector, [0.0] * LANES))
    for (at,) in _over_rows(builder, n_rows, [values], row):
        value, so_far = emit.load(at), builder.load(largest)
        builder.store(builder.select(builder.fcmp_ordered(">", value, so_far), value, so_far), largest)
    for at, to in _over_rows(builder, n_rows, [values, out], row):
        share = _exp(emit, builder.fsub(emit.load(at), builder.load(largest)))
        emit.store(share, to)
        builder.store(builder.fadd(share, builder.load(total)), total)
    scale = builder.fdiv(ir.Constant(emit.vector, [1.0] * LANES), builder.load(total))
    for (to,) in _over_rows(builder, n_rows, [out], row):
        emit.store(builder.fmul(emit.load(to), scale), to)
    return context.get_dummy_value()


def _generate_gradient(context, builder, signature, arguments):
    _, grad, shares, row, n_rows = arguments
    emit = Emitter(context, builder, signature.args[0])
    total = cgutils.alloca_once_value(builder, ir.Constant(emit.vector, [0.0] * LANES))
    for at, share in _over_rows(builder, n_rows, [grad, shares], row):
        builder.store(emit.call("fmuladd", emit.load(at), emit.load(share), builder.load(total)), total)
    for at, share in _over_rows(builder, n_rows, [grad, shares], row):
        centred = builder.fsub(emit.load(at), builder.load(total))
        emit.store(builder.fmul(emit.load(share), centred), at)
    return context.get_dummy_value()


def _generate_sigmoid(context, builder, signature, arguments):
    _, out, values, n_vectors = arguments
    emit = Emitter(context, builder, signature.args[0])
    one = ir.Constant(emit.vector, [1.0] * LANES)
    total = cgutils.alloca_once_value(builder, ir.Constant(emit.vector, [0.0] * LANES))
    for at, to in _over_rows(builder, n_vectors, [values, out], n_vectors.type(LANES)):
        share = builder.fdiv(one, builder.fadd(one, _exp(emit, builder.fneg(emit.load(at)))))
        emit.store(share, to)
        builder.store(builder.fadd(share, builder.load(total)), total)
    entries = [builder.extract_element(builder.load(total), ir.IntType(32)(k)) for k in range(LANES)]
    while len(entries) > 1:
        entries = [builder.fadd(*pair) for pair in zip(entries[::2], entries[1::2], strict=True)]
    return entries[0]


@intrinsic
def sum_of_sigmoids(typing, low, out, values, n_vectors):
    """Write the sigmoids of ``n_vectors`` vectors, not negative, to ``out``, and return their sum."""
    return low(low, *[types.int64] * 3), _generate_sigmoid


@intrinsic
def softmax(typing, low, out, values, row, n_rows):
    """Write the softmax over rows of `LANES` columns to ``out``; ``row`` is the step of both."""
    return types.void(low, *[types.int64] * 4), _generate_softmax


@intrinsic
def softmax_gradient(typing, low, grad, shares, row, n_rows):
    """Turn the gradient of the softmax's outcome ``shares`` into that of its input, in place."""
    return types.void(low, *[types.int64] * 4), _generate_gradient
