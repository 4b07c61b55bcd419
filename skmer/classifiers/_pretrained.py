"""Weights of a network's first layers from a file of the user's."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load as load_safetensors


def load_pretrained(module, path, names, expected=None):
    """Copy weights from a file into layers of a module.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    path : path
        A file of safetensors, or an .npz file of arrays; nothing in it is run.
    names : dict of str to str
        Name in the file of each parameter of the module that is filled.
    expected : str or None
        SHA-256 that the file must have.

    Returns
    -------
    digest : str
        SHA-256 of the file.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise OSError(f"pretrained: {path} cannot be read: {error.strerror}.") from error
    digest = hashlib.sha256(content).hexdigest()
    if expected is not None and digest != expected.lower():
        raise ValueError(
            f"pretrained: {path} has the SHA-256 {digest}, not {expected}; get the file anew, or correct "
            "pretrained_sha256=."
        )
    arrays = _arrays(path, content)
    parameters = dict(module.named_parameters())
    for own, name in names.items():
        want = tuple(parameters[own].shape)
        if name not in arrays or arrays[name].shape != want:
            got = "is not there" if name not in arrays else f"has the shape {arrays[name].shape}"
            raise ValueError(f"pretrained: {name} in {path} {got}; an array of shape {want} is needed.")
        with torch.no_grad():
            parameters[own].copy_(torch.as_tensor(arrays[name]))
    return digest


def _arrays(path, content):
    try:
        if Path(path).suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        return load_safetensors(content)
    except Exception as error:
        raise ValueError(
            f"pretrained: {path} is neither a safetensors nor an .npz file of arrays: {error}"
        ) from error
