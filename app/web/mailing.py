"""The end of a request that wrote to somebody: its messages are committed, then a worker is told to send them."""

from __future__ import annotations

import logging

from flask import Flask, Response, g
from kombu.exceptions import OperationalError

from app.accounts import mail
from app.extensions import db
from app.web.context import settings

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Look after each answer whether there is mail; templates of messages get `at_site`."""
    app.after_request(post)
    app.template_filter("at_site")(mail.at_site)


def post(response: Response) -> Response:
    """Commit and send; a broker that does not answer only delays it: the scheduler looks every minute."""
    if not g.pop("mail_put", False) or response.status_code >= 500:
        return response
    db.session.commit()
    if not settings().mail_url:
        return response
    if settings().testing:
        mail.deliver_due()
        return response
    from tasks import dispatch

    try:
        dispatch.post("tasks.mail.deliver_due", [])
    except OperationalError as error:
        log.warning("the broker does not answer (%s): mail waits for the scheduler", error)
    return response
