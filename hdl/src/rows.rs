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
    in_flit: Constant<U<17>>,
    flit: Constant<U<17>>,
    shift: Constant<U<3>>,
    offset: Signal<Local, U<17>>,
    row: Signal<Local, U<17>>,
    begin: Signal<Local, U<17>>,
    /// Bytes from the beat's begin to the row's end, the row's whole first beat counted in.
    ahead: Signal<Local, U<17>>,
    covers: Signal<Local, U<17>>,
    window: Signal<Local, U<17>>,
    lo: Signal<Local, U<17>>,
    base: Signal<Local, U<32>>,
    moved: Signal<Local, U<32>>,
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
            begin: Default::default(),
            ahead: Default::default(),
            covers: Default::default(),
            window: Default::default(),
            lo: Default::default(),
            base: Default::default(),
            moved: Default::default(),
        }
    }
}

impl Logic for Beat {
    #[hdl_gen]
    fn update(&mut self) {
        self.offset.next = self.ext.val().get_bits::<17>(0) & self.in_flit.val();
        self.row.next = self.bytes.val().to_bits();
        self.begin.next = self.beat.val().to_bits();
        self.begin.next = self.begin.val() << self.shift.val();
        self.ahead.next = (self.offset.val() + self.row.val()) - self.begin.val();
        self.covers.next = (self.ahead.val() + self.in_flit.val()) >> self.shift.val();
        self.left.next = self.covers.val().to_bits();
        self.chunk.next = 16.into();
        if self.covers.val() < 16.into() {
            self.chunk.next = self.covers.val().to_bits();
        }
        self.base.next = (self.ext.val() >> self.shift.val()) << self.shift.val();
        self.moved.next = self.begin.val().to_bits();
        self.ext_beat.next = self.base.val() + self.moved.val();
        self.lo.next = self.begin.val() - self.offset.val();
        self.window_lane.next = 0.into();
        self.window.next = self.flit.val();
        if self.ahead.val() < self.flit.val() {
            self.window.next = self.ahead.val();
        }
        if self.beat.val() == 0.into() {
            self.lo.next = 0.into();
            self.window_lane.next = self.offset.val().to_bits();
            self.window.next = self.flit.val() - self.offset.val();
            if self.ahead.val() < self.flit.val() {
                self.window.next = self.row.val();
            }
        }
        self.window_at.next = self.dm.val() + self.lo.val().get_bits::<28>(0);
        self.window_bytes.next = self.window.val().to_bits();
    }
}
