"""What Flask-Security calls to send a message; apart from `app.accounts.mail`, since the extension is made before the tables."""

from __future__ import annotations

from typing import Any

from flask_security import MailUtil


class Outbox(MailUtil):
    """Puts each message into the outbox."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        from app.accounts import mail

        address = recipient if isinstance(recipient, str) else recipient[1]
        mail.put(template.rpartition("/")[2], address, str(subject), body or "")
