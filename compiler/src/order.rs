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

#[cfg(test)]
mod tests {
    use super::*;
    use tcpu_isa::{Dma, LoopLevel, Sync, Units};

    /// Words of a store that waits come behind those of loads that do not; each unit's own order stays.
    #[test]
    fn who_waits_comes_late() {
        let config = Config::preset("tiny").unwrap();
        let dma = |dm: u32, wait: &[Unit], signal: &[Unit]| Dma {
            levels: 0,
            ext: 0,
            dm,
            bytes: 4,
            broadcast: false,
            sync: Sync {
                wait: wait.iter().copied().collect::<Units>(),
                signal: signal.iter().copied().collect::<Units>(),
            },
        };
        let level = Command::Loop {
            unit: Unit::Store,
            level: 0,
            to: LoopLevel {
                count: 2,
                stride_a: 4,
                stride_b: 4,
            },
        };
        let first = Command::Load(dma(0, &[], &[Unit::Store]));
        let store = Command::Store(dma(0, &[Unit::Load], &[]));
        let second = Command::Load(dma(8, &[], &[]));
        let memory = MemoryTiming {
            width: 4,
            latency: 20,
        };
        let words = [first, level, store, second];
        let (ordered, cycles) = by_start(&config, memory, &words, 1000).unwrap();
        assert_eq!(ordered, [first, second, level, store]);
        assert_eq!(by_start(&config, memory, &words, cycles - 1), None);
    }
}
