"""Timer triggers of the local host, against the real emulator: each tick once over all hosts, a missed run made up for once."""

import json
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobClient, BlobServiceClient

from infra.local.azurite import Azurite
from infra.local.host.lease import CONTAINER
from infra.local.host.listeners import host_id
from tests.local.conftest import Serve
from tests.local.hosted import KEYS, App, eventually

TIMER = """
@app.timer_trigger("timer", "%SCHEDULE%", run_on_startup={at_start}, use_monitor={monitor})
async def tick(timer: func.TimerRequest) -> None:
    note("begun", timer.past_due, timer.schedule_status)
    {action}
    note("done")
"""
EVERY_SECOND = "* * * * * *"
NEW_YEAR = "0 0 0 1 1 *"


@pytest.fixture
def ticking(serve_with_storage: Serve) -> Callable[..., App]:
    """Makes an app whose one timer does `action` between its two notes."""

    def write(schedule: str, action: str = "pass", at_start: bool = False, monitor: bool = True) -> App:
        return serve_with_storage(TIMER.format(action=action, at_start=at_start, monitor=monitor), SCHEDULE=schedule)

    return write


def ticks(app: App) -> list[int]:
    """The second in which each run began, as whole seconds since 1970."""
    return [int(note[1]) for note in app.notes("begun")]


def status(app: App, azurite: Azurite) -> BlobClient:
    """Where the timer's status is kept."""
    with suppress(ResourceExistsError), BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        service.create_container(CONTAINER)
    path = f"timers/{host_id(app.folder.resolve())}/tick/status"
    return BlobClient.from_connection_string(azurite.connection_string, CONTAINER, path)


def stored(blob: BlobClient) -> dict[str, str] | None:
    """The status as stored."""
    try:
        document: dict[str, str] = json.loads(blob.download_blob().readall())
    except ResourceNotFoundError:
        return None
    return document


def a_year_earlier(moment: str) -> str:
    """The same moment of the year before."""
    parsed = datetime.fromisoformat(moment)
    return parsed.replace(year=parsed.year - 1, day=min(parsed.day, 28)).isoformat()


def test_a_timer_runs_at_each_occurrence_once(ticking: Callable[..., App]) -> None:
    app = ticking(EVERY_SECOND)
    app.host()
    app.wait_for_notes(4, "begun")
    seconds = ticks(app)
    assert len(set(seconds)) == len(seconds)
    # A busy machine may miss a tick, hence not exactly three seconds.
    assert 3 <= seconds[3] - seconds[0] <= 6
    assert not any(note[3] for note in app.notes("begun"))


def test_runs_do_not_overlap_and_ticks_that_pass_meanwhile_are_skipped(ticking: Callable[..., App]) -> None:
    app = ticking(EVERY_SECOND, action="await asyncio.sleep(1.3)")
    app.host()
    app.wait_for_notes(3, "done")
    words = [note[2] for note in app.notes()][:6]
    assert words == ["begun", "done"] * 3


def test_a_failed_run_waits_for_its_next_occurrence(ticking: Callable[..., App]) -> None:
    app = ticking(EVERY_SECOND, action="raise ValueError('never')")
    app.host()
    app.wait_for_notes(3, "begun")
    seconds = ticks(app)
    assert len(set(seconds)) == len(seconds)


def test_two_hosts_run_each_tick_once_and_the_other_takes_over_when_one_stops(ticking: Callable[..., App]) -> None:
    app = ticking(EVERY_SECOND)
    hosts = {host.process.pid: host for host in (app.start(), app.start())}
    for host in hosts.values():
        host.ready()
    app.wait_for_notes(4, "begun")
    [holder] = {note[0] for note in app.notes("begun")}
    assert hosts[holder].stop() == 0
    eventually(lambda: {note[0] for note in app.notes("begun")} == set(hosts), "a take-over", 10)
    assert len(set(ticks(app))) == len(ticks(app))


def test_only_the_holder_of_the_lease_runs_at_start(ticking: Callable[..., App]) -> None:
    app = ticking(EVERY_SECOND, at_start=True)
    for host in (app.start(), app.start()):
        host.ready()
    app.wait_for_notes(4, "begun")
    assert len({note[0] for note in app.notes("begun")}) == 1


def test_the_other_host_takes_over_when_the_lease_of_a_dead_one_runs_out(ticking: Callable[..., App]) -> None:
    app = ticking(EVERY_SECOND)
    hosts = {host.process.pid: host for host in (app.host(), app.host())}
    app.wait_for_notes(1, "begun")
    [holder] = {note[0] for note in app.notes("begun")}
    hosts[holder].stop(signal.SIGKILL)
    eventually(lambda: {note[0] for note in app.notes("begun")} == set(hosts), "a take-over", 30)
    assert len(set(ticks(app))) == len(ticks(app))


def test_a_missed_run_is_made_up_for_once(ticking: Callable[..., App], azurite: Azurite) -> None:
    app = ticking(NEW_YEAR)
    blob = status(app, azurite)
    host = app.host()
    first = eventually(lambda: stored(blob), "a status")
    host.stop()
    assert app.notes() == []
    blob.upload_blob(
        json.dumps({**first, **{name: a_year_earlier(first[name]) for name in ("Next", "LastUpdated")}}), overwrite=True
    )
    late = app.host()
    [note] = app.wait_for_notes(1, "begun")
    assert note[3] is True
    assert datetime.fromisoformat(note[4]["Next"]) < datetime.now(UTC)
    eventually(lambda: datetime.fromisoformat((stored(blob) or first)["Next"]) > datetime.now(UTC), "a new status")
    late.stop()
    settled = stored(blob)
    assert settled
    assert datetime.fromisoformat(settled["Next"]) > datetime.now(UTC)
    before = blob.get_blob_properties().etag
    app.host()
    eventually(lambda: blob.get_blob_properties().etag != before, "a judgement of the new status")
    assert len(app.notes("begun")) == 1
    blob.close()


def test_a_status_of_another_schedule_is_not_past_due(ticking: Callable[..., App], azurite: Azurite) -> None:
    app = ticking(NEW_YEAR)
    blob = status(app, azurite)
    long_ago = {"Last": "2020-01-01T00:00:00Z", "Next": "2020-06-01T00:00:00Z", "LastUpdated": "2020-01-01T00:00:00Z"}
    blob.upload_blob(json.dumps(long_ago))
    app.host()
    eventually(lambda: (stored(blob) or {})["Next"] > "2021", "a new status")
    assert app.notes() == []
    blob.close()


@pytest.mark.parametrize("monitor", [True, False])
def test_a_timer_runs_at_start_only_if_it_asks_for_it(ticking: Callable[..., App], monitor: bool) -> None:
    app = ticking(NEW_YEAR, at_start=True, monitor=monitor)
    app.host()
    [note] = app.wait_for_notes(1, "done")
    assert app.notes("begun")[0][3] is False
    assert note[2] == "done"


def test_a_timer_can_be_run_by_hand(ticking: Callable[..., App]) -> None:
    app = ticking(NEW_YEAR)
    host = app.host()
    master = {"x-functions-key": KEYS["LOCAL_HOST_MASTER_KEY"]}
    assert host.call("POST", "/admin/functions/tick", b'{"input": ""}', master).status == 202
    app.wait_for_notes(1, "done")
    assert host.call("POST", "/admin/functions/tick", None, master).status == 202
    app.wait_for_notes(2, "done")
    assert [note[3] for note in app.notes("begun")] == [False, False]
