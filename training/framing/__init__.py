"""Training of the two framing models, and the inference code that they are measured with."""
