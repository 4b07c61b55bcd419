"""Motion magnification, and the optical flow that it stands on."""

__all__ = []
