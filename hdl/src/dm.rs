//! Data memory: banks of block RAM, read and written in windows, and who may use them when.
//!
//! ```text
//! fetch, trfload, store ──> read arbiter  ──> [ ] ─ [ ] ──> ┌────────────────────────┐ ──> window, in five cycles
//!                                                           │ bank 0: even│odd rows  │
//! commit, load ───────────> write arbiter ──> [ ] ─ [ ] ──> │ bank 1: ..             │     all slices alike
//!                                                           └────────────────────────┘
//! ```
//!
//! What is granted waits in a register, and in one beside each bank, before it reaches the memories, reads and writes
//! alike. A bank is a
//! memory for its even and one for its odd rows, each with a read port that is registered twice, as block RAM has it,
//! and a write port with byte enables. What is read of all banks is in one more register, from which it is turned right
//! by as many bytes as the reader says: its window begins at whatever byte of its data it wants it to. For store one more
//! register is between the slices, which are all over the device, and the turn, all of it but for one byte. What the load
//! writes is turned left by as many as it says.
//!
//! A *window* is up to F bytes from any byte address: rows `x / F` and the next one, one of them even and
//! one odd. Requests conflict if they share a bank; `docs/machine.md` has the arbiters' equations. A
//! request waits at most 8 cycles for those before it, then it goes first.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::types::{Flits, U};

mod banks;
mod memory;

pub use banks::Banks;

/// The memories of all slices: a leaf block. Requests must be granted by the [`Arbiter`].
/// Addresses wrap at the end of the memory. A read sees the memory before the writes of its cycle. Its data
/// counts [`READ_CYCLES`](tcpu_isa::pipeline::READ_CYCLES) after only, store's
/// [`STORE_READ_CYCLES`](tcpu_isa::pipeline::STORE_READ_CYCLES) after, and only the bytes that were asked for.
#[derive(LogicBlock)]
pub struct Dm<const S: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub fetch: Signal<In, bool>,
    pub fetch_at: Signal<In, U<32>>,
    pub fetch_turn: Signal<In, U<6>>,
    pub fetch_data: Signal<Out, Flits<S, F>>,
    pub trfload: Signal<In, bool>,
    pub trfload_at: Signal<In, U<32>>,
    pub trfload_turn: Signal<In, U<6>>,
    pub trfload_data: Signal<Out, Flits<S, F>>,
    /// The store reads one slice: address is `slice * dm_bytes + offset`.
    pub store: Signal<In, bool>,
    pub store_at: Signal<In, U<28>>,
    pub store_turn: Signal<In, U<6>>,
    pub store_data: Signal<Out, Flits<1, F>>,
    pub commit: Signal<In, bool>,
    pub commit_at: Signal<In, U<32>>,
    /// Where the window ends, from the beginning of its first row.
    pub commit_end: Signal<In, U<6>>,
    /// The byte of a row in which the data's first byte belongs: not the address' own, if the window's first byte
    /// is not the data's.
    pub commit_turn: Signal<In, U<6>>,
    pub commit_data: Signal<In, Flits<S, F>>,
    /// The load writes one slice (address as for the store), or all.
    pub load: Signal<In, bool>,
    pub load_at: Signal<In, U<28>>,
    pub load_turn: Signal<In, U<6>>,
    /// As commit's.
    pub load_end: Signal<In, U<6>>,
    pub load_all: Signal<In, bool>,
    pub load_data: Signal<In, Flits<1, F>>,
    /// The banks that each request touches, in the arbiter's order.
    pub banks: [Signal<In, U<16>>; 5],
    _banks: usize,
    _slices: Vec<Vec<i8>>,
    /// What was granted in the last cycles, the last one first.
    _granted: [Granted<S, F>; 2],
    /// What the memories show to fetch, trfload and store, before and in their output registers.
    _read: [[Flits<S, F>; 2]; 2],
    _read_store: [Flits<1, F>; 3],
}

/// The requests that are granted in a cycle, as far as they are.
#[derive(Clone, Copy, Default)]
struct Granted<const S: usize, const F: usize> {
    /// Address and turn, of fetch, trfload and store.
    reads: [Option<(usize, usize)>; 3],
    /// Address, turn, bytes and data.
    commit: Option<(usize, usize, usize, Flits<S, F>)>,
    load: Option<(usize, usize, usize, Flits<1, F>)>,
    load_all: bool,
}

