"""How each family of vision models is asked for a place, and what its answers mean."""

from screenagent.models.families.family import Family, all_families, family_named, family_of

__all__ = ["Family", "all_families", "family_named", "family_of"]
