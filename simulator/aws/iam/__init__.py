"""IAM for the simulated cloud: which permissions a call needs, and whether the account's policies give them.

Not judged: organisations, other accounts, users' permission boundaries (moto keeps none), VPC endpoint policies, and
policies of queues and secrets.
"""

from soundstage.simulator.aws.iam.enforcer import Enforcer

__all__ = ["Enforcer"]
