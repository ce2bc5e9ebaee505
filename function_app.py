"""The function app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import (
    claims,
    consent,
    earnings,
    evaluation,
    health,
    moves,
    nightly,
    openapi,
    outbox,
    partners,
    poe,
    reviews,
    schedules,
    usage,
)

app = func.FunctionApp()
for room in (
    claims,
    moves,
    poe,
    consent,
    reviews,
    partners,
    outbox,
    schedules,
    health,
    usage,
    evaluation,
    nightly,
    earnings,
    openapi,
):
    app.register_functions(room.bp)
