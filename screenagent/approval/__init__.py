"""Decides what may be done without asking: approvers, policy, vault."""

from screenagent.approval.approvers import AllowAll, AskPerson, DenyAll, Question
from screenagent.approval.audit import Finding, check
from screenagent.approval.policy import Policy, Ruling, default_policy

__all__ = [
    "AllowAll",
    "AskPerson",
    "DenyAll",
    "Finding",
    "Policy",
    "Question",
    "Ruling",
    "check",
    "default_policy",
]
