"""What Flask-Security says, in the words of the site; the level (`error`, `success`, `info`) colours the message."""

from __future__ import annotations

from app.sentences import N_

ERRORS = {
    "EMAIL_NOT_PROVIDED": N_("Enter your e-mail address."),
    "INVALID_EMAIL_ADDRESS": N_("This is not an e-mail address."),
    "PASSWORD_NOT_PROVIDED": N_("Enter a password."),
    "PASSWORD_INVALID_LENGTH": N_("A password needs at least %(length)s characters; a short sentence is a good one."),
    "RETYPE_PASSWORD_MISMATCH": N_("The two passwords differ."),
    "PASSWORD_IS_THE_SAME": N_("The new password is the old one."),
    "INVALID_PASSWORD": N_("This is not your present password."),
    "DISABLED_ACCOUNT": N_("This account has been closed by the staff."),
    "EMAIL_ALREADY_ASSOCIATED": N_("There is an account for %(email)s already: log in instead."),
    "USER_DOES_NOT_EXIST": N_("There is no account for this address."),
    "UNAUTHENTICATED": N_("Please log in first."),
    "GENERIC_AUTHN_FAILED": N_("This e-mail address and password do not fit together."),
    "CONFIRMATION_REQUIRED": N_("Confirm your address first: open the link in the message that we sent you."),
    "INVALID_CONFIRMATION_TOKEN": N_("This link is not whole, or has been replaced by a newer one. Ask for another."),
    "CONFIRMATION_EXPIRED": N_("This link was good for %(within)s. Ask for another."),
    "INVALID_RESET_PASSWORD_TOKEN": N_("This link is not whole, or has been used. Ask for another."),
    "PASSWORD_RESET_EXPIRED": N_("This link was good for %(within)s. Ask for another."),
    "CHANGE_EMAIL_EXPIRED": N_("This link was good for %(within)s. Ask for another."),
    "API_ERROR": N_("This link is not whole, or no longer good. Start once more."),
}
INFORMATION = {
    "REAUTHENTICATION_REQUIRED": N_("Please enter your password once more."),
    "ALREADY_CONFIRMED": N_("This address is confirmed already."),
}
SUCCESSES = {
    "EMAIL_CONFIRMED": N_("Thank you. Your address is confirmed."),
    "PASSWORD_CHANGE": N_("Your password is changed. Other devices are logged out."),
    "PASSWORD_RESET_NO_LOGIN": N_("Your password is changed. Log in with the new one."),
    "CHANGE_EMAIL_CONFIRMED": N_("Thank you. This is your address now."),
    "REAUTHENTICATION_SUCCESSFUL": N_("Thank you. Now go on."),
}
# Where mail leaves the site. They are the same whether or not there is an account.
SENT = {
    "CONFIRM_REGISTRATION": N_("We have written to %(email)s. Open the link in the message, then log in."),
    "CONFIRMATION_REQUEST": N_("If there is an account for %(email)s that is not confirmed, a message is on its way."),
    "PASSWORD_RESET_REQUEST": N_("If there is an account for %(email)s, a message with a link is on its way."),
    "CHANGE_EMAIL_SENT": N_("We have written to %(email)s. Your address changes when you open the link in the message."),
}
# Where it stays in the instance, for the staff to hand on.
KEPT = {
    "CONFIRM_REGISTRATION": N_("Welcome. Your account is ready."),
    "CONFIRMATION_REQUEST": N_("This site sends no mail: if %(email)s is to be confirmed, its staff now have the link. Ask them."),
    "PASSWORD_RESET_REQUEST": N_("This site sends no mail: if %(email)s has an account, its staff now have the link. Ask them."),
    "CHANGE_EMAIL_SENT": N_("This site sends no mail: its staff now have the link for %(email)s. Ask them for it."),
}
SUBJECTS = {
    "EMAIL_SUBJECT_REGISTER": N_("Your account at Pinakes"),
    "EMAIL_SUBJECT_CONFIRM": N_("Confirm your e-mail address"),
    "EMAIL_SUBJECT_PASSWORD_RESET": N_("Set a new password"),
    "EMAIL_SUBJECT_PASSWORD_NOTICE": N_("Your password has been changed"),
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": N_("Your password has been changed"),
    "CHANGE_EMAIL_SUBJECT": N_("Confirm your new e-mail address"),
}


def configuration(sent: bool) -> dict[str, object]:
    """As Flask-Security takes them; `sent`: mail leaves the site."""
    levels = (("error", ERRORS), ("info", INFORMATION), ("success", SUCCESSES), ("success", SENT if sent else KEPT))
    said = {f"SECURITY_MSG_{name}": (text, level) for level, texts in levels for name, text in texts.items()}
    return said | {f"SECURITY_{name}": text for name, text in SUBJECTS.items()}
