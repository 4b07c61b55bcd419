"""Formulas as MathML: a browser draws it by itself, so the pages need no script and no network."""

import re

from docutils import nodes
from latex2mathml.converter import convert


def visit_inline(translator, node):
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_block(translator, node):
    latex, tag = re.subn(r"\\tag\{.*?\}", "", node.astext())
    number = re.search(r"\\tag\{(.*?)\}", node.astext())[1] if tag else ""
    formula = convert(latex.strip(), display="block")
    translator.body.append(f'<div class="equation">{formula}<span>{number and f"({number})"}</span></div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True}
