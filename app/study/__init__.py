"""Studying: what is due, the study page, reading a deck, a learner's settings."""
