"""Task scripts: YAML that a person can write and a machine can edit, with the appearances of their targets."""

from screenagent.scripts.anchors import Anchor, Anchors
from screenagent.scripts.file import ScriptError, read_script, written
from screenagent.scripts.parameters import bound
from screenagent.scripts.schema import Placed, Script, paths

__all__ = ["Anchor", "Anchors", "Placed", "Script", "ScriptError", "bound", "paths", "read_script", "written"]
