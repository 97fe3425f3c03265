"""Measurements with bounds: `make bench`, or `python -m tools.bench [names]`. `registry` says how one is added."""
