"""Frames of clips: reading, checking, optical flow."""

from skmer.frames._check import check_frames
from skmer.frames._read import frame_label, read_image

__all__ = ["check_frames", "read_image", "frame_label"]
