"""A second service that takes over while the first one fails, in the middle of a talk."""
