"""``python -m complaintflow.cli``."""

from complaintflow.cli import main

main()
