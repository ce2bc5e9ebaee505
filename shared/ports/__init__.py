"""What the use cases need of the world, as Protocols; adapters fulfil them, the contract suites say what fulfilling means.

Whoever adds a port says there what it promises, gives it one adapter for Azure and one that runs locally (or one that does both),
and runs the same contract suite on each. A module per noun: what a cold start does not need, it does not import.
"""
