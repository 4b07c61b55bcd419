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
    >>> from skmer._utils._optional import import_optional
    >>> import_optional("json", caller="this example").dumps([1])
    '[1]'
    >>> import_optional("no_such_module", caller="this example", package="no-such-package")
    Traceback (most recent call last):
        ...
    ImportError: this example needs the package no-such-package: pip install no-such-package
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        package = package or top
        command = f"pip install 'skmer[{extra}]'" if extra else f"pip install {package}"
        raise ImportError(f"{caller} needs the package {package}: {command}") from error
