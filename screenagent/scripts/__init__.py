"""Task scripts: YAML that people and programs can edit, with the appearances of the targets in a folder beside it."""

from screenagent.scripts.anchors import Anchor, Anchors, NearbyText
from screenagent.scripts.file import Problem, ScriptError, edited, parsed, paths, read_script, written
from screenagent.scripts.parameters import Unbound, bound, filled
from screenagent.scripts.schema import STEPS, AnyStep, Parameter, Placed, Script, every_step, slug

__all__ = [
    "STEPS",
    "Anchor",
    "Anchors",
    "AnyStep",
    "NearbyText",
    "Parameter",
    "Placed",
    "Problem",
    "Script",
    "ScriptError",
    "Unbound",
    "bound",
    "edited",
    "every_step",
    "filled",
    "parsed",
    "paths",
    "read_script",
    "slug",
    "written",
]
