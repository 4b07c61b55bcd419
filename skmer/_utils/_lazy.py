"""Import of public names on first use, for the ``__getattr__`` of packages."""

from importlib import import_module


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
    >>> from skmer._utils._lazy import import_name
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
