//! The walk over the beats of DMA rows: what load and store share.
//!
//! ```text
//! row: ext, dm, bytes     beat i:   [ext - ext % F + i F ..]        DM window  dm + lo .. dm + hi
//!       ├──────┼──────┼────         lo = max(0, i F - ext % F)      hi = min(bytes, (i + 1) F - ext % F)
//! ```
//!
//! It goes on by one beat at a time, or by sixteen: the store by windows, the load by requests. Where the
//! next one begins is a register, so that no address is multiplied out.

use rust_hdl::prelude::*;
use tcpu_isa::{Config, MAX_BURST};

use crate::types::U;

/// The place of a walk in its row.
#[derive(LogicBlock)]
pub struct RowWalk {
    pub clock: Signal<In, Clock>,
    /// The next row is at its first beat.
    pub reset: Signal<In, bool>,
    pub ext: Signal<In, U<32>>,
    pub dm: Signal<In, U<28>>,
    pub bytes: Signal<In, U<16>>,
    /// Goes on; the row may be another one after its last step.
    pub step: Signal<In, bool>,
    /// The row's last step.
    pub row_done: Signal<Out, bool>,
    /// A request begins here: its address, and its beats, at most 16.
    pub opens: Signal<Out, bool>,
    pub ext_beat: Signal<Out, U<32>>,
    pub beats: Signal<Out, U<5>>,
    /// DM address of the first byte, and its place in its beat.
    pub at: Signal<Out, U<28>>,
    pub lane: Signal<Out, U<6>>,
    /// Where the bytes of the step's last beat end in that beat.
    pub end: Signal<Out, U<6>>,
    in_flit: Constant<U<6>>,
    flit: Constant<U<6>>,
    shift: Constant<U<3>>,
    stride: Constant<U<16>>,
    stride_bytes: Constant<U<28>>,
    stride_shift: Constant<U<3>>,
    /// The bits of a row's length, and of a span, that a row of one step does not have.
    long: Constant<U<16>>,
    long_span: Constant<U<11>>,
    /// Behind the row's first step: steps that are left, and whether that is one.
    inside: DFF<bool>,
    left: DFF<U<16>>,
    one_left: DFF<bool>,
    beat: DFF<U<16>>,
    next_at: DFF<U<28>>,
    next_ext: DFF<U<32>>,
    offset: Signal<Local, U<6>>,
    /// One less than the offset, as a signed number.
    before: Signal<Local, U<17>>,
    none_below: Signal<Local, bool>,
    /// From the first beat's begin to the row's last byte.
    span: Signal<Local, U<17>>,
    last_beat: Signal<Local, U<16>>,
    /// Steps behind the first.
    behind: Signal<Local, U<16>>,
    /// The whole row is one step: what is beyond the first step's bytes is seen without a long carry.
    short: Signal<Local, bool>,
    short_span: Signal<Local, U<11>>,
    ends: Signal<Local, bool>,
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
            ext: Default::default(),
            dm: Default::default(),
            bytes: Default::default(),
            step: Default::default(),
            row_done: Default::default(),
            opens: Default::default(),
            ext_beat: Default::default(),
            beats: Default::default(),
            at: Default::default(),
            lane: Default::default(),
            end: Default::default(),
            in_flit: Constant::new(U::new(config.flit as u64 - 1)),
            flit: Constant::new(U::new(config.flit as u64)),
            shift: Constant::new(U::new(u64::from(config.flit.trailing_zeros()))),
            stride: Constant::new(U::new(stride as u64)),
            stride_bytes: Constant::new(U::new((stride * config.flit) as u64)),
            stride_shift: Constant::new(U::new(u64::from(stride.trailing_zeros()))),
            long: Constant::new(U::new(!(2 * (stride * config.flit) as u64 - 1))),
            long_span: Constant::new(U::new(!((stride * config.flit) as u64 - 1))),
            inside: Default::default(),
            left: Default::default(),
            one_left: Default::default(),
            beat: Default::default(),
            next_at: Default::default(),
            next_ext: Default::default(),
            offset: Default::default(),
            before: Default::default(),
            none_below: Default::default(),
            span: Default::default(),
            last_beat: Default::default(),
            behind: Default::default(),
            short: Default::default(),
            short_span: Default::default(),
            ends: Default::default(),
            from: Default::default(),
            now_at: Default::default(),
            now_ext: Default::default(),
        }
    }
}

impl Logic for RowWalk {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inside, left, one_left, beat, next_at, next_ext);
        self.offset.next = self.ext.val().get_bits::<6>(0) & self.in_flit.val();
        self.before.next = 131071.into();
        self.none_below.next = true;
        for i in 0..6 {
            self.before.next = self
                .before
                .val()
                .replace_bit(i, self.offset.val().get_bit(i) != self.none_below.val());
            if self.offset.val().get_bit(i) {
                self.none_below.next = false;
            }
        }
        if !self.none_below.val() {
            self.before.next = self.before.val().get_bits::<6>(0).get_bits::<17>(0);
        }
        self.span.next = self.bytes.val().get_bits::<17>(0) + self.before.val();
        self.last_beat.next = (self.span.val() >> self.shift.val()).get_bits::<16>(0);
        self.behind.next = self.last_beat.val() >> self.stride_shift.val();
        self.short_span.next =
            self.bytes.val().get_bits::<11>(0) + self.before.val().get_bits::<11>(0);
        self.short.next = (!(self.bytes.val() & self.long.val()).any())
            && (!(self.short_span.val() & self.long_span.val()).any());
        self.ends.next = self.short.val();
        if self.inside.q.val() {
            self.ends.next = self.one_left.q.val();
        }
        self.row_done.next = self.ends.val();
        self.opens.next = self.beat.q.val().get_bits::<4>(0) == 0.into();
        self.beats.next = 16.into();
        if self.last_beat.val().get_bits::<12>(4) == self.beat.q.val().get_bits::<12>(4) {
            self.beats.next = self.last_beat.val().get_bits::<4>(0).get_bits::<5>(0) + 1.into();
        }
        self.end.next = self.flit.val();
        if self.ends.val() {
            self.end.next = (self.span.val().get_bits::<6>(0) & self.in_flit.val()) + 1.into();
        }
        self.from.next = self.offset.val();
        self.now_at.next = self.dm.val();
        self.now_ext.next = (self.ext.val() >> self.shift.val()) << self.shift.val();
        if self.inside.q.val() {
            self.from.next = 0.into();
            self.now_at.next = self.next_at.q.val();
            self.now_ext.next = self.next_ext.q.val();
        }
        self.lane.next = self.from.val();
        self.at.next = self.now_at.val();
        self.ext_beat.next = self.now_ext.val();
        if self.step.val() {
            self.inside.d.next = !self.ends.val();
            self.left.d.next = self.behind.val();
            self.one_left.d.next = self.behind.val() == 1.into();
            if self.inside.q.val() {
                self.left.d.next = self.left.q.val() - 1.into();
                self.one_left.d.next = self.left.q.val() == 2.into();
            }
            self.next_at.d.next =
                self.now_at.val() + (self.stride_bytes.val() - self.from.val().get_bits::<28>(0));
            self.next_ext.d.next = self.now_ext.val() + self.stride_bytes.val().get_bits::<32>(0);
            self.beat.d.next = self.beat.q.val() + self.stride.val();
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
