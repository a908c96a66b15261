//! Races: execs of different units that share a row of DM without being ordered.
//!
//! ```text
//! commands ──> units in any order that semaphores and streams allow ──> rows: who read, who wrote, before what?
//! ```
//!
//! A memory of DM that is read and written in one cycle at one row may give anything, even if the bytes differ, and
//! what is read and written when depends on the memory outside. So no exec may write a row that another unit's exec
//! reads or writes, unless semaphores order the two. This is about rows that an exec needs: bytes behind a tail are
//! not among them.

use std::collections::VecDeque;

use thiserror::Error;

use tcpu_isa::{Command, Config, Dma, Fetch, Unit};

use crate::contract::flits_made;
use crate::fold::fold;
use crate::machine::{prepare, Queued};
use crate::sequencer::steps;

/// Two execs that share a row of DM without being ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "command {command} and exec {exec} of {} share row {row} of slice {slice} and are not ordered",
    .unit.name()
)]
pub struct Race {
    /// The later of the two in the order that was tried.
    pub command: usize,
    pub unit: Unit,
    /// Number of the other exec among those of its unit, from 0.
    pub exec: usize,
    pub slice: usize,
    pub row: usize,
}

/// For each unit, how many of its execs are over before something begins.
type Clock = [usize; 6];

/// Execs that used a row last, by unit: one more than their numbers.
#[derive(Clone, Copy, Default)]
struct Users {
    read: Clock,
    written: Clock,
}

struct Races<'a> {
    config: &'a Config,
    /// What each unit's next exec comes after.
    clocks: [Clock; 6],
    /// By producer and consumer, what a signal tells.
    signals: [[VecDeque<Clock>; 6]; 6],
    /// Values in each flit between contract and commit.
    flits: VecDeque<usize>,
    /// By slice, then row.
    rows: Vec<Vec<Users>>,
}

