"""What all actions share."""

from __future__ import annotations

from typing import ClassVar

from complaintflow.model.base import Frozen, Label, Words


class Action(Frozen):
    """One thing that somebody does to a case: the typed payload, named in the imperative.

    ``type`` is its stable name in files and tables; ``label`` its name for people.
    """

    type: str
    label: ClassVar[Label]

    def words_for_customer(self) -> str | None:
        """The text in this action that the complainant will read, if any (law 10)."""
        return None


class ToCustomer(Action):
    """An action whose ``text`` the complainant reads."""

    text: Words

    def words_for_customer(self) -> str | None:
        return self.text
