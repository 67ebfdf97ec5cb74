//! Server-sent events out of a stream that comes in pieces.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>

use std::time::Duration;

use serde_json::Value;

/// An event, or what is left of one: a server may send an id without data, so that a client can come back to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// The lines of `data`, joined by line breaks.
    pub(crate) data: Vec<u8>,
    /// The event's id.
    pub(crate) id: Option<String>,
    /// How long the server asks to wait before the client comes back.
    pub(crate) retry: Option<Duration>,
}

/// An event is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Puts events together.
#[derive(Debug)]
pub(crate) struct Events {
    most: usize,
    line: Vec<u8>,
    event: Event,
    after_return: bool,
    begun: bool,
}

impl Events {
    /// Events of at most `most` bytes.
    pub(crate) fn of_at_most(most: usize) -> Self {
        Self { most, line: Vec::new(), event: Event::default(), after_return: false, begun: false }
    }

    /// The events that end in `piece`.
    ///
    /// # Errors
    /// When one gets longer than it may be.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut ended = Vec::new();
        for byte in piece {
            // A line ends with a line feed, a carriage return, or both.
            let is_second = *byte == b'\n' && self.after_return;
            self.after_return = *byte == b'\r';
            if is_second {
                continue;
            }
            if matches!(byte, b'\n' | b'\r') {
                ended.extend(self.line());
                continue;
            }
            self.line.push(*byte);
            if self.line.len() + self.event.data.len() > self.most {
                return Err(TooLong);
            }
        }
        Ok(ended)
    }

    /// What is left when the stream has ended: some servers leave the last blank line out.
    pub(crate) fn rest(&mut self) -> Option<Event> {
        self.line().or_else(|| self.dispatched())
    }

    fn line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        // A byte order mark may stand at the beginning.
        let line = match line.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) if !self.begun => rest,
            _ => &line,
        };
        self.begun = true;
        if line.is_empty() {
            return self.dispatched();
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || std::str::from_utf8(value).ok().map(str::to_owned);
        match name {
            b"data" => {
                self.event.data.extend_from_slice(value);
                self.event.data.push(b'\n');
            }
            b"id" if !value.contains(&0) => self.event.id = text(),
            b"retry" => {
                let milliseconds = text().and_then(|text| text.parse().ok());
                self.event.retry = milliseconds.map(Duration::from_millis);
            }
            // A comment, the event's type, or what nobody knows.
            _ => {}
        }
        None
    }

    fn dispatched(&mut self) -> Option<Event> {
        let mut event = std::mem::take(&mut self.event);
        event.data.pop();
        (event != Event::default()).then_some(event)
    }
}

/// The last message of a stream that is an answer. Those before it are notifications.
pub(crate) fn last_answer(text: &str) -> Option<Value> {
    let mut events = Events::of_at_most(text.len());
    let mut all = events.push(text.as_bytes()).ok()?;
    all.extend(events.rest());
    all.into_iter().rev().find_map(|event| {
        let message: Value = serde_json::from_slice(&event.data).ok()?;
        (message.get("result").is_some() || message.get("error").is_some()).then_some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"\xEF\xBB\xBFevent: message\r\nid: 1\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n: ping\n\n\
        id: 2\nretry: 1500\ndata:\n\ndata:x\rdata: y\r\rretry: soon\ndatum\ndata: last";

    fn read(piece: usize) -> Vec<Event> {
        let mut events = Events::of_at_most(100);
        let mut all: Vec<Event> =
            TEXT.chunks(piece).flat_map(|piece| events.push(piece).unwrap()).collect();
        all.extend(events.rest());
        assert_eq!(events.rest(), None);
        all
    }

    #[test]
    fn pieces_make_no_difference() {
        let whole = read(TEXT.len());
        let data: Vec<&[u8]> = whole.iter().map(|event| event.data.as_slice()).collect();
        assert_eq!(data, [&b"{\"a\":\n1}"[..], b"", b"x\ny", b"last"]);
        assert_eq!(whole[0].id.as_deref(), Some("1"));
        assert_eq!(whole[1].id.as_deref(), Some("2"));
        assert_eq!(whole[1].retry, Some(Duration::from_millis(1500)));
        assert_eq!(whole[3].retry, None);
        for piece in 1..20 {
            assert_eq!(read(piece), whole, "{piece}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        let mut events = Events::of_at_most(100);
        assert_eq!(events.push(b"data: 1\n\n").unwrap().len(), 1);
        assert_eq!(events.push(&[b'x'; 101]), Err(TooLong));
    }
}
