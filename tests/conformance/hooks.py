"""What Schemathesis is told beyond its configuration file: which token calls what, and a count of the answers.

From the environment: CONFORMANCE_TOKEN, CONFORMANCE_SYNCHRONIZER_TOKEN; CONFORMANCE_UNLINKED_DRIVER, a parent's
id; of driver-protocol CONFORMANCE_APP, a User-Agent, CONFORMANCE_LOGIN and CONFORMANCE_LOGIN_PARK, bodies that get a
login further, CONFORMANCE_SESSION, and CONFORMANCE_SESSIONS_TO_END, tokens with spaces between; and
CONFORMANCE_ANSWERS, a file that gets
`{"GET /v1/links/{entity}/{id}": {"200": 17, ...}, ...}` when the run ends; a success that is documented and was never
answered counts 0.
"""

import atexit
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import schemathesis

answers: defaultdict[str, Counter[int]] = defaultdict(Counter)
sessions_to_end = os.environ.get("CONFORMANCE_SESSIONS_TO_END", "").split()


# Not kept for the next call, which may need the other one.
@schemathesis.auth(refresh_interval=None)
class ServiceToken:
    def get(self, case, context):
        if case.operation.path.startswith("/v1/driver/"):
            return os.environ["CONFORMANCE_SESSION"]
        if case.operation.path == "/v1/logout":
            # A new one as long as there are some; then one that has ended.
            return sessions_to_end.pop() if len(sessions_to_end) > 1 else sessions_to_end[0]
        # The mirror's own writes, which are open to no other caller.
        is_mirror_write = case.operation.path.startswith("/v1/internal/") and case.operation.path.endswith("/write")
        return os.environ["CONFORMANCE_SYNCHRONIZER_TOKEN" if is_mirror_write else "CONFORMANCE_TOKEN"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    # Which families and apps are configured, no file can know.
    if "Family" in raw_schema["components"]["schemas"]:
        raw_schema["components"]["schemas"]["Family"] = {"enum": ["vezet"]}
    if "user_agent" in raw_schema["components"]["parameters"]:
        raw_schema["components"]["schemas"]["Family"]["enum"].append("taximeter")
        raw_schema["components"]["parameters"]["user_agent"]["schema"] = {"enum": [os.environ["CONFORMANCE_APP"]]}
    revocation = raw_schema["paths"].get("/v1/internal/sessions/revoke")
    if revocation:
        # The sessions here are of the other family, and still needed.
        body = revocation["post"]["requestBody"]["content"]["application/json"]
        for selected in body["schema"]["oneOf"]:
            if "family" in selected["properties"]:
                selected["properties"]["family"] = {"enum": ["vezet"]}
    creation = raw_schema["paths"].get("/v1/children/drivers")
    if creation:
        # Examples come before everything else, such as a run that makes all children that are missing.
        body = creation["post"]["requestBody"]["content"]["application/json"]
        body["example"] = {"family": "vezet", "parent_driver_id": os.environ["CONFORMANCE_UNLINKED_DRIVER"]}
    # These succeed once.
    for path, variable in (("/v1/login/verify", "CONFORMANCE_LOGIN"), ("/v1/login/park", "CONFORMANCE_LOGIN_PARK")):
        if path in raw_schema["paths"]:
            body = raw_schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]
            body["example"] = json.loads(os.environ[variable])
    for path, operations in raw_schema["paths"].items():
        if path == "/openapi.yaml":
            # Schemathesis has read it, and does not test it.
            continue
        for method, operation in operations.items():
            if "responses" not in operation:
                continue
            # A `default` answer would make every status a documented one.
            operation["responses"].pop("default", None)
            for status in operation["responses"]:
                if status.startswith("2"):
                    answers[f"{method.upper()} {path}"][int(status)] = 0


@schemathesis.hook
def after_call(context, case, response):
    # Requests with a foreign method, which are to be refused, are no calls of the operation.
    if case.method == case.operation.method.upper():
        answers[case.operation.label][response.status_code] += 1


@atexit.register
def write_answers():
    Path(os.environ["CONFORMANCE_ANSWERS"]).write_text(json.dumps(answers))
