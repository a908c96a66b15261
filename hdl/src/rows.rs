//! The walk over the beats of DMA rows: what load and store share.
//!
//! ```text
//! row: ext, dm, bytes     beat i:   [ext - ext % F + i F ..]        DM window  dm + lo .. dm + hi
//!       ├──────┼──────┼────         lo = max(0, i F - ext % F)      hi = min(bytes, (i + 1) F - ext % F)
//!
//! bytes ──> [ spans ] ──┐
//! row ──────────────> measure ──> [ buffer ] ──> walk ──> step by step
//! ```
//!
//! It goes on by one beat at a time, or by sixteen: the store by windows, the load by requests. All rows of an exec have as
//! many bytes: how many beats that is, if they begin early in a beat or late, is known before the first of them. A row is
//! measured before it waits; where the next step begins, and whether it is the last, are registers: no address
//! is multiplied out, and nothing of a step needs a long carry.

use rust_hdl::prelude::*;
use tcpu_isa::{Config, MAX_BURST};

use crate::bundle;
use crate::decode::UnitSet;
use crate::fifo::Fifo;
use crate::types::U;

bundle! {
    /// A row that waits.
    pub struct Row {
        pub ext: U<32>,
        pub dm: U<28>,
        /// Place of the first byte in its beat, and where the last byte ends in its own.
        pub lane: U<6>,
        pub end: U<6>,
        /// Steps behind the first; whether that is none, and one.
        pub behind: U<16>,
        pub short: bool,
        pub one_behind: bool,
        /// Beats of the last request.
        pub rest: U<5>,
        /// By how much its bytes are turned between beats and DM's rows; and whether its first window goes on behind a row
        /// of DM's. The others do if there is a turn.
        pub turn: U<6>,
        pub turned: bool,
        pub leaves_row: bool,
        pub broadcast: bool,
        /// The last one of its exec, and the signals then.
        pub last: bool,
        pub done: UnitSet,
    }
}

