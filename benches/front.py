"""The front beside functions in Python and Node that forward the same call: cold start, first and warm forward, memory, zip.

    python benches/front.py [--zip FRONT.ZIP] [--cold N] [--warm N]

The front is measured as it is deployed: its zip is unpacked, its `bootstrap` started as Lambda does. It reads its keys, fetches
the issuer's key set and checks a signed token; the other two check nothing. The kinds take turns, so that what disturbs the
machine disturbs all of them. Prints a Markdown table; benches/README.md keeps the results.
"""

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from lambda_runtime import Issuer, Sandbox, World

HERE = Path(__file__).resolve().parent
FUNCTIONS = HERE / "functions"


def newest_zip() -> Path:
    """What the last build has embedded, or the zip that it was told to."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    named = os.environ.get(f"CONSTRUCT_FRONT_ZIP_{machine.upper()}")
    if named:
        return Path(named)
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target"))
    found = [path for path in target.glob(f"*/build/construct-*/out/front-{machine}.zip") if path.stat().st_size]
    if not found:
        sys.exit("there is no zip of the front: run `cargo build` first, or name one with --zip")
    return max(found, key=lambda path: path.stat().st_mtime)


def zipped(*paths: Path) -> int:
    """Bytes of a zip with these files, packages with all that is in them."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in paths:
            files = [path] if path.is_file() else sorted(path.rglob("*"))
            for file in (file for file in files if file.is_file() and "__pycache__" not in file.parts):
                archive.write(file, file.relative_to(path.parent))
    return len(held.getvalue())


def environment(origin: str) -> dict:
    return {
        "_HANDLER": "mcp-proxy",
        "PYTHONDONTWRITEBYTECODE": "1",
        "API_URL": "https://api.example",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_ENDPOINT_URL": origin,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "front",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": "us-west-2",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "CLIENT_ID": "editors",
        "GATEWAY_URL": f"{origin}/mcp",
        "ID_KEY_PARAMETER": "/keys/id",
        "ISSUER": "https://issuer.example/pool",
        "KEYS_URL": f"{origin}/keys",
        "RESOURCE_SCOPE": "mcp/invoke",
        "SESSION_TABLE": "sessions",
        "SIGN_IN_URL": "https://pool.auth.us-west-2.amazoncognito.com",
        "STATE_KEY_PARAMETER": "/keys/state",
    }


def event(token: str) -> bytes:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    document = {
        "version": "2.0",
        "rawPath": "/mcp",
        "rawQueryString": "",
        "headers": {
            "accept": "application/json, text/event-stream",
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "host": "api.example",
            "mcp-protocol-version": "2025-11-25",
        },
        "requestContext": {"requestId": "r-1", "http": {"method": "POST", "path": "/mcp"}},
        "body": json.dumps(call),
        "isBase64Encoded": False,
    }
    return json.dumps(document).encode()


def percentile(values: list, share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--zip", type=Path, default=None)
    parser.add_argument("--cold", type=int, default=25)
    parser.add_argument("--warm", type=int, default=1000)
    options = parser.parse_args()
    front = options.zip or newest_zip()
    try:
        import awslambdaric
    except ImportError:
        sys.exit("install what the function in Python needs: pip install -r benches/functions/requirements.txt")
    packages = Path(awslambdaric.__file__).parents[1]
    libraries = [path for path in packages.iterdir() if path.name.split(".")[0] in ("awslambdaric", "simplejson", "runtime_client")]
    issuer = Issuer()
    world = World(issuer)
    variables = environment(world.origin)
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(front).extractall(folder)
        bootstrap = Path(folder) / "bootstrap"
        bootstrap.chmod(0o755)
        python = [sys.executable, "-m", "awslambdaric", "forward.handler"]
        kinds = {
            "the front": ([bootstrap], Path(folder), front.stat().st_size),
            "Python, awslambdaric": (python, FUNCTIONS, zipped(FUNCTIONS / "forward.py", *libraries)),
            "Node": (["node", "forward.mjs"], FUNCTIONS, zipped(FUNCTIONS / "forward.mjs")),
        }
        figures = {kind: {name: [] for name in ("init", "cpu", "first", "warm", "memory")} for kind in kinds}
        given = event(issuer.token)
        for turn in range(options.cold):
            for kind, (command, where, _) in kinds.items():
                handler = "forward.handler" if kind.startswith("Python") else "mcp-proxy"
                sandbox = Sandbox(command, where, variables | {"_HANDLER": handler, "LAMBDA_TASK_ROOT": str(where)})
                figure = figures[kind]
                figure["init"].append(sandbox.init_ms)
                figure["first"].append(sandbox.handle(given))
                figure["cpu"].append(sandbox.cpu_ms())
                if turn == options.cold - 1:
                    figure["warm"] = [sandbox.handle(given) for _ in range(options.warm)]
                figure["memory"].append(sandbox.peak_mib())
                sandbox.end()
    world.end()
    report(kinds, figures, options)


def report(kinds: dict, figures: dict, options: argparse.Namespace) -> None:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{platform.machine()}, Python {platform.python_version()}, Node {node}, {options.cold} cold starts, {options.warm} warm calls\n")
    print("| | init | first forward | cold, both | CPU of both | warm forward p50 | p99 | peak memory | zip |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    cold = {kind: statistics.median(map(sum, zip(f["init"], f["first"], strict=True))) for kind, f in figures.items()}
    for kind, figure in figures.items():
        median = {name: statistics.median(values) for name, values in figure.items()}
        print(
            f"| {kind} | {median['init']:.1f} ms | {median['first']:.2f} ms "
            f"| {cold[kind]:.1f} ms, {cold[kind] / cold['the front']:.1f} × | {median['cpu']:.1f} ms | {median['warm']:.2f} ms "
            f"| {percentile(figure['warm'], 0.99):.2f} ms | {max(figure['memory']):.1f} MiB | {kinds[kind][2] / 1024:.0f} KiB |"
        )


if __name__ == "__main__":
    main()
