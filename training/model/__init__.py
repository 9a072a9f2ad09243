"""The base model, its adapter, and how both are trained and exported."""
