"""Searches over parameters that score pooled out-of-fold predictions."""
