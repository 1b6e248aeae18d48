"""The field's evaluation protocols: one file each, which reads a data set in its true layout and judges rankings by its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from app.evaluation.protocols import cars, classes, copies, landmarks, met, oxford, revisited
from app.evaluation.protocols.task import ProtocolError, Task

__all__ = ["PROTOCOLS", "Protocol", "ProtocolError", "Task", "protocol"]


@dataclass(frozen=True)
class Protocol:
    """`source`: where the data comes from; `layout`: what the folder must hold."""

    name: str
    about: str
    source: str
    layout: str
    read: Callable[[Path], Task]


def _of(name: str, module: ModuleType) -> Protocol:
    about = (module.__doc__ or "").strip().splitlines()[0]
    return Protocol(name, about, module.SOURCE, module.LAYOUT, module.read)


PROTOCOLS = {
    name: _of(name, module)
    for name, module in (
        ("oxford", oxford), ("revisited", revisited), ("landmarks", landmarks), ("met", met), ("cars", cars), ("classes", classes),
        ("copies", copies),
    )
}  # fmt: skip


def protocol(name: str) -> Protocol:
    """Raises ProtocolError, which lists the names there are."""
    if name not in PROTOCOLS:
        raise ProtocolError(f"There is no protocol {name!r}; known: {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]
