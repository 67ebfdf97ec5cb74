# What people run by hand; .ci/run is what must hold.

# This list.
default:
    @just --list

# Formats, and tells what clippy has to say.
check:
    cargo fmt --all
    cargo clippy --workspace --all-targets

# The tests.
test:
    cargo test --workspace

# Every call of an up, a change, a prune and a cleanup goes wrong in every way: a quarter of an hour on two processors.
fault-sweep every="1":
    CONSTRUCT_SWEEP={{ every }} cargo test --package construct --test main -- --nocapture stack::sweep

# Random sequences of what may happen to a stack, against a model: ninety in a minute on two processors.
chaos sequences="200":
    CONSTRUCT_CHAOS={{ sequences }} cargo test --package construct --test main -- --nocapture stack::chaos

# Everything that continuous integration checks.
ci:
    bash .ci/run

# The virtual environments of the judges.
venv:
    test -d build/venv || python3 -m venv build/venv
    test -d build/venv-ministack || python3 -m venv build/venv-ministack
    build/venv/bin/pip install --quiet -r tests/judges/requirements.txt
    build/venv-ministack/bin/pip install --quiet -r tests/judges/requirements-ministack.txt

# What the judges take from npm.
modules:
    mkdir -p build/node
    cp tests/judges/node/package*.json tests/judges/node/.npmrc build/node
    cd build/node && npm ci

# What others wrote, against the debug build: all judges, or one by name.
judges name="specs_valid packages botocore_validates boto3_agrees boto3_chaos peers_agree policies_lint emulators ministack_signs_in browser_consents clients_read clients_sign_in conformance_agrees front_fuzzed stdio_proxy templates_valid load": venv modules
    cargo build
    cargo build --package construct-local --example serve
    for one in {{ name }}; do build/venv/bin/python -W ignore "tests/judges/$one.py" || exit 1; done

# Somebody's boto3 deletes, changes and adds between runs of the real program: a minute for ten rounds on two processors.
chaos-by-boto3 rounds="100" *arguments: venv
    cargo build
    build/venv/bin/python tests/judges/boto3_chaos.py --rounds {{ rounds }} {{ arguments }}

# The figures, of the program as it is shipped.
bench: venv
    cargo build --profile dist --package construct
    cargo build --package construct-local --example serve
    CONSTRUCT=target/dist/construct build/venv/bin/python benches/starter.py
    CONSTRUCT=target/dist/construct build/venv/bin/python benches/scale.py
    build/venv/bin/pip install --quiet --requirement benches/functions/requirements.txt
    build/venv/bin/python benches/front.py
    test -d build/venv-proxy || python3 -m venv build/venv-proxy
    build/venv-proxy/bin/pip install --quiet --requirement benches/proxy-requirements.txt
    CONSTRUCT=target/dist/construct build/venv-proxy/bin/python benches/proxy.py

# What a release needs, in build/dist: the front's zips, the program for each target, a bill of materials, digests.
dist *arguments:
    python3 .ci/dist.py {{ arguments }}

# The starter on the local AWS.
up:
    cargo run -- up --local --yes

# Removes it again.
cleanup:
    cargo run -- cleanup --local --yes

# Serves the local AWS until Ctrl-C.
local *arguments:
    cargo run -- local {{ arguments }}

# The documentation of the crates.
doc:
    cargo doc --workspace --no-deps --open
