"""Writer of the MEGC log: who was held out, then each of their clips with truth and prediction."""


def megc_log(result, codes=None):
    """Text of the log of a result with one seed."""
    if len(result.seeds) > 1:
        raise ValueError(f"to_megc_log needs a result with one seed, got {len(result.seeds)}.")
    labels = {name: name for name in result.class_names} if codes is None else codes
    lacking = [name for name in result.class_names if name not in labels]
    if lacking:
        raise ValueError(f"codes must hold every class, got none for {lacking[0]!r}.")
    lines = []
    for subject, rows in result.predictions.groupby("subject", sort=True):
        dataset, slash, name = str(subject).partition("/")
        if not slash:
            raise ValueError(f"to_megc_log needs subjects such as 'casme2/sub01', got {dataset!r}.")
        lines.append(f"{_word(dataset)} {_word(name)}")
        lines += [
            f"{_word(row.clip)} {_word(labels[row.truth])} {_word(labels[row.prediction])}"
            for row in rows.itertuples()
        ]
    return "\n".join(lines) + "\n"


def _word(value):
    text = str(value)
    if not text or text.split() != [text]:
        raise ValueError(f"to_megc_log separates by blanks, got {text!r} with blanks of its own.")
    return text
