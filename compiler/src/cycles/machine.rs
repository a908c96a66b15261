//! One cycle after the other, as `docs/machine.md` tells it.

use std::collections::VecDeque;

use tcpu_isa::counters::{number, Activity, Counters};
use tcpu_isa::pipeline::{
    IN_FLIGHT, PLACES, READ_CYCLES, SKID, STORE_BEATS, STORE_READ_CYCLES, STORE_REQUESTS, STREAM,
    TRFLOAD_CYCLES, TRFLOAD_DONE_CYCLES,
};
use tcpu_isa::{
    Command, Config, Contract, Dma, FoldOrder, LoopLevel, MemoryTiming, Sync, Unit, Units, LEVELS,
    MAX_BURST,
};

use super::nest::Nest;
use super::port::Port;
use super::{CycleError, Cycles};

/// Cycles in which a window that was taken does not yet ask.
const COMMIT_CYCLES: usize = 20;
/// Cycles after which an arbiter turns to a requester that it passed over.
const AGE: u8 = 7;

const FETCH: usize = Unit::Fetch as usize;
const CONTRACT: usize = Unit::Contract as usize;
const COMMIT: usize = Unit::Commit as usize;
const TRFLOAD: usize = Unit::TrfLoad as usize;
const LOAD: usize = Unit::Load as usize;
const STORE: usize = Unit::Store as usize;

/// A unit's queue, shadow nest and running exec.
struct Context<'a> {
    queue: VecDeque<&'a Command>,
    head: Option<&'a Command>,
    /// The head's exec started in the cycle before.
    begun: bool,
    shadow: [LoopLevel; LEVELS],
    nest: Nest,
    /// Units that the running exec signals.
    signal: Units,
}

/// A row of a DMA unit.
#[derive(Clone, Copy)]
struct Row {
    ext: i64,
    dm: i64,
    bytes: usize,
}

impl Row {
    /// Where the row begins in its first beat. Flits are powers of two.
    fn offset(&self, flit: usize) -> usize {
        self.ext as usize & (flit - 1)
    }

    fn beats(&self, flit: usize) -> usize {
        (self.offset(flit) + self.bytes + flit - 1) >> flit.trailing_zeros()
    }

    /// DM address of the row's beat `i`, and bytes up to the end of the beat.
    fn window(&self, i: usize, flit: usize) -> (i64, usize) {
        let offset = self.offset(flit);
        let lo = (i * flit).saturating_sub(offset);
        (self.dm + lo as i64, (i + 1) * flit - offset - lo)
    }
}

/// A row that waits to be walked, and its exec.
#[derive(Clone, Copy)]
struct NextRow {
    exec: usize,
    row: Row,
    /// Signals of the exec, if this is its last row.
    end: Option<Units>,
}

/// Where a row walk of the DMA units is.
#[derive(Clone, Default)]
struct RowWalk {
    bytes: usize,
    rows: VecDeque<NextRow>,
    sent: usize,
}

impl RowWalk {
    /// The walk's next `stride` beats, at most to the row's end: the row, the first beat's number, the beats
    /// that are left, and the exec's signals, if they are its last.
    fn step(&mut self, flit: usize, stride: usize) -> Option<(NextRow, usize, usize)> {
        let mut next = *self.rows.front()?;
        let (first, left) = (self.sent, next.row.beats(flit) - self.sent);
        self.sent += stride;
        if left <= stride {
            self.sent = 0;
            self.rows.pop_front();
        } else {
            next.end = None;
        }
        Some((next, first, left))
    }
}

/// One request of the load: `beats` beats from beat `first` of a row on.
#[derive(Clone, Copy)]
struct Burst {
    exec: usize,
    row: Row,
    first: usize,
    beats: usize,
    /// Signals of the exec, if this is its end.
    end: Option<Units>,
}

/// A step of contract, in the skid buffer.
#[derive(Clone, Copy)]
struct Step {
    exec: usize,
    /// The row that it finishes.
    row: Option<FoldCounts>,
    pops: bool,
    end: Option<Units>,
}

