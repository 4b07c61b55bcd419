import numpy as np
import pandas as pd
import pytest

from skmer.datasets import clips_from_frame


def test_clips_from_frame(tmp_path):
    table = pd.DataFrame(
        {
            "onset": ["a"],
            "apex": ["b"],
            "offset": ["c"],
            "emotion": [" Other "],
            "person": ["01"],
            "age": [30],
        }
    )
    table.to_csv(tmp_path / "own.csv", index=False)
    for source in (table, tmp_path / "own.csv"):
        clips = clips_from_frame(source, target="emotion", subject="person")
        assert clips.target.tolist() == ["others"]
        assert clips.groups.tolist() == ["own/01"]
        assert clips.table["age"].tolist() == [30]
    landmarks = clips_from_frame(
        table[["emotion", "person"]], np.zeros((1, 3, 68, 2)), target="emotion", subject="person"
    )
    assert landmarks.frames.shape == (1, 3, 68, 2)
    with pytest.raises(ValueError, match=r"without \['target', 'subject'\]"):
        clips_from_frame(table)
