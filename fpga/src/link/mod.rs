//! The host's end of the link (`docs/host-link.md`).
//!
//! ```text
//! run ──> client ──requests──> frames ──> serial port, or whatever reads and writes bytes
//!          ^ sessions, numbers, retries     ^ flags, escapes, CRC
//! ```

mod client;
mod error;
mod exchange;
mod frame;
mod run;
mod serial;
mod wire;

pub use client::{Client, Settings, State};
pub use error::LinkError;
pub use frame::{encode, Decoder};
pub use run::{Outcome, Stage};
pub use serial::open;
