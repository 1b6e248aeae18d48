"""What kind of device asks: a class of four, all that is kept of what a browser says about itself."""

from __future__ import annotations

DEVICES = ("phone", "tablet", "computer", "program")
TABLETS = ("ipad", "tablet", "kindle", "silk/", "playbook")
PHONES = ("iphone", "ipod", "mobi", "phone")
PROGRAMS = ("bot", "crawler", "spider", "headless")


def device_of(user_agent: str) -> str:
    """phone, tablet, computer or program. An iPad that asks for pages as a Mac would says that it is one: a computer."""
    words = user_agent.lower()
    if "mozilla" not in words and "opera" not in words or any(name in words for name in PROGRAMS):
        return "program"
    # Android's own rule: a phone's browser says Mobile, a tablet's does not
    if any(name in words for name in TABLETS) or ("android" in words and "mobi" not in words):
        return "tablet"
    return "phone" if any(name in words for name in PHONES) else "computer"
