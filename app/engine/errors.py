"""What can go wrong in the engine. Each message is one sentence that names the thing, the value and the way out."""

from __future__ import annotations

from app.sentences import SentenceError


class EngineError(SentenceError):
    """Base of every error that the engine raises on purpose."""


class ImageError(EngineError):
    """A picture cannot be used: broken, too large, or of a kind that is not read."""


class WeightsError(EngineError):
    """A weight file is missing, cut or not the one that `weights.toml` names."""


class PresetError(EngineError):
    """No preset of that name, or one whose parts cannot be had."""


class BuildError(EngineError):
    """An index build failed its checks, is missing or is damaged."""


class NoIndexError(BuildError):
    """Nothing has been published yet, so nothing can be searched."""


class CancelledError(EngineError):
    """The caller asked for a stop; nothing was published."""
