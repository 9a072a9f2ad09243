"""The ladder from a warning to a lasting block: an access decision, never a judge's."""
