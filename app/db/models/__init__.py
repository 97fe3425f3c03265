"""All models, one aggregate a file; importing this package registers every table."""

from app.db.models.card import Card, CardRevision
from app.db.models.card_state import CardState, Scheduler
from app.db.models.deck import Collection, Deck, DeckChoice, DeckRevision, Document
from app.db.models.event import Event
from app.db.models.portal import Portal, SetupLink
from app.db.models.sign_in import LoginSession, SignInCounter
from app.db.models.user import Role, User, UserRole

__all__ = [
    "Card",
    "CardRevision",
    "CardState",
    "Collection",
    "Deck",
    "DeckChoice",
    "DeckRevision",
    "Document",
    "Event",
    "LoginSession",
    "Portal",
    "Role",
    "Scheduler",
    "SetupLink",
    "SignInCounter",
    "User",
    "UserRole",
]
