"""How it is run: load, plan, append."""
