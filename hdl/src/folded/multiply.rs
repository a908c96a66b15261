//! Steps: the flit and a row of the TRF into the accumulators of a slot.
//!
//! ```text
//! flit ────────┬────────────────┐
//!              v                v
//! address ─> [ TRF ] ─row─> [ lane 0, 1 ] ─sums─> [ accumulators ] ─┐
//!    ^─ + stride                  ^─────── stored ────────┴─< slot <┘ + stride
//! ```
//!
//! A step per cycle. In its first cycle, a step reads the TRF; in the second, the lanes take flit and row; in the fourth,
//! the accumulators are read; in the fifth, they are written. In the sixth, they can be read again.

use rust_hdl::prelude::*;
use tcpu_micro::op::Out as Port;

use super::lane::Lane;
use super::memory::Memory;
use super::port;
use crate::types::{ToBits, U};

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Multiply {
    pub clock: Signal<In, Clock>,
    /// A port takes A. Those that this block has, only while it is not busy, and nothing streams.
    pub take: Signal<In, bool>,
    pub port: Signal<In, U<5>>,
    pub a: Signal<In, U<32>>,
    /// A step's first cycle; its flit is there in the next.
    pub step: Signal<In, bool>,
    pub flit: Signal<In, U<64>>,
    pub trf_at: Signal<Out, U<11>>,
    pub slot: Signal<Out, U<2>>,
    /// The accumulators of the slot: lane 0, lane 1.
    pub low: Signal<Out, U<64>>,
    pub high: Signal<Out, U<64>>,
    pub busy: Signal<Out, bool>,
    pub trf: [Memory<8, 64>; 2],
    /// Lane 0 column 0, column 1, lane 1 column 0, column 1.
    pub accumulators: [Memory<2, 32>; 4],
    lanes: [Lane; 2],
    trf_port: Constant<U<5>>,
    trf_stride_port: Constant<U<5>>,
    slot_port: Constant<U<5>>,
    slot_stride_port: Constant<U<5>>,
    mode_port: Constant<U<5>>,
    fill: Constant<U<5>>,
    hold: Constant<U<5>>,
    stream: Constant<U<5>>,
    one: Constant<U<1>>,
    half: Constant<U<6>>,
    // What the steps are set to; the mode's bits are those of [`tcpu_micro::op::mode`].
    place: DFF<U<11>>,
    place_stride: DFF<U<11>>,
    chosen: DFF<U<2>>,
    slot_stride: DFF<U<2>>,
    mode: DFF<U<7>>,
    /// The step before was the first one.
    begun: DFF<bool>,
    /// Steps behind their first cycle, the youngest in bit 0; the byte of the one in its second, the slot of the one
    /// in its fifth, and whether it is that of the step before.
    steps: DFF<U<5>>,
    byte: DFF<U<3>>,
    written: DFF<U<2>>,
    same: DFF<bool>,
    fills: Signal<Local, bool>,
    scale: Signal<Local, bool>,
    restart: Signal<Local, bool>,
    skew: Signal<Local, U<3>>,
    came: Signal<Local, U<5>>,
    words: [Signal<Local, U<64>>; 4],
    stored: [Signal<Local, U<64>>; 2],
}

impl Default for Multiply {
    fn default() -> Self {
        Multiply {
            clock: Default::default(),
            take: Default::default(),
            port: Default::default(),
            a: Default::default(),
            step: Default::default(),
            flit: Default::default(),
            trf_at: Default::default(),
            slot: Default::default(),
            low: Default::default(),
            high: Default::default(),
            busy: Default::default(),
            trf: [(); 2].map(|()| Memory::new([])),
            accumulators: [(); 4].map(|()| Memory::new([])),
            lanes: Default::default(),
            trf_port: port(Port::Trf),
            trf_stride_port: port(Port::TrfStride),
            slot_port: port(Port::Slot),
            slot_stride_port: port(Port::SlotStride),
            mode_port: port(Port::Mode),
            fill: port(Port::Fill),
            hold: port(Port::Hold),
            stream: port(Port::Stream),
            one: Constant::new(U::new(1)),
            half: Constant::new(U::new(32)),
            place: Default::default(),
            place_stride: Default::default(),
            chosen: Default::default(),
            slot_stride: Default::default(),
            mode: Default::default(),
            begun: Default::default(),
            steps: Default::default(),
            byte: Default::default(),
            written: Default::default(),
            same: Default::default(),
            fills: Default::default(),
            scale: Default::default(),
            restart: Default::default(),
            skew: Default::default(),
            came: Default::default(),
            words: Default::default(),
            stored: Default::default(),
        }
    }
}

