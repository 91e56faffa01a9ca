"""A small host site with every shape of model a target may meet."""
