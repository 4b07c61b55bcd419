"""Imports on first use: optional packages, and public names for the ``__getattr__`` of packages."""

from importlib import import_module


def import_optional(module, *, caller, package=None, extra=None):
    """Import an optional package where it is used.

    Parameters
    ----------
    module : str
        Dotted name of the module, such as ``"skimage.data"``.
    caller : str
        Public name that needs it; the error names it.
    package : str, default=None
        Name to install it by, if that is not the module's first part.
    extra : str, default=None
        Extra of skmer that installs it.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the package is not installed. The message says which call needs it and how to install it.

    Examples
    --------
    >>> from skmer._utils._imports import import_optional
    >>> import_optional("json", caller="this example").dumps([1])
    '[1]'
    >>> import_optional("no_such_module", caller="this example", package="no-such-package")
    Traceback (most recent call last):
        ...
    ImportError: this example needs the package no-such-package: pip install no-such-package. See ...
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        # The package is there and one that it needs is not: its own error says more.
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        package = package or top
        command = f"pip install 'skmer[{extra}]'" if extra else f"pip install {package}"
        from skmer._utils._messages import see_page  # numpy comes with it, which `import skmer` does without

        said = f"{caller} needs the package {package}: {command}."
        raise ImportError(f"{said} {see_page('install')}") from error


def import_name(home, name):
    """Import a name from the module that it lives in.

    Parameters
    ----------
    home : str
        Dotted name of the module.
    name : str
        The name.

    Returns
    -------
    object
        What the module calls so.

    Raises
    ------
    ImportError
        If the module cannot be imported, whatever the reason.

    Examples
    --------
    >>> from skmer._utils._imports import import_name
    >>> import_name("math", "tau") > 6
    True
    """
    try:
        module = import_module(home)
    except AttributeError as error:
        # From a module's `__getattr__` an AttributeError would mean that there is no such name, and
        # `from package import name` would hide the true reason.
        raise ImportError(f"{home} could not be imported: {error}") from error
    return getattr(module, name)


def moved_name(package, moved, name):
    """Return a public name from its new home, with a warning; for the ``__getattr__`` of a package.

    Parameters
    ----------
    package : str
        Dotted name of the package that is asked.
    moved : dict of str to str
        New dotted name by old name; the old ones work for one release.
    name : str
        Any name.

    Returns
    -------
    object

    Raises
    ------
    AttributeError
        If the name is none of the old ones.
    """
    if name not in moved:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    from skmer._utils._messages import warn_user  # numpy comes with it, which `import skmer` does without

    warn_user(f"{package}.{name} has moved to {moved[name]}; the old path goes with 0.3.", FutureWarning)
    home, _, new = moved[name].rpartition(".")
    return import_name(home, new)
