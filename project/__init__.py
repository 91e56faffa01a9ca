"""The demo site: a small regional newspaper with a moderation desk."""
