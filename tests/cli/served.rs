//! The local AWS in a process of its own, and commands that take it for the real one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::Value;

use super::project::{Ended, Project, Running};

/// The calls that a `construct local` wrote into `file` of the project, one a line. A line that is not whole yet is left out.
pub(super) fn recorded(project: &Project, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(project.path(file)).unwrap_or_default();
    let mut calls: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    calls.sort_by_key(|call| call["sequence"].as_u64());
    calls
}

/// A running `construct local`. It is killed when dropped.
pub(super) struct Served {
    running: Running,
    address: String,
}

impl Served {
    /// Serves the local AWS of `project` with the words of `options`, such as `--latency 30`.
    pub(super) fn start(project: &Project, options: &str) -> Self {
        let mut running = project.start(&format!("local {options}"));
        // The other stream is written last: the address is announced by then.
        running.until("Ctrl-C ends it");
        let out = running.until("listens at http://");
        let address = out.split("http://").nth(1).unwrap().trim().to_owned();
        // Connections are taken as soon as the socket listens, which it does by now.
        Self { running, address }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn process(&self) -> &Running {
        &self.running
    }

    /// Kills it.
    pub(super) fn kill(self) -> Ended {
        self.running.kill()
    }

    /// Asks it to end, as Ctrl-C does.
    #[cfg(unix)]
    pub(super) fn interrupt(self) -> Ended {
        self.end("INT")
    }

    /// Sends it a signal that asks it to end.
    #[cfg(unix)]
    pub(super) fn end(self, signal: &str) -> Ended {
        self.running.signal(signal);
        self.running.wait()
    }

    /// A command for AWS, which this one stands for: with credentials, an endpoint, and all secrets.
    pub(super) fn command(&self, project: &Project, line: &str) -> Command {
        let mut command = on_aws(project, line);
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.address));
        command
    }

    /// Runs such a command to its end.
    pub(super) fn run(&self, project: &Project, line: &str) -> Ended {
        Running::start(&mut self.command(project, line)).wait()
    }

    /// Puts an SSM parameter as somebody else would, without the program and its SDK.
    pub(super) fn put_parameter(&self, name: &str, value: &str) {
        let body =
            serde_json::json!({ "Name": name, "Value": value, "Type": "String" }).to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AmazonSSM.PutParameter\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=ADA/20260101/us-west-2/ssm/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// A command for AWS with credentials and all secrets of the starter, and with no endpoint yet.
pub(super) fn on_aws(project: &Project, line: &str) -> Command {
    let mut command = project.command(line);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-real-key")
        .env("GITHUB_CLIENT_ID", "github-id")
        .env("GITHUB_CLIENT_SECRET", "github-secret")
        .env("ATLASSIAN_CLIENT_ID", "atlassian-id")
        .env("ATLASSIAN_CLIENT_SECRET", "atlassian-secret");
    command
}
