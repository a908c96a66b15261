//! The order of command words.
//!
//! Words are accepted one per cycle, and a word whose queue is full holds up all behind it. So words best come
//! in the order in which their execs would start if queues had no end: what waits long comes late.
//!
//! No program waits forever for that. A word that finds its queue full waits for an exec of its own unit, which
//! depends on nothing that starts later than the word's exec, and so on nothing that comes later.

use tcpu_isa::{Command, Config, MemoryTiming, Unit};

use crate::cycles::starts;

/// The same execs, unit by unit in the same order, with their words in a better order among units, and the cycles
/// that they would take with endless queues; `None` if those are more than `limit`.
pub fn by_start(
    config: &Config,
    memory: MemoryTiming,
    commands: &[Command],
    limit: u64,
) -> Option<(Vec<Command>, u64)> {
    let endless = Config {
        queue: commands.len().max(1),
        ..config.clone()
    };
    let (starts, cycles) = starts(&endless, memory, commands, limit)?;
    // Each exec with the loop words before it.
    let mut execs: Vec<(u64, &[Command])> = Vec::new();
    let mut counts = [0; Unit::ALL.len()];
    let mut first = 0;
    for (number, command) in commands.iter().enumerate() {
        if matches!(command, Command::Loop { .. }) {
            continue;
        }
        let unit = command.unit() as usize;
        let start = starts[unit].get(counts[unit]).copied();
        execs.push((start.unwrap_or(u64::MAX), &commands[first..=number]));
        counts[unit] += 1;
        first = number + 1;
    }
    execs.sort_by_key(|(start, _)| *start);
    let words = execs.into_iter().flat_map(|(_, words)| words).copied();
    Some((words.collect(), cycles))
}