/// A step of commit, in the skid buffer.
#[derive(Clone, Copy)]
struct Place {
    exec: usize,
    at: i64,
    value_bytes: usize,
    end: Option<Units>,
}

/// A packet of fetch or trfload, in the skid buffer or behind it.
#[derive(Clone, Copy, Default)]
struct Packet {
    exec: usize,
    banks: u32,
    opens_flit: bool,
    closes_flit: bool,
    end: Option<Units>,
}

/// A window that the store reads.
#[derive(Clone, Copy)]
struct StoreRead {
    exec: usize,
    banks: u32,
    /// Beats of the request that it opens.
    opens: Option<usize>,
    end: Option<Units>,
}

/// A write request to DM: its banks, and the signals given with its grant.
#[derive(Clone, Copy)]
struct Write {
    banks: u32,
    end: Option<Units>,
}

pub struct Machine<'a> {
    config: &'a Config,
    commands: &'a [Command],
    next: usize,
    /// The queues that had no room for two words a cycle before.
    filling: [bool; 6],
    /// The word that was judged, and the one that is.
    dispatch: [Option<&'a Command>; 2],
    contexts: Vec<Context<'a>>,
    /// By producer, then consumer.
    semaphores: [[u32; 6]; 6],
    port: Port,
    // fetch
    packet: [usize; 2],
    pack: [usize; 2],
    packet_bytes: [usize; 2],
    /// Packets that wait for their grants.
    packets: [VecDeque<Packet>; 2],
    reserved: u32,
    fetch_pipe: [Packet; READ_CYCLES + 1],
    stream: u32,
    // trfload
    trf_pipe: [Packet; TRFLOAD_CYCLES + 1],
    // contract
    contract: Contract,
    contract_row: FoldCounts,
    contract_ahead: VecDeque<Step>,
    contract_done: Option<Units>,
    // the row that the lane folder walks over, and its flits that were not taken
    folder: FoldCounts,
    flits: u32,
    // commit: windows that will ask in so many cycles, and those that ask
    value_bytes: usize,
    commit_ahead: VecDeque<Place>,
    values: [Option<Write>; COMMIT_CYCLES],
    windows: VecDeque<Write>,
    /// A window was granted in the cycle before: its place is still counted.
    commit_left: bool,
    // dma
    load: RowWalk,
    load_ahead: VecDeque<Burst>,
    in_flight: VecDeque<Burst>,
    /// The oldest request on its way, out of the FIFO.
    flight: Option<Burst>,
    returned: usize,
    load_writes: VecDeque<Write>,
    /// Signals that are given in the next cycle.
    finished: [Option<Units>; 6],
    store: RowWalk,
    store_ahead: VecDeque<StoreRead>,
    store_requests: VecDeque<usize>,
    store_reserved: u32,
    /// What left the store in the cycle before, a beat or a request: its room is not seen yet.
    store_left: bool,
    store_asked: bool,
    store_read: [Option<StoreRead>; STORE_READ_CYCLES],
    store_data: VecDeque<Option<Units>>,
    store_was_last: bool,
    // arbiters
    age_trfload: u8,
    age_store: u8,
    age_load: u8,
    cycles: Cycles,
    /// How many execs of each unit have started.
    execs: [usize; 6],
    /// What each unit does in this cycle, and for which of its execs.
    activity: [Activity; 6],
    shown: [usize; 6],
}

/// How many values each flit of a row carries.
#[derive(Clone, Copy, Default)]
struct FoldCounts {
    /// Flits per run (of one lane, or one column), and values of a full flit and of a run's last flit.
    run: u32,
    group: u32,
    rest: u32,
    flits: u32,
}

impl FoldCounts {
    fn of(contract: &Contract) -> FoldCounts {
        let (runs, length) = match contract.order {
            FoldOrder::Sequential => (contract.lanes, contract.cols),
            FoldOrder::Interleaved => (contract.cols, contract.lanes),
        };
        let group = u32::from(contract.group.max(1));
        let run = u32::from(length).div_ceil(group);
        let rest = u32::from(length) - (run.max(1) - 1) * group;
        FoldCounts {
            run,
            group,
            rest,
            flits: run * u32::from(runs) * if contract.nibbles { 2 } else { 1 },
        }
    }

