"""Scheduling: when a card comes back. Pure and of the standard library only; time is always passed in."""
