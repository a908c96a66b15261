//! The controller of a 16-bit SDRAM behind the memory port.
//!
//! ```text
//! requests ──> [ skid ] ──> [ FIFO ] ──> current ──> row? ──> READ, WRITE: a half-word per cycle ──┐
//!                                                    │ PRECHARGE, ACTIVATE (4 banks stay open)    ├──> [ ] ──> [ pins ]
//!                                        due? ──> PRECHARGE ALL, REFRESH ─────────────────────────┘
//! w_data ──> [ skid ] ──> [ FIFO ] ──> half of the beat ──> dq  dq ──> [ ] ──> [ halves ] ──> [ FIFO ] ──> [ skid ] ──> r_data
//! ```
//!
//! Every column command moves one half-word (bursts of one), so a stream needs no burst to end where it does
//! not want to, and the data pins are busy in every cycle but those of row changes and refreshes.
//! Neighbouring rows are in different banks. Whether a row is open is looked up a cycle before it counts, for the
//! next request while the current one goes on: only a request to an idle controller waits for it. So is whether the
//! controller may move half-words at all, and whether the next one is its request's last: what has to be decided in the
//! cycle of a move reaches hundreds of registers. Every ready is a register. All pins but `dq_in` come from two registers,
//! one behind the other, and `dq_in` goes to two: the pins are far from where the beats are.

use rust_hdl::prelude::*;

use crate::bundle;
use crate::delay::Delay;
use crate::fifo::Fifo;
use crate::link::bytes::{Half, LastByte};
use crate::skid::Skid;
use crate::types::{Flits, Vector, U};

/// Size and timing of a chip; times in cycles of its clock, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdramConfig {
    /// Bits of a column's and of a row's number.
    pub columns: u32,
    pub rows: u32,
    /// Cycles before the first command.
    pub startup: u16,
    /// Activate to read or write; precharge to activate; activate to precharge; last write to precharge.
    pub rcd: u8,
    pub rp: u8,
    pub ras: u8,
    pub wr: u8,
    /// Refresh to the next command; average time between refreshes.
    pub rfc: u8,
    pub refresh: u16,
    /// Read to data.
    pub cas: u8,
}

impl SdramConfig {
    /// A 32 MB chip of the usual speed grade (7 ns) at a clock of up to 133 MHz.
    pub fn at(kilohertz: u32) -> SdramConfig {
        let cycles = |ns: u32| (u64::from(ns) * u64::from(kilohertz)).div_ceil(1_000_000);
        SdramConfig {
            columns: 9,
            rows: 13,
            startup: cycles(200_000) as u16,
            rcd: cycles(20) as u8,
            rp: cycles(20) as u8,
            ras: cycles(44) as u8,
            wr: cycles(15) as u8,
            rfc: cycles(66) as u8,
            // 8192 rows in 64 ms, and a little for a refresh that has to wait.
            refresh: cycles(7_500) as u16,
            cas: 3,
        }
    }
}

/// Requests that wait; beats that were read and wait or are on their way.
const REQUESTS: usize = 8;
const BEATS: usize = 8;

bundle! {
    /// A request.
    pub struct Transfer {
        pub write: bool,
        pub at: U<32>,
        pub beats: U<5>,
    }
}

bundle! {
    /// What the chip is told in a cycle; commands are active high here.
    pub struct Command {
        pub ras: bool,
        pub cas: bool,
        pub we: bool,
        pub ba: U<2>,
        pub a: U<13>,
        pub dm: U<2>,
        pub dq: U<16>,
        pub enable: bool,
    }
}

