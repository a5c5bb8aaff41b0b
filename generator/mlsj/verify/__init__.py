"""Directory → verdicts → evidence."""
