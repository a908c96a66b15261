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

use tcpu_isa::{Command, Config, MemoryTiming, Unit};

/// What a run will cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cycles {
    /// From the first command word accepted to the last write beat accepted, both included.
    pub total: u64,
    /// Steps of each unit, by [`tcpu_isa::Unit`] number. Contract steps times S x L x F are multiplies.
    pub steps: [u64; 6],
}

/// What a unit does in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    /// No exec runs and none waits.
    #[default]
    Idle,
    /// The next exec waits for a semaphore.
    Waiting,
    /// The running exec cannot step.
    Stalled,
    /// The running exec steps.
    Busy,
}

/// Consecutive cycles in which a unit did the same for one exec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interval {
    pub unit: Unit,
    /// Number of the exec among the unit's.
    pub exec: usize,
    pub activity: Activity,
    /// First cycle, and the one behind the last.
    pub from: u64,
    pub to: u64,
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

/// What each unit does when, in order of time; idle cycles are left out.
///
/// # Errors
/// See [`predict`].
pub fn timeline(
    config: &Config,
    memory: MemoryTiming,
    commands: &[Command],
) -> Result<Vec<Interval>, CycleError> {
    let mut intervals: Vec<Interval> = Vec::new();
    let mut open: [Option<Interval>; 6] = [None; 6];
    machine::Machine::new(config, memory, commands).run_watched(
        u64::MAX,
        |cycle, unit, exec, activity| {
            let now = Interval {
                unit,
                exec,
                activity,
                from: cycle,
                to: cycle + 1,
            };
            let place = &mut open[unit as usize];
            match place {
                Some(last)
                    if (last.exec, last.activity) == (exec, activity) && last.to == cycle =>
                {
                    last.to = cycle + 1;
                }
                _ => {
                    intervals.extend(place.replace(now));
                }
            }
        },
    )?;
    intervals.extend(open.into_iter().flatten());
    intervals.retain(|interval| interval.activity != Activity::Idle);
    intervals.sort_by_key(|interval| (interval.from, interval.unit));
    Ok(intervals)
}
