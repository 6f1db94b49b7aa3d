"""Passive widgets: values in, signals out."""
