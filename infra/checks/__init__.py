"""What can be known of a deployment without a cloud.

Each check takes texts or paths and returns faults, so that tests can break its subject on purpose. None asks Azure anything, and
no compiler for Bicep is at hand; docs/deploy.md says what that leaves open.
"""
