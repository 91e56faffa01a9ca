"""Rewrites by meaning, with a real model and a real pgvector, in an environment of their own."""
