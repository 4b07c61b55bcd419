"""Time of one frame of make_face_clips on one core: ``python benchmarks/face_clips.py``."""

import time

import cv2

from skmer.datasets import make_face_clips

N_CLIPS = 20
REPEATS = 5


def seconds(frame_size, color):
    """Processor time of one corpus."""
    start = time.process_time()
    make_face_clips(2, N_CLIPS, frame_size=frame_size, color=color, random_state=0)
    return time.process_time() - start


def main():
    """Print the processor time of a frame, the best of some runs, for two sizes, in colour and grey."""
    cv2.setNumThreads(1)
    make_face_clips(2, 5, random_state=0)
    for frame_size in ((480, 440), (690, 660)):
        for color in (True, False):
            cost = min(seconds(frame_size, color) for _ in range(REPEATS)) / (3 * N_CLIPS)
            print(
                f"{frame_size[0]} x {frame_size[1]} {'RGB' if color else 'grey'}: {1e3 * cost:.0f} ms a frame"
            )


if __name__ == "__main__":
    main()
