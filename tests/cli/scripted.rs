//! An MCP server that does what a test says: answers a document, an event at a time, nothing at all, or breaks off.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::project::pause;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) verb: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    /// A header's value; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value)
    }

    /// The body as JSON; null where there is none.
    pub(super) fn message(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(super) fn method(&self) -> String {
        self.message()["method"].as_str().unwrap_or_default().to_owned()
    }

    /// The result `{"is": text}` for this request.
    pub(super) fn result(&self, text: &str) -> String {
        json!({ "jsonrpc": "2.0", "id": self.message()["id"], "result": { "is": text } })
            .to_string()
    }
}

/// The way back to a client, which is closed when dropped.
pub(super) struct Reply(TcpStream);

impl Reply {
    /// The whole answer.
    pub(super) fn answer(mut self, status: u16, headers: &str, body: &str) {
        let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}");
        let length = body.len();
        drop(write!(self.0, "{head}Content-Length: {length}\r\n\r\n{body}"));
    }

    pub(super) fn json(self, body: &str) {
        self.answer(200, "Content-Type: application/json\r\n", body);
    }

    pub(super) fn status(self, status: u16) {
        self.answer(status, "", "");
    }

    /// Begins a stream of events, which ends with the connection.
    pub(super) fn stream(mut self) -> Self {
        let head =
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n";
        self.send(head);
        self
    }

    pub(super) fn send(&mut self, text: &str) {
        drop(self.0.write_all(text.as_bytes()).and_then(|()| self.0.flush()));
    }

    /// Waits until the client has closed its side.
    pub(super) fn until_closed(mut self) {
        self.0.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        // An end or a reset; nothing else is to come.
        assert!(!matches!(self.0.read(&mut [0]), Ok(1)), "the client sent more");
    }
}

/// The server, and what arrived at it.
pub(super) struct Scripted {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// Serves each request by `script`, in a thread of its own.
    pub(super) fn start(script: impl Fn(&Asked, Reply) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, seen) = (Arc::new(script), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    seen.lock().unwrap().push(request.clone());
                    script(&request, Reply(stream));
                });
            }
        });
        Self { url, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until one like that arrived.
    pub(super) fn until(&self, what: &str, like: impl Fn(&Asked) -> bool) -> Asked {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            if let Some(found) = self.asked().into_iter().find(&like) {
                return found;
            }
            assert!(Instant::now() < deadline, "{what} never arrived: {:?}", self.asked());
            pause(Duration::from_millis(5));
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let verb = first.split(' ').next()?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut asked = Asked { verb, headers, body: String::new() };
    let length = asked.header("content-length").parse().unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8(body).ok()?;
    Some(asked)
}

/// A gate that a script waits at until the test opens it.
pub(super) fn gate() -> (Sender<()>, Gate) {
    let (open, wait) = channel();
    (open, Gate(Mutex::new(wait)))
}

pub(super) struct Gate(Mutex<Receiver<()>>);

impl Gate {
    pub(super) fn wait(&self) {
        self.0.lock().unwrap().recv_timeout(Duration::from_mins(1)).unwrap();
    }
}
