"""The blueprint of the API and what comes before each of its calls."""

from __future__ import annotations

from flask import Blueprint

from app.extensions import csrf
from app.web import api_access, api_parameters

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)  # no cookie does anything here
bp.before_request(api_parameters.without_nul)
bp.before_request(api_access.read_token)
