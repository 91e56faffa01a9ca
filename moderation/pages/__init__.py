"""Pages for readers and authors: reporting a text, and contesting a decision. Plain Django."""
