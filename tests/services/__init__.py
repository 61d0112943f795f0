"""Real servers and browsers for tests: where they are, how to start them, how to install what is missing."""
