"""What the tests of commands share."""
