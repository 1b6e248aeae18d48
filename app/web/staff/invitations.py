"""Invitations: sent, sent again, withdrawn. The list of open ones is on the page of accounts."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user

from app.accounts import invitations
from app.accounts.access import require
from app.accounts.invitations import InvitationError
from app.accounts.models import Invitation
from app.extensions import db
from app.language import gettext as _
from app.language import said
from app.sentences import N_
from app.web.staff import bp, settings


@bp.post("/invitations")
@require("admin")
def invite() -> Any:
    """Invite an address to an account with a role."""
    form = request.form
    try:
        made = invitations.invite(form.get("email", ""), form.get("role", ""), current_user._get_current_object())
    except InvitationError as error:
        flash(said(error), "error")
        return redirect(url_for("admin.accounts", email=form.get("email", "")[:255]), 303)
    return told(made)


@bp.post("/invitations/<int:invitation_id>/send")
@require("admin")
def send_invitation(invitation_id: int) -> Any:
    """Send it again, with another link that is good for a week from now."""
    return done(invitation_id, invitations.send_again)


@bp.post("/invitations/<int:invitation_id>/withdraw")
@require("admin")
def withdraw_invitation(invitation_id: int) -> Any:
    """Withdraw it: its link is no longer good."""
    return done(invitation_id, invitations.withdraw)


def done(invitation_id: int, verb: Any) -> Any:
    """Do it with the invitation, and say what came of it."""
    found = db.session.get(Invitation, invitation_id)
    if found is None:
        abort(404)
    try:
        verb(found)
    except InvitationError as error:
        flash(said(error), "error")
        return redirect(url_for("admin.accounts"), 303)
    if verb is invitations.send_again:
        return told(found)
    flash(_("The invitation of %(email)s is withdrawn; its link is no longer good.", email=found.email), "success")
    return redirect(url_for("admin.accounts") + "#invited", 303)


def told(invitation: Invitation) -> Any:
    sent = N_("A message with the link is on its way to %(email)s.")
    kept = N_("This site sends no mail: open the message to %(email)s below, and hand its link on.")
    flash(_(sent if settings().mail_url else kept, email=invitation.email), "success")
    return redirect(url_for("admin.accounts") + "#invited", 303)
