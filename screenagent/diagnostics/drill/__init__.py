"""The injection drill: screens whose text commands the agent, and their harmless twins, against an approval policy."""

from screenagent.diagnostics.drill.drill import DrillResult, DrillSummary, run_drill
from screenagent.diagnostics.drill.scenes import DrillScene, drill_scenes

__all__ = ["DrillResult", "DrillScene", "DrillSummary", "drill_scenes", "run_drill"]
