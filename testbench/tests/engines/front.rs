//! The ports that every unit has on dispatch and semaphores, and the book's telling of what is behind them.

use std::collections::VecDeque;

use fastrand::Rng;
use tcpu_golden::sequencer::{steps, Step};
use tcpu_hdl::commit::CommitUnit;
use tcpu_hdl::context::Context;
use tcpu_hdl::contract::ContractUnit;
use tcpu_hdl::decode::Word;
use tcpu_hdl::fetch::Fetch;
use tcpu_hdl::load::LoadUnit;
use tcpu_hdl::store::StoreUnit;
use tcpu_hdl::trfload::TrfLoad;
use tcpu_isa::{encode, Command, Config, Sync};
use tcpu_testbench::bench::{Outcome, Stalls};

use crate::cases::{exec_fields, Levels, RESET};
use crate::skid::ROOM;

/// What the ports show.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub filling: bool,
    /// What the head of the next cycle waits for.
    pub waits: u64,
    /// What the exec takes that started in the cycle before.
    pub takes: u64,
    pub active: bool,
    pub waiting: bool,
}

/// A block with these ports.
pub trait Front {
    fn set(&mut self, push: bool, word: Word, may: bool);
    fn shown(&self) -> Shown;
}

/// Implements [`Front`] by the ports' names.
macro_rules! front {
    ($([$($generics:tt)*] $unit:ty, $active:ident;)*) => {$(
        impl<$($generics)*> Front for $unit {
            fn set(&mut self, push: bool, word: Word, may: bool) {
                self.push.next = push;
                self.word.next = word;
                self.may.next = may;
            }

            fn shown(&self) -> Shown {
                Shown {
                    filling: self.filling.val(),
                    waits: self.waits.val().value(),
                    takes: self.takes.val().value(),
                    active: self.$active.val(),
                    waiting: self.waiting.val(),
                }
            }
        }
    )*};
}

front! {
    [] Context, valid;
    [const S: usize, const F: usize] Fetch<S, F>, active;
    [const S: usize, const F: usize, const V: usize] CommitUnit<S, F, V>, active;
    [const S: usize, const F: usize] TrfLoad<S, F>, active;
    [const S: usize, const L: usize, const F: usize, const V: usize, const A: usize]
        ContractUnit<S, L, F, V, A>, active;
    [const F: usize] LoadUnit<F>, active;
    [const F: usize] StoreUnit<F>, active;
}

/// An exec that runs.
pub struct Running {
    pub command: Command,
    pub sync: Sync,
    base: [u32; 2],
    steps: Vec<Step>,
    at: usize,
}

impl Running {
    fn new(command: Command, shadow: &Levels) -> Option<Running> {
        let (levels, sync, base) = exec_fields(&command)?;
        Some(Running {
            command,
            sync,
            base,
            steps: steps(&shadow[..usize::from(levels)]).collect(),
            at: 0,
        })
    }

    /// The step that it makes next.
    pub fn step(&self) -> Step {
        self.steps[self.at]
    }

    /// That step is its last.
    pub fn last(&self) -> bool {
        self.at + 1 == self.steps.len()
    }

    /// Its addresses, as wide as the hardware's.
    pub fn at(&self) -> [u64; 2] {
        let step = self.step();
        let at = |base: u32, offset: i64, bits: u32| {
            (i64::from(base) + offset) as u64 & ((1 << bits) - 1)
        };
        [at(self.base[0], step.a, 32), at(self.base[1], step.b, 28)]
    }

    /// The number of the step, from 0.
    pub fn number(&self) -> usize {
        self.at
    }

    /// What the step signals at the `done` port: the exec's signals, if it is the last.
    pub fn done(&self) -> u64 {
        if self.last() {
            self.signals()
        } else {
            0
        }
    }

    /// What its signals look like at the `done` port.
    pub fn signals(&self) -> u64 {
        self.sync.signal.mask().into()
    }
}

/// What a word waits for, if there is one.
fn waits(word: Option<&Command>) -> u64 {
    let exec = word.and_then(exec_fields);
    exec.map_or(0, |(_, sync, _)| sync.wait.mask().into())
}

/// Feeds a unit with words and semaphores, and knows what its front must show.
pub struct Feeder {
    words: VecDeque<Command>,
    depth: usize,
    queue: VecDeque<Command>,
    head: Option<Command>,
    shadow: Levels,
    /// The exec that runs.
    pub running: Option<Running>,
    push: Option<Command>,
    may: bool,
    /// The head's exec started in the cycle before.
    begun: bool,
    stalls: [Stalls; 2],
    noise: Rng,
}

impl Feeder {
    /// For a unit whose queue holds `depth` words. The seeds stall the words and the semaphores.
    pub fn new(words: Vec<Command>, depth: usize, [push, may]: [u64; 2]) -> Self {
        Feeder {
            words: words.into(),
            depth,
            queue: VecDeque::new(),
            head: None,
            shadow: RESET,
            running: None,
            push: None,
            may: false,
            begun: false,
            stalls: [Stalls::new(push), Stalls::new(may)],
            noise: Rng::with_seed(push ^ may),
        }
    }

    /// Sets the inputs of a cycle.
    pub fn drive(&mut self, unit: &mut impl Front) {
        self.push = None;
        if self.queue.len() < self.depth && !self.stalls[0].refuses() {
            self.push = self.words.pop_front();
        }
        let word = self.push.map_or(self.noise.u128(..), |c| encode(&c));
        let refused = self.stalls[1].refuses();
        self.may = !(refused && waits(self.head.as_ref()) > 0);
        unit.set(self.push.is_some(), Word::from(word), self.may);
    }

