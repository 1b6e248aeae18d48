"""Learned local features and matchers, as benchmarks/verifiers.py compares them with the product's own."""
