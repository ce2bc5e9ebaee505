"""`cpor`: the API from a terminal, for the developers of portals and for operators. Never deployed.

It asks what any caller could ask: the same routes, the same token, the same problem codes. Exit codes: 0 done, 1 refused or
failed (the problem is on standard error), 2 wrongly called, 3 the API does not answer.
"""
