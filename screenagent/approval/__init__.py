"""Decides what may be done without asking: approvers, policy, the answers of a person, audit of past runs, vault."""

from screenagent.approval.approvers import AllowAll, ApprovalQuestion, Asker, DenyAll, PolicyApprover
from screenagent.approval.audit import AuditFinding, audit
from screenagent.approval.policy import Policy, Ruling, default_policy

__all__ = [
    "AllowAll",
    "ApprovalQuestion",
    "Asker",
    "AuditFinding",
    "DenyAll",
    "Policy",
    "PolicyApprover",
    "Ruling",
    "audit",
    "default_policy",
]
