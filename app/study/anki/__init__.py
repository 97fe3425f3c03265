"""Between a learner's cards and Anki: packages with what is remembered, out and in."""
