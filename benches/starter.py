"""The figures of the starter stack, in one run: start-up, calls, critical path, wall time, beside a boto3 script.

    python benches/starter.py [--runs N] [--latency MS ...]

The program measured is $CONSTRUCT, or the debug build. Prints a Markdown table; benches/README.md keeps the results.
"""

import argparse
import collections
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "judges")]

import boto3_starter  # noqa: E402
from servers import Server, ready_at_once  # noqa: E402
from stack import LocalAws, Stack, binary  # noqa: E402

PIPE_BYTES = 65_536


def start_up(command: list, runs: int) -> float:
    """Milliseconds from the start of a process to its end, the median."""
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def peak_memory(command: list) -> float:
    """MiB at most resident. What a child's resource usage says is no use: it begins with the parent's own size.

    So the process is caught where it writes its only line: into a pipe that is full.
    """
    reading, writing = os.pipe()
    os.write(writing, b"\n" * PIPE_BYTES)
    process = subprocess.Popen(command, stdout=writing)
    os.close(writing)
    status, seen = Path(f"/proc/{process.pid}/status"), 0
    while True:
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        now = int(fields["VmHWM"].split()[0])
        if "S" in fields["State"] and now == seen:
            break
        seen = now
        time.sleep(0.05)
    while os.read(reading, PIPE_BYTES):
        pass
    os.close(reading)
    process.wait()
    return seen / 1024


def chain(calls: list[dict]) -> int:
    """The counted critical path: how many calls at most came one after another, none overlapping the next."""
    count, free_from = 0, 0
    for call in sorted(calls, key=lambda one: one["ended_ms"]):
        if call["started_ms"] >= free_from:
            count, free_from = count + 1, call["ended_ms"]
    return count


def phases(stack: Stack, url: str, calls, where: tuple) -> dict:
    """First up, no-op up and cleanup, and the boto3 script after them."""
    found = {}
    for phase, command in (("first `up`", "up"), ("no-op `up`", "up"), ("cleanup", "cleanup")):
        before = len(calls())
        begin = time.perf_counter()
        stack.run(command, *where, "--yes")
        found[phase] = {"wall": time.perf_counter() - begin, "calls": calls()[before:]}
    found["boto3"] = boto3_starter.measured(url)
    return found


def with_delays(latency_ms: int) -> dict:
    """On `construct local`: statuses and IAM take their time."""
    with Stack("figures", pieces=()) as stack, LocalAws(stack, latency_ms=latency_ms) as local:
        return phases(stack, local.url, local.calls, ("--local",))


def without_delays(latency_ms: int) -> dict:
    """On a local AWS where everything is ready at once, so that only the calls count."""
    with Stack("figures", pieces=(), look_up_tenant=False) as stack:
        record = stack.folder / "calls.jsonl"
        of = functools.partial(ready_at_once, latency_ms=latency_ms, record=record)
        with Server(of, stack.folder) as local:
            keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
            stack.environment |= keys | {"AWS_ENDPOINT_URL": local.url}
            return phases(stack, local.url, lambda: recorded(record), ())


def recorded(path: Path) -> list[dict]:
    """The calls in a record, in the order of arrival."""
    calls = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return sorted(calls, key=lambda call: call["sequence"])


def row(*cells) -> None:
    """One line of the table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=50, help="how often a start is timed")
    arguments.add_argument("--latency", type=int, nargs="*", default=[0, 100], help="milliseconds added to each call")
    wanted = arguments.parse_args()
    program = binary()
    version = [program, "--version"]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {program.parent.name} build, "
          f"{program.stat().st_size / 2**20:.1f} MiB\n")
    row("start-up", "median", "peak memory")
    row("---", "---", "---")
    row("`construct --version`", f"{start_up(version, wanted.runs):.1f} ms", f"{peak_memory(version):.1f} MiB")
    row("`true`, for comparison", f"{start_up(['true'], wanted.runs):.1f} ms", "")
    print()
    row("latency", "delays", "what", "calls", "mutating", "critical path", "in-flight groups", "wall", "of this sleeps")
    row(*["---"] * 9)
    counted = None
    for latency in wanted.latency:
        for delays, measure in (("as AWS has them", with_delays), ("none", without_delays)):
            seen_phases = measure(latency)
            by_hand = seen_phases.pop("boto3")
            counted = counted or seen_phases
            for phase, seen in seen_phases.items():
                calls = seen["calls"]
                groups = len({call["in_flight_group"] for call in calls})
                mutating = sum(call["mutating"] for call in calls)
                row(f"{latency} ms", delays, phase, len(calls), mutating, chain(calls), groups, f"{seen['wall']:.2f} s", "")
            for phase, seen in by_hand.items():
                name, count = f"boto3 script, {phase}", seen["calls"]
                row(f"{latency} ms", delays, name, count, "", count, "", f"{seen['wall']:.2f} s", f"{seen['slept']:.1f} s")
    print("\nCalls by operation:\n")
    row("operation", *counted)
    row("---", *["---"] * len(counted))
    by_phase = {
        phase: collections.Counter(f"{call['service']}:{call['operation']}" for call in seen["calls"])
        for phase, seen in counted.items()
    }
    for operation in sorted(set().union(*by_phase.values())):
        row(operation, *(counts[operation] or "" for counts in by_phase.values()))


if __name__ == "__main__":
    main()