/// See the module's documentation. Reads come back in order, the first one `rp + rcd + cas + 9` cycles after
/// its request if another row is open.
#[derive(LogicBlock)]
pub struct Sdram<const F: usize> {
    pub clock: Signal<In, Clock>,
    // The memory port.
    pub req_valid: Signal<In, bool>,
    pub req_ready: Signal<Out, bool>,
    pub req_write: Signal<In, bool>,
    pub req_addr: Signal<In, U<32>>,
    pub req_beats: Signal<In, U<5>>,
    pub w_valid: Signal<In, bool>,
    pub w_ready: Signal<Out, bool>,
    pub w_data: Signal<In, Flits<1, F>>,
    pub w_strb: Signal<In, U<32>>,
    pub r_valid: Signal<Out, bool>,
    pub r_ready: Signal<In, bool>,
    pub r_data: Signal<Out, Flits<1, F>>,
    // The chip; its clock enable is high and it is always selected.
    pub ras_n: Signal<Out, bool>,
    pub cas_n: Signal<Out, bool>,
    pub we_n: Signal<Out, bool>,
    pub ba: Signal<Out, U<2>>,
    pub a: Signal<Out, U<13>>,
    pub dm: Signal<Out, U<2>>,
    pub dq_out: Signal<Out, U<16>>,
    pub dq_enable: Signal<Out, bool>,
    pub dq_in: Signal<In, U<16>>,
    /// Whether a request is taken is known at the beginning of its cycle.
    asks: Skid<Transfer>,
    requests: Fifo<Transfer>,
    /// Beats to be written, and which of their bytes: the first buffers are where they come from, the others where they go.
    inlet: Fifo<Flits<1, F>>,
    inlet_strobes: Fifo<U<32>>,
    data: Fifo<Flits<1, F>>,
    strobes: Fifo<U<32>>,
    /// Beats that were read; the buffer is where they go.
    beats: Fifo<Flits<1, F>>,
    outlet: Fifo<Flits<1, F>>,
    goes_out: Half<F>,
    low_in: LastByte<F>,
    high_in: LastByte<F>,
    startup: Constant<U<16>>,
    rcd: Constant<U<16>>,
    rp: Constant<U<16>>,
    rfc: Constant<U<16>>,
    ras_time: Constant<U<8>>,
    wr_time: Constant<U<8>>,
    turn_time: Constant<U<8>>,
    interval: Constant<U<16>>,
    arrival: Constant<U<4>>,
    mode: Constant<U<13>>,
    all_banks: Constant<U<13>>,
    column_mask: Constant<U<32>>,
    bank_shift: Constant<U<5>>,
    row_shift: Constant<U<5>>,
    last_half: Constant<U<5>>,
    one: Constant<U<2>>,
    two: Constant<U<2>>,
    // Timers: cycles until any command, a precharge after an activate, after a write, a write after a read.
    pause: DFF<U<16>>,
    ras: DFF<U<8>>,
    wr: DFF<U<8>>,
    turn: DFF<U<8>>,
    /// No pause, no turn goes on.
    resumes: DFF<bool>,
    turned: DFF<bool>,
    /// A half-word may move if its row is open: no pause goes on, and nothing else has to be done first. A refresh that
    /// is due has to wait for one cycle of this.
    goes: DFF<bool>,
    due: DFF<U<16>>,
    pending: DFF<bool>,
    /// Step of the start, and whether it is over (11).
    boot: DFF<U<4>>,
    booted: DFF<bool>,
    open: DFF<U<4>>,
    rows: DFF<Vector<U<13>, 4>>,
    // The current request: half-word address, beats left, number of the half in its beat.
    busy: DFF<bool>,
    write: DFF<bool>,
    at: DFF<U<32>>,
    left: DFF<U<5>>,
    half: DFF<U<5>>,
    /// The half is not its beat's first; it is its last; the beat is the request's last.
    within: DFF<bool>,
    half_ends: DFF<bool>,
    beat_ends: DFF<bool>,
    reserved: DFF<U<5>>,
    /// A beat that was read has gone in the cycle before; two cycles before.
    popped: DFF<bool>,
    freed: DFF<bool>,
    // Reads on their way, a bit per cycle; what came; halves of the beat that came.
    flights: DFF<U<16>>,
    came: Delay<U<16>>,
    back: DFF<U<5>>,
    /// The next half that comes is its beat's last.
    back_ends: DFF<bool>,
    gathered: DFF<Flits<1, F>>,
    command: DFF<Command>,
    pins: Delay<Command>,
    shifted: Signal<Local, U<32>>,
    bank: Signal<Local, U<2>>,
    row: Signal<Local, U<13>>,
    column: Signal<Local, U<32>>,
    /// The current half-word's row was looked up, and: it is open; its bank is. The same of the next request's
    /// first one.
    looked: DFF<bool>,
    row_open: DFF<bool>,
    bank_open: DFF<bool>,
    next_looked: DFF<bool>,
    next_row_open: DFF<bool>,
    next_bank_open: DFF<bool>,
    next_at: Signal<Local, U<32>>,
    next_bank: Signal<Local, U<2>>,
    next_row: Signal<Local, U<13>>,
    changes: Signal<Local, bool>,
    may_close: Signal<Local, bool>,
    hands_on: Signal<Local, bool>,
    moves: Signal<Local, bool>,
    ends: Signal<Local, bool>,
    looks: Signal<Local, bool>,
    begins: Signal<Local, bool>,
    pops: Signal<Local, bool>,
    strobe: Signal<Local, U<32>>,
    beat_leaves: Signal<Local, bool>,
    arrived: Signal<Local, bool>,
    beat: Signal<Local, Flits<1, F>>,
}

