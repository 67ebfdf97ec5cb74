"""Makes what a release needs, in build/dist: the front's zips, an archive of the program for each target, a bill of
materials, and the digests of them all. The same source and toolchain make the same bytes, in whatever folder.

    python3 .ci/dist.py [--target TRIPLE]… [--profile dist] [--partial]

Without --target the program is built for this machine. A release needs the front for both architectures; --partial
goes on with those that this machine can build. A front that is built elsewhere is taken by CONSTRUCT_FRONT_ZIP_ARM64 and
CONSTRUCT_FRONT_ZIP_X86_64.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "build" / "dist"
ARCHITECTURES = ("arm64", "x86_64")
SHELLS = {"bash": "construct.bash", "zsh": "_construct", "fish": "construct.fish", "powershell": "construct.ps1"}
DOCUMENTS = ("README.md", "CHANGELOG.md", "LICENSE")


def run(*command, **options) -> str:
    """The output of a command that must work."""
    environment = os.environ | options.pop("env", {})
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=environment, **options
    ).stdout


def fronts(partial: bool) -> dict[str, Path]:
    """The front's zips by architecture."""
    wanted = () if partial else ARCHITECTURES
    print(run("cargo", "run", "--quiet", "--locked", "--package", "construct-packaging", "--", DIST / "front", *wanted), end="")
    made = {name: DIST / "front" / f"front-{name}.zip" for name in ARCHITECTURES}
    return {name: path.rename(DIST / path.name) for name, path in made.items() if path.exists()}


def program(target: str, profile: str, zips: dict[str, Path]) -> Path:
    """The program for one target, with these zips in it and no path of this machine."""
    sysroot = run("rustc", "--print", "sysroot").strip()
    cargo_home = os.environ.get("CARGO_HOME", Path.home() / ".cargo")
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    # Of two that match, the later one is taken.
    remapped = {ROOT: "/construct", cargo_home: "/cargo", built: "/target", f"{sysroot}/lib/rustlib/src/rust": "/rustc"}
    flags = [f"--remap-path-prefix={path}={there}" for path, there in remapped.items()]
    environment = {f"CONSTRUCT_FRONT_ZIP_{name.upper()}": str(path) for name, path in zips.items()}
    environment["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    run("cargo", "build", "--locked", "--profile", profile, "--package", "construct", "--bin", "construct",
        "--target", target, env=environment)
    folder = built / target
    name = "construct.exe" if "windows" in target else "construct"
    return folder / ("debug" if profile == "dev" else profile) / name


def texts(binary: Path) -> dict[str, bytes]:
    """Man pages and completion scripts, which the program writes itself."""
    pages = DIST / "man"
    run(binary, "man", pages, stderr=subprocess.DEVNULL)
    files = {f"man/{page.name}": page.read_bytes() for page in sorted(pages.iterdir())}
    shutil.rmtree(pages)
    for shell, name in SHELLS.items():
        files[f"completions/{name}"] = run(binary, "completions", shell).encode()
    return files | {name: (ROOT / name).read_bytes() for name in DOCUMENTS}


def archive(name: str, target: str, files: dict[str, tuple[bytes, int]]) -> Path:
    """One folder with all files: the same order, time, owner and modes every time."""
    if "windows" in target:
        path = DIST / f"{name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
            for file, (content, mode) in sorted(files.items()):
                entry = zipfile.ZipInfo(f"{name}/{file}")
                entry.create_system, entry.external_attr = 3, mode << 16
                zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return path
    path = DIST / f"{name}.tar.gz"
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for file, (content, mode) in sorted(files.items()):
                entry = tarfile.TarInfo(f"{name}/{file}")
                entry.size, entry.mode = len(content), mode
                tar.addfile(entry, io.BytesIO(content))
    return path


def bill_of_materials(version: str, target: str) -> dict:
    """What is compiled into the program and the front for `target`, as CycloneDX: crates with versions and checksums."""
    tree = ("cargo", "tree", "--locked", "--prefix", "none", "--format", "{p}", "--edges", "normal", "--target", target)
    lines = run(*tree, "--package", "construct", "--package", "construct-front").splitlines()
    used = {tuple(line.split()[:2]) for line in lines if line}
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    components = []
    for package in lock:
        name, its = package["name"], package["version"]
        if (name, f"v{its}") not in used or "checksum" not in package:
            continue
        purl = f"pkg:cargo/{name}@{its}"
        hashes = [{"alg": "SHA-256", "content": package["checksum"]}]
        components.append({"type": "library", "bom-ref": purl, "name": name, "version": its, "purl": purl, "hashes": hashes})
    subject = {"type": "application", "name": "construct", "version": version}
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": subject}, "components": components}


def main() -> int:
    """Everything, in the order in which one needs the other."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--target", action="append", help="a target triple to build the program for")
    options.add_argument("--profile", default="dist", help="another cargo profile, to try this out")
    options.add_argument("--partial", action="store_true", help="do with the front for fewer architectures")
    chosen = options.parse_args()
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    host = next(line.split()[1] for line in run("rustc", "-vV").splitlines() if line.startswith("host:"))
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    zips = fronts(chosen.partial)
    run(sys.executable, ROOT / "tests" / "judges" / "packages.py", *zips.values(), stderr=None)
    made = list(zips.values())
    common = texts(program(host, chosen.profile, zips))
    for target in chosen.target or [host]:
        binary = program(target, chosen.profile, zips)
        files = {name: (content, 0o644) for name, content in common.items()} | {binary.name: (binary.read_bytes(), 0o755)}
        made.append(archive(f"construct-{version}-{target}", target, files))
        bill = DIST / f"construct-{version}-{target}.cdx.json"
        bill.write_text(json.dumps(bill_of_materials(version, target), indent=1) + "\n")
        made.append(bill)
    sums = sorted((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in made)
    (DIST / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums))
    shutil.rmtree(DIST / "front")
    print((DIST / "SHA256SUMS").read_text(), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failure:
        sys.exit(f"{' '.join(map(str, failure.cmd))} ended with {failure.returncode}")