bundle! {
    /// How long rows are that begin early, or late, in their first beat.
    pub struct Span {
        /// As in [`Row`].
        pub behind: U<16>,
        pub short: bool,
        pub one_behind: bool,
        pub rest: U<5>,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct RowWalk {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// There is a row, and it is taken.
    pub push: Signal<In, bool>,
    pub ready: Signal<Out, bool>,
    pub ext: Signal<In, U<32>>,
    pub dm: Signal<In, U<28>>,
    /// Rows that are pushed in later cycles have so many bytes, until it loads again.
    pub loads: Signal<In, bool>,
    pub bytes: Signal<In, U<16>>,
    pub row_broadcast: Signal<In, bool>,
    /// The row is its exec's last, which signals these units.
    pub row_last: Signal<In, bool>,
    pub signals: Signal<In, UnitSet>,
    /// There is a step, and it is made.
    pub valid: Signal<Out, bool>,
    pub step: Signal<In, bool>,
    /// It is its exec's last, and the signals then.
    pub last: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    pub broadcast: Signal<Out, bool>,
    /// A request begins here: its address, and its beats, at most 16.
    pub opens: Signal<Out, bool>,
    pub ext_beat: Signal<Out, U<32>>,
    pub beats: Signal<Out, U<5>>,
    /// DM address of the first byte, and its place in its beat.
    pub at: Signal<Out, U<28>>,
    pub lane: Signal<Out, U<6>>,
    /// Where the bytes of the step's last beat end in that beat.
    pub end: Signal<Out, U<6>>,
    /// From a place in a beat to the place in a row of DM's, the same for all of the row; the step's first window, a whole
    /// one, goes on behind a row of DM's.
    pub turn: Signal<Out, U<6>>,
    pub leaves_row: Signal<Out, bool>,
    rows: Fifo<Row>,
    /// Bytes behind the first in a row's last beat, if it begins with a beat; the spans of rows that need no beat more for
    /// where they begin, and of those that do.
    below: DFF<U<6>>,
    early: DFF<Span>,
    late: DFF<Span>,
    in_flit: Constant<U<6>>,
    in_two: Constant<U<6>>,
    flit: Constant<U<6>>,
    /// As wide as their sum: Verilator 5.048 adds up two shifts that follow each other in as many bits as each of them has.
    shift: Constant<U<4>>,
    stride_shift: Constant<U<4>>,
    stride_bytes: Constant<U<28>>,
    below_stride: Constant<U<28>>,
    by_requests: Constant<bool>,
    /// Behind the row's first step: steps that are left, and whether that is one.
    inside: DFF<bool>,
    left: DFF<U<16>>,
    one_left: DFF<bool>,
    /// Beats since the request began, if the walk goes by beats.
    beat: DFF<U<4>>,
    next_at: DFF<U<28>>,
    next_ext: DFF<U<32>>,
    offset: Signal<Local, U<6>>,
    in_row: Signal<Local, U<6>>,
    /// A row's last byte's place in the beats, and its last beat, if it begins early and late.
    last_byte: Signal<Local, U<16>>,
    early_last: Signal<Local, U<16>>,
    late_last: Signal<Local, U<16>>,
    /// The beat behind that; a request's beats and a beat's bytes are all that counts of it.
    later_last: Signal<Local, U<10>>,
    /// The last four bits of a row's beats, 1 to 16 of them in its last request.
    early_rest: Signal<Local, U<4>>,
    late_rest: Signal<Local, U<4>>,
    early_behind: Signal<Local, U<16>>,
    late_behind: Signal<Local, U<16>>,
    /// The same in its beat and the next one, with the offset.
    ends_at: Signal<Local, U<6>>,
    span: Signal<Local, Span>,
    row: Signal<Local, Row>,
    ends: Signal<Local, bool>,
    last_request: Signal<Local, bool>,
    from: Signal<Local, U<6>>,
    now_at: Signal<Local, U<28>>,
    now_ext: Signal<Local, U<32>>,
}

impl RowWalk {
    /// A walk by beats.
    pub fn by_beats(config: &Config) -> Self {
        RowWalk::new(config, 1)
    }

    /// A walk by requests.
    pub fn by_requests(config: &Config) -> Self {
        RowWalk::new(config, MAX_BURST)
    }

    fn new(config: &Config, stride: usize) -> Self {
        RowWalk {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            ready: Default::default(),
            ext: Default::default(),
            dm: Default::default(),
            loads: Default::default(),
            bytes: Default::default(),
            row_broadcast: Default::default(),
            row_last: Default::default(),
            signals: Default::default(),
            valid: Default::default(),
            step: Default::default(),
            last: Default::default(),
            done: Default::default(),
            broadcast: Default::default(),
            opens: Default::default(),
            ext_beat: Default::default(),
            beats: Default::default(),
            at: Default::default(),
            lane: Default::default(),
            end: Default::default(),
            turn: Default::default(),
            leaves_row: Default::default(),
            rows: Fifo::front(config.flit),
            below: Default::default(),
            early: Default::default(),
            late: Default::default(),
            in_flit: Constant::new(U::new(config.flit as u64 - 1)),
            in_two: Constant::new(U::new(2 * config.flit as u64 - 1)),
            flit: Constant::new(U::new(config.flit as u64)),
            shift: Constant::new(U::new(u64::from(config.flit.trailing_zeros()))),
            stride_shift: Constant::new(U::new(u64::from(stride.trailing_zeros()))),
            stride_bytes: Constant::new(U::new((stride * config.flit) as u64)),
            below_stride: Constant::new(U::new((stride * config.flit) as u64 - 1)),
            by_requests: Constant::new(stride == MAX_BURST),
            inside: Default::default(),
            left: Default::default(),
            one_left: Default::default(),
            beat: Default::default(),
            next_at: Default::default(),
            next_ext: Default::default(),
            offset: Default::default(),
            in_row: Default::default(),
            last_byte: Default::default(),
            early_last: Default::default(),
            late_last: Default::default(),
            later_last: Default::default(),
            early_rest: Default::default(),
            late_rest: Default::default(),
            early_behind: Default::default(),
            late_behind: Default::default(),
            ends_at: Default::default(),
            span: Default::default(),
            row: Default::default(),
            ends: Default::default(),
            last_request: Default::default(),
            from: Default::default(),
            now_at: Default::default(),
            now_ext: Default::default(),
        }
    }
}

impl Logic for RowWalk {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, below, early, late, inside, left, one_left, beat, next_at, next_ext
        );
        self.rows.clock.next = self.clock.val();
        self.rows.reset.next = self.reset.val();

        // the rows to come
        self.last_byte.next = self.bytes.val() - 1.into();
        self.early_last.next = self.last_byte.val() >> self.shift.val();
        self.late_last.next = ((self.bytes.val().get_bits::<17>(0)
            + self.in_flit.val().get_bits::<17>(0))
            >> self.shift.val())
        .get_bits::<16>(0);
        // One more than the last beat's number in its request: none of it has to wait for another chain.
        self.early_rest.next = self.late_last.val().get_bits::<4>(0);
        self.later_last.next = (self.bytes.val().get_bits::<10>(0)
            + self.in_two.val().get_bits::<10>(0))
            >> self.shift.val();
        self.late_rest.next = self.later_last.val().get_bits::<4>(0);
        self.early_behind.next = self.early_last.val() >> self.stride_shift.val();
        self.late_behind.next = self.late_last.val() >> self.stride_shift.val();
        if self.loads.val() {
            self.below.d.next = self.last_byte.val().get_bits::<6>(0) & self.in_flit.val();
            self.early.d.next.behind = self.early_behind.val();
            self.early.d.next.short = self.early_behind.val() == 0.into();
            self.early.d.next.one_behind = self.early_behind.val() == 1.into();
            self.early.d.next.rest = self
                .early_rest
                .val()
                .get_bits::<5>(0)
                .replace_bit(4, self.early_rest.val() == 0.into());
            self.late.d.next.behind = self.late_behind.val();
            self.late.d.next.short = self.late_behind.val() == 0.into();
            self.late.d.next.one_behind = self.late_behind.val() == 1.into();
            self.late.d.next.rest = self
                .late_rest
                .val()
                .get_bits::<5>(0)
                .replace_bit(4, self.late_rest.val() == 0.into());
        }

        // measure
        self.offset.next = self.ext.val().get_bits::<6>(0) & self.in_flit.val();
        self.ends_at.next = self.offset.val() + self.below.q.val();
        self.span.next = self.early.q.val();
        if (self.ends_at.val() & self.flit.val()).any() {
            self.span.next = self.late.q.val();
        }
        self.rows.write.next = self.push.val() && (!self.rows.full.val());
        self.ready.next = !self.rows.full.val();
        self.rows.data.next.ext = self.ext.val();
        self.rows.data.next.dm = self.dm.val();
        self.rows.data.next.lane = self.offset.val();
        self.rows.data.next.end = (self.ends_at.val() & self.in_flit.val()) + 1.into();
        self.rows.data.next.behind = self.span.val().behind;
        self.rows.data.next.short = self.span.val().short;
        self.rows.data.next.one_behind = self.span.val().one_behind;
        self.rows.data.next.rest = self.span.val().rest;
        self.in_row.next = self.dm.val().get_bits::<6>(0) & self.in_flit.val();
        self.rows.data.next.turn = (self.in_row.val() - self.offset.val()) & self.in_flit.val();
        self.rows.data.next.turned = self.in_row.val() != self.offset.val();
        self.rows.data.next.leaves_row = self.in_row.val() > self.offset.val();
        self.rows.data.next.broadcast = self.row_broadcast.val();
        self.rows.data.next.last = self.row_last.val();
        self.rows.data.next.done = 0.into();
        if self.row_last.val() {
            self.rows.data.next.done = self.signals.val();
        }

        // walk
        self.row.next = self.rows.head.val();
        self.ends.next = self.row.val().short;
        self.last_request.next = self.row.val().behind < 16.into();
        self.from.next = self.row.val().lane;
        self.now_at.next = self.row.val().dm;
        self.turn.next = self.row.val().turn;
        self.leaves_row.next = self.row.val().leaves_row;
        self.now_ext.next = (self.row.val().ext >> self.shift.val()) << self.shift.val();
        if self.inside.q.val() {
            self.ends.next = self.one_left.q.val();
            self.last_request.next = self.left.q.val() <= 16.into();
            self.from.next = 0.into();
            self.now_at.next = self.next_at.q.val();
            self.now_ext.next = self.next_ext.q.val();
            self.leaves_row.next = self.row.val().turned;
        }
        if self.by_requests.val() {
            self.last_request.next = self.ends.val();
        }
        self.rows.pop.next = self.step.val() && self.ends.val();
        self.valid.next = self.rows.valid.val();
        self.last.next = self.ends.val() && self.row.val().last;
        self.done.next = 0.into();
        self.end.next = self.flit.val();
        if self.ends.val() {
            self.done.next = self.row.val().done;
            self.end.next = self.row.val().end;
        }
        self.broadcast.next = self.row.val().broadcast;
        self.opens.next = self.by_requests.val() || (self.beat.q.val() == 0.into());
        self.beats.next = 16.into();
        if self.last_request.val() {
            self.beats.next = self.row.val().rest;
        }
        self.lane.next = self.from.val();
        self.at.next = self.now_at.val();
        self.ext_beat.next = self.now_ext.val();
        if self.step.val() {
            self.inside.d.next = !self.ends.val();
            self.left.d.next = self.row.val().behind;
            self.one_left.d.next = self.row.val().one_behind;
            if self.inside.q.val() {
                self.left.d.next = self.left.q.val() - 1.into();
                self.one_left.d.next = self.left.q.val() == 2.into();
            }
            // Plus the stride, less the lane: that lies below the stride, so no other carry chain is in the way.
            self.next_at.d.next = self.now_at.val()
                - (!(self.below_stride.val() ^ self.from.val().get_bits::<28>(0)));
            self.next_ext.d.next = self.now_ext.val() + self.stride_bytes.val().get_bits::<32>(0);
            self.beat.d.next = self.beat.q.val() + 1.into();
            if self.ends.val() {
                self.beat.d.next = 0.into();
            }
        }
        if self.reset.val() {
            self.inside.d.next = false;
            self.beat.d.next = 0.into();
        }
    }
}
