"""How the audit log says what was done. A test asks for a sentence for every page that an editor can change things with."""

from flask_babel import lazy_gettext as _l

WORDS = {
    "account.delete": _l("Asked for the deletion of"),
    "account.factor_off": _l("Turned two-factor sign-in off for"),
    "account.factor_on": _l("Turned two-factor sign-in on for"),
    "account.identity_on": _l("Connected a sign-in by the organisation to"),
    "account.passkey_off": _l("Removed a passkey of"),
    "account.passkey_on": _l("Added a passkey to"),
    "account.recovery_codes": _l("Made new recovery codes for"),
    "account.recovery_used": _l("Used a recovery code of"),
    "people.factor_off": _l("Turned two-factor sign-in off for"),
    "account.email": _l("Changed the email of"),
    "account.erased": _l("Erased the account of"),
    "account.kept": _l("Kept, by signing in, the account of"),
    "account.reset": _l("Chose, by a link, a new password for"),
    "account.password": _l("Changed the password of"),
    "account.register": _l("Made the account of"),
    "account.sign_in": _l("Signed in as"),
    "edit.add_image": _l("Added an image while editing"),
    "edit.add_image_new": _l("Added an image to"),
    "edit.apply_plan": _l("Applied the plan of"),
    "edit.archive_card": _l("Archived"),
    "edit.archive_deck": _l("Archived the deck"),
    "edit.card": _l("Edited"),
    "edit.decide": _l("Decided on questions that imports had left open"),
    "edit.details": _l("Changed the details of"),
    "edit.discard_upload": _l("Gave up the upload"),
    "edit.document": _l("Changed the document of"),
    "edit.import_upload": _l("Imported"),
    "edit.imports": _l("Uploaded"),
    "edit.join_cards": _l("Joined with another card"),
    "edit.move_card": _l("Moved"),
    "edit.new_card": _l("Added"),
    "edit.new_deck": _l("Made the deck"),
    "edit.new_source": _l("Began to follow"),
    "edit.part_card": _l("Parted again, from"),
    "edit.remove_source": _l("Stopped following"),
    "edit.restore_card": _l("Restored"),
    "edit.restore_deck": _l("Restored the deck"),
    "edit.revert_card": _l("Took back to an older version"),
    "edit.revert_deck": _l("Took the details back to an older version, of"),
    "edit.source": _l("Changed which files are followed of"),
    "edit.split_card": _l("Split in two"),
    "edit.stop_import": _l("Stopped the import of"),
    "edit.sync_source": _l("Started a sync of"),
    "edit.sync_sources": _l("Started a sync of every source"),
    "edit.undo_import": _l("Undid the import of"),
    "edit.upload_text": _l("Mended the text of the upload"),
    "people.delete": _l("Asked for the deletion of"),
    "people.disable": _l("Disabled"),
    "people.enable": _l("Enabled"),
    "people.end_sessions": _l("Ended every session of"),
    "people.invite": _l("Made an invitation"),
    "people.reset_link": _l("Made a reset link for"),
    "people.revoke_invitation": _l("Took an invitation back"),
    "people.role": _l("Changed the role of"),
    "system.portal": _l("Changed name or welcome text of the portal"),
    "system.registration": _l("Changed who may register:"),
    "system.set_up": _l("Set the portal up, with the administrator"),
    "system.setup_link": _l("Made a set-up link"),
}
"""By the action of an entry; what it was done to stands behind."""

READ_ONLY = {"edit.preview", "edit.preview_new", "edit.merge"}
"""Forms that change nothing."""

ROLES = {
    "learner": _l("learner"),
    "editor": _l("editor"),
    "admin": _l("administrator"),
    "visitor": _l("visitor"),
    "command": _l("command line"),
    "portal": _l("the portal by itself"),
    "open": _l("anybody"),
    "invited": _l("by invitation"),
    "closed": _l("nobody"),
}
"""Words of who did something, and of what was changed from and to."""
AREAS = (
    ("", _l("Everything")),
    ("content", _l("Content")),
    ("people", _l("People and rights")),
    ("account", _l("Sign-in and accounts")),
    ("system", _l("The portal")),
)

NOTED: dict[str, str] = {
    "edit.change_role": "people.role",
    "edit.delete_person": "people.delete",
    "edit.disable_person": "people.disable",
    "edit.enable_person": "people.enable",
    "edit.end_person_sessions": "people.end_sessions",
    "edit.invite": "people.invite",
    "edit.factor_off": "people.factor_off",
    "edit.make_reset_link": "people.reset_link",
    "edit.portal": "system.registration",
    "edit.revoke_invitation": "people.revoke_invitation",
}
"""Forms whose services note what they did, and as what."""