    /// Values of the flit that shows when `left` flits of the row are left.
    fn values(&self, left: u32) -> u32 {
        if (left - 1) % self.run.max(1) == 0 {
            self.rest
        } else {
            self.group
        }
    }
}

impl<'a> Machine<'a> {
    pub fn new(config: &'a Config, memory: MemoryTiming, commands: &'a [Command]) -> Machine<'a> {
        let context = || Context {
            queue: VecDeque::new(),
            head: None,
            begun: false,
            shadow: [LoopLevel {
                count: 1,
                stride_a: 0,
                stride_b: 0,
            }; LEVELS],
            nest: Nest::idle(),
            signal: Units::default(),
        };
        Machine {
            config,
            commands,
            next: 0,
            filling: [false; 6],
            dispatch: [None; 2],
            contexts: (0..6).map(|_| context()).collect(),
            semaphores: [[0; 6]; 6],
            port: Port::new(memory, config.flit),
            packet: [0; 2],
            pack: [1; 2],
            packet_bytes: [0; 2],
            packets: Default::default(),
            reserved: 0,
            fetch_pipe: Default::default(),
            stream: 0,
            trf_pipe: Default::default(),
            contract: Contract {
                levels: 0,
                trf: 0,
                splat: false,
                skew: false,
                depth: 0,
                slot: 0,
                hold: 0,
                reduce: 0,
                init: false,
                emit: false,
                lanes: 1,
                cols: 1,
                order: FoldOrder::Sequential,
                group: 1,
                radix: 0,
                nibbles: false,
                sync: Sync::default(),
            },
            contract_row: FoldCounts::default(),
            contract_ahead: VecDeque::new(),
            contract_done: None,
            folder: FoldCounts::default(),
            flits: 0,
            value_bytes: 1,
            commit_ahead: VecDeque::new(),
            values: [None; COMMIT_CYCLES],
            windows: VecDeque::new(),
            commit_left: false,
            load: RowWalk::default(),
            load_ahead: VecDeque::new(),
            in_flight: VecDeque::new(),
            flight: None,
            returned: 0,
            load_writes: VecDeque::new(),
            finished: [None; 6],
            store: RowWalk::default(),
            store_ahead: VecDeque::new(),
            store_requests: VecDeque::new(),
            store_reserved: 0,
            store_left: false,
            store_asked: false,
            store_read: [None; STORE_READ_CYCLES],
            store_data: VecDeque::new(),
            store_was_last: true,
            age_trfload: 0,
            age_store: 0,
            age_load: 0,
            cycles: Cycles::default(),
            execs: [0; 6],
            activity: [Activity::Idle; 6],
            shown: [0; 6],
        }
    }

    /// Runs to the end, or until `limit` cycles have passed.
    pub fn run(self, limit: u64) -> Result<Cycles, CycleError> {
        self.run_watched(limit, |_, _, _, _| ())
    }

    /// Runs, and tells in each cycle what each unit does, and for which of its execs.
    pub fn run_watched(
        mut self,
        limit: u64,
        mut watch: impl FnMut(u64, Unit, usize, Activity),
    ) -> Result<Cycles, CycleError> {
        let mut cycle = 0;
        let mut last_write = None;
        let mut last_progress = 0;
        // Longer than any wait between two events of a live machine.
        let patience = 10_000 + self.port_patience();
        while !self.finished() && cycle <= limit {
            let (progress, wrote) = self.clock();
            for unit in Unit::ALL {
                let activity = self.activity[unit as usize];
                if let Some(number) = Counters::of(unit, activity) {
                    self.cycles.counters.0[number] += 1;
                }
                watch(cycle, unit, self.shown[unit as usize], activity);
            }
            if wrote {
                last_write = Some(cycle);
            }
            if progress {
                last_progress = cycle;
            } else if cycle - last_progress > patience {
                return Err(CycleError::Deadlock {
                    cycle: last_progress,
                    waiting: self.waiting(),
                });
            }
            cycle += 1;
        }
        self.cycles.total = match cycle > limit {
            true => cycle,
            false => last_write.map_or(0, |last| last + 1),
        };
        self.cycles.counters.0[number::CYCLES] = self.cycles.total;
        Ok(self.cycles)
    }

    fn port_patience(&self) -> u64 {
        self.config.flit as u64 * 64
    }

    fn waiting(&self) -> String {
        let waits = Unit::ALL.iter().filter_map(|unit| {
            let context = &self.contexts[*unit as usize];
            let head = context.head;
            (context.nest.valid() || head.is_some()).then(|| {
                let sync = head.and_then(sync_of).unwrap_or_default();
                match sync.wait.is_empty() {
                    true => unit.name().to_string(),
                    false => format!("{} (head waits for {})", unit.name(), sync.wait),
                }
            })
        });
        waits.collect::<Vec<_>>().join(", ")
    }

    fn finished(&self) -> bool {
        self.next == self.commands.len()
            && self.dispatch.iter().all(Option::is_none)
            && self
                .contexts
                .iter()
                .all(|c| c.queue.is_empty() && c.head.is_none() && !c.nest.valid())
            && self.packets.iter().all(VecDeque::is_empty)
            && self.load.rows.is_empty()
            && self.store.rows.is_empty()
            && self.load_ahead.is_empty()
            && self.store_ahead.is_empty()
            && self.store_data.is_empty()
            && self.store_read.iter().all(Option::is_none)
            && self.store_requests.is_empty()
            && self.in_flight.is_empty()
            && self.flight.is_none()
            && self.load_writes.is_empty()
            && self.contract_ahead.is_empty()
            && self.flits == 0
            && self.commit_ahead.is_empty()
            && self.values.iter().all(Option::is_none)
            && self.windows.is_empty()
            && self.port.idle()
    }

    // All sizes are powers of two.
    fn bank(&self, row: usize) -> usize {
        let config = self.config;
        (row & (config.dm_rows - 1)) >> (config.dm_rows / config.dm_banks).trailing_zeros()
    }

    fn window(&self, address: i64, bytes: usize) -> u32 {
        let address = address as usize & (self.config.dm_bytes() - 1);
        let row = address >> self.config.flit.trailing_zeros();
        let mut banks = 1 << self.bank(row);
        if (address & (self.config.flit - 1)) + bytes > self.config.flit {
            banks |= 1 << self.bank(row + 1);
        }
        banks
    }

    /// One cycle; says whether anything moved and whether a write beat was accepted.
    fn clock(&mut self) -> (bool, bool) {
        let mut signals = std::mem::take(&mut self.finished);
        let mut progress = false;

        // DM write arbiter
        let commit_banks = self.windows.front().map_or(0, |w| w.banks);
        let load_banks = self.load_writes.front().map_or(0, |w| w.banks);
        let grant_commit = commit_banks != 0 && self.age_load < AGE;
        let grant_load = load_banks != 0 && !(grant_commit && commit_banks & load_banks != 0);

        // commit, lane folder, contract
        let left = std::mem::replace(&mut self.commit_left, grant_commit);
        let places = self.windows.len() + self.values.iter().flatten().count() + usize::from(left);
        let take = self.commit_ahead.front().copied();
        let take = take.filter(|_| self.flits > 0 && places < PLACES);
        let folder_accepts = self.flits == 0 || (self.flits == 1 && take.is_some());
        let contract_head = self.contract_ahead.front().copied();
        let issue =
            contract_head.filter(|step| self.stream > 0 && (step.row.is_none() || folder_accepts));
        let pop = issue.is_some_and(|step| step.pops);

        // DM read arbiter
        let fetch_head = self.packets[0].front().copied();
        let banks_f = fetch_head
            .filter(|packet| !packet.opens_flit || self.reserved < STREAM as u32)
            .map_or(0, |packet| packet.banks);
        let banks_t = self.packets[1].front().map_or(0, |packet| packet.banks);
        let store_head = self.store_ahead.front().copied();
        // The request of the window that was granted in the cycle before.
        let store_opened = self.store_read[0].and_then(|read| read.opens);
        let opened = usize::from(store_opened.is_some()) + usize::from(self.store_asked);
        let claimed = self.store_reserved + u32::from(self.store_left);
        let store_room =
            self.store_requests.len() + opened < STORE_REQUESTS && claimed < STORE_BEATS as u32;
        let banks_s = store_head
            .filter(|_| store_room)
            .map_or(0, |read| read.banks);
        let urgent_s = self.age_store == AGE;
        let urgent_t = self.age_trfload == AGE;
        let grant_f = banks_f != 0 && !urgent_s && !urgent_t;
        let grant_t = banks_t != 0 && !urgent_s && !(grant_f && banks_f & banks_t != 0);
        let grant_s = banks_s != 0
            && !(grant_f && banks_f & banks_s != 0)
            && !(grant_t && banks_t & banks_s != 0);
        let age = |age: u8, wants: bool, grant: bool| match wants && !grant {
            true => (age + 1).min(AGE),
            false => 0,
        };
        self.age_trfload = age(self.age_trfload, banks_t != 0, grant_t);
        self.age_store = age(self.age_store, banks_s != 0, grant_s);
        self.age_load = age(self.age_load, load_banks != 0, grant_load);

        // request channel of the port
        let load_head = self.load_ahead.front().copied();
        let load_head = load_head.filter(|_| self.in_flight.len() < IN_FLIGHT);
        let store_sends = self.store_requests.front().copied();
        let choose_store = store_sends.is_some() && !(load_head.is_some() && self.store_was_last);
        let ready = self.port.ready();
        let accepted = match (ready, store_sends, load_head) {
            (false, _, _) => None,
            (true, Some(beats), _) if choose_store => Some((true, beats)),
            (true, _, Some(burst)) => Some((false, burst.beats)),
            _ => None,
        };
        let read_ready = self.load_writes.len() < SKID;
        let read_valid = self.port.read_valid();
        let served = self
            .port
            .clock(read_ready, !self.store_data.is_empty(), accepted);
        debug_assert_eq!(served.read, read_valid && read_ready);
        progress |= accepted.is_some() || served.read || served.write;

        let starved = contract_head.is_some() && self.stream == 0;
        let trf_writes = self.trf_pipe[TRFLOAD_CYCLES].closes_flit;
        for (number, event) in [
            (number::CONTRACT_STARVED, starved),
            (number::COMMIT_WRITES, grant_commit),
            (number::LOAD_WRITES, grant_load),
            (number::TRF_WRITES, trf_writes),
            (number::READ_BEATS, served.read),
            (number::WRITE_BEATS, served.write),
        ] {
            self.cycles.counters.0[number] += u64::from(event);
        }

        // ---- the clock edge ----

        // semaphores and starts look at the values before the edge
        let load_goes = accepted.is_some_and(|(write, _)| !write);
        let steps = [
            grant_f,
            issue.is_some(),
            take.is_some(),
            grant_t,
            load_goes,
            grant_s,
        ];
        let running = [
            fetch_head.map(|packet| packet.exec),
            contract_head.map(|step| step.exec),
            self.commit_ahead.front().map(|place| place.exec),
            self.packets[1].front().map(|packet| packet.exec),
            self.load_ahead.front().map(|burst| burst.exec),
            store_head.map(|read| read.exec),
        ];
        self.shown = std::array::from_fn(|unit| running[unit].unwrap_or(self.execs[unit]));
        self.activity = std::array::from_fn(|unit| match (running[unit], steps[unit]) {
            (Some(_), true) => Activity::Busy,
            (Some(_), false) => Activity::Stalled,
            _ if self.contexts[unit].nest.valid() => Activity::Idle,
            _ if unit == LOAD && !self.load.rows.is_empty() => Activity::Idle,
            _ if unit == STORE && !self.store.rows.is_empty() => Activity::Idle,
            _ => match self.contexts[unit].head {
                Some(Command::Loop { .. }) | None => Activity::Idle,
                Some(_) => Activity::Waiting,
            },
        });
        // What is ready to be taken into the skid buffers, by their length at the cycle's start.
        let makes: [bool; 6] = [
            self.contexts[FETCH].nest.valid() && self.packets[0].len() < SKID,
            self.contexts[CONTRACT].nest.valid() && self.contract_ahead.len() < SKID,
            self.contexts[COMMIT].nest.valid() && self.commit_ahead.len() < SKID,
            self.contexts[TRFLOAD].nest.valid() && self.packets[1].len() < SKID,
            self.contexts[LOAD].nest.valid() && self.load.rows.len() < SKID,
            self.contexts[STORE].nest.valid() && self.store.rows.len() < SKID,
        ];
        let [load_walks, store_walks] =
            [self.load_ahead.len(), self.store_ahead.len()].map(|n| n < SKID);
        let frees: [bool; 6] = std::array::from_fn(|unit| self.ends(unit, makes[unit]));

        // store: memory side
        if served.write {
            self.finished[STORE] = self.store_data.pop_front().flatten();
        }
        self.store_asked = accepted.is_some_and(|(write, _)| write);
        if self.store_asked {
            self.store_requests.pop_front();
            self.store_was_last = true;
        }
        self.store_requests.extend(store_opened);
        self.store_read.rotate_right(1);
        if let Some(read) = self.store_read[0].take() {
            self.store_data.push_back(read.end);
        }
        self.store_reserved += u32::from(grant_s);
        self.store_reserved -= u32::from(served.write);
        self.store_left = served.write;
        if grant_s {
            self.store_read[0] = self.store_ahead.pop_front();
        }
        if store_walks {
            self.step_store();
        }
        if makes[STORE] {
            let row = self.next_row(STORE, self.store.bytes);
            self.store.rows.push_back(row);
        }

        // load: write side, return side, request side
        if grant_load {
            self.finished[LOAD] = self.load_writes.pop_front().and_then(|w| w.end);
        }
        if let (true, Some(burst)) = (served.read, self.flight) {
            let banks = self.row_window(&burst.row, burst.first + self.returned);
            self.returned += 1;
            let end = burst.end.filter(|_| self.returned == burst.beats);
            self.load_writes.push_back(Write { banks, end });
            if self.returned == burst.beats {
                self.returned = 0;
                self.flight = None;
            }
        }
        if self.flight.is_none() {
            self.flight = self.in_flight.pop_front();
        }
        if load_goes {
            self.store_was_last = false;
            self.in_flight.extend(self.load_ahead.pop_front());
        }
        if load_walks {
            self.step_load();
        }
        if makes[LOAD] {
            let row = self.next_row(LOAD, self.load.bytes);
            self.load.rows.push_back(row);
        }

        // commit
        if grant_commit {
            self.finished[COMMIT] = self.windows.pop_front().and_then(|w| w.end);
        }
        self.windows.extend(self.values[COMMIT_CYCLES - 1]);
        self.values.rotate_right(1);
        self.values[0] = None;
        if let Some(place) = take {
            let bytes = self.folder.values(self.flits) as usize * place.value_bytes;
            self.values[0] = Some(Write {
                banks: self.window(place.at, bytes),
                end: place.end,
            });
            self.flits -= 1;
            self.commit_ahead.pop_front();
        }
        if makes[COMMIT] {
            self.step_commit();
        }

        // contract
        signals[CONTRACT] = self.contract_done.take();
        if let Some(step) = issue {
            if let Some(row) = step.row {
                self.folder = row;
                self.flits = row.flits;
            }
            self.contract_done = step.end;
            self.contract_ahead.pop_front();
        }
        if makes[CONTRACT] {
            self.step_contract();
        }

        // fetch
        signals[FETCH] = self.fetch_pipe[0].end;
        self.stream += u32::from(self.fetch_pipe[READ_CYCLES].closes_flit);
        self.stream -= u32::from(pop);
        self.reserved -= u32::from(pop);
        let granted = self.granted(0, grant_f);
        self.reserved += u32::from(granted.opens_flit);
        self.fetch_pipe.rotate_right(1);
        self.fetch_pipe[0] = granted;
        if makes[FETCH] {
            self.step_packet(FETCH, 0);
        }

        // trfload
        signals[TRFLOAD] = self.trf_pipe[TRFLOAD_DONE_CYCLES - 1].end;
        let granted = self.granted(1, grant_t);
        self.trf_pipe.rotate_right(1);
        self.trf_pipe[0] = granted;
        if makes[TRFLOAD] {
            self.step_packet(TRFLOAD, 1);
        }

        // queues: starts, loop words, dispatch
        let filling =
            std::array::from_fn(|unit| self.contexts[unit].queue.len() + 1 >= self.config.queue);
        let full = std::mem::replace(&mut self.filling, filling);
        let before = self.semaphores;
        for (unit, free) in frees.into_iter().enumerate() {
            let started = self.execs[unit];
            progress |= self.take_head(unit, free, &before);
            let context = &mut self.contexts[unit];
            if context.head.is_none() {
                context.head = context.queue.pop_front();
            }
            if self.activity[unit] == Activity::Waiting && self.execs[unit] != started {
                self.activity[unit] = Activity::Idle;
            }
        }
        let [judged, held] = &mut self.dispatch;
        if let Some(command) = judged.filter(|command| !full[command.unit() as usize]) {
            self.contexts[command.unit() as usize]
                .queue
                .push_back(command);
            *judged = None;
        }
        if judged.is_none() {
            *judged = held.take();
            progress |= judged.is_some();
        }
        if held.is_none() {
            *held = self.commands.get(self.next);
            self.next += usize::from(held.is_some());
        }
        let done = signals.iter().any(Option::is_some);
        progress |= done || steps.contains(&true);
        for (semaphores, signal) in self.semaphores.iter_mut().zip(signals) {
            for consumer in signal.unwrap_or_default().iter() {
                semaphores[consumer as usize] += 1;
            }
        }
        (progress, served.write)
    }

    /// The unit is free in this cycle, given that it makes (or not) its step in it.
    fn ends(&self, unit: usize, steps: bool) -> bool {
        let nest = &self.contexts[unit].nest;
        !nest.valid() || (steps && nest.last())
    }

    fn step(&mut self, unit: usize) {
        self.contexts[unit].nest.step();
    }

    /// The next step of contract goes into the skid buffer.
    fn step_contract(&mut self) {
        let context = &self.contexts[CONTRACT];
        let nest = &context.nest;
        let finishes = self.contract.emit && nest.mask_at_last(self.contract.reduce);
        self.contract_ahead.push_back(Step {
            exec: self.execs[CONTRACT] - 1,
            row: finishes.then_some(self.contract_row),
            pops: nest.below_at_last(self.contract.hold),
            end: nest.last().then_some(context.signal),
        });
        self.step(CONTRACT);
    }

    /// The next step of commit goes into the skid buffer.
    fn step_commit(&mut self) {
        let context = &self.contexts[COMMIT];
        self.commit_ahead.push_back(Place {
            exec: self.execs[COMMIT] - 1,
            at: context.nest.a(),
            value_bytes: self.value_bytes,
            end: context.nest.last().then_some(context.signal),
        });
        self.step(COMMIT);
    }

    /// The packet of fetch or trfload that is granted in this cycle; one that does nothing, if none is.
    fn granted(&mut self, which: usize, grant: bool) -> Packet {
        let packet = grant.then(|| self.packets[which].pop_front());
        packet.flatten().unwrap_or_default()
    }

    /// The next packet of fetch or trfload goes into the skid buffer.
    fn step_packet(&mut self, unit: usize, which: usize) {
        let context = &self.contexts[unit];
        let opens_flit = self.packet[which] == 0;
        let closes_flit = self.packet[which] + 1 == self.pack[which];
        let packet = Packet {
            exec: self.execs[unit] - 1,
            banks: self.window(context.nest.a(), self.packet_bytes[which]),
            opens_flit,
            closes_flit,
            end: context.nest.last().then_some(context.signal),
        };
        self.packets[which].push_back(packet);
        self.packet[which] = if closes_flit {
            0
        } else {
            self.packet[which] + 1
        };
        self.step(unit);
    }

    /// The row at which a DMA unit's sequencer is, and its step.
    fn next_row(&mut self, unit: usize, bytes: usize) -> NextRow {
        let context = &self.contexts[unit];
        let row = NextRow {
            exec: self.execs[unit] - 1,
            row: Row {
                ext: context.nest.a(),
                dm: context.nest.b(),
                bytes,
            },
            end: context.nest.last().then_some(context.signal),
        };
        self.step(unit);
        row
    }

    /// Banks of a beat's window, up to the end of the beat.
    fn row_window(&self, row: &Row, beat: usize) -> u32 {
        let (address, bytes) = row.window(beat, self.config.flit);
        self.window(address, bytes)
    }

    /// The load's next request goes into the skid buffer, if there is one.
    fn step_load(&mut self) {
        let Some((next, first, left)) = self.load.step(self.config.flit, MAX_BURST) else {
            return;
        };
        self.load_ahead.push_back(Burst {
            exec: next.exec,
            row: next.row,
            first,
            beats: left.min(MAX_BURST),
            end: next.end,
        });
    }

    /// The store's next window goes into the skid buffer, if there is one.
    fn step_store(&mut self) {
        let Some((next, beat, left)) = self.store.step(self.config.flit, 1) else {
            return;
        };
        let opens = beat % MAX_BURST == 0;
        self.store_ahead.push_back(StoreRead {
            exec: next.exec,
            banks: self.row_window(&next.row, beat),
            opens: opens.then_some(left.min(MAX_BURST)),
            end: next.end,
        });
    }

    /// Pops a unit's loop word, or starts its exec; says whether it did.
    fn take_head(&mut self, unit: usize, free: bool, semaphores: &[[u32; 6]; 6]) -> bool {
        let Some(command) = self.contexts[unit].head else {
            return false;
        };
        if std::mem::take(&mut self.contexts[unit].begun) {
            self.contexts[unit].head = None;
            return false;
        }
        if let Command::Loop { level, to, .. } = command {
            self.contexts[unit].shadow[*level as usize] = *to;
            self.contexts[unit].head = None;
            return true;
        }
        let sync = sync_of(command).unwrap_or_default();
        let given = |producer: Unit| semaphores[producer as usize][unit] > 0;
        if !free || !sync.wait.iter().all(given) {
            return false;
        }
        for producer in sync.wait.iter() {
            self.semaphores[producer as usize][unit] -= 1;
        }
        self.contexts[unit].begun = true;
        let (levels, a, b) = match command {
            Command::Fetch(f) => self.start_packets(0, f.pack, f.packet, f.levels, f.base, 0),
            Command::TrfLoad(t) => {
                let f = &t.fetch;
                self.start_packets(1, f.pack, f.packet, f.levels, f.base, t.trf)
            }
            Command::Contract(c) => {
                self.contract = *c;
                self.contract_row = FoldCounts::of(c);
                (c.levels, c.trf, u32::from(c.slot))
            }
            Command::Commit(c) => {
                self.value_bytes = c.out.bytes();
                (c.levels, c.base, 0)
            }
            Command::Load(d) => start_rows(&mut self.load, d),
            Command::Store(d) => start_rows(&mut self.store, d),
            Command::Loop { .. } => return false,
        };
        self.execs[unit] += 1;
        let context = &mut self.contexts[unit];
        context.signal = sync.signal;
        context.nest = Nest::start(&context.shadow, levels, i64::from(a), i64::from(b));
        true
    }

    fn start_packets(
        &mut self,
        which: usize,
        pack: u8,
        packet: u8,
        levels: u8,
        a: u32,
        b: u32,
    ) -> (u8, u32, u32) {
        self.packet[which] = 0;
        self.pack[which] = pack as usize;
        self.packet_bytes[which] = packet as usize;
        (levels, a, b)
    }
}

fn start_rows(walk: &mut RowWalk, dma: &Dma) -> (u8, u32, u32) {
    walk.bytes = dma.bytes as usize;
    (dma.levels, dma.ext, dma.dm)
}

fn sync_of(command: &Command) -> Option<Sync> {
    Some(match command {
        Command::Loop { .. } => return None,
        Command::Fetch(c) => c.sync,
        Command::TrfLoad(c) => c.fetch.sync,
        Command::Contract(c) => c.sync,
        Command::Commit(c) => c.sync,
        Command::Load(c) | Command::Store(c) => c.sync,
    })
}
