"""The Python runtime of the local Lambda: asks the Runtime API for events and answers them."""
import importlib
import json
import os
import sys
import time
import traceback
import urllib.request

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
# The Runtime API is on this machine: a proxy named by the environment must not see it.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(path, document):
    body = json.dumps(document).encode()
    request = urllib.request.Request(API + path, data=body, method="POST")
    request.add_header("Content-Type", "application/json")
    OPENER.open(request).read()


def failure(error):
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
        given = headers.get("Lambda-Runtime-Client-Context")
        if given:
            known = json.loads(given)
            self.client_context = type("ClientContext", (), {
                "custom": known.get("custom", {}), "env": known.get("env", {}),
                "client": known.get("client")})()

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


def load():
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), function)


def main():
    try:
        handler = load()
    except Exception as error:
        post("init/error", failure(error))
        sys.exit(1)
    while True:
        with OPENER.open(API + "invocation/next") as event:
            headers, body = event.headers, event.read()
        request = headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            answer = handler(json.loads(body), Context(headers))
            post("invocation/" + request + "/response", answer)
        except Exception as error:
            traceback.print_exc()
            post("invocation/" + request + "/error", failure(error))
        sys.stdout.flush()


main()