impl<const S: usize, const F: usize> Dm<S, F> {
    /// The memories of a build, all zero.
    pub fn new(config: &Config) -> Self {
        Dm {
            clock: Default::default(),
            fetch: Default::default(),
            fetch_at: Default::default(),
            fetch_turn: Default::default(),
            fetch_data: Default::default(),
            trfload: Default::default(),
            trfload_at: Default::default(),
            trfload_turn: Default::default(),
            trfload_data: Default::default(),
            store: Default::default(),
            store_at: Default::default(),
            store_turn: Default::default(),
            store_data: Default::default(),
            commit: Default::default(),
            commit_at: Default::default(),
            commit_end: Default::default(),
            commit_turn: Default::default(),
            commit_data: Default::default(),
            load: Default::default(),
            load_at: Default::default(),
            load_turn: Default::default(),
            load_end: Default::default(),
            load_all: Default::default(),
            load_data: Default::default(),
            banks: Default::default(),
            _banks: config.dm_banks,
            _slices: vec![vec![0; config.dm_bytes()]; S],
            _granted: Default::default(),
            _read: Default::default(),
            _read_store: Default::default(),
        }
    }

    fn window(memory: &[i8], at: usize, turn: usize) -> [i8; F] {
        let mut data = [0; F];
        for i in 0..F {
            data[(at + i + F - turn) % F] = memory[(at + i) % memory.len()];
        }
        data
    }

    /// What the inputs ask for in this cycle.
    fn granted(&self) -> Granted<S, F> {
        let number = |n: u64| n as usize;
        let bytes = |at: u64, end: &Signal<In, U<6>>| end.val().value() as usize - number(at) % F;
        let read = |wanted: bool, at: u64, turn: &Signal<In, U<6>>| {
            wanted.then(|| (number(at), number(turn.val().value())))
        };
        let fetch_at = self.fetch_at.val().value();
        let trfload_at = self.trfload_at.val().value();
        let store_at = self.store_at.val().value();
        Granted {
            reads: [
                read(self.fetch.val(), fetch_at, &self.fetch_turn),
                read(self.trfload.val(), trfload_at, &self.trfload_turn),
                read(self.store.val(), store_at, &self.store_turn),
            ],
            commit: self.commit.val().then(|| {
                (
                    number(self.commit_at.val().value()),
                    number(self.commit_turn.val().value()),
                    bytes(self.commit_at.val().value(), &self.commit_end),
                    self.commit_data.val(),
                )
            }),
            load: self.load.val().then(|| {
                (
                    number(self.load_at.val().value()),
                    number(self.load_turn.val().value()),
                    bytes(self.load_at.val().value(), &self.load_end),
                    self.load_data.val(),
                )
            }),
            load_all: self.load_all.val(),
        }
    }
}

impl<const S: usize, const F: usize> Logic for Dm<S, F> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        [self.fetch_data.next, self.trfload_data.next] = self._read[1];
        self.store_data.next = self._read_store[2];
        self._read[1] = self._read[0];
        self._read_store[2] = self._read_store[1];
        self._read_store[1] = self._read_store[0];
        let now = self.granted();
        let [last, granted] = self._granted;
        self._granted = [now, last];
        let bytes = self._slices[0].len();
        for (read, granted) in self._read[0].iter_mut().zip(granted.reads) {
            if let Some((at, turn)) = granted {
                let window = |s: usize| Self::window(&self._slices[s], at, turn);
                *read = Flits(std::array::from_fn(window));
            }
        }
        if let Some((at, turn)) = granted.reads[2] {
            let memory = &self._slices[at / bytes % S];
            self._read_store[0] = Flits([Self::window(memory, at, turn)]);
        }
        if let Some((at, turn, count, data)) = granted.commit {
            for (memory, data) in self._slices.iter_mut().zip(&data.0) {
                for to in at..at + count {
                    memory[to % bytes] = data[(to + F - turn) % F];
                }
            }
        }
        if let Some((at, turn, count, data)) = granted.load {
            for (s, memory) in self._slices.iter_mut().enumerate() {
                if granted.load_all || s == at / bytes % S {
                    for to in at..at + count {
                        memory[to % bytes] = data.0[0][(to + F - turn) % F];
                    }
                }
            }
        }
    }

    fn connect(&mut self) {
        self.fetch_data.connect();
        self.trfload_data.connect();
        self.store_data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(memory::text(S, F, self._banks, self._slices[0].len()))
    }
}

