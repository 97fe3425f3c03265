"""Content: Markdown in, values and safe HTML out. Pure; knows neither web nor SQL."""
