"""That a talk ended because its connection did."""


class Broken(Exception):
    """The connection to a room broke, or never came about."""
