"""Index of the frames on disk: folders by clip, frames by the last number in their file names."""

import os
import re
from pathlib import Path

from skmer.frames import is_image_file, numbered_images


class FrameIndex:
    """Folders of frames under a root, by the clip that a data set's naming gives them.

    Folders of depth images are left out.

    Parameters
    ----------
    root : path
        Folder of the data set.
    clip_key : callable
        From the parts of a folder's path below `root` to a hashable key, None if it is no clip's folder.
    distinguishes_crops : bool
        Whether copies usually have both raw and cropped frames; then neither replaces the other.
    cropped_already : bool
        Whether all frames are cropped, whatever their folder is called.
    """

    def __init__(self, root, clip_key, distinguishes_crops, cropped_already=False):
        self.root = Path(root)
        self._instead = () if distinguishes_crops else ("raw", "cropped")
        if not cropped_already and "crop" not in self.root.name.casefold():
            self._instead = self._instead[1:]
        self._folders = {}
        for folder, subfolders, files in os.walk(self.root, followlinks=True):
            subfolders.sort()
            images = sorted(name for name in files if is_image_file(name))
            below = Path(folder).relative_to(self.root).parts
            key = clip_key((self.root.name, *below)) if images and not _is_depth(below) else None
            if key is not None:
                kinds = self._folders.setdefault(key, {})
                kinds.setdefault(_kind(below, images), []).append((Path(folder), images))

    def kinds(self, key):
        """Kinds of frames of a clip, of ``"raw"`` and ``"cropped"``; tuple of str."""
        return tuple(self._folders.get(key, {}))

    def frames(self, key, kind):
        """Frame number to path for a clip, None if it has no such folder; ValueError if it has several."""
        kinds = self._folders.get(key, {})
        found = next((kinds[name] for name in (kind, *self._instead) if name in kinds), None)
        if found is None:
            return None
        if len(found) > 1:
            folders = " and ".join(repr(str(folder)) for folder, _ in found)
            raise ValueError(
                f"root must hold one folder of each clip, {folders} are one clip; give one's root."
            )
        folder, images = found[0]
        numbered = {}
        for number, name in numbered_images(images):
            numbered.setdefault(number, folder / name)
        return numbered


def _is_depth(parts):
    return any("depth" in re.split(r"[^a-z]+", part.casefold()) for part in parts)


def _kind(parts, images):
    cropped = any("crop" in part.casefold() for part in parts) or images[0].casefold().startswith("reg_")
    return "cropped" if cropped else "raw"
