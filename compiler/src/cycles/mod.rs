//! The cycle model: how long a program takes, exactly.
//!
//! The machine's timing does not depend on data, so a model of the control alone (who steps, who waits)
//! gives the very cycle count of the RTL. `docs/machine.md` is the contract that both follow; each rule
//! there is a line or two in [`machine`].

mod machine;
mod nest;
mod port;

use serde::Serialize;
use thiserror::Error;

use tcpu_isa::{Command, Config, MemoryTiming};

/// What a run will cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cycles {
    /// From the first command word accepted to the last write beat accepted, both included.
    pub total: u64,
    /// Steps of each unit, by [`tcpu_isa::Unit`] number. Contract steps times S x L x F are multiplies.
    pub steps: [u64; 6],
}

/// Why a program has no cycle count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CycleError {
    /// The units wait for each other and will forever.
    #[error("deadlock in cycle {cycle}: waiting units: {waiting}")]
    Deadlock { cycle: u64, waiting: String },
}

/// Cycles that `commands` take on a build with an external memory.
pub fn predict(
    config: &Config,
    memory: MemoryTiming,
    commands: &[Command],
) -> Result<Cycles, CycleError> {
    machine::Machine::new(config, memory, commands).run()
}
