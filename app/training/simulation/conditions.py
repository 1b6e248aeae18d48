"""Under which conditions a visitor takes a photograph: named sets of ranges, data rather than code."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
FRAMES = ("plain", "gilt", "passe-partout", "none")


@dataclass(frozen=True)
class Conditions:
    """Ranges that one photograph's conditions are drawn from, each `(low, high)`, drawn uniformly.

    Angles are in degrees, blur and noise in photo pixels and grey levels for a photo of 1,400 px, shares in 0…1.
    """

    long_side: Range = (1200, 1600)  # of the photo, in pixels
    fill: Range = (0.55, 0.78)  # share of the photo that the pictures' bounding box spans, along its tighter side
    offset: Range = (0.0, 0.35)  # how far off the middle, as a share of the free space
    frames: tuple[str, ...] = FRAMES
    tilt: Range = (0.0, 6.0)  # how far the camera looks at the wall from the side, above or below
    roll: Range = (-1.5, 1.5)  # of the camera
    unevenness: Range = (0.1, 0.3)  # of the light over the photo
    glare: Range = (0.0, 0.0)  # brightness of the reflection on the glass; 0: none
    washed: Range = (0.0, 0.0)  # share of the picture under one bright reflection that leaves almost nothing of it
    defocus: Range = (0.0, 0.7)  # standard deviation of the blur
    motion: Range = (0.0, 0.0)  # length of the smear
    noise: Range = (1.5, 4.0)  # standard deviation of the sensor's noise
    impulses: Range = (0.0, 0.0)  # share of pixels that are black or white (salt-and-pepper noise)
    cast: Range = (0.0, 0.07)  # how far the white balance is off
    exposure: Range = (0.9, 1.08)
    vignette: Range = (0.05, 0.2)  # loss of light in the corners
    hidden: Range = (0.0, 0.0)  # share of the first picture behind a visitor or a finger
    cut: Range = (0.0, 0.0)  # share of the pictures' width or height beyond the photo's edge
    moire: Range = (0.0, 0.0)  # depth of the stripes of a screen that shows the picture
    quality: Range = (78, 93)  # of the JPEG
    furniture: bool = True  # wall label, skirting board, neighbouring works

    @classmethod
    def of(cls, kind: str) -> Conditions:
        """The conditions of a kind. Raises ValueError with the known kinds if there is none of that name."""
        known = KINDS | HARD_KINDS
        if kind not in known:
            raise ValueError(f"There is no kind of photo named {kind!r}; known are {', '.join(known)}.")
        return known[kind]


CLEAN = Conditions(
    frames=("none",), tilt=(0, 0), roll=(0, 0), unevenness=(0, 0), defocus=(0, 0), noise=(0, 0), cast=(0, 0),
    exposure=(1, 1), vignette=(0, 0), quality=(98, 98), furniture=False,
)  # fmt: skip

KINDS: dict[str, Conditions] = {
    "clean": CLEAN,
    "framed": Conditions(frames=("plain", "gilt", "passe-partout")),
    "perspective": Conditions(tilt=(18, 34), roll=(-4, 4), fill=(0.6, 0.8)),
    "uneven light": Conditions(unevenness=(0.55, 0.85), cast=(0.04, 0.12)),
    "glare": Conditions(glare=(0.35, 0.75), frames=("plain", "passe-partout", "gilt"), tilt=(2, 12)),
    "blur": Conditions(defocus=(1.2, 2.4), motion=(0, 7)),
    "noise": Conditions(noise=(14, 24), exposure=(0.6, 0.85), impulses=(0.0, 0.012), quality=(60, 80)),
    "partly hidden": Conditions(hidden=(0.15, 0.32)),
    "two works": Conditions(fill=(0.82, 0.93), tilt=(0, 12)),
    "cropped": Conditions(fill=(1.08, 1.35), tilt=(0, 8), furniture=False),
    "cut": Conditions(cut=(0.15, 0.4), fill=(0.7, 0.9)),
    "rotated": Conditions(roll=(-24, 24), fill=(0.55, 0.7)),
    "far": Conditions(fill=(0.24, 0.36), offset=(0.1, 0.6)),
    "hard": Conditions(
        fill=(0.42, 0.62), tilt=(12, 28), roll=(-7, 7), unevenness=(0.35, 0.65), glare=(0.15, 0.4), defocus=(0.6, 1.4),
        motion=(0, 4), noise=(6, 12), cast=(0.05, 0.14), exposure=(0.7, 0.95), hidden=(0.0, 0.15), quality=(55, 80),
    ),
}  # fmt: skip

# What a benchmark asks that means to find the limits; each is one difficulty, the last several at once.
HARD_KINDS: dict[str, Conditions] = {
    "slanting": Conditions(tilt=(40, 60), roll=(-5, 5), fill=(0.7, 0.9)),
    "a third visible": Conditions(cut=(0.6, 0.67), fill=(0.95, 1.2), tilt=(0, 10)),
    "glare over a third": Conditions(washed=(0.3, 0.4), tilt=(2, 12)),
    "dusk": Conditions(exposure=(0.2, 0.35), noise=(8, 14), cast=(0.05, 0.15), unevenness=(0.3, 0.5), quality=(65, 85)),
    "motion blur": Conditions(motion=(14, 26), defocus=(0.5, 1.0)),
    "screen": Conditions(moire=(0.25, 0.5), frames=("none",), tilt=(2, 14), furniture=False, fill=(0.8, 0.95)),
    "a tenth of the photo": Conditions(fill=(0.28, 0.34), offset=(0.1, 0.8)),
    "turned": Conditions(roll=(-180, 180), fill=(0.55, 0.75)),
    "all at once": Conditions(
        tilt=(15, 35), roll=(-40, 40), fill=(0.4, 0.55), unevenness=(0.3, 0.6), glare=(0.2, 0.5), motion=(0, 8), defocus=(0.5, 1.2),
        noise=(6, 12), exposure=(0.5, 0.85), hidden=(0.05, 0.2), quality=(55, 75),
    ),
}  # fmt: skip
