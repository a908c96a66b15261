//! Errors as the user reads them.

use std::path::PathBuf;

use thiserror::Error;

/// Everything that ends a command with exit code 2.
#[derive(Debug, Error)]
pub enum Error {
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{} is no int8 .npy file: {reason}", path.display())]
    Npy { path: PathBuf, reason: String },
    #[error("the result cannot be written to {}: {reason}", path.display())]
    Output { path: PathBuf, reason: String },
    #[error(
        "--mem-width {width} must be a power of two of at most {flit}, the flit of preset {preset}"
    )]
    MemWidth {
        width: usize,
        preset: String,
        flit: usize,
    },
    #[error("--scale {0} must be from 2^-47 to 65535")]
    Scale(f64),
    #[error("--int4 {operand}: there are {operands} operands, counted from 0")]
    Int4 { operand: usize, operands: usize },
    #[error("--trace needs --engine rtl: the others have no waveform")]
    NoTrace,
    #[error("a board records no --timeline; --engine rtl does")]
    NoTimeline,
    #[error(transparent)]
    Link(#[from] tcpu_fpga::link::LinkError),
    #[error(transparent)]
    Board(#[from] tcpu_fpga::board::BoardError),
    #[error(transparent)]
    Bitstream(#[from] tcpu_fpga::bitstream::BitstreamError),
    #[error(transparent)]
    Flash(#[from] tcpu_fpga::flash::FlashError),
    #[error("the pseudo-terminal: {0}")]
    Pty(std::io::Error),
    #[error("{0:?} is neither a .npy file nor a shape such as 8x12 (or \"scalar\")")]
    Shape(String),
    #[error("{} is no program: {error}", path.display())]
    Listing {
        path: PathBuf,
        error: Box<tcpu_isa::listing::FileError>,
    },
    #[error(
        "{} was compiled for another build than this tcpu's: {builds}; compile it again",
        path.display()
    )]
    OtherBuild { path: PathBuf, builds: String },
    #[error("operand {name} has shape {expected:?}, the file's is {found:?}")]
    OperandShape {
        name: String,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
    #[error("the chart cannot be drawn: {0}")]
    Chart(String),
    #[error("the program never ends: {0}")]
    Cycles(#[from] tcpu_compiler::cycles::CycleError),
    #[error(transparent)]
    Config(#[from] tcpu_isa::ConfigError),
    #[error(transparent)]
    Compile(#[from] tcpu_compiler::CompileError),
    #[error(transparent)]
    Program(#[from] tcpu_isa::program::ProgramError),
    #[error(transparent)]
    Run(#[from] tcpu_testbench::RunError),
    #[error(transparent)]
    Build(#[from] tcpu_synth::BuildError),
    #[error(transparent)]
    Tool(#[from] tcpu_synth::tools::ToolError),
    #[error(transparent)]
    Verilated(#[from] tcpu_testbench::verilated::VerilatedError),
    #[error("no proof is called {0:?}; --list names them")]
    NoProof(String),
    #[error("not proven: {0}")]
    NotProven(String),
    #[error(transparent)]
    Prove(#[from] tcpu_prove::ProveError),
    #[error("must be installed by hand, as much does not work without: {0}")]
    Missing(String),
    #[error("the golden model does not agree with the result; please report this expression")]
    Disagree,
    #[error("the golden model stopped: {0}")]
    Golden(#[from] tcpu_golden::Fault),
}
