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
    #[error(transparent)]
    Config(#[from] tcpu_isa::ConfigError),
    #[error(transparent)]
    Compile(#[from] tcpu_compiler::CompileError),
    #[error(transparent)]
    Program(#[from] tcpu_isa::program::ProgramError),
    #[error(transparent)]
    Run(#[from] tcpu_testbench::RunError),
    #[error("the golden model does not agree with the result; please report this expression")]
    Disagree,
    #[error("the golden model stopped: {0}")]
    Golden(#[from] tcpu_golden::Fault),
}
