"""The blueprint that every page of this room registers on."""

from flask import Blueprint

blueprint = Blueprint("edit", __name__, url_prefix="/edit")
