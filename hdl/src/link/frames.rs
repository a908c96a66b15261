//! Frames: between flags, with escapes, and a CRC at the end.
//!
//! ```text
//! UART ──> flag? escape? ──┬──> [ FIFO of bytes ] ──> server
//!                          └──> [ CRC, a bit per cycle ] ──at a flag──> [ FIFO of frames: length, good ]
//!
//! UART <── flag, escapes <── [ byte ] <── bytes of the answer, then [ CRC ]
//! ```
//!
//! Between two bytes on the line there are at least 9 cycles; the CRC needs 8. A byte for which there is
//! no room makes its frame a bad one.

use rust_hdl::prelude::*;
use tcpu_isa::link;

use crate::bundle;
use crate::deep_fifo::DeepFifo;
use crate::fifo::Fifo;
use crate::types::{ToBits, U};

/// Frames that can wait.
pub const FRAMES: usize = 8;

bundle! {
    /// A frame that has ended.
    pub struct Frame {
        /// Its bytes in the FIFO, CRC included.
        pub bytes: U<16>,
        /// All of it arrived, and the CRC is right.
        pub good: bool,
    }
}

/// The CRC-32 register: a byte in 8 cycles.
#[derive(LogicBlock)]
pub struct Crc {
    pub clock: Signal<In, Clock>,
    /// Before the first byte.
    pub start: Signal<In, bool>,
    /// Takes a byte.
    pub take: Signal<In, bool>,
    pub value: Signal<In, U<8>>,
    /// Drops the lowest byte.
    pub drop: Signal<In, bool>,
    pub busy: Signal<Out, bool>,
    pub crc: Signal<Out, U<32>>,
    register: DFF<U<32>>,
    bits: DFF<U<4>>,
    works: DFF<bool>,
    shift: DFF<U<8>>,
    ones: Constant<U<32>>,
    polynomial: Constant<U<32>>,
    one: Constant<U<4>>,
    eight: Constant<U<4>>,
}

impl Default for Crc {
    fn default() -> Self {
        Crc {
            clock: Default::default(),
            start: Default::default(),
            take: Default::default(),
            value: Default::default(),
            drop: Default::default(),
            busy: Default::default(),
            crc: Default::default(),
            register: Default::default(),
            bits: Default::default(),
            works: Default::default(),
            shift: Default::default(),
            ones: Constant::new(U::new(u64::from(u32::MAX))),
            polynomial: Constant::new(U::new(u64::from(link::CRC_POLYNOMIAL))),
            one: Constant::new(U::new(1)),
            eight: Constant::new(U::new(8)),
        }
    }
}

impl Logic for Crc {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, register, bits, works, shift);
        if self.works.q.val() {
            self.bits.d.next = self.bits.q.val() - 1.into();
            self.works.d.next = self.bits.q.val() != 1.into();
            self.shift.d.next = self.shift.q.val() >> self.one.val();
            self.register.d.next = self.register.q.val() >> self.one.val();
            if self.register.q.val().get_bit(0) != self.shift.q.val().get_bit(0) {
                self.register.d.next =
                    (self.register.q.val() >> self.one.val()) ^ self.polynomial.val();
            }
        }
        if self.take.val() {
            self.shift.d.next = self.value.val();
            self.bits.d.next = 8.into();
            self.works.d.next = true;
        }
        if self.drop.val() {
            self.register.d.next = self.register.q.val() >> self.eight.val();
        }
        if self.start.val() {
            self.register.d.next = self.ones.val();
            self.bits.d.next = 0.into();
            self.works.d.next = false;
        }
        self.busy.next = self.works.q.val();
        self.crc.next = self.register.q.val();
    }
}

/// See the module's documentation: from the line.
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

