"""How each family of vision models is prompted to point, and how its answers are read."""

from screenagent.models.families.family import Family, all_families, family_named, family_of

__all__ = ["Family", "all_families", "family_named", "family_of"]
