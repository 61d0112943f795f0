"""What does the work: one room per product, each with its ``Settings`` (``[runners.NAME]``), its ``Target`` (an environment's own keys) and a runner."""
