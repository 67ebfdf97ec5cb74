//! A sequence as a shell script, for who wants to see with their own eyes what went wrong.

use super::manifests::{BESIDE, variants};
use super::steps::Step;
use crate::stack::harness::{SMALL_SPEC, TOOLS};

const BEGINNING: &str = r#"#!/bin/sh
# What happened to a stack before something was wrong. Run it in an empty folder, with construct, the AWS CLI, python3
# and zip in the path.
mkdir -p account manifests first/specs
export AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-west-2
export WEATHER_KEY=weather
server=
stop() { [ -z "$server" ] || { kill "$server"; wait "$server"; }; server=; }
serve() { stop; construct --manifest account/construct.toml local --port 4599 "$@" & server=$!; sleep 1; }
serve_with() {
  printf '[[rule]]\nchanges-only = true\nnth = %s\neffect = "%s"\n' "$1" "$2" > account/faults.toml
  serve --faults account/faults.toml
}
run() {
  where=$1; shift
  construct --manifest "$where/construct.toml" "$@" || construct --manifest "$where/construct.toml" "$@" --force-unlock
}
killed() { where=$1; shift; timeout -s KILL 20 construct --manifest "$where/construct.toml" "$@"; }
edit() { cp "manifests/$1.toml" first/construct.toml; cp "manifests/$1.toml" second/construct.toml; }
trap stop EXIT
"#;

/// A script that makes all of `steps` happen.
pub(super) fn script(steps: &[Step]) -> String {
    let document = |path: &str, text: &str| format!("cat > {path} <<'END'\n{}\nEND\n", text.trim());
    let mut text = BEGINNING.to_owned();
    for (number, manifest) in variants().iter().enumerate() {
        text += &document(&format!("manifests/{number}.toml"), manifest);
    }
    text += &document("first/specs/small.json", SMALL_SPEC);
    text += &document("first/tools.json", TOOLS);
    text += &document("first/index.py", "def handler(event, context):\n    return {'words': 3}");
    text += "(cd first && zip -q words.zip index.py)\ncp -r first second; cp -r first beside\n";
    text += &document("beside/construct.toml", BESIDE);
    text += "edit 0\nserve\n";
    text.extend(steps.iter().map(|step| format!("# {step:?}\n{step}\n")));
    text + "run first up --yes --yes-destroy\nconstruct --manifest first/construct.toml status --verify\n\
            run first cleanup --yes --yes-destroy\n"
}
