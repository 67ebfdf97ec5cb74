//! A thread that stores the state when it is asked to: for changes that need not be on disk when their answer leaves.
//!
//! However many ask while it writes, it writes once more. Dropping it waits until the last that asked is served.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

pub(crate) struct Saver {
    asks: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// One that calls `save`.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(crate) fn start(save: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (asks, asked) = sync_channel(1);
        let run = move || {
            while asked.recv().is_ok() {
                save();
            }
        };
        let thread = Builder::new().name("state".to_owned()).spawn(run)?;
        Ok(Self { asks: Some(asks), thread: Some(thread) })
    }

    /// Has the state stored soon.
    pub(crate) fn ask(&self) {
        if let Some(asks) = &self.asks {
            // Where somebody has asked and it has not begun, this is the same.
            let _is_first = asks.try_send(());
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        drop(self.asks.take());
        if let Some(thread) = self.thread.take() {
            // One that panicked has told so itself.
            let _ended = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn whoever_asks_while_it_writes_is_served_by_one_more_write() {
        let count = Arc::new(AtomicUsize::new(0));
        let (begun, is_begun) = channel();
        let (go_on, goes_on) = channel::<()>();
        let counted = Arc::clone(&count);
        let saver = Saver::start(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            begun.send(()).unwrap();
            let _released = goes_on.recv();
        });
        let saver = saver.unwrap();
        saver.ask();
        is_begun.recv().unwrap();
        for _ in 0..100 {
            saver.ask();
        }
        drop(go_on);
        drop(saver);
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
