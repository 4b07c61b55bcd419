"""The training step of a stack of nets in loops that numba compiles, where it is installed.

`_support` says which nets they compute. `_stacked_step` is called from Python: it has the arrays (`_layout`)
and calls `_step`, which goes through a net forth and back: `_weights`, `_block` (eqs. 1 and 4), `_pooling`
(eqs. 2 and 3), `_head` (eqs. 5 and 6), `_loss` (eqs. 7 to 10). `_gemm` and `_simd` are what they compute
with.
"""
