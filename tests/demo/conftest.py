"""A few works of every manner, painted once."""

from __future__ import annotations

import pytest

from app.demo import building, plan
from app.engine.types import Image


@pytest.fixture(scope="session")
def sample() -> dict[str, Image]:
    """Two works of every manner, by id."""
    chosen = [work for work in plan.works() if work.number in (2, 7)]
    return {work.artwork_id: building.paint(work) for work in chosen}
