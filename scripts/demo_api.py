"""What the demo asks the running services for: FOLDER is the demo's, which holds load.json; the answers go to api.json there.

FLEET_ACCESS_CONTROL_URL, FLEET_SYNCHRONIZER_URL and FLEET_SERVICE_TOKEN say whom and as whom.
"""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path


def call(service: str, method: str, target: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(
        os.environ[service] + target,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["FLEET_SERVICE_TOKEN"],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main() -> None:
    folder = Path(sys.argv[1])
    driver = json.loads((folder / "load.json").read_text())["last_driver"]
    park = driver["park_id"]
    group = call(
        "FLEET_ACCESS_CONTROL_URL",
        "POST",
        f"/v1/parks/{park}/groups",
        {"name": "Dispatchers", "grants": ["drivers_edit", "cars_view"]},
    )
    call(
        "FLEET_ACCESS_CONTROL_URL",
        "POST",
        f"/v1/parks/{park}/users",
        {"login": "anna", "display_name": "Anna", "group_id": group["id"]},
    )
    started = time.monotonic()
    child = call(
        "FLEET_SYNCHRONIZER_URL",
        "POST",
        "/v1/children/drivers",
        {"family": "vezet", "parent_driver_id": driver["_id"]},
    )
    child["milliseconds"] = (time.monotonic() - started) * 1000
    mirror = call("FLEET_SYNCHRONIZER_URL", "GET", f"/v1/parks/{park}/mirror")
    (folder / "api.json").write_text(json.dumps({"driver": driver, "child": child, "mirror": mirror}))


main()
