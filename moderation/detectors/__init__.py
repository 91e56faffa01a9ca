"""What looks at a text: the protocol, and the built-in detectors with their data."""
