"""Every write of the desk. Views, commands, tasks and receivers come through here."""
