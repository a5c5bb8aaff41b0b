"""The learner's copy of a lesson."""
