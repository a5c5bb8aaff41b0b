"""Checks over the whole curriculum, one module per family."""
