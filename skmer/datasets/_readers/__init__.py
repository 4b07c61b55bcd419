"""Readers of the annotation sheets and folders of licensed data sets."""
