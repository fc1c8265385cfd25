"""The judgements: pure functions over a situation."""
