"""Which rows make the data set."""
