"""One invented driver in both apps at once: FOLDER is the demo's, which holds load.json; what happened goes to driver.json.

FLEET_DRIVER_PROTOCOL_URL says where the service is, FLEET_SMS_OUTBOX where its text messages go.
"""

import datetime
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

APPS = {"taximeter": "Taximeter 9.61 (1234)", "vezet": "Taximeter-Vezet 9.61 (1234)"}
PATIENCE_S = 30


class App:
    def __init__(self, user_agent: str) -> None:
        self.user_agent = user_agent
        self.session_token = ""

    def call(self, method: str, target: str, body: dict | None = None) -> tuple[int, dict]:
        headers = {"User-Agent": self.user_agent, "Content-Type": "application/json"}
        if self.session_token:
            headers["Authorization"] = "Bearer " + self.session_token
        request = urllib.request.Request(
            os.environ["FLEET_DRIVER_PROTOCOL_URL"] + target,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read() or b"{}")

    def ask(self, method: str, target: str, body: dict | None = None) -> dict:
        status, answer = self.call(method, target, body)
        if status >= 300:
            sys.exit(f"{method} {target.partition('?')[0]}: {status} {answer.get('code')}")
        return answer


def messages_to(phone: str) -> list[str]:
    outbox = Path(os.environ["FLEET_SMS_OUTBOX"])
    lines = outbox.read_text().splitlines() if outbox.exists() else []
    return [message["text"] for message in map(json.loads, lines) if message["phone"] == phone]


def code_after(phone: str, earlier: int) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while len(messages := messages_to(phone)) <= earlier:
        if time.monotonic() > deadline:
            sys.exit("no text message came")
        time.sleep(0.01)
    return re.search(r"\d{6}", messages[-1]).group()


def log_in(app: App, phone: str) -> dict:
    earlier = len(messages_to(phone))
    login = app.ask("POST", "/v1/login/start", {"phone": phone})
    code = code_after(phone, earlier)
    verified = app.ask("POST", "/v1/login/verify", {"login_id": login["login_id"], "code": code})
    if not verified["parks"]:
        sys.exit("no park is offered to the driver")
    choice = {"login_token": verified["login_token"], "park_id": verified["parks"][0]["park_id"]}
    started = time.monotonic()
    session = app.ask("POST", "/v1/login/park", choice)
    answered = time.monotonic()
    app.session_token = session.pop("session_token")
    # A real app waits as long as it was told; here it asks all the time, to see how long it really takes.
    while (profile := app.call("GET", "/v1/driver/profile"))[0] != 200:
        if profile[1].get("code") != "profile_not_ready" or time.monotonic() > answered + PATIENCE_S:
            sys.exit(f"no profile: {profile[1].get('code')}")
        time.sleep(0.005)
    return {
        "park": verified["parks"][0]["name"],
        "driver_id": session["driver_id"],
        "park_id": session["park_id"],
        "promised_ms": session["profile_ready_in_ms"],
        "ready_ms": (time.monotonic() - answered) * 1000,
        "choice_ms": (answered - started) * 1000,
    }


def drive(app: App, latitude: float, longitude: float) -> None:
    """A minute of straight road, a position every ten seconds."""
    now = datetime.datetime.now(datetime.timezone.utc)
    positions = [
        {
            "lat": latitude + step * 0.001,
            "lon": longitude,
            "timestamp": (now - datetime.timedelta(seconds=60 - 10 * step)).isoformat(timespec="milliseconds"),
            "speed": 11.1,
            "direction": 0,
            "accuracy": 5,
        }
        for step in range(6)
    ]
    answer = app.ask("POST", "/v1/driver/positions", {"positions": positions})
    if answer["rejected"]:
        sys.exit(f"positions were rejected: {answer['rejected']}")


def main() -> None:
    folder = Path(sys.argv[1])
    driver = json.loads((folder / "load.json").read_text())["driver_before"]
    apps = {family: App(user_agent) for family, user_agent in APPS.items()}
    logins = {family: log_in(app, driver["phone"]) for family, app in apps.items()}
    apps["taximeter"].ask("PUT", "/v1/driver/status", {"status": "busy"})
    apps["vezet"].ask("PUT", "/v1/driver/status", {"status": "free"})
    drive(apps["taximeter"], 40.75, -73.99)
    drive(apps["vezet"], 40.68, -73.94)
    lives = {}
    for family, app in apps.items():
        track = app.ask("GET", "/v1/driver/track")["positions"]
        lives[family] = logins[family] | {
            "status": app.ask("GET", "/v1/driver/status")["status"],
            "positions": len(track),
            "first": track[0],
            "last": track[-1],
        }
    (folder / "driver.json").write_text(json.dumps({"driver_id": driver["_id"], "lives": lives}))


main()