impl Logic for Multiply {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            place,
            place_stride,
            chosen,
            slot_stride,
            mode,
            begun,
            steps,
            byte,
            written,
            same
        );
        for i in 0..2 {
            self.trf[i].clock.next = self.clock.val();
            self.lanes[i].clock.next = self.clock.val();
        }

        // the first cycle, and ports
        self.came.next = self.step.val().to_bits();
        self.steps.d.next = (self.steps.q.val() << self.one.val()) | self.came.val();
        self.byte.d.next = self.place.q.val().get_bits::<3>(0);
        if self.step.val() {
            self.place.d.next = self.place.q.val() + self.place_stride.q.val();
        }
        self.fills.next = self.take.val() && (self.port.val() == self.fill.val());
        for i in 0..2 {
            self.trf[i].read.next = true;
            self.trf[i].read_at.next = self.place.q.val().get_bits::<8>(3);
            self.trf[i].write_at.next = self.a.val().get_bits::<8>(1);
            self.trf[i].data.next = self.flit.val();
        }
        self.trf[0].write.next =
            self.fills.val() && (self.a.val().get_bit(9) || (!self.a.val().get_bit(0)));
        self.trf[1].write.next =
            self.fills.val() && (self.a.val().get_bit(9) || self.a.val().get_bit(0));

        // the second
        self.skew.next = self.mode.q.val().get_bit(1).to_bits();
        self.lanes[0].first.next = self.byte.q.val();
        self.lanes[1].first.next = self.byte.q.val() + self.skew.val();
        for i in 0..2 {
            self.lanes[i].flit.next = self.flit.val();
            self.lanes[i].weights.next = self.trf[i].value.val();
            self.lanes[i].splat.next = self.mode.q.val().get_bit(0);
            self.lanes[i].whole.next = self.mode.q.val().get_bit(2);
        }

        // the fourth
        self.written.d.next = self.chosen.q.val();
        self.same.d.next =
            (self.chosen.q.val() == self.written.q.val()) && self.steps.q.val().get_bit(3);
        if self.steps.q.val().get_bit(2) {
            self.chosen.d.next = self.chosen.q.val() + self.slot_stride.q.val();
        }

        // the fifth
        self.restart.next =
            self.mode.q.val().get_bit(4) || (self.mode.q.val().get_bit(3) && (!self.begun.q.val()));
        self.scale.next =
            self.mode.q.val().get_bit(6) || (self.mode.q.val().get_bit(5) && (!self.begun.q.val()));
        for i in 0..2 {
            self.words[2 * i].next = self.accumulators[2 * i].value.val().to_bits();
            self.words[2 * i + 1].next = self.accumulators[2 * i + 1].value.val().to_bits();
            self.stored[i].next =
                self.words[2 * i].val() | (self.words[2 * i + 1].val() << self.half.val());
            self.lanes[i].stored.next = self.stored[i].val();
            self.lanes[i].same.next = self.same.q.val();
            self.lanes[i].restart.next = self.restart.val();
            self.lanes[i].scale.next = self.scale.val();
            self.accumulators[2 * i].data.next = self.lanes[i].sum.val().get_bits::<32>(0);
            self.accumulators[2 * i + 1].data.next = self.lanes[i].sum.val().get_bits::<32>(32);
            self.accumulators[2 * i].write.next = self.steps.q.val().get_bit(3);
            self.accumulators[2 * i + 1].write.next =
                self.steps.q.val().get_bit(3) && (!self.mode.q.val().get_bit(2));
        }
        for i in 0..4 {
            self.accumulators[i].clock.next = self.clock.val();
            self.accumulators[i].read.next = true;
            self.accumulators[i].read_at.next = self.chosen.q.val();
            self.accumulators[i].write_at.next = self.written.q.val();
        }
        if self.steps.q.val().get_bit(3) {
            self.begun.d.next = true;
        }

        if self.take.val() {
            if self.port.val() == self.trf_port.val() {
                self.place.d.next = self.a.val().get_bits::<11>(0);
            }
            if self.port.val() == self.trf_stride_port.val() {
                self.place_stride.d.next = self.a.val().get_bits::<11>(0);
            }
            if self.port.val() == self.slot_port.val() {
                self.chosen.d.next = self.a.val().get_bits::<2>(0);
            }
            if self.port.val() == self.slot_stride_port.val() {
                self.slot_stride.d.next = self.a.val().get_bits::<2>(0);
            }
            if self.port.val() == self.mode_port.val() {
                self.mode.d.next = self.a.val().get_bits::<7>(0);
            }
            if (self.port.val() == self.hold.val()) || (self.port.val() == self.stream.val()) {
                self.begun.d.next = false;
            }
        }
        self.trf_at.next = self.place.q.val();
        self.slot.next = self.chosen.q.val();
        self.low.next = self.stored[0].val();
        self.high.next = self.stored[1].val();
        self.busy.next = self.steps.q.val().any();
    }
}
