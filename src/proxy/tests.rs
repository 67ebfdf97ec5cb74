//! Credentials that a server takes back while the proxy runs. Over the command line they cannot be tried: a server on this
//! machine gets the local AWS's key and no other.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use serde_json::{Value, json};

use super::exchange::Ends;
use super::message::Message;
use super::session::Session;
use super::{Address, Authorization, Extra, Keys, Signer, Upstream};
use crate::ui::Ui;

/// Whom each request was signed by.
type Signers = Arc<Mutex<Vec<String>>>;

/// A server that takes the signatures of `AKIA2` only, and refuses others as `refusal` says.
fn server(refusal: &'static str) -> (String, Signers) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let signers = Signers::default();
    let seen = Arc::clone(&signers);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            let signer = text.split("Credential=").nth(1).unwrap().split('/').next().unwrap();
            seen.lock().unwrap().push(signer.to_owned());
            let (status, body) = match signer {
                "AKIA2" => (200, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
                _ => (403, refusal),
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}",
                body.len()
            );
            write!(stream, "{head}\r\n\r\n{body}").unwrap();
        }
    });
    (url, signers)
}

/// Relays one request with keys of which there are `most`; what the client got, and who signed.
async fn relayed(refusal: &'static str, most: u32) -> (Value, Vec<String>) {
    let (url, signers) = server(refusal);
    let count = AtomicU32::new(0);
    let keys = Keys::of(Box::new(move || {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let key = format!("AKIA{}", number.min(most));
        Box::pin(async move { Ok(Credentials::new(key, "s", None, None, "test")) })
    }));
    let signer =
        Signer { service: "bedrock-agentcore".to_owned(), region: "us-west-2".to_owned(), keys };
    let address = Address::read(&url, None).unwrap();
    let authorization = Authorization::SigV4(signer);
    let upstream = Upstream::new(address, authorization, Extra::default(), Duration::from_mins(1));
    let (ui, captured) = Ui::captured();
    let ends = Ends { upstream, session: Session::new(), ui: &ui };
    ends.relay(&Message::read(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).unwrap()).await;
    let signers = signers.lock().unwrap().clone();
    (serde_json::from_str(&captured.out()).unwrap(), signers)
}

const EXPIRED: &str = r#"{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}"#;

#[tokio::test]
async fn credentials_that_are_over_are_looked_up_once_more() {
    let (answer, signers) = relayed(EXPIRED, 2).await;
    assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    assert_eq!(signers, ["AKIA1", "AKIA2"]);
}

#[tokio::test]
async fn without_other_credentials_nothing_is_sent_again() {
    let (answer, signers) = relayed(EXPIRED, 1).await;
    assert_eq!(answer["error"]["code"], -32_001, "{answer}");
    assert_eq!(signers, ["AKIA1"]);
}

#[tokio::test]
async fn a_refusal_for_another_reason_is_final() {
    let (answer, signers) = relayed(r#"{"message":"no policy allows it"}"#, 2).await;
    assert!(!answer.to_string().contains("policy"), "{answer}");
    assert_eq!(signers, ["AKIA1"]);
}
