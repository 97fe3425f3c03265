"""The pages of this room. Importing them registers them on the blueprint."""

from app.study.views import anki as anki
from app.study.views import choose as choose
from app.study.views import comparing as comparing
from app.study.views import data as data
from app.study.views import days as days
from app.study.views import home as home
from app.study.views import keys as keys
from app.study.views import labels as labels
from app.study.views import marks as marks
from app.study.views import notes as notes
from app.study.views import practice as practice
from app.study.views import reading as reading
from app.study.views import reminders as reminders
from app.study.views import session as session
from app.study.views import settings as settings
from app.study.views import words as words
from app.study.views.blueprint import blueprint

__all__ = ["blueprint"]
