"""Why a picture is not served, with the status that the IIIF Image API 3.0 gives it (section 7.2)."""

from __future__ import annotations

BAD_REQUEST = 400  # not the syntax, or a size above the region without ^
NOT_FOUND = 404  # no such picture, or a size above the limits of info.json
NOT_IMPLEMENTED = 501  # a valid request for something that this service does not have
BUSY = 503


class IiifError(Exception):
    """The message is one sentence for whoever wrote the address."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
