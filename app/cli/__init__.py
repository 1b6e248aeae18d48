"""Commands: shells of a few lines over the verbs of the other rooms. Heavy imports stay inside the functions."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

COMMANDS = (
    "backup", "catalogue", "demo", "doctor", "evaluate", "index", "jobs", "languages", "prepare",
    "restore", "search", "simulate", "statistics", "train",
    "users", "weights",
)  # fmt: skip


def register(app: Flask) -> None:
    """Add the command `command` of every module."""
    for name in COMMANDS:
        app.cli.add_command(import_module(f"app.cli.{name}").command)
