"""Figures of the house, ``python tests/house_figures.py``: packages, circles, modules, names, comments.

``--old CHECKOUT`` puts those of another checkout beside them.
"""

import argparse
import ast
import io
import tokenize
from collections import Counter
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parents[1]


def modules_of(root):
    """Return source text by dotted name."""
    paths = sorted((root / "skmer").rglob("*.py"))
    return {".".join(path.relative_to(root).with_suffix("").parts): path.read_text("utf-8") for path in paths}


def public_names(name, tree):
    """Return the names in the ``__all__`` of a public package; the top only passes two of them on."""
    home, _, module = name.rpartition(".")
    if module != "__init__" or home == "skmer" or "._" in home:
        return []
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    return ast.literal_eval(assigned["__all__"])


def comment_lines(text):
    """Return the numbers of lines that are a comment, and of those that end in one."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    alone = sum(token.line.lstrip().startswith("#") for token in comments)
    return alone, len(comments) - alone


def circles(trees):
    """Return the number of modules that import themselves through others, functions included."""
    names = {name.removesuffix(".__init__"): tree for name, tree in trees.items()}

    def home(name):
        while name and name not in names:
            name = name.rpartition(".")[0]
        return name

    arrows = {name: set() for name in names}
    for name, tree in names.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                arrows[name] |= {home(f"{node.module}.{alias.name}") for alias in node.names}
        arrows[name] &= names.keys() - {name}
    # Old paths and lazy names of a package's face lead up on purpose; tests/test_architecture.py lists them.
    arrows = {name: targets for name, targets in arrows.items() if name.count(".") > 1}
    while free := {name for name, targets in arrows.items() if not targets & arrows.keys()}:
        arrows = {name: targets for name, targets in arrows.items() if name not in free}
    return len(arrows)


def figures(root):
    """Return name and value of each figure of a checkout."""
    texts = modules_of(root)
    trees = {name: ast.parse(text) for name, text in texts.items()}
    lengths = {name: len(text.splitlines()) for name, text in texts.items()}
    n_lines, n_names = sum(lengths.values()), sum(len(public_names(*item)) for item in trees.items())
    longest = max(lengths, key=lengths.get)
    alone, behind = (sum(counts) for counts in zip(*map(comment_lines, texts.values()), strict=True))
    files = Counter(name.rpartition(".")[2] for name in texts)
    tests = sum(len(path.read_text("utf-8").splitlines()) for path in (root / "tests").rglob("*.py"))
    return {
        "packages": len([name for name in texts if name.count(".") == 2 and name.endswith(".__init__")]),
        "modules in circles": circles(trees),
        "modules": len(texts),
        "public names": n_names,
        "modules a public name": f"{len(texts) / n_names:.2f}",
        "lines": n_lines,
        "lines of tests a line": f"{tests / n_lines:.2f}",
        "median module": f"{median(lengths.values()):.0f}",
        "longest module": f"{lengths[longest]} ({longest})",
        "lines of model_selection": sum(lengths[name] for name in lengths if ".model_selection." in name),
        "lines of nn._compiled": sum(lengths[name] for name in lengths if ".nn._compiled." in name),
        "lines that are comments": f"{100 * alone / n_lines:.2f} %",
        "lines that end in comments": f"{100 * behind / n_lines:.2f} %",
        "modules without docstring": sum(ast.get_docstring(tree) is None for tree in trees.values()),
        "names of two files": sorted(n for n, count in files.items() if count > 1 and n != "__init__"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--old", type=Path, help="another checkout")
    old = parser.parse_args().old
    columns = [figures(root) for root in ([old] if old else []) + [HERE]]
    for name in columns[-1]:
        print(f"{name:28}", *(f"{column[name]!s:36}" for column in columns))


if __name__ == "__main__":
    main()
