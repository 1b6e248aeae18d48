"""Looking after the index: what a build will cost, whether the published one is in health, which of two is better, and when."""
