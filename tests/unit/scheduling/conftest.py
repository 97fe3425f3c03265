"""A busy machine is no reason to fail: properties are held to what they find, not to how long it takes."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
