"""Helpers that every package may use: parallel jobs, optional imports, digests, files, argument checks."""
