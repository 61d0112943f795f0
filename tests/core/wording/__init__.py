"""What the wording tests share."""
