//! From an answer's bytes to the line: see [the module](super).

use rust_hdl::prelude::*;
use tcpu_isa::link;

use super::crc::Crc;
use crate::types::{ToBits, U};

/// Makes frames. The bytes of one are offered one by one; the CRC follows the last one.
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
