"""One vocabulary of class names, whatever a sheet calls them."""

CLASS_VOCABULARY = (
    "anger",
    "contempt",
    "disgust",
    "fear",
    "happiness",
    "others",
    "repression",
    "sadness",
    "surprise",
    "negative",
    "positive",
)

_SYNONYMS = {
    "other": "others",
    "happy": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "suprise": "surprise",
    "surprised": "surprise",
    "neg": "negative",
    "pos": "positive",
    "sur": "surprise",
}


def canonical_label(text):
    """Write a class name in the one vocabulary.

    Parameters
    ----------
    text : object
        Cell of an annotation sheet.

    Returns
    -------
    label : str
        Lower case, trimmed, synonyms united ("Other" and "others" are one); empty if the cell is.
    """
    if text is None or text != text:  # None or NaN
        return ""
    label = " ".join(str(text).strip().lower().split())
    return _SYNONYMS.get(label, label)
