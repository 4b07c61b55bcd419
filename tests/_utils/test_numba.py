from numba.core.registry import CPUDispatcher

from skmer._utils._numba import compiled


def test_code_without_a_file_is_compiled_too():
    """numba finds no place for its cache then, as where no folder can be written."""
    names = {}
    exec("def triple(a):\n    return 3 * a", names)
    triple = compiled(names["triple"])
    assert isinstance(triple, CPUDispatcher) and triple(2) == 6
    assert not triple.stats.cache_path


def test_code_in_a_file_is_kept():
    from skmer.feature_extraction._histogram_kernels import add_counts

    assert add_counts.stats.cache_path.endswith("__pycache__")