    /// The head leaves in this cycle, or there is none.
    fn moves(&self) -> bool {
        self.begun || !self.exec_waits()
    }

    /// The next word is an exec.
    fn exec_waits(&self) -> bool {
        self.head
            .as_ref()
            .is_some_and(|word| exec_fields(word).is_some())
    }

    /// Compares the outputs of a cycle.
    pub fn check(&self, unit: &impl Front) -> Outcome {
        self.check_with(unit, self.running.is_some(), false)
    }

    /// The same for a unit that is active while it has something to do before or behind its sequencer.
    fn check_with(&self, unit: &impl Front, active: bool, rows: bool) -> Outcome {
        let shown = unit.shown();
        let idle = self.running.is_none() && !rows && !active;
        let expected = Shown {
            filling: self.queue.len() + 1 >= self.depth,
            waits: match self.moves() {
                true => waits(self.queue.front()),
                false => waits(self.head.as_ref()),
            },
            takes: match self.begun {
                true => waits(self.head.as_ref()),
                false => 0,
            },
            active,
            waiting: self.exec_waits() && idle && !self.may,
        };
        ensure_eq!(shown, expected, "the front");
        Ok(())
    }

    /// The next exec starts in a cycle in which the unit makes a step, or not.
    pub fn starts(&self, step: bool) -> bool {
        let free = self.running.as_ref().is_none_or(|r| step && r.last());
        self.exec_waits() && !self.begun && free && self.may
    }

    /// Plays the cycle.
    pub fn clock(&mut self, step: bool) {
        let starts = self.starts(step);
        let moves = self.moves();
        self.begun = starts;
        if let (true, Some(running)) = (step, &mut self.running) {
            running.at += 1;
            if running.at == running.steps.len() {
                self.running = None;
            }
        }
        if let Some(Command::Loop { level, to, .. }) = self.head {
            self.shadow[usize::from(level)] = to;
        }
        if starts {
            self.running = self.head.and_then(|c| Running::new(c, &self.shadow));
        }
        if moves {
            self.head = self.queue.pop_front();
        }
        self.queue.extend(self.push.take());
    }

    /// Nothing is queued or running.
    pub fn quiet(&self) -> bool {
        self.queue.is_empty() && self.head.is_none() && self.running.is_none()
    }

    /// All words have been executed.
    pub fn finished(&self) -> bool {
        self.words.is_empty() && self.push.is_none() && self.quiet()
    }
}

/// What a unit makes of the steps of its execs, one thing per cycle, and keeps in its skid buffer.
pub struct Ahead<T> {
    pub feeder: Feeder,
    /// What becomes of a step, at least one thing.
    make: fn(&Config, &Running) -> Vec<T>,
    config: Config,
    /// Steps of units that make several things of them wait in a buffer of their own.
    rows: Option<VecDeque<VecDeque<T>>>,
    held: VecDeque<T>,
}

impl<T> Ahead<T> {
    /// Of a unit that is fed by `feeder` and makes one thing of a step.
    pub fn new(config: &Config, feeder: Feeder, make: fn(&Config, &Running) -> Vec<T>) -> Self {
        Ahead {
            feeder,
            make,
            config: config.clone(),
            rows: None,
            held: VecDeque::new(),
        }
    }

    /// Of a unit that makes several things of a step: of a row.
    pub fn of_rows(config: &Config, feeder: Feeder, make: fn(&Config, &Running) -> Vec<T>) -> Self {
        Ahead {
            rows: Some(VecDeque::new()),
            ..Ahead::new(config, feeder, make)
        }
    }

    /// The thing that the unit deals with.
    pub fn head(&self) -> Option<&T> {
        self.held.front()
    }

    /// The sequencer steps: whatever is popped in the cycle.
    fn steps(&self) -> bool {
        let waiting = self.rows.as_ref().map_or(self.held.len(), VecDeque::len);
        self.feeder.running.is_some() && waiting < ROOM
    }

    /// Compares the unit's front.
    pub fn check(&self, unit: &impl Front) -> Outcome {
        let (active, rows) = (!self.held.is_empty(), self.some_rows());
        self.feeder.check_with(unit, active, rows)
    }

    fn some_rows(&self) -> bool {
        self.rows.as_ref().is_some_and(|rows| !rows.is_empty())
    }

    /// Plays the cycle; the head is popped in it, or not.
    pub fn clock(&mut self, pop: bool) -> Option<T> {
        let steps = self.steps();
        let room = self.held.len() < ROOM;
        let popped = if pop { self.held.pop_front() } else { None };
        if let (true, Some(rows)) = (room, &mut self.rows) {
            self.held
                .extend(rows.front_mut().and_then(VecDeque::pop_front));
            rows.retain(|row| !row.is_empty());
        }
        if let (true, Some(running)) = (steps, &self.feeder.running) {
            let made = (self.make)(&self.config, running);
            match &mut self.rows {
                Some(rows) => rows.push_back(made.into()),
                None => self.held.extend(made),
            }
        }
        self.feeder.clock(steps);
        popped
    }

    /// Nothing is queued, running or held.
    pub fn quiet(&self) -> bool {
        self.feeder.quiet() && !self.some_rows() && self.held.is_empty()
    }

    /// All words have been executed.
    pub fn finished(&self) -> bool {
        self.feeder.finished() && !self.some_rows() && self.held.is_empty()
    }
}
