import numpy as np
import pytest
from matplotlib import pyplot as plt

from skmer.feature_extraction import FlowMaps
from skmer.inspection import FlowMapDisplay


def test_signed_channels_are_white_at_rest_and_named():
    maps = np.zeros((3, 8, 8))
    maps[0, 2, 2], maps[1, 3, 3], maps[2, 4, 4] = -2.0, 1.0, 0.5
    display = FlowMapDisplay(maps, caption="a clip").plot()
    images = [ax.images[0] for ax in display.axes_.flat]
    assert [ax.get_title() for ax in display.axes_.flat] == ["u", "v", "strain"]
    assert images[0].get_clim() == (-2.0, 2.0) and images[2].get_clim() == (0.0, 0.5)
    np.testing.assert_array_equal(images[0].get_array(), maps[0])
    assert display.ax_.get_title("left") == "a clip"
    plt.close(display.figure_)


def test_streams_are_rows_computed_from_a_clip():
    rng = np.random.default_rng(0)
    clip = [rng.integers(0, 256, (32, 32), dtype=np.uint8) for _ in range(3)]
    maps = FlowMaps((("u", "v", "magnitude"), ("u", "v", "strain")), size=16, memory=None)
    display = FlowMapDisplay.from_estimator(maps, clip).plot()
    assert display.axes_.shape == (2, 3) and display.axes_[1, 2].get_title() == "strain"
    np.testing.assert_array_equal(display.maps, maps.transform([clip])[0])
    plt.close(display.figure_)


def test_other_channels_are_refused():
    with pytest.raises(ValueError, match=r"maps must be \(C, H, W\).*got \(2, 8, 8\); pass their channels"):
        FlowMapDisplay(np.zeros((2, 8, 8)))
