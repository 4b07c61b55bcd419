"""Frames of a synthetic long video, made when they are asked for, so that memory stays flat."""

from collections.abc import Sequence

import numpy as np

from skmer.datasets._synthetic._face_clips import draw_people

_NOISE = 2.0  # grey levels


class RenderedVideo(Sequence):
    """Grey frames (n_frames, H, W) of a person, as a sequence.

    Parameters
    ----------
    person : object
        Neutral face with ``image`` and ``points``.
    film : Film
        What it does.
    seed : int
        Of the pixel noise; a frame has the same noise whenever it is made.
    """

    def __init__(self, person, film, seed):
        self.person, self.film, self.seed = person, film, seed

    @property
    def points(self):
        """True points (n_frames, 68, 2) in px of the frames."""
        center = self.person.points[33]
        moved = self.person.points + self.film.displacement + self.film.parallax - center
        motion = self.film.motion
        return np.einsum("tij,tpj->tpi", motion[..., :2], moved) + motion[:, None, :, 2] + center

    def __len__(self):
        return len(self.film.times)

    def __getitem__(self, k):
        if isinstance(k, slice):
            return [self[j] for j in range(*k.indices(len(self)))]
        k = range(len(self))[k]
        moved = self.film.displacement[k] + self.film.parallax[k]
        image = self.person.moved(moved, self.film.motion[k])
        image = image + np.random.default_rng([self.seed, k]).normal(0, _NOISE, image.shape)
        return np.clip(np.rint(image), 0, 255).astype(np.uint8)

    def __reduce__(self):
        return RenderedVideo, (self.person, self.film, self.seed)


def render_films(films, subject, face_size, rng):
    """Videos of the films' subjects; list of RenderedVideo."""
    shape = round(12 / 7 * face_size), round(11 / 7 * face_size)
    people = draw_people(int(max(subject)) + 1, shape, face_size, False, rng)
    seeds = rng.integers(2**31, size=len(films))
    return [
        RenderedVideo(people[number], film, int(seed))
        for film, number, seed in zip(films, subject, seeds, strict=True)
    ]
