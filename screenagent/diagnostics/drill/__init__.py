"""The injection drill: screens whose text commands the agent, and their harmless twins, against an approval policy."""

from screenagent.diagnostics.drill.drill import TASK, DrillResult, DrillSummary, person, run_drill
from screenagent.diagnostics.drill.scenes import DrillScene, drill_scenes

__all__ = ["TASK", "DrillResult", "DrillScene", "DrillSummary", "drill_scenes", "person", "run_drill"]
