"""One page for each public package, written from its ``__all__`` before Sphinx looks for sources."""

import ast
import importlib
import inspect
import pkgutil
from itertools import pairwise
from pathlib import Path

import skmer

WALK = ["face", "frames", "magnification", "landmarks", "datasets", "feature_extraction", "nn", "classifiers"]
WALK += ["pipelines", "literature", "model_selection", "spotting", "metrics", "inspection"]


def packages():
    present = {
        info.name for info in pkgutil.iter_modules(skmer.__path__) if info.ispkg and info.name[0] != "_"
    }
    return [name for name in WALK if name in present] + sorted(present - set(WALK))


def constant_docs(package):
    """Constant to the string literal that follows it in one of the package's modules."""
    docs = {}
    for path in Path(package.__file__).parent.glob("*.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for node, following in pairwise(body):
            match node, following:
                case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                    docs[name] = inspect.cleandoc(text)
    return docs


def summary(title, names):
    if not names:
        return []
    return [
        title,
        "-" * len(title),
        "",
        ".. autosummary::",
        "   :toctree: .",
        "",
        *(f"   {n}" for n in names),
        "",
    ]


def constants(names, docs):
    lines = ["Data", "----", ""] if names else []
    for name in names:
        lines += [f".. py:data:: {name}", ""]
        lines += [f"   {line}".rstrip() for line in docs.get(name, "").splitlines()] + [""]
    return lines


def page(name):
    package = importlib.import_module(f"skmer.{name}")
    members = {member: getattr(package, member) for member in package.__all__}
    classes = [member for member, value in members.items() if inspect.isclass(value)]
    functions = [member for member, value in members.items() if inspect.isroutine(value)]
    rest = [member for member in members if member not in {*classes, *functions}]
    title = f"skmer.{name}"
    lines = [
        title,
        "=" * len(title),
        "",
        inspect.getdoc(package) or "",
        "",
        f".. currentmodule:: {title}",
        "",
    ]
    lines += summary("Classes", classes) + summary("Functions", functions)
    return "\n".join(lines + constants(rest, constant_docs(package)))


def skip_what_others_wrote(app, what, name, member, skip, options):
    """Leave out inherited methods of scikit-learn, skorch and torch, which link into their own pages."""
    function = getattr(member, "fget", None) or getattr(member, "func", None) or member
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    if what == "class" and callable(function) and not module.startswith("skmer"):
        return True
    return None


def setup(app):
    app.connect("autodoc-skip-member", skip_what_others_wrote)
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    names = packages()
    for name in names:
        (folder / f"skmer.{name}.rst").write_text(page(name), encoding="utf-8")
    toctree = ["API reference", "=============", ""]
    for name in names:
        package = importlib.import_module(f"skmer.{name}")
        first = (inspect.getdoc(package) or "").partition("\n")[0]
        public = ", ".join(f":py:obj:`~skmer.{name}.{member}`" for member in package.__all__)
        toctree += [f":doc:`skmer.{name}`", f"   {first}", "", f"   {public}", ""]
    toctree += [".. toctree::", "   :hidden:", ""] + [f"   skmer.{name}" for name in names]
    (folder / "index.rst").write_text("\n".join(toctree) + "\n", encoding="utf-8")
    return {"parallel_read_safe": True}
