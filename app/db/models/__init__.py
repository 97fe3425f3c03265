"""All models, one aggregate a file; importing this package registers every table."""

from app.db.models.audit import Audit
from app.db.models.bulk import BulkChange
from app.db.models.card import Card, CardRevision
from app.db.models.card_state import CardMark, CardState, Note, Scheduler
from app.db.models.deck import Collection, Deck, DeckChoice, DeckRevision, Document
from app.db.models.event import Event
from app.db.models.factor import Identity, Passkey, RecoveryCode, SecondFactor
from app.db.models.imports import Import, Question, Upload
from app.db.models.invitation import Invitation
from app.db.models.job import Job
from app.db.models.mail import AccountLink, Mail
from app.db.models.media import DeckMedia, Media
from app.db.models.portal import Portal, SetupLink
from app.db.models.practice import Practice, PracticeAnswer
from app.db.models.reminder import Reminder, ReminderSent
from app.db.models.sign_in import LoginSession, SignInCounter
from app.db.models.source import Source
from app.db.models.study_hour import DeckHour, DeckStudied, StudyHour
from app.db.models.suggestion import Suggestion
from app.db.models.takeout import Takeout, TakeoutPart
from app.db.models.user import Rest, Role, User, UserRole

__all__ = [
    "AccountLink",
    "Audit",
    "BulkChange",
    "Card",
    "CardMark",
    "CardRevision",
    "CardState",
    "Collection",
    "Deck",
    "DeckChoice",
    "DeckHour",
    "DeckMedia",
    "DeckRevision",
    "DeckStudied",
    "Document",
    "Event",
    "Identity",
    "Import",
    "Invitation",
    "Job",
    "LoginSession",
    "Mail",
    "Media",
    "Note",
    "Passkey",
    "Portal",
    "Practice",
    "PracticeAnswer",
    "Question",
    "RecoveryCode",
    "Reminder",
    "ReminderSent",
    "Rest",
    "Role",
    "Scheduler",
    "SecondFactor",
    "SetupLink",
    "SignInCounter",
    "Source",
    "StudyHour",
    "Suggestion",
    "Takeout",
    "TakeoutPart",
    "Upload",
    "User",
    "UserRole",
]
