"""Fine-tuning of the encoder: pictures and simulated visitors' photos of them → descriptors that match (docs/training.md)."""
