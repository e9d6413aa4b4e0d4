"""What the metric contract forbids and demands of the models, checked on their compiled SQL."""

from include.governance.policy.problem import Problem

__all__ = ["Problem"]
