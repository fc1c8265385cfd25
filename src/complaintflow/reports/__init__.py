"""What managers read: projections of complaints and their files."""
