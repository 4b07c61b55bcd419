"""Results of an evaluation: scores, comparison, exports."""
