"""What is kept of a user: temporal signals, historical interactions, factual anchors."""
