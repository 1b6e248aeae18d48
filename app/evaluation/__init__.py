"""Ground truths, metrics whose names carry their protocol, intervals and run cards. Imports the engine's types alone."""
