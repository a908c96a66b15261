//! From the line to frames: see [the module](super).

use rust_hdl::prelude::*;
use tcpu_isa::link;

use super::crc::Crc;
use super::{Frame, FRAMES};
use crate::deep_fifo::DeepFifo;
use crate::fifo::Fifo;
use crate::types::U;

/// Takes frames apart and checks them.
#[derive(LogicBlock)]
pub struct FrameReceiver {
    pub clock: Signal<In, Clock>,
    /// Forgets all frames; the rest of the one that is arriving makes a bad one.
    pub reset: Signal<In, bool>,
    /// From the UART.
    pub valid: Signal<In, bool>,
    pub value: Signal<In, U<8>>,
    pub broken: Signal<In, bool>,
    /// The oldest frame; its bytes are all there.
    pub frame_valid: Signal<Out, bool>,
    pub frame: Signal<Out, Frame>,
    pub frame_pop: Signal<In, bool>,
    pub byte: Signal<Out, U<8>>,
    pub byte_pop: Signal<In, bool>,
    /// What the UART said in the cycle before, and what byte that is.
    heard: DFF<bool>,
    heard_value: DFF<U<8>>,
    heard_broken: DFF<bool>,
    is_flag: DFF<bool>,
    is_escape: DFF<bool>,
    bytes: DeepFifo<U<8>>,
    frames: Fifo<Frame>,
    crc: Crc,
    length: DFF<U<16>>,
    bad: DFF<bool>,
    escaped: DFF<bool>,
    flag: Constant<U<8>>,
    escape: Constant<U<8>>,
    flip: Constant<U<8>>,
    residue: Constant<U<32>>,
    plain: Signal<Local, U<8>>,
    keep: Signal<Local, bool>,
    /// What the byte of the cycle before leaves: a byte of a frame, or a frame that is whole. The line has less than a
    /// byte in eight cycles, so what is full is known before the next one.
    kept: DFF<bool>,
    kept_byte: DFF<U<8>>,
    noted: DFF<bool>,
    noted_frame: DFF<Frame>,
}

impl FrameReceiver {
    /// A receiver that buffers `depth` bytes.
    pub fn new(depth: u16) -> Self {
        FrameReceiver {
            clock: Default::default(),
            reset: Default::default(),
            valid: Default::default(),
            value: Default::default(),
            broken: Default::default(),
            frame_valid: Default::default(),
            frame: Default::default(),
            frame_pop: Default::default(),
            byte: Default::default(),
            byte_pop: Default::default(),
            heard: Default::default(),
            heard_value: Default::default(),
            heard_broken: Default::default(),
            is_flag: Default::default(),
            is_escape: Default::default(),
            bytes: DeepFifo::new(usize::from(depth)),
            frames: Fifo::new(FRAMES),
            crc: Default::default(),
            length: Default::default(),
            bad: Default::default(),
            escaped: Default::default(),
            flag: Constant::new(U::new(u64::from(link::FLAG))),
            escape: Constant::new(U::new(u64::from(link::ESCAPE))),
            flip: Constant::new(U::new(u64::from(link::FLIP))),
            residue: Constant::new(U::new(u64::from(link::CRC_RESIDUE))),
            plain: Default::default(),
            keep: Default::default(),
            kept: Default::default(),
            kept_byte: Default::default(),
            noted: Default::default(),
            noted_frame: Default::default(),
        }
    }
}

impl Logic for FrameReceiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            heard,
            heard_value,
            heard_broken,
            is_flag,
            is_escape,
            length,
            bad,
            escaped,
            kept,
            kept_byte,
            noted,
            noted_frame
        );
        self.bytes.clock.next = self.clock.val();
        self.frames.clock.next = self.clock.val();
        self.crc.clock.next = self.clock.val();
        self.bytes.reset.next = self.reset.val();
        self.frames.reset.next = self.reset.val();
        self.heard.d.next = self.valid.val();
        self.heard_value.d.next = self.value.val();
        self.heard_broken.d.next = self.broken.val();
        self.is_flag.d.next = self.value.val() == self.flag.val();
        self.is_escape.d.next = self.value.val() == self.escape.val();
        self.plain.next = self.heard_value.q.val();
        if self.escaped.q.val() {
            self.plain.next = self.heard_value.q.val() ^ self.flip.val();
        }
        self.keep.next = false;
        self.crc.start.next = false;
        self.crc.drop.next = false;
        self.noted.d.next = false;
        if self.heard.q.val() {
            if self.heard_broken.q.val() {
                self.bad.d.next = true;
            } else if self.is_flag.q.val() {
                self.escaped.d.next = false;
                self.crc.start.next = true;
                // A frame that cannot be noted stays open, as a bad one.
                self.bad.d.next = self.frames.full.val() && (self.length.q.val() > 0.into());
                if (self.length.q.val() > 0.into()) && (!self.frames.full.val()) {
                    self.noted.d.next = true;
                    self.length.d.next = 0.into();
                }
            } else if self.is_escape.q.val() {
                self.escaped.d.next = true;
            } else {
                self.escaped.d.next = false;
                self.keep.next = !self.bytes.full.val();
                if self.bytes.full.val() {
                    self.bad.d.next = true;
                }
            }
        }
        if self.keep.val() {
            self.length.d.next = self.length.q.val() + 1.into();
        }
        if self.reset.val() {
            self.length.d.next = 0.into();
            self.bad.d.next = true;
            self.kept.d.next = false;
            self.noted.d.next = false;
        }
        self.noted_frame.d.next.bytes = self.length.q.val();
        self.noted_frame.d.next.good = (!self.bad.q.val())
            && (!self.escaped.q.val())
            && (self.crc.crc.val() == self.residue.val());
        self.kept.d.next = self.keep.val();
        self.kept_byte.d.next = self.plain.val();
        self.bytes.write.next = self.kept.q.val();
        self.bytes.data.next = self.kept_byte.q.val();
        self.crc.take.next = self.kept.q.val();
        self.crc.value.next = self.kept_byte.q.val();
        self.frames.write.next = self.noted.q.val();
        self.frames.data.next = self.noted_frame.q.val();
        self.frame_valid.next = self.frames.valid.val();
        self.frame.next = self.frames.head.val();
        self.frames.pop.next = self.frame_pop.val();
        self.byte.next = self.bytes.head.val();
        self.bytes.pop.next = self.byte_pop.val();
    }
}
