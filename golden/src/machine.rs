//! The interpreter: whole command streams, exec by exec.
//!
//! Units take their commands in order and wait for each other only through semaphores, the stream and
//! the value flits. A program that is well synchronised gives the same result in whatever [`Order`] the
//! interpreter lets ready units go; tests run several orders to find programs that are not.

use std::collections::VecDeque;

use thiserror::Error;

use tcpu_isa::{Command, Config, LoopLevel, Sync, Unit, LEVELS, SEMAPHORE_MAX};

use crate::contract::{contract, flits_made, flits_needed, Slots, Trf};
use crate::{commit, dma, fetch};

/// Which of several ready units goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The one whose command comes first in the program.
    Program,
    /// The one with the lowest number: runs ahead as far as it can.
    Lowest,
    /// The one with the highest number.
    Highest,
    /// Any, by this seed.
    Random(u64),
}

/// What stopped a program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("the units wait for each other: {0}")]
    Deadlock(String),
    #[error("command {command}: an accumulator reached {value}, which is no i32")]
    Overflow { command: usize, value: String },
    #[error("command {command}: the last flit has only {packets} packets")]
    IncompleteFlit { command: usize, packets: usize },
    #[error(
        "command {command}: the row at external byte {ext}, DM byte {dm} is outside its memory"
    )]
    Outside { command: usize, ext: i64, dm: i64 },
    #[error("command {command} signals {} beyond {SEMAPHORE_MAX}", .consumer.name())]
    Semaphore { command: usize, consumer: Unit },
    #[error("{stream} stream flits and {values} value flits are left at the end")]
    LeftOver { stream: usize, values: usize },
}

pub(crate) struct Queued<'a> {
    pub index: usize,
    pub nest: Vec<LoopLevel>,
    pub command: &'a Command,
    pub sync: Sync,
}

struct Machine<'a> {
    config: &'a Config,
    /// Execs that are not dispatched yet.
    program: VecDeque<Queued<'a>>,
    queues: [VecDeque<Queued<'a>>; 6],
    /// By producer, then consumer.
    semaphores: [[u32; 6]; 6],
    ext: Vec<u8>,
    dm: Vec<Vec<u8>>,
    trf: Vec<Trf>,
    slots: Vec<Slots>,
    stream: Vec<VecDeque<Vec<u8>>>,
    values: Vec<VecDeque<Vec<i32>>>,
}

/// Runs `commands` on external memory `ext`; returns it as the program leaves it. Every command must
/// pass [`Command::check`]. DM, TRF and accumulators are zero at the start.
///
/// # Errors
/// What the machine could not do, with the command's index.
pub fn run(
    config: &Config,
    commands: &[Command],
    ext: Vec<u8>,
    order: Order,
) -> Result<Vec<u8>, Fault> {
    let slices = config.slices;
    let mut machine = Machine {
        config,
        program: prepare(commands),
        queues: Default::default(),
        semaphores: [[0; 6]; 6],
        ext,
        dm: vec![vec![0; config.dm_bytes()]; slices],
        trf: vec![vec![vec![0; config.flit]; config.trf_rows * config.lanes]; slices],
        slots: vec![
            vec![vec![vec![0; config.columns]; config.acc_lanes()]; config.acc_slots];
            slices
        ],
        stream: vec![VecDeque::new(); slices],
        values: vec![VecDeque::new(); slices],
    };
    let mut random = match order {
        Order::Random(seed) => seed,
        _ => 0,
    };
    loop {
        machine.dispatch();
        if machine.queues.iter().all(VecDeque::is_empty) {
            break;
        }
        let ready: Vec<usize> = (0..6).filter(|&u| machine.ready(u)).collect();
        let pick = match order {
            Order::Program => ready
                .iter()
                .min_by_key(|&&u| machine.queues[u].front().map(|q| q.index))
                .copied(),
            Order::Lowest => ready.first().copied(),
            Order::Highest => ready.last().copied(),
            Order::Random(_) => {
                // Knuth's MMIX generator; the high bits are the good ones.
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                ready
                    .get((random >> 33) as usize % ready.len().max(1))
                    .copied()
            }
        };
        let Some(unit) = pick else {
            return Err(Fault::Deadlock(machine.stuck()));
        };
        machine.exec(unit)?;
    }
    let (stream, values) = (machine.stream[0].len(), machine.values[0].len());
    if stream + values > 0 {
        return Err(Fault::LeftOver { stream, values });
    }
    Ok(machine.ext)
}

