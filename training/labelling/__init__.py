"""What happened in a talk, and the label that it gives."""
