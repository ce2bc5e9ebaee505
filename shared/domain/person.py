"""A person whom the programme asks or tells: kept apart from every claim and timeline, so that it can be erased alone."""

from dataclasses import dataclass

from shared.domain.timeline import commitment


@dataclass(frozen=True, slots=True)
class Person:
    """A contact: name and address; `salt` makes the commitment in the timeline unguessable and is erased with them."""

    person_id: str
    tenant_id: str
    name: str
    address: str
    salt: str

    @property
    def commitment(self) -> str:
        """What the timeline holds instead of the person."""
        return commitment(self.salt, f"{self.name}\n{self.address}")

    @property
    def mail_domain(self) -> str:
        """The part of the address behind the last @, lower case."""
        return self.address.rpartition("@")[2].lower()
