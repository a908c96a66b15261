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
    by_requests: Constant<bool>,
    /// Behind the row's first step.
    inside: DFF<bool>,
    beat: DFF<U<16>>,
    next_at: DFF<U<28>>,
    next_ext: DFF<U<32>>,
    offset: Signal<Local, U<6>>,
    /// One less than the offset, as a signed number.
    before: Signal<Local, U<17>>,
    /// From the first beat's begin to the row's last byte.
    span: Signal<Local, U<17>>,
    last_beat: Signal<Local, U<16>>,
    /// The row ends within sixteen beats, and with this step.
    last_request: Signal<Local, bool>,
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
            by_requests: Constant::new(stride == MAX_BURST),
            inside: Default::default(),
            beat: Default::default(),
            next_at: Default::default(),
            next_ext: Default::default(),
            offset: Default::default(),
            before: Default::default(),
            span: Default::default(),
            last_beat: Default::default(),
            last_request: Default::default(),
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
        dff_setup!(self, clock, inside, beat, next_at, next_ext);
        self.offset.next = self.ext.val().get_bits::<6>(0) & self.in_flit.val();
        self.before.next = (self.offset.val() - 1.into()).get_bits::<17>(0);
        if self.offset.val() == 0.into() {
            self.before.next = 131071.into();
        }
        self.span.next = self.bytes.val().get_bits::<17>(0) + self.before.val();
        self.last_beat.next = (self.span.val() >> self.shift.val()).get_bits::<16>(0);
        self.last_request.next =
            self.last_beat.val().get_bits::<12>(4) == self.beat.q.val().get_bits::<12>(4);
        self.ends.next = self.last_request.val()
            && (self.by_requests.val()
                || (self.last_beat.val().get_bits::<4>(0) == self.beat.q.val().get_bits::<4>(0)));
        self.row_done.next = self.ends.val();
        self.opens.next = self.beat.q.val().get_bits::<4>(0) == 0.into();
        self.beats.next = 16.into();
        if self.last_request.val() {
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
