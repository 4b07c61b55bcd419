"""Time of one frame of make_face_clips on one core: ``python benchmarks/face_clips.py``."""

import time

import cv2

from skmer.datasets import make_face_clips

N_CLIPS = 30


def main():
    """Print processor milliseconds per frame for two frame sizes, in colour and grey."""
    cv2.setNumThreads(1)
    make_face_clips(2, 5, random_state=0)
    for frame_size in ((480, 440), (690, 660)):
        for color in (True, False):
            start = time.process_time()
            make_face_clips(3, N_CLIPS, frame_size=frame_size, color=color, random_state=0)
            cost = (time.process_time() - start) / (3 * N_CLIPS)
            print(
                f"{frame_size[0]} x {frame_size[1]} {'RGB' if color else 'grey'}: {1e3 * cost:.0f} ms a frame"
            )


if __name__ == "__main__":
    main()
