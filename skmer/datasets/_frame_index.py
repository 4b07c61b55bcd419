"""Where the frames of each clip lie: folders by their names, frames by the last number in theirs."""

import os
import re
from pathlib import Path

_IMAGES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def trailing_number(name):
    """Integer of the last digit run of a file's stem, None without digits.

    Examples
    --------
    >>> from skmer.datasets._frame_index import trailing_number
    >>> trailing_number("reg_img46.jpg"), trailing_number("006_05562.jpg")
    (46, 5562)
    """
    runs = re.findall(r"\d+", Path(name).stem)
    return int(runs[-1]) if runs else None


class FrameIndex:
    """Folders of frames under a root, by the clip that a data set's naming gives them.

    Parameters
    ----------
    root : path
        Folder of the data set.
    clip_key : callable
        From the parts of a folder's path below `root` to a hashable key, None if it is no clip's folder.
    distinguishes_crops : bool
        Whether raw and cropped frames lie beside each other.
    """

    def __init__(self, root, clip_key, distinguishes_crops):
        self.root = Path(root)
        self._folders = {}
        for folder, subfolders, files in os.walk(self.root, followlinks=True):
            subfolders.sort()
            images = sorted(name for name in files if _is_image(name))
            parts = Path(folder).relative_to(self.root.parent if self.root.name else self.root).parts
            key = clip_key(parts) if images else None
            if key is not None:
                kind = (
                    _kind(Path(folder).relative_to(self.root).parts, images) if distinguishes_crops else None
                )
                self._folders.setdefault(key, {}).setdefault(kind, (Path(folder), images))

    def kinds(self, key):
        """Which of ``"raw"`` and ``"cropped"`` a clip has; (None,) where the set does not distinguish."""
        return tuple(self._folders.get(key, {}))

    def frames(self, key, kind):
        """Frame number to path for a clip, None if it has no such folder."""
        folders = self._folders.get(key, {})
        found = folders.get(None, folders.get(kind))
        if found is None:
            return None
        folder, images = found
        numbered = {}
        for name in images:
            numbered.setdefault(trailing_number(name), folder / name)
        numbered.pop(None, None)
        return numbered


def _is_image(name):
    return Path(name).suffix.casefold() in _IMAGES and not name.startswith(".")


def _kind(parts, images):
    cropped = any("crop" in part.casefold() for part in parts) or images[0].casefold().startswith("reg_")
    return "cropped" if cropped else "raw"
