"""When to speak: values in, values out. No frames, no sockets, no clock of its own."""
