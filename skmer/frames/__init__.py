"""Frames of clips: keyframes and whole sequences, reading and checking them, file names, and optical flow."""

from skmer.frames._check import check_frames, holds_landmarks, holds_maps
from skmer.frames._derived_sequences import DerivedSequence, derive_sequences
from skmer.frames._flow import (
    FLOW_METHODS,
    coarse_flow,
    fine_flow,
    one_opencv_thread,
    optical_flow,
    patch_flow,
    point_flow,
    sample_flow,
)
from skmer.frames._names import (
    KEYFRAMES,
    frame_label,
    is_image_file,
    is_path,
    numbered_images,
    trailing_number,
)
from skmer.frames._read import read_bytes, read_image
from skmer.frames._sequence_content import (
    FrameSequence,
    read_sequence,
    sequence_digest,
    sequence_label,
)
from skmer.frames._sequences import check_sequences, holds_sequences
from skmer.frames._strain import flow_curl, flow_derivatives, flow_divergence, optical_strain
from skmer.frames._video import VideoFrame, VideoReader

__all__ = [
    "KEYFRAMES",
    "check_frames",
    "check_sequences",
    "holds_sequences",
    "FrameSequence",
    "DerivedSequence",
    "derive_sequences",
    "holds_landmarks",
    "holds_maps",
    "read_image",
    "read_bytes",
    "read_sequence",
    "sequence_digest",
    "sequence_label",
    "is_path",
    "is_image_file",
    "trailing_number",
    "numbered_images",
    "frame_label",
    "optical_flow",
    "FLOW_METHODS",
    "coarse_flow",
    "fine_flow",
    "patch_flow",
    "point_flow",
    "sample_flow",
    "one_opencv_thread",
    "VideoReader",
    "VideoFrame",
    "flow_derivatives",
    "optical_strain",
    "flow_divergence",
    "flow_curl",
]
