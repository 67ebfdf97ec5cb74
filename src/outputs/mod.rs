//! The files that a run leaves behind for people, scripts and editors.

pub mod atomic;