/// See the module's documentation: to the line. The bytes of a frame are offered one by one; the CRC
/// follows the last one.
#[derive(LogicBlock)]
pub struct FrameSender {
    pub clock: Signal<In, Clock>,
    /// Breaks off; what was sent of a frame makes a bad one with the next flag.
    pub reset: Signal<In, bool>,
    pub valid: Signal<In, bool>,
    pub value: Signal<In, U<8>>,
    pub last: Signal<In, bool>,
    pub ready: Signal<Out, bool>,
    /// Nothing of a frame is left to be sent.
    pub quiet: Signal<Out, bool>,
    /// To the UART.
    pub line_valid: Signal<Out, bool>,
    pub line: Signal<Out, U<8>>,
    pub line_ready: Signal<In, bool>,
    crc: Crc,
    /// The byte that is next: what offers bytes is far from what they go to.
    held: DFF<bool>,
    held_value: DFF<U<8>>,
    held_last: DFF<bool>,
    open: DFF<bool>,
    escaped: DFF<bool>,
    /// What follows the last byte: 5 to 2 stand for the CRC's bytes, 1 for the flag.
    tail: DFF<U<3>>,
    flag: Constant<U<8>>,
    escape: Constant<U<8>>,
    flip: Constant<U<8>>,
    low: Signal<Local, U<8>>,
    plain: Signal<Local, U<8>>,
    special: Signal<Local, bool>,
    takes: Signal<Local, bool>,
    spent: Signal<Local, bool>,
    whole: Signal<Local, bool>,
}

impl Default for FrameSender {
    fn default() -> Self {
        FrameSender {
            clock: Default::default(),
            reset: Default::default(),
            valid: Default::default(),
            value: Default::default(),
            last: Default::default(),
            ready: Default::default(),
            quiet: Default::default(),
            line_valid: Default::default(),
            line: Default::default(),
            line_ready: Default::default(),
            crc: Default::default(),
            held: Default::default(),
            held_value: Default::default(),
            held_last: Default::default(),
            open: Default::default(),
            escaped: Default::default(),
            tail: Default::default(),
            flag: Constant::new(U::new(u64::from(link::FLAG))),
            escape: Constant::new(U::new(u64::from(link::ESCAPE))),
            flip: Constant::new(U::new(u64::from(link::FLIP))),
            low: Default::default(),
            plain: Default::default(),
            special: Default::default(),
            takes: Default::default(),
            spent: Default::default(),
            whole: Default::default(),
        }
    }
}

impl Logic for FrameSender {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, held_value, held_last, open, escaped, tail);
        self.crc.clock.next = self.clock.val();
        self.takes.next = self.valid.val() && (!self.held.q.val());
        self.ready.next = self.takes.val();
        if self.takes.val() {
            self.held.d.next = true;
            self.held_value.d.next = self.value.val();
            self.held_last.d.next = self.last.val();
        }
        self.low.next = self.crc.crc.val().to_bits();
        self.plain.next = self.held_value.q.val();
        if self.tail.q.val() > 0.into() {
            self.plain.next = !self.low.val();
        }
        self.special.next =
            (self.plain.val() == self.flag.val()) || (self.plain.val() == self.escape.val());
        self.whole.next = false;
        self.line_valid.next = false;
        self.line.next = self.flag.val();
        self.crc.start.next = false;
        if !self.open.q.val() {
            self.line_valid.next = self.held.q.val();
            self.crc.start.next = true;
            if self.held.q.val() && self.line_ready.val() {
                self.open.d.next = true;
            }
        } else if self.tail.q.val() == 1.into() {
            self.line_valid.next = true;
            if self.line_ready.val() {
                self.open.d.next = false;
                self.tail.d.next = 0.into();
            }
        } else if (self.held.q.val() || (self.tail.q.val() > 0.into())) && (!self.crc.busy.val()) {
            self.line_valid.next = true;
            self.line.next = self.plain.val();
            self.whole.next = self.line_ready.val();
            if self.escaped.q.val() {
                self.line.next = self.plain.val() ^ self.flip.val();
            } else if self.special.val() {
                self.line.next = self.escape.val();
                self.whole.next = false;
                self.escaped.d.next = self.line_ready.val();
            }
        }
        self.spent.next = self.whole.val() && (self.tail.q.val() == 0.into());
        if self.spent.val() {
            self.held.d.next = false;
        }
        self.crc.take.next = self.spent.val();
        self.crc.value.next = self.held_value.q.val();
        self.crc.drop.next = self.whole.val() && (self.tail.q.val() > 0.into());
        if self.whole.val() {
            self.escaped.d.next = false;
            if self.tail.q.val() > 0.into() {
                self.tail.d.next = self.tail.q.val() - 1.into();
            } else if self.held_last.q.val() {
                self.tail.d.next = 5.into();
            }
        }
        if self.reset.val() {
            self.held.d.next = false;
            self.open.d.next = false;
            self.escaped.d.next = false;
            self.tail.d.next = 0.into();
        }
        self.quiet.next = (!self.open.q.val()) && (!self.held.q.val());
    }
}
