"""One file per manner of painting: `paint(rng, size, subject) -> Image`, uint8 RGB."""
