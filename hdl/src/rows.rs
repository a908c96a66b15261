//! The walk over the beats of DMA rows: what load and store share.
//!
//! ```text
//! row: ext, dm, bytes     beat i:   [ext - ext % F + i F ..]        DM window  dm + lo .. dm + hi
//!       ├──────┼──────┼────         lo = max(0, i F - ext % F)      hi = min(bytes, (i + 1) F - ext % F)
//! ```
//!
//! Combinational.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::types::{ToBits, U};

/// The figures of one beat of a row.
#[derive(LogicBlock)]
pub struct Beat {
    pub ext: Signal<In, U<32>>,
    pub dm: Signal<In, U<28>>,
    pub bytes: Signal<In, U<16>>,
    /// Number of the beat in its row.
    pub beat: Signal<In, U<16>>,
    /// Beats of the row from this one on.
    pub left: Signal<Out, U<16>>,
    /// Beats of the next request, at most 16, and its address.
    pub chunk: Signal<Out, U<5>>,
    pub ext_beat: Signal<Out, U<32>>,
    /// DM window of the beat: address, bytes, and the byte of the beat at which it begins.
    pub window_at: Signal<Out, U<28>>,
    pub window_bytes: Signal<Out, U<6>>,
    pub window_lane: Signal<Out, U<6>>,
    in_flit: Constant<U<32>>,
    flit: Constant<U<32>>,
    shift: Constant<U<3>>,
    offset: Signal<Local, U<32>>,
    row: Signal<Local, U<32>>,
    number: Signal<Local, U<32>>,
    total: Signal<Local, U<32>>,
    start: Signal<Local, U<32>>,
    lo: Signal<Local, U<32>>,
    hi: Signal<Local, U<32>>,
    rest: Signal<Local, U<32>>,
}

impl Beat {
    /// For a build's flits.
    pub fn new(config: &Config) -> Self {
        Beat {
            ext: Default::default(),
            dm: Default::default(),
            bytes: Default::default(),
            beat: Default::default(),
            left: Default::default(),
            chunk: Default::default(),
            ext_beat: Default::default(),
            window_at: Default::default(),
            window_bytes: Default::default(),
            window_lane: Default::default(),
            in_flit: Constant::new(U::new(config.flit as u64 - 1)),
            flit: Constant::new(U::new(config.flit as u64)),
            shift: Constant::new(U::new(u64::from(config.flit.trailing_zeros()))),
            offset: Default::default(),
            row: Default::default(),
            number: Default::default(),
            total: Default::default(),
            start: Default::default(),
            lo: Default::default(),
            hi: Default::default(),
            rest: Default::default(),
        }
    }
}

impl Logic for Beat {
    #[hdl_gen]
    fn update(&mut self) {
        self.offset.next = self.ext.val() & self.in_flit.val();
        self.row.next = self.bytes.val().to_bits();
        self.number.next = self.beat.val().to_bits();
        self.total.next =
            (self.offset.val() + self.row.val() + self.in_flit.val()) >> self.shift.val();
        self.rest.next = self.total.val() - self.number.val();
        self.left.next = self.rest.val().to_bits();
        self.chunk.next = 16.into();
        if self.rest.val() < 16.into() {
            self.chunk.next = self.rest.val().to_bits();
        }
        self.start.next = self.number.val() << self.shift.val();
        self.ext_beat.next = (self.ext.val() - self.offset.val()) + self.start.val();
        self.lo.next = self.start.val() - self.offset.val();
        self.window_lane.next = 0.into();
        if self.beat.val() == 0.into() {
            self.lo.next = 0.into();
            self.window_lane.next = self.offset.val().to_bits();
        }
        self.hi.next = (self.start.val() + self.flit.val()) - self.offset.val();
        if self.hi.val() > self.row.val() {
            self.hi.next = self.row.val();
        }
        self.window_at.next = self.dm.val() + self.lo.val().get_bits::<28>(0);
        self.rest.next = self.hi.val() - self.lo.val();
        self.window_bytes.next = self.rest.val().to_bits();
    }
}
