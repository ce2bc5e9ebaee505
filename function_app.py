"""The function app: refuses a start with wrong settings and registers the blueprints, nothing else."""

import gc

import azure.functions as func

from functions import (
    associations,
    check,
    claim_batches,
    claims,
    consent,
    contests,
    earning_queries,
    earnings,
    erasures,
    evaluation,
    events,
    health,
    mail_events,
    moves,
    nightly,
    openapi,
    outbox,
    partners,
    payouts,
    poe,
    programmes,
    reconciliation,
    reviews,
    scanning,
    schedules,
    signing,
    statements,
    suppressions,
    usage,
    usage_views,
    webhooks,
)
from shared import bootstrap

# Python's default looks for garbage hundreds of times while a worker starts, and there is none: modules stay. It costs a tenth of
# the first answer. A worker holds some megabytes more for it.
gc.set_threshold(50_000)
bootstrap.start()
app = func.FunctionApp()
for room in (
    claims,
    claim_batches,
    moves,
    contests,
    poe,
    consent,
    check,
    signing,
    reviews,
    partners,
    associations,
    programmes,
    events,
    webhooks,
    outbox,
    mail_events,
    suppressions,
    scanning,
    schedules,
    health,
    usage,
    usage_views,
    evaluation,
    nightly,
    earnings,
    erasures,
    statements,
    payouts,
    reconciliation,
    earning_queries,
    openapi,
):
    app.register_functions(room.bp)
