"""The front's deployment packages are what Lambda runs, tell nothing of the machine that made them, and come out the
same in another folder.

    packages.py ZIP…     looks at these
    packages.py          builds what this machine can, twice, each time in another folder, and looks at those
"""

import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MACHINES = {"arm64": 183, "x86_64": 62}
LOADER = 3
NEWEST_GLIBC = (2, 34)
ZIPS = {name: f"front-{name}.zip" for name in MACHINES}


def faults_of(zipped: bytes, architecture: str, private: set[str]) -> list[str]:
    """Everything that is wrong with a package."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        entries = opened.infolist()
        if [entry.filename for entry in entries] != ["bootstrap"]:
            return [f"it has {[entry.filename for entry in entries]}, not a bootstrap alone"]
        [entry] = entries
        binary = opened.read(entry)
    faults = []
    if entry.create_system != 3 or entry.external_attr >> 16 != 0o100755:
        faults.append(f"the mode is {entry.external_attr >> 16:o}")
    if entry.date_time != (1980, 1, 1, 0, 0, 0):
        faults.append(f"the time is {entry.date_time}")
    return faults + faults_of_binary(binary, architecture) + faults_of_text(binary, private)


def faults_of_binary(binary: bytes, architecture: str) -> list[str]:
    """What Lambda could not start."""
    if binary[:6] != b"\x7fELF\x02\x01":
        return ["it is no 64-bit little-endian ELF file"]
    faults = []
    machine = struct.unpack_from("<H", binary, 18)[0]
    if machine != MACHINES[architecture]:
        faults.append(f"the machine is {machine}, not {MACHINES[architecture]}")
    at, = struct.unpack_from("<Q", binary, 32)
    size, count = struct.unpack_from("<HH", binary, 54)
    for number in range(count):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", binary, at + number * size)
        if kind == LOADER and b"/ld-linux-" not in binary[offset : offset + length]:
            faults.append(f"it is loaded by {binary[offset : offset + length]}")
    # Whatever looks like a version counts: stricter than the table of needed ones.
    needed = max((tuple(map(int, found)) for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", binary)), default=(0, 0))
    if needed > NEWEST_GLIBC:
        faults.append(f"it needs glibc {needed}")
    return faults


def faults_of_text(binary: bytes, private: set[str]) -> list[str]:
    """Paths of the machine that built it."""
    return [f"the path {path} is in it" for path in sorted(private) if path.encode() in binary]


def private_paths(*folders: Path) -> set[str]:
    """Folders of this machine whose names are nobody's business, and would differ on another one."""
    home = Path.home()
    cargo = os.environ.get("CARGO_HOME", home / ".cargo")
    toolchain = subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True).stdout.strip()
    return {f"{folder}/" for folder in (REPOSITORY, home, cargo, toolchain, *folders)}


def seen(good: bytes, architecture: str) -> list[str]:
    """Plants faults in a package, and tells those that were not seen."""
    with zipfile.ZipFile(io.BytesIO(good)) as opened:
        binary = opened.read("bootstrap")

    def planted(content: bytes = binary, name: str = "bootstrap", mode: int = 0o100755, year: int = 1980) -> bytes:
        target = io.BytesIO()
        entry = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
        entry.create_system, entry.external_attr = 3, mode << 16
        with zipfile.ZipFile(target, "w") as made:
            made.writestr(entry, content)
        return target.getvalue()

    other = bytearray(binary)
    struct.pack_into("<H", other, 18, 8)
    plants = {
        "a mode": planted(mode=0o100644),
        "a time": planted(year=2020),
        "a name": planted(name="bin/bootstrap"),
        "a machine": planted(bytes(other)),
        "a glibc": planted(binary + b"\0GLIBC_2.35\0"),
        "a path": planted(binary + b"/private/folder/src/main.rs"),
        "a script": planted(b"#!/bin/sh\n"),
    }
    if faults_of(planted(), architecture, {"/private/folder/"}):
        return ["a package without a fault was refused"]
    return [f"{what} was planted and not seen" for what, zipped in plants.items()
            if not faults_of(zipped, architecture, {"/private/folder/"})]


def built(tree: Path, into: Path) -> None:
    """Builds in `tree` what this machine can, with the program of this repository."""
    command = ["cargo", "run", "--quiet", "--locked", "--manifest-path", REPOSITORY / "Cargo.toml",
               "--package", "construct-packaging", "--", into]
    # Whatever is named to be taken instead: here the building itself is judged.
    built_here = {f"CONSTRUCT_FRONT_ZIP_{name.upper()}": "" for name in MACHINES}
    subprocess.run([str(part) for part in command], cwd=tree, check=True, env=os.environ | built_here)


def copied(into: Path) -> Path:
    """The sources in another folder, as a fresh clone has them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, into / name)
    return into


def main(paths: list[str]) -> int:
    """Looks at the given packages, or at some of its own."""
    problems, checks = [], 0
    with tempfile.TemporaryDirectory(prefix="construct-packages-") as folder:
        here, there = Path(folder, "here"), Path(folder, "there")
        if not paths:
            built(REPOSITORY, here)
            built(copied(Path(folder, "another place")), there)
            paths = [here / name for name in ZIPS.values() if (here / name).exists()]
            problems += [f"{path.name} is another when it is built elsewhere" for path in map(Path, paths)
                         if path.read_bytes() != (there / path.name).read_bytes()]
            checks += len(paths)
        private = private_paths(Path(folder))
        for path in map(Path, paths):
            architecture = next(name for name, file in ZIPS.items() if file == path.name)
            zipped = path.read_bytes()
            problems += [f"{path.name}: {fault}" for fault in faults_of(zipped, architecture, private)]
            problems += [f"{path.name}: {fault}" for fault in seen(zipped, architecture)]
            checks += 8
    for problem in problems:
        print(problem)
    print(f"packages: {len(paths)} packages, {checks} checks, {len(problems)} problems")
    return 1 if problems or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
