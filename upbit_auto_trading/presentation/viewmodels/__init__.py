"""State of the screens, without widgets."""
