"""Replaying the public complaint database of the US Consumer Financial Protection Bureau (CFPB)."""
