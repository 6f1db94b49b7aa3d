"""Faults that can be injected: what there is, what they take, which are in force."""
