"""The pages of this room. Importing them registers them on the blueprint."""

from app.progress.views import card as card
from app.progress.views import overview as overview
from app.progress.views.blueprint import blueprint

__all__ = ["blueprint"]
