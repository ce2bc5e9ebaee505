"""A thin host for the function app on one machine: Microsoft's own Python runtime inside, the platform's manners around it.

It guarantees what the app can notice of the real platform: routes, keys, queue and timer semantics, limits in time and size,
scale-out over one storage account. It leaves to the runtime how a trigger becomes Python values and a return value an answer,
and to the platform everything about deployment, scaling and identity. `python -m infra.local.host --help` lists its options.
"""
