//! From execs with dependencies to a command stream with semaphores.
//!
//! Each unit runs its execs in order. An exec may depend on earlier execs of other units; for each pair
//! of units (producer, consumer) only the consumer's *new maxima* need the pair's semaphore: if it has
//! already waited for the producer's exec 5, a later dependency on exec 3 costs nothing. So each such
//! maximum is one signal and one wait, and counts always match.

use tcpu_isa::{Command, LoopLevel, Sync, Unit, LEVELS};

/// An exec's place in its unit's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub unit: Unit,
    pub index: usize,
}

struct Exec {
    nest: Vec<LoopLevel>,
    command: Command,
    sync: Sync,
}

/// Collects execs and emits the stream.
#[derive(Default)]
pub struct Schedule {
    units: [Vec<Exec>; 6],
    /// For each (producer, consumer): how many of the producer's execs the consumer has waited for.
    awaited: [[usize; 6]; 6],
    order: Vec<Event>,
}

impl Schedule {
    /// Appends an exec to the stream (its `levels` and `sync` are filled in here). It starts after all of
    /// `after` are done. The order of pushes is one in which the program could run one exec at a time.
    pub fn push(&mut self, command: Command, nest: Vec<LoopLevel>, after: &[Event]) -> Event {
        let unit = command.unit();
        let mut sync = Sync::default();
        for producer in Unit::ALL.into_iter().filter(|&u| u != unit) {
            let events = after.iter().filter(|e| e.unit == producer);
            let need = events.map(|e| e.index + 1).max().unwrap_or(0);
            let seen = &mut self.awaited[producer as usize][unit as usize];
            if need > *seen {
                *seen = need;
                let last = &mut self.units[producer as usize][need - 1];
                last.sync.signal.insert(unit);
                sync.wait.insert(producer);
            }
        }
        self.units[unit as usize].push(Exec {
            nest,
            command,
            sync,
        });
        let event = Event {
            unit,
            index: self.units[unit as usize].len() - 1,
        };
        self.order.push(event);
        event
    }

    /// Nothing has been pushed.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The exec of a unit that was pushed last.
    pub fn newest(&self, unit: Unit) -> Option<Event> {
        let index = self.units[unit as usize].len().checked_sub(1)?;
        Some(Event { unit, index })
    }

    /// The command words: loop levels only where they change.
    pub fn commands(&self) -> Vec<Command> {
        let idle = LoopLevel {
            count: 1,
            stride_a: 0,
            stride_b: 0,
        };
        let mut shadow = [[idle; LEVELS]; 6];
        let mut commands = Vec::new();
        for event in &self.order {
            let exec = &self.units[event.unit as usize][event.index];
            for (level, to) in exec.nest.iter().enumerate() {
                let known = &mut shadow[event.unit as usize][level];
                if known != to {
                    *known = *to;
                    commands.push(Command::Loop {
                        unit: event.unit,
                        level: level as u8,
                        to: *to,
                    });
                }
            }
            commands.push(with_nest(exec.command, exec.nest.len() as u8, exec.sync));
        }
        commands
    }
}

fn with_nest(command: Command, levels: u8, sync: Sync) -> Command {
    match command {
        Command::Fetch(c) => Command::Fetch(tcpu_isa::Fetch { levels, sync, ..c }),
        Command::TrfLoad(c) => Command::TrfLoad(tcpu_isa::TrfLoad {
            fetch: tcpu_isa::Fetch {
                levels,
                sync,
                ..c.fetch
            },
            ..c
        }),
        Command::Contract(c) => Command::Contract(tcpu_isa::Contract { levels, sync, ..c }),
        Command::Commit(c) => Command::Commit(tcpu_isa::Commit { levels, sync, ..c }),
        Command::Load(c) => Command::Load(tcpu_isa::Dma { levels, sync, ..c }),
        Command::Store(c) => Command::Store(tcpu_isa::Dma { levels, sync, ..c }),
        Command::Loop { .. } => command,
    }
}
