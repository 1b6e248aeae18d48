"""Training of any backbone on pictures with labels (docs/training.md)."""
