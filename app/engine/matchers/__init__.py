"""Learned local features and matchers: another, dearer way to verify a candidate (docs/verification.md)."""
