"""Reprise: a web portal that turns Markdown questions and answers into decks people study.

Nothing is imported here, so that the pure rooms (`app.scheduling`, `app.content`) can be used without Flask or SQL.
"""
