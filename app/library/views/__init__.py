"""The pages of this room. Importing them registers them on the blueprint."""

from app.library.views import media as media
from app.library.views import searching as searching
from app.library.views import suggesting as suggesting
from app.library.views.blueprint import blueprint

__all__ = ["blueprint"]
