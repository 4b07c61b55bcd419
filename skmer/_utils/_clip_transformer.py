"""Base of the stateless transformers of clips."""

from dataclasses import asdict, dataclass

from sklearn.base import TransformerMixin
from sklearn.utils import InputTags


@dataclass(slots=True)
class ClipInputTags(InputTags):
    """Tags of the input of transformers of clips.

    Parameters
    ----------
    sequences : bool, default=False
        Whether they need ``clips.sequences``; where False, ``clips.frames`` will do.
    """

    sequences: bool = False


class ClipTransformerMixin(TransformerMixin):
    """Mixin of transformers that take the frames or landmarks of clips and learn nothing.

    `fit` only checks its input, and `transform` checks it too, so that `fit_transform` is `transform`.
    """

    def fit_transform(self, X, y=None):
        """Transform clips; the same as ``fit(X).transform(X)``, with one check of the input.

        Parameters
        ----------
        X : array-like
            Clips, in any form that `transform` accepts.
        y : object, default=None
            Ignored.

        Returns
        -------
        ndarray
            The transformed clips.
        """
        return self.transform(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags = ClipInputTags(**asdict(tags.input_tags))
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags
