"""Endings of files that are taken for pictures where a folder or a ZIP is looked through; reading shows what they are."""

from __future__ import annotations

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".gif", ".bmp"))