/// Looks for a race. A program that does not come to its end is looked at as far as it goes. Every command must
/// pass [`Command::check`].
///
/// # Errors
/// The first race that there is.
pub fn check(config: &Config, commands: &[Command]) -> Result<(), Race> {
    let mut units: [VecDeque<Queued<'_>>; 6] = Default::default();
    for exec in prepare(commands) {
        units[exec.command.unit() as usize].push_back(exec);
    }
    let mut races = Races {
        config,
        clocks: [[0; 6]; 6],
        signals: Default::default(),
        flits: VecDeque::new(),
        rows: vec![vec![Users::default(); config.dm_rows]; config.slices],
    };
    loop {
        let ready = |unit: &usize| units[*unit].front().is_some_and(|exec| races.ready(exec));
        let Some(unit) = (0..6).find(ready) else {
            return Ok(());
        };
        if let Some(exec) = units[unit].pop_front() {
            races.exec(unit, &exec)?;
        }
    }
}

impl Races<'_> {
    fn ready(&self, exec: &Queued<'_>) -> bool {
        let unit = exec.command.unit() as usize;
        let mut waits = exec.sync.wait.iter();
        let flits = match exec.command {
            Command::Commit(_) => self.flits.len() >= steps(&exec.nest).count(),
            _ => true,
        };
        flits && waits.all(|producer| !self.signals[producer as usize][unit].is_empty())
    }

    fn exec(&mut self, unit: usize, exec: &Queued<'_>) -> Result<(), Race> {
        for producer in exec.sync.wait.iter() {
            let signal = self.signals[producer as usize][unit].pop_front();
            let clock = &mut self.clocks[unit];
            for (before, told) in clock.iter_mut().zip(signal.unwrap_or_default()) {
                *before = (*before).max(told);
            }
        }
        self.rows(unit, exec)?;
        // What follows, in this unit and where it signals, comes after this exec.
        self.clocks[unit][unit] += 1;
        for consumer in exec.sync.signal.iter() {
            self.signals[unit][consumer as usize].push_back(self.clocks[unit]);
        }
        Ok(())
    }

    /// Uses the rows of an exec.
    fn rows(&mut self, unit: usize, exec: &Queued<'_>) -> Result<(), Race> {
        let slices = self.config.slices;
        match exec.command {
            Command::Fetch(c) => self.fetch(unit, exec, c),
            Command::TrfLoad(c) => self.fetch(unit, exec, &c.fetch),
            Command::Contract(c) => {
                // Each row of accumulators makes the same flits.
                let lanes = usize::from(c.lanes);
                let shape = vec![vec![0; usize::from(c.cols)]; 2 * lanes];
                let row: Vec<usize> = fold(c, lanes, &shape).iter().map(Vec::len).collect();
                let made = flits_made(c, &exec.nest);
                self.flits.extend(row.iter().cycle().take(made));
                Ok(())
            }
            Command::Commit(c) => steps(&exec.nest).try_for_each(|step| {
                let values = self.flits.pop_front().unwrap_or(0);
                let at = i64::from(c.base) + step.a;
                (0..slices).try_for_each(|s| {
                    self.window(unit, exec.index, s, at, values * c.out.bytes(), true)
                })
            }),
            Command::Load(c) => self.dma(unit, exec, c, true),
            Command::Store(c) => self.dma(unit, exec, c, false),
            Command::Loop { .. } => Ok(()),
        }
    }

    fn fetch(&mut self, unit: usize, exec: &Queued<'_>, c: &Fetch) -> Result<(), Race> {
        let (packet, pack) = (usize::from(c.packet), usize::from(c.pack.max(1)));
        for (number, step) in steps(&exec.nest).enumerate() {
            let first = number % pack * packet;
            let tail = c.tail.filter(|tail| step.at_last >> tail.level & 1 == 1);
            let end = tail.map_or(usize::MAX, |tail| usize::from(tail.bytes));
            let bytes = packet.min(end.saturating_sub(first));
            for s in 0..self.config.slices {
                let at = i64::from(c.base) + step.a;
                self.window(unit, exec.index, s, at, bytes, false)?;
            }
        }
        Ok(())
    }

    fn dma(&mut self, unit: usize, exec: &Queued<'_>, c: &Dma, write: bool) -> Result<(), Race> {
        for step in steps(&exec.nest) {
            let dm = (i64::from(c.dm) + step.b) as usize;
            let (slice, at) = (dm / self.config.dm_bytes(), dm % self.config.dm_bytes());
            let slices = match c.broadcast {
                true => 0..self.config.slices,
                false => slice..slice + 1,
            };
            for s in slices {
                self.window(unit, exec.index, s, at as i64, c.bytes.into(), write)?;
            }
        }
        Ok(())
    }

    /// An exec uses `bytes` bytes from `at` on of a slice.
    fn window(
        &mut self,
        unit: usize,
        command: usize,
        slice: usize,
        at: i64,
        bytes: usize,
        write: bool,
    ) -> Result<(), Race> {
        if bytes == 0 {
            return Ok(());
        }
        let (flit, count) = (self.config.flit, self.config.dm_rows);
        let at = at.rem_euclid(self.config.dm_bytes() as i64) as usize;
        for row in at / flit..=(at + bytes - 1) / flit {
            let users = &mut self.rows[slice][row % count];
            let clock = &self.clocks[unit];
            for other in Unit::ALL
                .into_iter()
                .filter(|other| *other as usize != unit)
            {
                let used = match write {
                    true => users.read[other as usize].max(users.written[other as usize]),
                    false => users.written[other as usize],
                };
                if used > clock[other as usize] {
                    return Err(Race {
                        command,
                        unit: other,
                        exec: used - 1,
                        slice,
                        row: row % count,
                    });
                }
            }
            let used = match write {
                true => &mut users.written,
                false => &mut users.read,
            };
            used[unit] = self.clocks[unit][unit] + 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tcpu_isa::{Sync, Units};

    fn dma(dm: u32, bytes: u16, wait: Units, signal: Units) -> Dma {
        Dma {
            levels: 0,
            ext: 0,
            dm,
            bytes,
            broadcast: false,
            sync: Sync { wait, signal },
        }
    }

    /// A store beside a load is a race if they share a row, whichever bytes of it, and no semaphore orders them.
    #[test]
    fn rows_are_shared() {
        let config = Config::preset("tiny").unwrap();
        let none = Units::default();
        let (load, store) = (
            [Unit::Load].into_iter().collect(),
            [Unit::Store].into_iter().collect(),
        );
        let loads = |signal| Command::Load(dma(0, 6, none, signal));
        let stores = |dm_from, wait| Command::Store(dma(dm_from, 2, wait, none));
        let race = Err(Race {
            command: 1,
            unit: Unit::Load,
            exec: 0,
            slice: 0,
            row: 1,
        });
        let check = |commands: &[Command]| super::check(&config, commands);
        assert_eq!(check(&[loads(none), stores(6, none)]), race);
        assert_eq!(check(&[loads(store), stores(6, load)]), Ok(()));
        assert_eq!(check(&[loads(none), stores(8, none)]), Ok(()));
    }
}
