"""The verbs: definition, the standard table, decide and evolve."""
