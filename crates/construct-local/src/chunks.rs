//! A response's body that is passed on while it is made.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

/// Pieces that may wait for a slow reader.
const WAITING: usize = 16;

/// The other end stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off")]
pub struct BrokenOff;

/// Where the pieces are put.
pub(crate) type Sink = mpsc::Sender<Result<Bytes, BrokenOff>>;

/// The pieces of a body, as they come.
#[derive(Debug)]
pub struct Chunks(mpsc::Receiver<Result<Bytes, BrokenOff>>);

impl Chunks {
    /// A body, and where its pieces are put. It ends when that is dropped.
    pub(crate) fn new() -> (Sink, Self) {
        let (sink, chunks) = mpsc::channel(WAITING);
        (sink, Self(chunks))
    }

    /// A body that is there already.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let (sink, chunks) = mpsc::channel(1);
        // There is room for one, and its reader is in our hands.
        let put = sink.try_send(Ok(bytes));
        debug_assert!(put.is_ok(), "the channel is new");
        Self(chunks)
    }

    /// Waits for all pieces.
    ///
    /// # Errors
    /// [`BrokenOff`].
    pub async fn collected(mut self) -> Result<Bytes, BrokenOff> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(Bytes::from(all))
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        self.0.recv().await
    }
}

/// A response with all of its body.
///
/// # Errors
/// [`BrokenOff`].
pub async fn collected(response: Response<Chunks>) -> Result<Response<Bytes>, BrokenOff> {
    let (parts, chunks) = response.into_parts();
    Ok(Response::from_parts(parts, chunks.collected().await?))
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_come_in_their_order_and_a_broken_body_says_so() {
        let (sink, chunks) = Chunks::new();
        sink.send(Ok(Bytes::from_static(b"a"))).await.unwrap();
        sink.send(Ok(Bytes::from_static(b"b"))).await.unwrap();
        drop(sink);
        assert_eq!(chunks.collected().await.unwrap(), "ab");
        let (sink, chunks) = Chunks::new();
        sink.send(Err(BrokenOff)).await.unwrap();
        assert_eq!(chunks.collected().await, Err(BrokenOff));
        assert_eq!(Chunks::whole(Bytes::from_static(b"c")).collected().await.unwrap(), "c");
    }
}
