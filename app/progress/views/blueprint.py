"""The blueprint that every page of this room registers on."""

from flask import Blueprint

blueprint = Blueprint("progress", __name__)
