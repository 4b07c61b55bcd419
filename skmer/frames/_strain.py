"""Derivatives of dense flow: strain, divergence and curl on backward differences."""

import numpy as np

from skmer._utils._arguments import Numbers, checked

FLOW = [Numbers(..., None, None, 2, finite=False)]


@checked(flow=FLOW)
def flow_derivatives(flow):
    """Return the derivatives of a flow field by backward differences, the first row and column repeated.

    Parameters
    ----------
    flow : array-like of shape (..., H, W, 2)
        Fields, px: the displacements u along x and v along y.

    Returns
    -------
    ux, uy, vx, vy : ndarray of shape (..., H, W), float32 or float64
        Change of u and v from the pixel to the left (x) or above (y), in px per px. The first column has no
        pixel to its left and the first row none above: there the change is 0.

    Raises
    ------
    ValueError
        If `flow` has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import flow_derivatives
    >>> x, y = np.meshgrid(np.arange(4.0), np.arange(3.0))
    >>> ux, uy, vx, vy = flow_derivatives(np.dstack([0.1 * x, 0.2 * x]))
    >>> ux[1].round(3).tolist(), vx[1].round(3).tolist(), bool(uy.any() or vy.any())
    ([0.0, 0.1, 0.1, 0.1], [0.0, 0.2, 0.2, 0.2], False)
    """
    flow = np.asarray(flow)
    if flow.dtype.kind != "f":
        flow = flow.astype(np.float64)
    along_x = np.diff(flow, axis=-2, prepend=flow[..., :1, :])
    along_y = np.diff(flow, axis=-3, prepend=flow[..., :1, :, :])
    return along_x[..., 0], along_y[..., 0], along_x[..., 1], along_y[..., 1]


@checked(flow=FLOW)
def optical_strain(flow):
    """Return the magnitude of the strain of a flow field: how much the skin is stretched or sheared.

    Parameters
    ----------
    flow : array-like of shape (..., H, W, 2)
        Fields, px.

    Returns
    -------
    ndarray of shape (..., H, W), float32 or float64
        Strain, without a unit: 0.1 where a tenth is stretched along one axis.

    Raises
    ------
    ValueError
        If `flow` has another shape.

    Notes
    -----
    The Frobenius norm of the symmetric part of the derivatives, sqrt(ux^2 + vy^2 + (uy + vx)^2 / 2), with the
    differences of `flow_derivatives`. A translation has none; a rotation has none but in the first row and
    column, where one of its two shears cannot be seen.

    References
    ----------
    Liong et al., "Less is More: Micro-expression Recognition from Video using Apex Frame", Signal Processing:
    Image Communication 62, 2018, doi:10.1016/j.image.2017.11.006.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import optical_strain
    >>> x, y = np.meshgrid(np.arange(4.0), np.arange(3.0))
    >>> stretch, shear, turn = (0.1 * x, 0 * y), (0.1 * y, 0 * x), (-0.1 * y, 0.1 * x)
    >>> [round(float(optical_strain(np.dstack(flow))[1, 1]), 4) for flow in (stretch, shear, turn)]
    [0.1, 0.0707, 0.0]
    """
    ux, uy, vx, vy = flow_derivatives(flow)
    return np.sqrt(ux**2 + vy**2 + (uy + vx) ** 2 / 2)


@checked(flow=FLOW)
def flow_divergence(flow):
    """Return the divergence of a flow field, ux + vy: positive where it spreads.

    Parameters
    ----------
    flow : array-like of shape (..., H, W, 2)
        Fields, px.

    Returns
    -------
    ndarray of shape (..., H, W), float32 or float64
        On the differences of `flow_derivatives`, without a unit.

    Raises
    ------
    ValueError
        If `flow` has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import flow_divergence
    >>> x, y = np.meshgrid(np.arange(4.0), np.arange(3.0))
    >>> round(float(flow_divergence(np.dstack([0.1 * x, 0.1 * y]))[1, 1]), 4)
    0.2
    """
    ux, _, _, vy = flow_derivatives(flow)
    return ux + vy


@checked(flow=FLOW)
def flow_curl(flow):
    """Return the curl of a flow field, vx - uy: positive where it turns clockwise, as y runs down.

    Parameters
    ----------
    flow : array-like of shape (..., H, W, 2)
        Fields, px.

    Returns
    -------
    ndarray of shape (..., H, W), float32 or float64
        On the differences of `flow_derivatives`, without a unit: twice the angle of a small rotation.

    Raises
    ------
    ValueError
        If `flow` has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import flow_curl
    >>> x, y = np.meshgrid(np.arange(4.0), np.arange(3.0))
    >>> round(float(flow_curl(np.dstack([-0.1 * y, 0.1 * x]))[1, 1]), 4)
    0.2
    """
    _, uy, vx, _ = flow_derivatives(flow)
    return vx - uy
