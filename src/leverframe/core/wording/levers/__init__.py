"""What is said about commands, deployments, approvals and locks, in English and Korean."""
