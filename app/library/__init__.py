"""Content: decks, cards, their revisions, and how Markdown documents come in."""
