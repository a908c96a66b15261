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

use tcpu_isa::counters::Recorder;
use tcpu_isa::{Command, Config, Counters, Interval, MemoryTiming};

/// What a run will cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cycles {
    /// From the first command word accepted to the last write beat accepted, both included.
    pub total: u64,
    /// What the hardware's counters will say.
    pub counters: Counters,
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
    machine::Machine::new(config, memory, commands).run(u64::MAX)
}

/// Cycles that `commands` take, if they are at most `limit` (and if they end).
pub fn predict_within(
    config: &Config,
    memory: MemoryTiming,
    commands: &[Command],
    limit: u64,
) -> Option<Cycles> {
    machine::Machine::new(config, memory, commands)
        .run(limit)
        .ok()
        .filter(|cycles| cycles.total <= limit)
}

/// The cycle after each exec's start, unit by unit, and the cycles that all take, if at most `limit`.
pub fn starts(
    config: &Config,
    memory: MemoryTiming,
    commands: &[Command],
    limit: u64,
) -> Option<([Vec<u64>; 6], u64)> {
    let mut starts: [Vec<u64>; 6] = Default::default();
    let machine = machine::Machine::new(config, memory, commands);
    let cycles = machine.run_watched(limit, |cycle, unit, started, _| {
        let starts = &mut starts[unit as usize];
        if starts.len() < started {
            starts.push(cycle);
        }
    });
    let cycles = cycles.ok()?.total;
    (cycles <= limit).then_some((starts, cycles))
}

/// What each unit does when, in order of time; idle cycles are left out.
///
/// # Errors
/// See [`predict`].
pub fn timeline(
    config: &Config,
    memory: MemoryTiming,
    commands: &[Command],
) -> Result<Vec<Interval>, CycleError> {
    let mut recorder = Recorder::default();
    let machine = machine::Machine::new(config, memory, commands);
    machine.run_watched(u64::MAX, |cycle, unit, exec, activity| {
        recorder.note(cycle, unit, exec, activity);
    })?;
    Ok(recorder.finish())
}
