//! Lines of standard input, as MCP's stdio transport has them: a message a line.

use std::io::{self, BufRead, Read};

use tokio::sync::mpsc;

/// Lines that are read ahead.
const AHEAD: usize = 16;

/// The lines of the input that are not blank, each of at most `longest` bytes. A thread of their own reads them: a read of
/// a terminal or a pipe cannot be called off.
pub(crate) fn of_stdin(longest: u64) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let read = line(&mut input, longest);
            let goes_on = matches!(read, Ok(Some(_)));
            if let Some(read) = read.transpose()
                && sender.blocking_send(read).is_err()
            {
                return;
            }
            if !goes_on {
                return;
            }
        }
    });
    receiver
}

/// The next line that is not blank.
fn line(input: &mut impl BufRead, longest: u64) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(longest).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.len() as u64 == longest && !line.ends_with(b"\n") {
            let mebibytes = longest / 1024 / 1024;
            let what = format!("a line is longer than {mebibytes} MiB");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 1024 * 1024;

    #[test]
    fn blank_lines_are_passed_over_and_the_last_may_be_open() {
        let mut input = io::Cursor::new(b"\n a\r\n\r\nb".to_vec());
        assert_eq!(line(&mut input, MOST).unwrap().unwrap(), b" a\r\n");
        assert_eq!(line(&mut input, MOST).unwrap().unwrap(), b"b");
        assert_eq!(line(&mut input, MOST).unwrap(), None);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut input = io::Cursor::new(vec![b'x'; 2 * 1024 * 1024]);
        let error = line(&mut input, MOST).unwrap_err();
        assert_eq!(error.to_string(), "a line is longer than 1 MiB");
    }
}
