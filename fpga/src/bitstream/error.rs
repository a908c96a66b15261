//! Why a board gets no bitstream.

use std::path::PathBuf;

use tcpu_isa::ConfigError;
use tcpu_micro::assembler::AssembleError;
use tcpu_synth::tools::ToolError;
use tcpu_synth::{BuildError, EmitError};
use thiserror::Error;

use crate::pll::PllError;

/// Why there is no bitstream.
#[derive(Debug, Error)]
pub enum BitstreamError {
    #[error(
        "board {board}: {target} MHz of {input} MHz needs a PLL, which there is for ECP5 and iCE40 only; set the processor's clock to {input}"
    )]
    NoPll {
        board: String,
        input: u32,
        target: u32,
    },
    #[error(
        "preset {preset} does not fit into board {board}: its queues are LUT RAM, which {device} does not have, and hold \
         more bits than it has flip-flops; up5k, folded, fits"
    )]
    NoLutRam {
        board: String,
        preset: String,
        device: String,
    },
    #[error(transparent)]
    DoesNotFit(#[from] Box<DoesNotFit>),
    #[error(transparent)]
    Slow(#[from] Box<Slow>),
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error(
        "the plan of multipliers and memories does not find {0} in the netlist: a mistake of tcpu's own, not of the board's"
    )]
    Plan(String),
    #[error("nextpnr's report is not understood: {0}")]
    Report(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Program(#[from] AssembleError),
    #[error(transparent)]
    Emit(#[from] EmitError),
    #[error(transparent)]
    Pll(#[from] PllError),
    #[error(transparent)]
    Tool(#[from] ToolError),
}

/// A build needs more than a board's part has.
#[derive(Debug, Error)]
#[error(
    "preset {preset} does not fit into board {board}: it needs {need} {what} of the {have} that {device} has; {hint}"
)]
pub struct DoesNotFit {
    pub board: String,
    pub preset: String,
    pub device: String,
    pub what: &'static str,
    pub need: u64,
    pub have: u64,
    pub hint: String,
}

/// A clock is missed.
#[derive(Debug, Error)]
#[error(
    "the clock is missed: {reached:.1} MHz instead of {target} MHz (preset {preset}, board {board}, best seed {seed}); \
     --seeds tries more, a slower clock is a line in the board's file, --allow-slow takes it as it is; \
     the slowest path goes from {from} to {to}"
)]
pub struct Slow {
    pub board: String,
    pub preset: String,
    pub seed: u32,
    /// In MHz.
    pub reached: f64,
    pub target: f64,
    /// The ends of the slowest path.
    pub from: String,
    pub to: String,
}
