//! Server-sent events, one at a time and with their bytes kept.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};

/// A longer event does not fit through the front door.
const MOST_EVENT: usize = 5 * 1024 * 1024;

/// The events of a body.
pub(super) struct Events<R>(BufReader<R>);

impl<R: Read> Events<R> {
    pub(super) fn of(body: R) -> Self {
        Self(BufReader::new(body))
    }

    /// The next event with the blank line after it, or what is left at the end; `None` when nothing is.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let Self(reader) = self;
        let mut event = Vec::new();
        loop {
            let start = event.len();
            let limit = u64::try_from(MOST_EVENT + 1 - start).unwrap_or_default();
            reader.by_ref().take(limit).read_until(b'\n', &mut event)?;
            if event.len() > MOST_EVENT {
                return Err(Error::new(ErrorKind::InvalidData, "an event is too large"));
            }
            let line = &event[start..];
            if line.is_empty() {
                return Ok((!event.is_empty()).then_some(event));
            }
            if matches!(line, b"\n" | b"\r\n") {
                return Ok(Some(event));
            }
        }
    }
}

/// The data of an event.
pub(super) fn data(event: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = lines(event).filter_map(value_of_data).collect();
    lines.join(&b'\n')
}

/// The same event with other data, which is one line.
pub(super) fn with_data(event: &[u8], data: &[u8]) -> Vec<u8> {
    let mut changed = Vec::with_capacity(event.len());
    for line in lines(event).filter(|line| !line.is_empty() && value_of_data(line).is_none()) {
        changed.extend_from_slice(line);
        changed.push(b'\n');
    }
    changed.extend_from_slice(b"data: ");
    changed.extend_from_slice(data);
    changed.extend_from_slice(b"\n\n");
    changed
}

fn lines(event: &[u8]) -> impl Iterator<Item = &[u8]> {
    event.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn value_of_data(line: &[u8]) -> Option<&[u8]> {
    let value = line.strip_prefix(b"data:")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_one_by_one_and_whole() {
        let text =
            b"event: message\r\nid: 1\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n: ping\n\ndata:x\n\nrest";
        let mut events = Events::of(&text[..]);
        let first = events.next().unwrap().unwrap();
        assert_eq!(data(&first), b"{\"a\":\n1}");
        assert_eq!(with_data(&first, b"{}"), b"event: message\nid: 1\ndata: {}\n\n");
        assert_eq!(events.next().unwrap().unwrap(), b": ping\n\n");
        assert_eq!(data(&events.next().unwrap().unwrap()), b"x");
        assert_eq!(events.next().unwrap().unwrap(), b"rest");
        assert!(events.next().unwrap().is_none());
    }

    #[test]
    fn attack_23_an_event_without_an_end_is_given_up() {
        let endless = std::io::repeat(b'x');
        assert_eq!(Events::of(endless).next().unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
