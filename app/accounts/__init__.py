"""Accounts: who people are, how they sign in, and what an administrator may change of that."""