impl<const F: usize> Sdram<F> {
    /// The controller of a chip.
    pub fn new(chip: &SdramConfig) -> Self {
        // A timer that is loaded with n - 1 lets the next command pass n cycles after the one that loaded it.
        let wide = |cycles: u64| Constant::new(U::new(cycles.max(1) - 1));
        let time = |cycles: u8| Constant::new(U::new(u64::from(cycles.max(1)) - 1));
        Sdram {
            clock: Default::default(),
            req_valid: Default::default(),
            req_ready: Default::default(),
            req_write: Default::default(),
            req_addr: Default::default(),
            req_beats: Default::default(),
            w_valid: Default::default(),
            w_ready: Default::default(),
            w_data: Default::default(),
            w_strb: Default::default(),
            r_valid: Default::default(),
            r_ready: Default::default(),
            r_data: Default::default(),
            ras_n: Default::default(),
            cas_n: Default::default(),
            we_n: Default::default(),
            ba: Default::default(),
            a: Default::default(),
            dm: Default::default(),
            dq_out: Default::default(),
            dq_enable: Default::default(),
            dq_in: Default::default(),
            asks: Default::default(),
            requests: Fifo::new(REQUESTS),
            inlet: Fifo::buffer(F),
            inlet_strobes: Fifo::buffer(F),
            data: Fifo::buffer(F),
            strobes: Fifo::buffer(F),
            beats: Fifo::new(BEATS),
            outlet: Fifo::buffer(F),
            goes_out: Default::default(),
            low_in: Default::default(),
            high_in: Default::default(),
            startup: wide(u64::from(chip.startup)),
            rcd: wide(u64::from(chip.rcd)),
            rp: wide(u64::from(chip.rp)),
            rfc: wide(u64::from(chip.rfc)),
            ras_time: time(chip.ras),
            wr_time: time(chip.wr),
            // The chip drives the pins until `cas` cycles after a read; then nobody does for a cycle.
            turn_time: time(chip.cas + 2),
            interval: wide(u64::from(chip.refresh)),
            // Two cycles to the pins, `cas` to the data, two into the registers.
            arrival: Constant::new(U::new(u64::from(chip.cas) + 3)),
            mode: Constant::new(U::new(u64::from(chip.cas) << 4)),
            all_banks: Constant::new(U::new(1 << 10)),
            column_mask: Constant::new(U::new((1 << chip.columns) - 1)),
            bank_shift: Constant::new(U::new(u64::from(chip.columns))),
            row_shift: Constant::new(U::new(u64::from(chip.columns) + 2)),
            last_half: Constant::new(U::new(F as u64 / 2 - 1)),
            one: Constant::new(U::new(1)),
            two: Constant::new(U::new(2)),
            pause: Default::default(),
            ras: Default::default(),
            wr: Default::default(),
            turn: Default::default(),
            resumes: Default::default(),
            turned: Default::default(),
            goes: Default::default(),
            due: Default::default(),
            pending: Default::default(),
            boot: Default::default(),
            booted: Default::default(),
            open: Default::default(),
            rows: Default::default(),
            busy: Default::default(),
            write: Default::default(),
            at: Default::default(),
            left: Default::default(),
            half: Default::default(),
            within: Default::default(),
            half_ends: Default::default(),
            beat_ends: Default::default(),
            reserved: Default::default(),
            popped: Default::default(),
            freed: Default::default(),
            flights: Default::default(),
            came: Delay::new(2),
            back: Default::default(),
            back_ends: Default::default(),
            gathered: Default::default(),
            command: Default::default(),
            pins: Delay::new(1),
            shifted: Default::default(),
            bank: Default::default(),
            row: Default::default(),
            column: Default::default(),
            looked: Default::default(),
            row_open: Default::default(),
            bank_open: Default::default(),
            next_looked: Default::default(),
            next_row_open: Default::default(),
            next_bank_open: Default::default(),
            next_at: Default::default(),
            next_bank: Default::default(),
            next_row: Default::default(),
            changes: Default::default(),
            may_close: Default::default(),
            hands_on: Default::default(),
            moves: Default::default(),
            ends: Default::default(),
            looks: Default::default(),
            begins: Default::default(),
            pops: Default::default(),
            strobe: Default::default(),
            beat_leaves: Default::default(),
            arrived: Default::default(),
            beat: Default::default(),
        }
    }
}

