//! What can go wrong between host and device.

use std::io;

use tcpu_isa::link::{Code, IdentityError, Op};
use thiserror::Error;

/// Why the device did not do what it was asked for. Nothing that was read before is wrong.
#[derive(Debug, Error)]
pub enum LinkError {
    #[error("{path} cannot be opened: {error}")]
    Open {
        path: String,
        error: serialport::Error,
    },
    #[error("the line to the device is broken: {0}")]
    Line(#[from] io::Error),
    #[error("the device does not answer ({op:?}, tried {tries} times)")]
    NoAnswer { op: Op, tries: u32 },
    #[error("the device was restarted, or another host took it")]
    Restarted,
    #[error("the device was restarted {0} times while it was used")]
    Restarts(u32),
    #[error("the device refuses {op:?}: {code:?}")]
    Refused { op: Op, code: Code },
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("bytes {from} to {to} are outside the device's memory of {memory} bytes, or no whole beats of {beat} bytes")]
    Outside {
        from: u64,
        to: u64,
        memory: u32,
        beat: usize,
    },
    #[error("the program was compiled for {program}, the device is {device}")]
    OtherBuild { program: String, device: String },
    #[error("the program wants {bytes} bytes of memory; the device has {memory}")]
    Memory { bytes: u64, memory: u32 },
    #[error("the processor reports fault {code} at command {index}")]
    Fault { code: u8, index: u32 },
    #[error("the processor has not finished within {0} seconds")]
    Stuck(u64),
}
