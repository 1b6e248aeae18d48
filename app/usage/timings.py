"""How long the stages of a build take on this machine: timed while they run, kept, and asked for when the next is planned."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy import delete, select

from app.extensions import db
from app.usage.index_models import StageTiming

DESCRIBE = "describe"
STAGES = (DESCRIBE, "write", "train", "check", "publish")  # of `Indexer.build`, in its order
LAST_FEW = 5  # builds that a rate is reckoned from
ENOUGH = 8  # pictures; fewer are timed only where there is nothing better
KEPT = 200  # rows


@dataclass
class _Stage:
    name: str
    began: float
    first: int  # done when it began
    last: int  # done when it was last told of
    told: float  # when that was


@dataclass
class Clock:
    """A progress callback that takes the time of every stage and hands on what it is told."""

    tell: Callable[[str, int, int], None] | None = None
    now: Callable[[], float] = time.monotonic
    ended: dict[str, float] = field(default_factory=dict)  # seconds
    _stage: _Stage | None = None
    described: int = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        at = self.now()
        if self._stage is None or stage != self._stage.name:
            self._close(at)
            self._stage = _Stage(stage, at, done, done, at)
        self._stage.last, self._stage.told = done, at
        if stage == DESCRIBE:
            self.described = done - self._stage.first
            self.ended[DESCRIBE] = at - self._stage.began
        if self.tell is not None:
            self.tell(stage, done, total)

    def _close(self, at: float) -> None:
        if self._stage is not None and self._stage.name != DESCRIBE:
            self.ended[self._stage.name] = at - self._stage.began

    def stop(self) -> None:
        """The work has come to its end."""
        self._close(self.now())


def keep(clock: Clock, preset: str, pictures: int = 0) -> None:
    """Keep what a build took; one that was stopped (`pictures` 0) tells at least how quickly it described. Commits."""
    if pictures:
        clock.stop()
    worked = {stage: clock.described if stage == DESCRIBE else pictures for stage in clock.ended}
    rows = [
        StageTiming(preset=preset, stage=stage, pictures=worked[stage], seconds=seconds)
        for stage, seconds in clock.ended.items()
        if worked[stage] > 0 and seconds > 0
    ]
    db.session.add_all(rows)
    newest = select(StageTiming.id).order_by(StageTiming.id.desc()).limit(KEPT)
    db.session.execute(delete(StageTiming).where(StageTiming.id.not_in(newest.scalar_subquery())))
    db.session.commit()


@dataclass(frozen=True)
class Measured:
    """What a rate rests on."""

    pictures: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.pictures / self.seconds


def measured(stage: str, presets: Collection[str] | None = None) -> Measured | None:
    """How quickly a stage went lately, with one of these presets or with any; None where it never ran here."""
    query = select(StageTiming).where(StageTiming.stage == stage).order_by(StageTiming.id.desc()).limit(LAST_FEW)
    if presets is not None:
        query = query.where(StageTiming.preset.in_(presets))
    rows = list(db.session.scalars(query.where(StageTiming.pictures >= ENOUGH))) or list(db.session.scalars(query))
    if not rows:
        return None
    return Measured(sum(row.pictures for row in rows), sum(row.seconds for row in rows))


def known_presets() -> set[str]:
    """Presets that something was described with here."""
    return set(db.session.scalars(select(StageTiming.preset).where(StageTiming.stage == DESCRIBE).distinct()))
