"""Training of the two framing models."""
