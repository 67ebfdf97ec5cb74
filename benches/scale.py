"""How a stack grows: ten gateways with 10, 100 and 1,000 targets between them, on a local AWS that is ready at once.

    python benches/scale.py [--targets N ...]

Each target has a rule and a rate limit beside it, so that 1,000 targets are 3,000 nodes and more. For the first `up`, one with
nothing to change, one without the journal, and `cleanup`: calls, those that read lists, wall time, and processor time and peak
memory of construct alone, as the local AWS is another process. The program measured is $CONSTRUCT, or the debug build; benches/README.md keeps the
results.
"""

import argparse
import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "judges")]

from servers import Server, ready_at_once  # noqa: E402
from stack import REPOSITORY, Failed, Folder, binary  # noqa: E402
from starter import recorded, row  # noqa: E402

GATEWAYS = 10
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
# Reading a page of one of these tells of many objects, tags of one of one.
LISTS = ("List", "GetApis", "GetRoutes", "GetIntegrations", "Describe")
OF_ONE = ("ListTagsForResource", "ListRoleTags", "ListRolePolicies", "ListAttachedRolePolicies")


def manifest(targets: int) -> str:
    """Ten gateways with so many targets between them, a rule and a rate limit for each."""
    lines = ["[stack]", 'name = "many"', 'region = "us-west-2"']
    for gateway in range(GATEWAYS):
        lines += [f"[gateways.g{gateway}]", 'inbound = "iam"']
        for number in range(gateway, targets, GATEWAYS):
            lines += [
                f"[gateways.g{gateway}.rate_limits.l{number}]",
                f'dimensions = ["$.context.request.header.x-{number}"]',
                'entries = [{ requests = { rate = 60, period = "minute" } }]',
                f"[gateways.g{gateway}.rules.r{number}]",
                f"priority = {number + 1}",
                f'route = {{ target = "t{number}" }}',
            ]
    for number in range(targets):
        lines += [f"[targets.t{number}]", f'gateway = "g{number % GATEWAYS}"', 'openapi = "files/small-openapi.json"']
    return "\n".join(lines) + "\n"


def watched(folder: Folder, *arguments: str) -> dict:
    """Runs construct: seconds, those of the processor among them, and MiB at most resident, asked for until it ends."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [binary(), *arguments],
        cwd=folder.folder,
        env=folder.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read()))
    reader.start()
    status, peak = Path(f"/proc/{process.pid}/status"), 0
    while True:
        found = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        peak = max([peak, *(int(line.split()[1]) for line in found)])
        ended, code, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(code)
    reader.join()
    if process.returncode != 0:
        raise Failed(f"construct {' '.join(arguments)} ended with {process.returncode}:\n{said[0].decode()[-3000:]}")
    return {"wall": time.perf_counter() - begin, "cpu": used.ru_utime + used.ru_stime, "peak": peak / 1024}


def is_list(call: dict) -> bool:
    """Whether a call reads a page of a list that many nodes share."""
    return call["operation"].startswith(LISTS) and call["operation"] not in OF_ONE


def measured(targets: int):
    """Gives the rows of one size, as they come."""
    with Folder("scale", KEYS) as folder:
        shutil.copytree(REPOSITORY / "examples" / "files", folder.folder / "files")
        (folder.folder / "construct.toml").write_text(manifest(targets))
        record = folder.folder / "calls.jsonl"
        with Server(functools.partial(ready_at_once, record=record), folder.folder) as local:
            folder.environment |= {"AWS_ENDPOINT_URL": local.url}
            for what, *command in (
                ("first `up`", "up", "--yes"),
                ("no-op `up`", "up", "--yes"),
                ("no-op `up` without the journal", "up", "--yes"),
                ("cleanup", "cleanup", "--yes"),
            ):
                if "without" in what:
                    shutil.rmtree(folder.folder / ".construct")
                before = len(recorded(record))
                seen = watched(folder, *command)
                calls = recorded(record)[before:]
                lists = sum(is_list(call) for call in calls)
                times = (f"{seen['wall']:.2f} s", f"{seen['cpu']:.2f} s")
                yield targets, what, len(calls), lists, *times, f"{seen['peak']:.1f} MiB"


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--targets", type=int, nargs="*", default=[10, 100, 1000], help="the sizes")
    wanted = arguments.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {binary().parent.name} build\n")
    row("targets", "what", "calls", "of these lists", "wall", "processor", "peak memory")
    row(*["---"] * 7)
    for targets in wanted.targets:
        for one in measured(targets):
            row(*one)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
