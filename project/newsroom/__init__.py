"""The newspaper: articles and the comments under them."""
