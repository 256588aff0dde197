"""Decides what may be done without asking: approvers, policy, vault."""

from screenagent.approval.approvers import AllowAll, ApprovalQuestion, DenyAll, PolicyApprover
from screenagent.approval.audit import AuditFinding, audit
from screenagent.approval.policy import Policy, Ruling, default_policy

__all__ = [
    "AllowAll",
    "ApprovalQuestion",
    "AuditFinding",
    "DenyAll",
    "Policy",
    "PolicyApprover",
    "Ruling",
    "audit",
    "default_policy",
]
