//! `aws-chunked`: a body in chunks with their signatures, and headers behind the last of them.
//!
//! The SDKs send it when a checksum is computed while the body travels. Chunks' signatures are
//! read over, as all signatures are.

/// A body out of its chunks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unchunked {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The headers behind them, names in lower case.
    pub trailers: Vec<(String, String)>,
}

/// Takes a body out of its chunks; `None` when the framing is broken.
pub fn read(mut body: &[u8]) -> Option<Unchunked> {
    let mut unchunked = Unchunked::default();
    loop {
        let head = line(&mut body)?;
        let size = head.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        let (chunk, rest) = body.split_at_checked(size)?;
        unchunked.bytes.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n")?;
    }
    while !body.is_empty() {
        let header = line(&mut body)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        unchunked.trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    body.is_empty().then_some(unchunked)
}

/// Takes the next line off; the last one may lack its end.
fn line<'a>(body: &mut &'a [u8]) -> Option<&'a str> {
    let end = body.windows(2).position(|pair| pair == b"\r\n");
    let (line, rest) = body.split_at(end.unwrap_or(body.len()));
    *body = rest.strip_prefix(b"\r\n").unwrap_or_default();
    std::str::from_utf8(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_become_a_body() {
        let body =
            b"3\r\nabc\r\n2;chunk-signature=00\r\n\r\n\r\n0\r\nX-Amz-Checksum-Crc32:AA==\r\n\r\n";
        let read = read(body).unwrap();
        assert_eq!(read.bytes, b"abc\r\n");
        assert_eq!(read.trailers, [("x-amz-checksum-crc32".to_owned(), "AA==".to_owned())]);
        assert_eq!(super::read(b"0\r\n\r\n"), Some(Unchunked::default()));
    }

    #[test]
    fn broken_chunks_are_refused() {
        for body in ["", "3\r\nab", "3\r\nabcd\r\n0\r\n\r\n", "x\r\n", "0\r\n\r\nmore"] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }
}
