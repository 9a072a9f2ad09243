"""How both sides share the floor: a caller's and an agent's speech, over and beside each other."""
