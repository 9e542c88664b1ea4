"""What Schemathesis is told beyond its configuration file: which token calls what, and a count of the answers.

From the environment: CONFORMANCE_TOKEN, CONFORMANCE_SYNCHRONIZER_TOKEN; CONFORMANCE_UNLINKED_DRIVER, a parent's
id; and CONFORMANCE_ANSWERS, a file that gets
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


# Not kept for the next call, which may need the other one.
@schemathesis.auth(refresh_interval=None)
class ServiceToken:
    def get(self, case, context):
        # The mirror's own writes, which are open to no other caller.
        is_mirror_write = case.operation.path.startswith("/v1/internal/") and case.operation.path.endswith("/write")
        return os.environ["CONFORMANCE_SYNCHRONIZER_TOKEN" if is_mirror_write else "CONFORMANCE_TOKEN"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    # Which families are configured, no file can know.
    if "Family" in raw_schema["components"]["schemas"]:
        raw_schema["components"]["schemas"]["Family"] = {"enum": ["vezet"]}
    creation = raw_schema["paths"].get("/v1/children/drivers")
    if creation:
        # Examples come before everything else, such as a run that makes all children that are missing.
        body = creation["post"]["requestBody"]["content"]["application/json"]
        body["example"] = {"family": "vezet", "parent_driver_id": os.environ["CONFORMANCE_UNLINKED_DRIVER"]}
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
