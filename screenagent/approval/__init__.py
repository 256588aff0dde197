"""Decides what may be done without asking: approvers, policy, vault."""

from screenagent.approval.approvers import AllowAll, AskPerson, DenyAll, Question
from screenagent.approval.policy import Finding, Policy, Ruling, check, default_policy

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
