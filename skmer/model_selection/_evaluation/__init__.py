"""Leave-one-subject-out evaluation."""
