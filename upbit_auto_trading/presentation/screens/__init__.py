"""Screens: view-models joined to widgets."""