/// For how many cycles a request has been waiting, up to 7. A grant is known late: it reaches two registers, and is counted
/// a cycle later.
#[derive(LogicBlock, Default)]
struct Age {
    pub clock: Signal<In, Clock>,
    pub wants: Signal<In, bool>,
    pub grant: Signal<In, bool>,
    /// The age is 7.
    pub urgent: Signal<Out, bool>,
    ripe: DFF<bool>,
    /// It was passed over in the cycle before; its age in that cycle.
    passed: DFF<bool>,
    then: DFF<U<3>>,
    waits: Signal<Local, bool>,
}

impl Logic for Age {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, ripe, passed, then);
        self.waits.next = self.wants.val() && (!self.grant.val());
        self.passed.d.next = self.waits.val();
        self.then.d.next = 0.into();
        if self.passed.q.val() {
            self.then.d.next = self.then.q.val() + 1.into();
            if self.then.q.val() > 5.into() {
                self.then.d.next = 7.into();
            }
        }
        self.ripe.d.next =
            self.waits.val() && self.passed.q.val() && (self.then.q.val() > 4.into());
        self.urgent.next = self.ripe.q.val();
    }
}

/// Grants windows of DM, by their banks: all slices are granted alike. A request stays as it is until it is granted;
/// so whose turn it is after a long wait is known a cycle ahead.
#[derive(LogicBlock, Default)]
pub struct Arbiter {
    pub clock: Signal<In, Clock>,
    /// Requests: fetch, trfload, store (reads), commit, load (writes).
    pub wants: [Signal<In, bool>; 5],
    /// The banks that each request touches, a bit each.
    pub banks: [Signal<In, U<16>>; 5],
    pub grant: [Signal<Out, bool>; 5],
    trfload_age: Age,
    store_age: Age,
    load_age: Age,
    fetch_trfload: Signal<Local, bool>,
    fetch_store: Signal<Local, bool>,
    trfload_store: Signal<Local, bool>,
    commit_load: Signal<Local, bool>,
    grant_fetch: Signal<Local, bool>,
    grant_trfload: Signal<Local, bool>,
    grant_store: Signal<Local, bool>,
    grant_commit: Signal<Local, bool>,
    grant_load: Signal<Local, bool>,
}

impl Logic for Arbiter {
    #[hdl_gen]
    fn update(&mut self) {
        self.trfload_age.clock.next = self.clock.val();
        self.store_age.clock.next = self.clock.val();
        self.load_age.clock.next = self.clock.val();
        self.fetch_trfload.next = (self.banks[0].val() & self.banks[1].val()).any();
        self.fetch_store.next = (self.banks[0].val() & self.banks[2].val()).any();
        self.trfload_store.next = (self.banks[1].val() & self.banks[2].val()).any();
        self.commit_load.next = (self.banks[3].val() & self.banks[4].val()).any();
        self.grant_fetch.next = self.wants[0].val()
            && (!self.store_age.urgent.val())
            && (!self.trfload_age.urgent.val());
        self.grant_trfload.next = self.wants[1].val()
            && (!self.store_age.urgent.val())
            && (!(self.grant_fetch.val() && self.fetch_trfload.val()));
        self.grant_store.next = self.wants[2].val()
            && (!(self.grant_fetch.val() && self.fetch_store.val()))
            && (!(self.grant_trfload.val() && self.trfload_store.val()));
        self.grant_commit.next = self.wants[3].val() && (!self.load_age.urgent.val());
        self.grant_load.next =
            self.wants[4].val() && (!(self.grant_commit.val() && self.commit_load.val()));
        self.trfload_age.wants.next = self.wants[1].val();
        self.trfload_age.grant.next = self.grant_trfload.val();
        self.store_age.wants.next = self.wants[2].val();
        self.store_age.grant.next = self.grant_store.val();
        self.load_age.wants.next = self.wants[4].val();
        self.load_age.grant.next = self.grant_load.val();
        self.grant[0].next = self.grant_fetch.val();
        self.grant[1].next = self.grant_trfload.val();
        self.grant[2].next = self.grant_store.val();
        self.grant[3].next = self.grant_commit.val();
        self.grant[4].next = self.grant_load.val();
    }
}
