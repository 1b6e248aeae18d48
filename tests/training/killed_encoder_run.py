"""A training run that dies without a word after so many steps: `python -m … STORE PICTURES SCRATCH STEPS`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from app.engine.weights import WeightStore
from app.training.encoder.run import EncoderRun, run_encoder
from app.training.encoder.settings import Settings

SETTINGS = Settings(epochs=2, batch=6, photos=1, rate=1e-3, head_rate=1e-3, warm_up=2, long_side_px=64, checkpoint_steps=1, seed=2)


def run_of(pictures: Path, scratch: Path, *, resume: bool = False) -> EncoderRun:
    return EncoderRun([pictures], SETTINGS, scratch, scratch / "encoder.npz", resume, threads=1)


def main() -> None:
    store, pictures, scratch, steps = sys.argv[1:]

    def die(stage: str, done: int, total: int) -> None:
        if stage == "training" and done == int(steps):
            os.kill(os.getpid(), signal.SIGKILL)

    run_encoder(run_of(Path(pictures), Path(scratch)), WeightStore(Path(store)), die)


if __name__ == "__main__":
    main()
