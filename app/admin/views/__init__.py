"""The pages of this room. Importing them registers them on the blueprint."""

from app.admin.views import audit as audit
from app.admin.views import bulk as bulk
from app.admin.views import cards as cards
from app.admin.views import decks as decks
from app.admin.views import details as details
from app.admin.views import documents as documents
from app.admin.views import exports as exports
from app.admin.views import imports as imports
from app.admin.views import parting as parting
from app.admin.views import people as people
from app.admin.views import pictures as pictures
from app.admin.views import places as places
from app.admin.views import plans as plans
from app.admin.views import portal as portal
from app.admin.views import questions as questions
from app.admin.views import signals as signals
from app.admin.views import sources as sources
from app.admin.views import suggestions as suggestions
from app.admin.views import uploads as uploads
from app.admin.views.blueprint import blueprint

__all__ = ["blueprint"]
