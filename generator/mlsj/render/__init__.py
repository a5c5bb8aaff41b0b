"""Curriculum → {path: File}: one module per target."""
