"""What happened to one's own account, in a sentence each."""

from flask_babel import lazy_gettext as _l

WORDS = {
    "account.email": _l("Email changed"),
    "account.factor_off": _l("Two-factor sign-in turned off"),
    "account.factor_on": _l("Two-factor sign-in turned on"),
    "account.identity_off": _l("Sign-in by the organisation disconnected"),
    "account.identity_on": _l("Sign-in by the organisation connected"),
    "account.kept": _l("Account kept, by signing in"),
    "account.passkey_off": _l("Passkey removed"),
    "account.passkey_on": _l("Passkey added"),
    "account.password": _l("Password changed"),
    "account.recovery_codes": _l("New recovery codes made"),
    "account.recovery_used": _l("Recovery code used"),
    "account.register": _l("Account made"),
    "account.reset": _l("New password chosen by a link"),
    "account.sign_in": _l("Signed in"),
    "people.disable": _l("Disabled by an administrator"),
    "people.enable": _l("Enabled by an administrator"),
    "people.end_sessions": _l("Signed out everywhere by an administrator"),
    "people.factor_off": _l("Two-factor sign-in turned off by an administrator"),
    "people.reset_link": _l("Reset link made by an administrator"),
    "people.role": _l("Role changed by an administrator"),
}
HOW = {
    "password": _l("with the password"),
    "code": _l("with password and code"),
    "recovery code": _l("with password and recovery code"),
    "passkey": _l("with a passkey"),
    "identity": _l("by the organisation"),
    "register": _l("when the account was made"),
    "setup": _l("by the set-up link"),
}
