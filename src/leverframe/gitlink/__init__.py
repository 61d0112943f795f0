"""Real git: a hook in any repository on disk tells the hub of what came in. ``linking`` puts it there, ``sender`` is what it runs."""
