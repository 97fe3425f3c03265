"""Anki's packages: bytes to values, and values to bytes. Pure: what is stored of them is decided elsewhere."""
