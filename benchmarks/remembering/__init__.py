"""What memory is measured on: conversations, questions, scripted talks."""
