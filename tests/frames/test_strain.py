import numpy as np
import pytest

from skmer.frames import flow_curl, flow_derivatives, flow_divergence, optical_strain

X, Y = np.meshgrid(np.arange(12.0), np.arange(9.0))
# Linear fields (u, v), and what they have away from the first row and column: strain, divergence, curl.
FIELDS = {
    "translation": ((0 * X + 2, 0 * Y - 3), (0.0, 0.0, 0.0)),
    "rotation": ((-0.05 * Y, 0.05 * X), (0.0, 0.0, 0.1)),
    "stretch": ((0.1 * X, 0 * Y), (0.1, 0.1, 0.0)),
    "shear": ((0.1 * Y, 0 * X), (0.1 / np.sqrt(2), 0.0, -0.1)),
    "expansion": ((0.1 * X, 0.1 * Y), (0.1 * np.sqrt(2), 0.2, 0.0)),
}


@pytest.mark.parametrize("field", list(FIELDS))
def test_known_fields(field):
    flow, expected = np.dstack(FIELDS[field][0]), FIELDS[field][1]
    for quantity, value in zip((optical_strain, flow_divergence, flow_curl), expected, strict=True):
        assert np.allclose(quantity(flow)[1:, 1:], value, atol=1e-12)


def test_the_first_row_and_column_have_no_difference_across_them():
    strain = {name: optical_strain(np.dstack(field)) for name, (field, _) in FIELDS.items()}
    assert np.allclose(strain["rotation"][0, 1:], 0.05 / np.sqrt(2))
    assert np.allclose(strain["rotation"][1:, 0], 0.05 / np.sqrt(2))
    assert np.allclose(strain["stretch"][:, 0], 0)
    assert np.allclose(strain["shear"][0], 0)
    assert all(np.allclose(each[0, 0], 0) for each in strain.values())


def test_derivatives_are_backward_differences_by_hand():
    flow = np.random.default_rng(0).normal(size=(5, 6, 2)).astype(np.float32)
    ux, uy, vx, vy = flow_derivatives(flow)
    assert ux.dtype == np.float32
    for y, x in np.ndindex(5, 6):
        left, above = flow[y, max(x - 1, 0)], flow[max(y - 1, 0), x]
        assert (ux[y, x], vx[y, x]) == tuple(flow[y, x] - left)
        assert (uy[y, x], vy[y, x]) == tuple(flow[y, x] - above)


def test_several_fields_at_once_are_each_alone():
    flows = np.random.default_rng(0).normal(size=(2, 3, 5, 6, 2))
    together = optical_strain(flows)
    assert together.shape == (2, 3, 5, 6)
    assert np.array_equal(together[1, 2], optical_strain(flows[1, 2]))


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (0, 5, 2)])
def test_what_is_no_flow(shape):
    with pytest.raises(ValueError, match=r"flow must be an array of numbers of shape .*, got ndarray"):
        optical_strain(np.zeros(shape))
