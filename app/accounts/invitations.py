"""Invitations: an admin has a link sent to an address; whoever opens it within a week sets a password and has the account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from flask import render_template, url_for
from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError

from app.accounts import audit, mail, users
from app.accounts.configuration import PASSWORD_LENGTH_MIN
from app.accounts.mail import at_site
from app.accounts.messages import ERRORS
from app.accounts.models import ROLES, Invitation, Mail, User
from app.accounts.tokens import digest
from app.catalogue.models import now
from app.extensions import db
from app.language import gettext as _
from app.sentences import N_, SentenceError

GOOD_FOR = timedelta(days=7)
KIND = "invitation"  # of the message
MEANS = {  # what an account of each role is for
    "visitor": N_("It keeps your searches, favourites and collections."),
    "curator": N_("With it you look after the catalogue, the index, and what visitors say."),
    "admin": N_("With it you look after everything: the catalogue, the index, the accounts."),
}


class InvitationError(SentenceError):
    """Nobody can be invited so, or the link is not good."""


def invite(email: str, role: str, by: User) -> Invitation:
    """Invite an address to an account with the role, and write to it. Commits. Raises InvitationError."""
    try:
        email = users.normal(email)
    except users.AccountError as error:
        raise InvitationError(N_("%(email)s is not an e-mail address."), email=repr(email)) from error
    if role not in ROLES:
        raise InvitationError(N_("There is no role %(role)s."), role=repr(role))
    if users.find(email):
        raise InvitationError(N_("There is an account for %(email)s already: give it another role below."), email=email)
    if db.session.scalar(open_().where(func.lower(Invitation.email) == email.lower())):
        raise InvitationError(N_("%(email)s is invited already: send it again, or withdraw it first."), email=email)
    made = Invitation(email=email, role=role, digest="", invited_by=by.email)
    db.session.add(made)
    _send(made)
    audit.record("invitation.send", email, role=role)
    db.session.commit()
    return made


def send_again(invitation: Invitation) -> None:
    """Another link, good for a week from now; the one before is no longer good. Commits. Raises InvitationError."""
    _refuse_closed(invitation)
    invitation.sent_at = now()
    _send(invitation)
    audit.record("invitation.resend", invitation.email, role=invitation.role)
    db.session.commit()


def withdraw(invitation: Invitation) -> None:
    """The link is no longer good. Commits. Raises InvitationError where it has been used."""
    _refuse_closed(invitation)
    invitation.withdrawn_at = now()
    audit.record("invitation.withdraw", invitation.email, role=invitation.role)
    db.session.commit()


def _refuse_closed(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise InvitationError(N_("%(email)s has accepted already: the account is below."), email=invitation.email)
    if invitation.withdrawn_at:
        raise InvitationError(N_("This invitation of %(email)s is withdrawn: invite anew."), email=invitation.email)


def _send(invitation: Invitation) -> None:
    """Give it a new secret, which only the message holds."""
    secret = secrets.token_urlsafe(32)
    invitation.digest = digest(secret)
    link = at_site(url_for("accounts.invitation", secret=secret, _external=True))
    text = render_template(
        "security/email/invitation.txt", invitation=invitation, link=link, means=MEANS[invitation.role], days=GOOD_FOR.days
    )
    old = delete(Mail).where(Mail.kind == KIND, func.lower(Mail.recipient) == invitation.email.lower(), Mail.state != "sent")
    db.session.execute(old)  # its link is not good any more
    mail.put(KIND, invitation.email, _("An account at Pinakes for you"), text)


def open_() -> Select[Invitation]:
    """Those that were neither accepted nor withdrawn, the newest first; expired ones are among them, to be sent again."""
    waiting = select(Invitation).where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    return waiting.order_by(Invitation.sent_at.desc(), Invitation.id.desc())


def messages_of(invitations: list[Invitation]) -> dict[str, Mail]:
    """Address → the latest message to it, to read its link or see that it could not be sent."""
    wanted = [one.email for one in invitations]
    found = select(Mail).where(Mail.kind == KIND, Mail.recipient.in_(wanted)).order_by(Mail.id)
    return {one.recipient: one for one in db.session.scalars(found)}


def good_until(invitation: Invitation) -> datetime:
    return invitation.sent_at + GOOD_FOR


def expired(invitation: Invitation) -> bool:
    return good_until(invitation) < now()


def find(secret: str) -> Invitation:
    """The invitation of a link that is good. Raises InvitationError with what is wrong and what to do."""
    found: Invitation | None = db.session.scalar(select(Invitation).where(Invitation.digest == digest(secret)))
    if found is None:
        raise InvitationError(N_("This link is not whole, or a newer one was sent. Open the link of the latest message."))
    if found.accepted_at:
        raise InvitationError(N_("This link has been used: log in with the password that you chose."))
    if found.withdrawn_at:
        raise InvitationError(N_("This invitation was withdrawn. Ask whoever invited you if you think that it should not be."))
    if expired(found):
        text = N_("This link was good for %(days)s days. Ask whoever invited you to send it again.")
        raise InvitationError(text, days=GOOD_FOR.days)
    if users.find(found.email):
        raise InvitationError(N_("There is an account for %(email)s already: log in instead."), email=found.email)
    return found


def accept(invitation: Invitation, password: str, again: str) -> User:
    """Make the account, its address confirmed by the link. Commits. Raises InvitationError."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise InvitationError(ERRORS["PASSWORD_INVALID_LENGTH"], length=PASSWORD_LENGTH_MIN)
    if password != again:
        raise InvitationError(ERRORS["RETYPE_PASSWORD_MISMATCH"])
    email = invitation.email
    invitation.accepted_at = now()
    audit.record("invitation.accept", email, role=invitation.role, invited_by=invitation.invited_by)
    try:
        user, _password = users.create(email, invitation.role, password)
    except (users.AccountError, IntegrityError) as error:  # a second press was quicker
        db.session.rollback()
        raise InvitationError(N_("There is an account for %(email)s already: log in instead."), email=email) from error
    return user
