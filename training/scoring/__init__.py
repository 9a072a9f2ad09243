"""Judges by name, their figures, and the gate that a new one passes."""