/// The execs of a program, each with the nest that its unit's loop words have set by then.
pub(crate) fn prepare(commands: &[Command]) -> VecDeque<Queued<'_>> {
    let idle = LoopLevel {
        count: 1,
        stride_a: 0,
        stride_b: 0,
    };
    let mut shadow = [[idle; LEVELS]; 6];
    let mut execs = VecDeque::new();
    for (index, command) in commands.iter().enumerate() {
        let unit = command.unit() as usize;
        let (levels, sync) = match command {
            Command::Loop { level, to, .. } => {
                shadow[unit][usize::from(*level)] = *to;
                continue;
            }
            Command::Fetch(c) => (c.levels, c.sync),
            Command::Contract(c) => (c.levels, c.sync),
            Command::Commit(c) => (c.levels, c.sync),
            Command::TrfLoad(c) => (c.fetch.levels, c.fetch.sync),
            Command::Load(c) | Command::Store(c) => (c.levels, c.sync),
        };
        let nest = shadow[unit][..usize::from(levels)].to_vec();
        execs.push_back(Queued {
            index,
            nest,
            command,
            sync,
        });
    }
    execs
}

impl Machine<'_> {
    /// Hands execs to their units in program order, until one's queue is full.
    fn dispatch(&mut self) {
        while let Some(exec) = self.program.front() {
            let queue = &mut self.queues[exec.command.unit() as usize];
            if queue.len() >= self.config.queue {
                return;
            }
            queue.extend(self.program.pop_front());
        }
    }

    fn ready(&self, unit: usize) -> bool {
        let Some(head) = self.queues[unit].front() else {
            return false;
        };
        let flits = match head.command {
            Command::Contract(c) => self.stream[0].len() >= flits_needed(c, &head.nest),
            Command::Commit(_) => {
                let count: usize = head.nest.iter().map(|l| usize::from(l.count)).product();
                self.values[0].len() >= count
            }
            _ => true,
        };
        let given = |producer: Unit| self.semaphores[producer as usize][unit] > 0;
        flits && head.sync.wait.iter().all(given)
    }

    fn stuck(&self) -> String {
        let heads = Unit::ALL.iter().filter_map(|unit| {
            let head = self.queues[*unit as usize].front()?;
            let place = format!("{} at command {}", unit.name(), head.index);
            Some(match head.sync.wait.is_empty() {
                true => place,
                false => format!("{place} (waits for {})", head.sync.wait),
            })
        });
        heads.collect::<Vec<_>>().join("; ")
    }

    fn exec(&mut self, unit: usize) -> Result<(), Fault> {
        let Some(Queued {
            index,
            nest,
            command,
            sync,
        }) = self.queues[unit].pop_front()
        else {
            return Ok(());
        };
        for producer in sync.wait.iter() {
            self.semaphores[producer as usize][unit] -= 1;
        }
        let outside = |o: dma::Outside| Fault::Outside {
            command: index,
            ext: o.ext,
            dm: o.dm,
        };
        let incomplete = |packets| Fault::IncompleteFlit {
            command: index,
            packets,
        };
        let flit = self.config.flit;
        match command {
            Command::Fetch(c) => {
                for (dm, stream) in self.dm.iter().zip(&mut self.stream) {
                    let flits = fetch::flits(c, &nest, flit, dm).map_err(incomplete)?;
                    stream.extend(flits.into_iter().map(|f| f.bytes));
                }
            }
            Command::TrfLoad(c) => {
                let lanes = self.config.lanes as i64;
                for (dm, trf) in self.dm.iter().zip(&mut self.trf) {
                    for flit in fetch::flits(&c.fetch, &nest, flit, dm).map_err(incomplete)? {
                        let address = i64::from(c.trf) + flit.b;
                        let bytes: Vec<i8> = flit.bytes.iter().map(|&b| b as i8).collect();
                        let size = trf.len() as i64;
                        let first = if c.broadcast {
                            address - address.rem_euclid(lanes)
                        } else {
                            address
                        };
                        let last = if c.broadcast {
                            first + lanes
                        } else {
                            first + 1
                        };
                        for at in first..last {
                            trf[at.rem_euclid(size) as usize].clone_from(&bytes);
                        }
                    }
                }
            }
            Command::Contract(c) => {
                let need = flits_needed(c, &nest);
                for s in 0..self.config.slices {
                    let stream: Vec<Vec<u8>> = self.stream[s].drain(..need).collect();
                    let lanes = self.config.lanes;
                    let values =
                        contract(c, &nest, lanes, &stream, &self.trf[s], &mut self.slots[s])
                            .map_err(|o| Fault::Overflow {
                                command: index,
                                value: o.0.to_string(),
                            })?;
                    debug_assert_eq!(values.len(), flits_made(c, &nest));
                    self.values[s].extend(values);
                }
            }
            Command::Commit(c) => {
                let count: usize = nest.iter().map(|l| usize::from(l.count)).product();
                for (dm, values) in self.dm.iter_mut().zip(&mut self.values) {
                    let flits: Vec<Vec<i32>> = values.drain(..count).collect();
                    commit::commit(c, &nest, &flits, dm);
                }
            }
            Command::Load(c) => dma::load(c, &nest, &self.ext, &mut self.dm).map_err(outside)?,
            Command::Store(c) => dma::store(c, &nest, &mut self.ext, &self.dm).map_err(outside)?,
            Command::Loop { .. } => {}
        }
        for consumer in sync.signal.iter() {
            let value = &mut self.semaphores[unit][consumer as usize];
            *value += 1;
            if *value > SEMAPHORE_MAX {
                return Err(Fault::Semaphore {
                    command: index,
                    consumer,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tcpu_isa::{Dma, Fetch, Tail, TrfLoad, Units};

    fn byte(wait: &[Unit], signal: &[Unit]) -> Dma {
        let units = |units: &[Unit]| units.iter().copied().collect::<Units>();
        Dma {
            levels: 0,
            ext: 0,
            dm: 0,
            bytes: 1,
            broadcast: false,
            sync: Sync {
                wait: units(wait),
                signal: units(signal),
            },
        }
    }

    fn play(commands: &[Command]) -> Result<Vec<u8>, Fault> {
        let config = Config::preset("tiny").unwrap();
        run(&config, commands, vec![0; 16], Order::Highest)
    }

    /// A semaphore can be signalled up to its largest value; beyond it is a fault.
    #[test]
    fn too_many_signals() {
        let signals = vec![Command::Load(byte(&[], &[Unit::Fetch])); 256];
        assert!(play(&signals[..255]).is_ok());
        let fault = Fault::Semaphore {
            command: 255,
            consumer: Unit::Fetch,
        };
        assert_eq!(play(&signals), Err(fault));
    }

    /// An exec takes from all its producers or from none; what it waits for in vain is named.
    #[test]
    fn all_or_none() {
        let store = Command::Store(byte(&[Unit::Commit, Unit::Load], &[Unit::Load]));
        let load = Command::Load(byte(&[], &[Unit::Store]));
        let after = Command::Load(byte(&[Unit::Store], &[]));
        let fault = Fault::Deadlock(
            "load at command 2 (waits for store); store at command 0 (waits for commit,load)"
                .to_string(),
        );
        assert_eq!(play(&[store, load, after]), Err(fault));
        let store = Command::Store(byte(&[Unit::Load], &[Unit::Load]));
        assert!(play(&[store, load, after]).is_ok());
    }

    /// A stream that ends inside a flit is refused, whatever its loop words made of its nest; a tail ends no flit.
    #[test]
    fn whole_flits() {
        let fetch = |tail| Fetch {
            levels: 2,
            base: 0,
            packet: 1,
            pack: 4,
            tail,
            sync: Sync::default(),
        };
        let trfload = |fetch| {
            Command::TrfLoad(TrfLoad {
                fetch,
                trf: 0,
                broadcast: false,
            })
        };
        let play = |exec: Command, counts: [u16; 2]| {
            let level = |level: u8| Command::Loop {
                unit: exec.unit(),
                level,
                to: LoopLevel {
                    count: counts[usize::from(level)],
                    stride_a: 1,
                    stride_b: 1,
                },
            };
            play(&[level(0), level(1), exec])
        };
        for tail in [None, Some(Tail { level: 0, bytes: 2 })] {
            let (fetch, trfload) = (Command::Fetch(fetch(tail)), trfload(fetch(tail)));
            for exec in [fetch, trfload] {
                let incomplete = |packets| {
                    Err(Fault::IncompleteFlit {
                        command: 2,
                        packets,
                    })
                };
                assert_eq!(play(exec, [3, 1]), incomplete(3));
                assert_eq!(play(exec, [2, 5]), incomplete(2));
            }
            let unused = Fault::LeftOver {
                stream: 3,
                values: 0,
            };
            assert_eq!(play(fetch, [2, 6]), Err(unused));
            assert!(play(trfload, [6, 2]).is_ok());
        }
    }
}
