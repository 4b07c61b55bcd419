"""Intervals in tables stay on one line, however narrow the window: blanks in them do not break."""

import re

from docutils import nodes

NUMBER = r"[-+\u2212]?\d*\.?\d+"
INTERVAL = re.compile(rf"\[{NUMBER}, {NUMBER}\]|{NUMBER} to {NUMBER}")


def unbroken(text):
    return INTERVAL.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def change(app, doctree):
    for entry in doctree.findall(nodes.entry):
        for text in list(entry.findall(nodes.Text)):
            kept = unbroken(text.astext())
            if kept != text.astext():
                text.parent.replace(text, nodes.Text(kept))


def setup(app):
    app.connect("doctree-read", change)
    return {"parallel_read_safe": True}
