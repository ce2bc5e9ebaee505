"""The function app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import claims, consent, health, outbox, partners, poe, reviews, schedules

app = func.FunctionApp()
for room in (claims, poe, consent, reviews, partners, outbox, schedules, health):
    app.register_functions(room.bp)
