//! The ways to run a program.

use clap::ValueEnum;
use tcpu_golden::Order;
use tcpu_isa::program::Program;
use tcpu_isa::MemoryTiming;

use crate::error::Error;

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The software golden model: results, no cycles of its own.
    Golden,
}

impl Engine {
    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Golden => "golden",
        }
    }
}

/// What a run left behind.
pub struct Run {
    pub memory: Vec<u8>,
}

/// Runs a program on a memory image.
///
/// # Errors
/// A program that the engine cannot finish.
pub fn run(
    engine: Engine,
    program: &Program,
    _memory: MemoryTiming,
    image: Vec<u8>,
) -> Result<Run, Error> {
    let memory = match engine {
        Engine::Golden => {
            tcpu_golden::run(&program.config, &program.commands, image, Order::Program)?
        }
    };
    Ok(Run { memory })
}
