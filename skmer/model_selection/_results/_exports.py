import json
from pathlib import Path

import pandas as pd

from skmer.model_selection._results._megc_format import megc_log
from skmer.model_selection._results._summary import as_latex, as_markdown, as_numbers


class Exports:
    """The forms in which a result leaves the program."""

    def to_markdown(self, path=None):
        """Scores, majority baseline, counts and classes as Markdown.

        Parameters
        ----------
        path : path-like, default=None
            File to write as well.

        Returns
        -------
        str
            The text.
        """
        return _written(as_markdown(self), path)

    def to_latex(self, path=None):
        r"""Scores, majority baseline and counts as a LaTeX table, for booktabs.

        Parameters
        ----------
        path : path-like, default=None
            File to write as well.

        Returns
        -------
        str
            The text.
        """
        return _written(as_latex(self), path)

    def to_csv(self, path=None):
        """Out-of-fold table as comma-separated values.

        Parameters
        ----------
        path : path-like, default=None
            File to write as well.

        Returns
        -------
        str
            The text.
        """
        return _written(self.predictions.to_csv(index=False), path)

    def to_json(self, path=None):
        """Scores, intervals, majority baseline, counts, run card and out-of-fold table as JSON.

        Parameters
        ----------
        path : path-like, default=None
            File to write as well.

        Returns
        -------
        str
            The text; :meth:`from_json` reads it back.
        """
        content = {
            **as_numbers(self),
            "run_card": self.run_card,
            "predictions": json.loads(
                self.predictions.to_json(orient="split", index=False, double_precision=15)
            ),
        }
        return _written(json.dumps(content, indent=1, allow_nan=False), path)

    def to_html(self, path, clips=None, *, estimator=None, landmarks=None, title=None, frame_size=224):
        """One page with scores, pictures, run card, and every clip to leaf through and filter.

        The page holds all it needs and loads nothing, so it can be mailed or archived. It shows frames of
        the clips that it is given: those of a licensed corpus make it as private as the corpus.

        Parameters
        ----------
        path : path-like
            File to write.
        clips : MicroExpressionClips, default=None
            The clips that were evaluated, or more, for their frames: images and paths become small JPEG
            pictures, landmarks line drawings with the motion enlarged. None leaves the pictures out.
        estimator : DeReGRLClassifier or Pipeline, default=None
            One that is fitted, for pictures of its actions, their weights and its losses; it needs `clips`.
        landmarks : ndarray of shape (n_clips, 3, 68, 2), default=None
            Landmarks of `clips`, px; images are cropped around them.
        title : str, default=None
            Heading of the page.
        frame_size : int, default=224
            Longer side of the frames' pictures, px.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ValueError
            If `clips` lacks a clip of the result or has other classes, or `estimator` is given without it.
        TypeError
            If `estimator` has no actions.
        """
        from skmer.inspection._report import write_report

        options = {"estimator": estimator, "landmarks": landmarks, "title": title, "frame_size": frame_size}
        return write_report(self, path, clips, **options)

    @classmethod
    def from_json(cls, path):
        """Read what :meth:`to_json` wrote.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        LOSOResult
            With the same table, classes and run card.
        """
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        table = pd.DataFrame(**content["predictions"]).astype({"seed": "Int64", "missing": bool})
        return cls(table, content["class_names"], content["run_card"])

    def to_megc_log(self, path=None, *, codes=None):
        """Log of the MEGC challenges: a line "dataset subject" per fold, then a line per clip.

        Parameters
        ----------
        path : path-like, default=None
            File to write as well.
        codes : dict, default=None
            Number of each class, where the log is to hold numbers instead of names.

        Returns
        -------
        str
            The text; :func:`read_megc_log` reads it back.

        Raises
        ------
        ValueError
            If the result has several seeds, a class has no code, a name holds blanks, or a subject lacks its
            dataset.
        """
        return _written(megc_log(self, codes), path)


def _written(text, path):
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
