"""The function app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import (
    associations,
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
    programmes,
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
    associations,
    programmes,
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