impl<const F: usize> Logic for Sdram<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            pause,
            ras,
            wr,
            turn,
            resumes,
            turned,
            goes,
            due,
            pending,
            boot,
            booted,
            open,
            rows,
            busy,
            write,
            at,
            left,
            half,
            within,
            half_ends,
            beat_ends,
            reserved,
            popped,
            freed,
            flights,
            back,
            back_ends,
            gathered,
            command,
            looked,
            row_open,
            bank_open,
            next_looked,
            next_row_open,
            next_bank_open
        );
        self.came.clock.next = self.clock.val();
        self.pins.clock.next = self.clock.val();
        self.asks.clock.next = self.clock.val();
        self.asks.reset.next = false;
        self.requests.clock.next = self.clock.val();
        self.beats.clock.next = self.clock.val();
        self.requests.reset.next = false;
        self.beats.reset.next = false;
        self.outlet.clock.next = self.clock.val();
        self.outlet.reset.next = false;
        self.data.clock.next = self.clock.val();
        self.strobes.clock.next = self.clock.val();
        self.data.reset.next = false;
        self.strobes.reset.next = false;
        self.inlet.clock.next = self.clock.val();
        self.inlet_strobes.clock.next = self.clock.val();
        self.inlet.reset.next = false;
        self.inlet_strobes.reset.next = false;

        // requests
        self.req_ready.next = self.asks.ready.val();
        self.asks.push.next = self.req_valid.val() && self.asks.ready.val();
        self.asks.data.next.write = self.req_write.val();
        self.asks.data.next.at = self.req_addr.val();
        self.asks.data.next.beats = self.req_beats.val();
        self.asks.pop.next = self.asks.valid.val() && (!self.requests.full.val());
        self.requests.write.next = self.asks.valid.val() && (!self.requests.full.val());
        self.requests.data.next = self.asks.head.val();

        // beats
        self.w_ready.next = !self.inlet.full.val();
        self.inlet.write.next = self.w_valid.val() && (!self.inlet.full.val());
        self.inlet.data.next = self.w_data.val();
        self.inlet_strobes.write.next = self.w_valid.val() && (!self.inlet.full.val());
        self.inlet_strobes.data.next = self.w_strb.val();
        self.hands_on.next = self.inlet.valid.val() && (!self.data.full.val());
        self.inlet.pop.next = self.hands_on.val();
        self.inlet_strobes.pop.next = self.hands_on.val();
        self.data.write.next = self.hands_on.val();
        self.data.data.next = self.inlet.head.val();
        self.strobes.write.next = self.hands_on.val();
        self.strobes.data.next = self.inlet_strobes.head.val();

        // timers
        self.resumes.d.next = self.pause.q.val() < 2.into();
        self.turned.d.next = self.turn.q.val() < 2.into();
        if self.pause.q.val() > 0.into() {
            self.pause.d.next = self.pause.q.val() - 1.into();
        }
        if self.ras.q.val() > 0.into() {
            self.ras.d.next = self.ras.q.val() - 1.into();
        }
        if self.wr.q.val() > 0.into() {
            self.wr.d.next = self.wr.q.val() - 1.into();
        }
        if self.turn.q.val() > 0.into() {
            self.turn.d.next = self.turn.q.val() - 1.into();
        }
        self.due.d.next = self.due.q.val() - 1.into();
        if self.due.q.val() == 0.into() {
            self.due.d.next = self.interval.val();
            self.pending.d.next = true;
        }

        // where the current half-word is
        self.column.next = self.at.q.val() & self.column_mask.val();
        self.shifted.next = self.at.q.val() >> self.bank_shift.val();
        self.bank.next = self.shifted.val().get_bits::<2>(0);
        self.shifted.next = self.at.q.val() >> self.row_shift.val();
        self.row.next = self.shifted.val().get_bits::<13>(0);
        self.bank_open.d.next = self.open.q.val().get_bit(self.bank.val());
        self.row_open.d.next = self.open.q.val().get_bit(self.bank.val())
            && (self.rows.q.val().get_bit(self.bank.val()) == self.row.val());
        self.next_at.next = self.requests.head.val().at >> self.one.val();
        self.shifted.next = self.next_at.val() >> self.bank_shift.val();
        self.next_bank.next = self.shifted.val().get_bits::<2>(0);
        self.shifted.next = self.next_at.val() >> self.row_shift.val();
        self.next_row.next = self.shifted.val().get_bits::<13>(0);
        self.next_bank_open.d.next = self.open.q.val().get_bit(self.next_bank.val());
        self.next_row_open.d.next = self.open.q.val().get_bit(self.next_bank.val())
            && (self.rows.q.val().get_bit(self.next_bank.val()) == self.next_row.val());
        self.may_close.next = (self.ras.q.val() == 0.into()) && (self.wr.q.val() == 0.into());

        // what is written
        self.goes_out.flit.next = self.data.head.val();
        self.goes_out.number.next = self.half.q.val();
        self.strobe.next =
            self.strobes.head.val() >> (self.half.q.val().get_bits::<6>(0) << self.one.val());

        // the command of this cycle
        self.command.d.next.ras = false;
        self.command.d.next.cas = false;
        self.command.d.next.we = false;
        self.command.d.next.enable = false;
        self.command.d.next.dm = 0.into();
        self.command.d.next.dq = self.goes_out.value.val();
        self.command.d.next.ba = self.bank.val();
        self.command.d.next.a = self.column.val().get_bits::<13>(0);
        self.moves.next = false;
        self.changes.next = false;
        if self.goes.q.val() && self.row_open.q.val() {
            if self.write.q.val() {
                self.moves.next = self.turned.q.val() && self.data.valid.val();
            } else {
                self.moves.next = self.within.q.val() || (self.reserved.q.val() < 8.into());
            }
            self.command.d.next.cas = self.moves.val();
            self.command.d.next.we = self.moves.val() && self.write.q.val();
            self.command.d.next.enable = self.moves.val() && self.write.q.val();
        } else if self.resumes.q.val() {
            if !self.booted.q.val() {
                self.boot.d.next = self.boot.q.val() + 1.into();
                self.pause.d.next = self.startup.val();
                self.resumes.d.next = self.startup.val() == 0.into();
                if self.boot.q.val() == 1.into() {
                    self.command.d.next.ras = true;
                    self.command.d.next.we = true;
                    self.command.d.next.a = self.all_banks.val();
                    self.pause.d.next = self.rp.val();
                    self.resumes.d.next = self.rp.val() == 0.into();
                } else if self.boot.q.val() == 10.into() {
                    self.command.d.next.ras = true;
                    self.command.d.next.cas = true;
                    self.command.d.next.we = true;
                    self.command.d.next.ba = 0.into();
                    self.command.d.next.a = self.mode.val();
                    self.pause.d.next = 3.into();
                    self.resumes.d.next = false;
                    self.booted.d.next = true;
                } else if self.boot.q.val() > 1.into() {
                    self.command.d.next.ras = true;
                    self.command.d.next.cas = true;
                    self.pause.d.next = self.rfc.val();
                    self.resumes.d.next = self.rfc.val() == 0.into();
                }
            } else if self.pending.q.val() {
                if self.open.q.val().any() {
                    if self.may_close.val() {
                        self.command.d.next.ras = true;
                        self.command.d.next.we = true;
                        self.command.d.next.a = self.all_banks.val();
                        self.open.d.next = 0.into();
                        self.changes.next = true;
                        self.pause.d.next = self.rp.val();
                        self.resumes.d.next = self.rp.val() == 0.into();
                    }
                } else {
                    self.command.d.next.ras = true;
                    self.command.d.next.cas = true;
                    self.pause.d.next = self.rfc.val();
                    self.resumes.d.next = self.rfc.val() == 0.into();
                    self.pending.d.next = false;
                }
            } else if self.looked.q.val() && self.bank_open.q.val() {
                if self.may_close.val() && (!self.row_open.q.val()) {
                    self.command.d.next.ras = true;
                    self.command.d.next.we = true;
                    self.command.d.next.a = 0.into();
                    self.open.d.next = self.open.q.val().replace_bit(self.bank.val(), false);
                    self.changes.next = true;
                    self.pause.d.next = self.rp.val();
                    self.resumes.d.next = self.rp.val() == 0.into();
                }
            } else if self.looked.q.val() {
                self.command.d.next.ras = true;
                self.command.d.next.a = self.row.val();
                self.open.d.next = self.open.q.val().replace_bit(self.bank.val(), true);
                self.changes.next = true;
                self.rows.d.next = self
                    .rows
                    .q
                    .val()
                    .replace_bit(self.bank.val(), self.row.val());
                self.pause.d.next = self.rcd.val();
                self.resumes.d.next = self.rcd.val() == 0.into();
                self.ras.d.next = self.ras_time.val();
            }
        }

        // a half-word moves
        self.begins.next = self.moves.val() && (!self.within.q.val());
        // A beat that is written stays where it waited until its last half-word goes.
        self.beat_leaves.next = self.moves.val() && self.half_ends.q.val() && self.write.q.val();
        self.data.pop.next = self.beat_leaves.val();
        self.strobes.pop.next = self.beat_leaves.val();
        self.ends.next = self.moves.val() && self.half_ends.q.val() && self.beat_ends.q.val();
        self.flights.d.next = self.flights.q.val() << self.one.val();
        if self.moves.val() {
            self.at.d.next = self.at.q.val() + 1.into();
            self.half.d.next = self.half.q.val() + 1.into();
            self.within.d.next = true;
            self.half_ends.d.next = (self.half.q.val() + 1.into()) == self.last_half.val();
            if self.half_ends.q.val() {
                self.half.d.next = 0.into();
                self.within.d.next = false;
                self.half_ends.d.next = false;
                self.left.d.next = self.left.q.val() - 1.into();
                self.beat_ends.d.next = self.left.q.val() == 2.into();
            }
            if self.write.q.val() {
                self.wr.d.next = self.wr_time.val();
                self.command.d.next.dm = !(self.strobe.val().get_bits::<2>(0));
            } else {
                self.turn.d.next = self.turn_time.val();
                self.turned.d.next = self.turn_time.val() == 0.into();
                self.flights.d.next = (self.flights.q.val() << self.one.val()) | 1.into();
            }
        }
        self.requests.pop.next =
            self.requests.valid.val() && ((!self.busy.q.val()) || self.ends.val());
        if (!self.busy.q.val()) || self.ends.val() {
            self.busy.d.next = self.requests.valid.val();
            self.write.d.next = self.requests.head.val().write;
            self.at.d.next = self.requests.head.val().at >> self.one.val();
            self.left.d.next = self.requests.head.val().beats;
            self.half.d.next = 0.into();
            self.within.d.next = false;
            self.half_ends.d.next = false;
            self.beat_ends.d.next = self.requests.head.val().beats == 1.into();
        }

        // Is the row of the half-word of the next cycle known? Not after its bank or the address went elsewhere.
        self.looks.next = self.busy.q.val() && (!self.changes.val());
        if self.moves.val() && (self.column.val() == self.column_mask.val()) {
            self.looks.next = false;
        }
        self.next_looked.d.next = self.requests.valid.val() && (!self.changes.val());
        if (!self.busy.q.val()) || self.ends.val() {
            self.looks.next =
                self.requests.valid.val() && self.next_looked.q.val() && (!self.changes.val());
            self.row_open.d.next = self.next_row_open.q.val();
            self.bank_open.d.next = self.next_bank_open.q.val();
            self.next_looked.d.next = false;
        }
        self.looked.d.next = self.looks.val();
        self.goes.d.next = self.looks.val()
            && (self.pause.q.val() < 2.into())
            && self.booted.q.val()
            && (!self.pending.q.val());

        // what comes back
        self.came.from.next = self.dq_in.val();
        self.arrived.next = self.flights.q.val().get_bit(self.arrival.val());
        self.low_in.value.next = self.came.to.val().get_bits::<8>(0);
        self.high_in.value.next = self.came.to.val().get_bits::<8>(8);
        self.beat.next = ((self.gathered.q.val() >> self.two.val())
            | (self.low_in.flit.val() >> self.one.val()))
            | self.high_in.flit.val();
        self.beats.write.next = self.arrived.val() && self.back_ends.q.val();
        self.beats.data.next = self.beat.val();
        if self.arrived.val() {
            self.gathered.d.next = self.beat.val();
            self.back.d.next = self.back.q.val() + 1.into();
            self.back_ends.d.next = (self.back.q.val() + 1.into()) == self.last_half.val();
            if self.back_ends.q.val() {
                self.back.d.next = 0.into();
                self.back_ends.d.next = false;
            }
        }
        self.pops.next = self.beats.valid.val() && (!self.outlet.full.val());
        self.beats.pop.next = self.pops.val();
        self.outlet.write.next = self.pops.val();
        self.outlet.data.next = self.beats.head.val();
        self.outlet.pop.next = self.outlet.valid.val() && self.r_ready.val();
        self.r_valid.next = self.outlet.valid.val();
        self.r_data.next = self.outlet.head.val();
        self.popped.d.next = self.pops.val();
        self.freed.d.next = self.popped.q.val();
        if self.begins.val() && (!self.write.q.val()) {
            if !self.freed.q.val() {
                self.reserved.d.next = self.reserved.q.val() + 1.into();
            }
        } else if self.freed.q.val() {
            self.reserved.d.next = self.reserved.q.val() - 1.into();
        }

        // the pins
        self.pins.from.next = self.command.q.val();
        self.ras_n.next = !self.pins.to.val().ras;
        self.cas_n.next = !self.pins.to.val().cas;
        self.we_n.next = !self.pins.to.val().we;
        self.ba.next = self.pins.to.val().ba;
        self.a.next = self.pins.to.val().a;
        self.dm.next = self.pins.to.val().dm;
        self.dq_out.next = self.pins.to.val().dq;
        self.dq_enable.next = self.pins.to.val().enable;
    }
}
