"""Health: `/health/live` says the process answers, `/health/ready` that it can serve (the database is there)."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db.session import DatabaseBusy
from app.web.access import Access, access
from app.web.database import db

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
@access(Access.ANYONE)
def live() -> Response:
    """The process answers."""
    return jsonify(status="live")


@blueprint.get("/ready")
@access(Access.ANYONE)
def ready() -> tuple[Response, int]:
    """The database answers and has its tables."""
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    except (SQLAlchemyError, DatabaseBusy) as error:
        return jsonify(status="unavailable", database=type(error).__name__), 503
    return jsonify(status="ready"), 200
