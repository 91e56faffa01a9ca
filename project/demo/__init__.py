"""``python -m project.demo``: the whole site on one machine, or (``CHECK=1``) a check of it."""
