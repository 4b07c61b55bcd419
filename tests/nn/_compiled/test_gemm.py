import numpy as np
import pytest

pytest.importorskip("numba", reason="without numba nothing is compiled")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(31, 31, 48), (9, 5, 8), (1, 3, 16), (12, 48, 24), (10, 93, 40), (3, 2, 72)]
)
def test_product(dtype, shape):
    from skmer.nn._compiled._gemm import Matrix, prepare, product

    prepare(dtype)
    n_rows, depth, n_columns = shape
    draw = np.random.default_rng(0).standard_normal
    a, b = draw((depth, n_rows)).astype(dtype), draw((depth, n_columns)).astype(dtype)
    start, out = draw((1, n_columns)).astype(dtype), np.full((n_rows, n_columns + 8), 7, dtype)
    at = lambda array: array.ctypes.data // array.itemsize  # noqa: E731 (one line says it)
    places = Matrix(at(out), n_columns + 8, 1), Matrix(at(a), 1, n_rows), Matrix(at(b), n_columns, 1)
    product(*places, Matrix(at(start), 0, 1), dtype(-1), n_rows, n_columns, depth)
    tolerance = 1e-4 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(out[:, :n_columns], np.maximum(start + a.T @ b, -1), atol=tolerance)
    assert (out[:, n_columns:] == 7).all()


@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_softmax_of_any_numbers(number):
    from numba import njit

    from skmer.nn._compiled._simd import softmax, sum_of_sigmoids

    @njit
    def both_of(low, out, sigmoids, values, n_rows):
        softmax(low, out, values, 8, n_rows)
        return sum_of_sigmoids(low, sigmoids, values, n_rows)

    values = np.array([[-1e6, -200, -3, 0, 1e-9, 0.5, 88, 1e6]] * 3, number) * np.array(
        [[0], [1], [0.1]], number
    )
    out, sigmoids, positive = np.empty_like(values), np.empty_like(values), np.abs(values)
    at = lambda array: array.ctypes.data // array.itemsize  # noqa: E731 (one line says it)
    both_of(np.finfo(number).min, at(out), at(sigmoids), at(values), 3)
    shifted = np.exp((values - values.max(0)).astype(float))
    np.testing.assert_allclose(out, shifted / shifted.sum(0), rtol=20 * np.finfo(number).eps, atol=1e-30)
    total = both_of(np.finfo(number).min, at(out), at(sigmoids), at(positive), 3)
    np.testing.assert_allclose(
        sigmoids, 1 / (1 + np.exp(-positive.astype(float))), rtol=4 * np.finfo(number).eps
    )
    np.testing.assert_allclose(total, sigmoids.sum(dtype=float), rtol=1e-6)
