//! Bytes on a line: 8 data bits, lowest first, no parity, one stop bit.
//!
//! ```text
//! rx ──> [ synchroniser ] ──> start bit? ──> count to the middle of each bit ──> [ shift ] ──> value
//! tx <── [ shift, stop and start bit included ] <── value
//! ```

use rust_hdl::prelude::*;

use crate::types::{ToBits, U};

/// See the module's documentation. A byte is there for one cycle, half a bit after its stop bit began.
#[derive(LogicBlock)]
pub struct UartReceiver {
    pub clock: Signal<In, Clock>,
    pub rx: Signal<In, bool>,
    pub valid: Signal<Out, bool>,
    pub value: Signal<Out, U<8>>,
    /// In the cycle of a byte: its stop bit is missing.
    pub broken: Signal<Out, bool>,
    bit: Constant<U<16>>,
    first: Constant<U<16>>,
    one: Constant<U<1>>,
    sync1: DFF<bool>,
    sync2: DFF<bool>,
    busy: DFF<bool>,
    left: DFF<U<16>>,
    bits: DFF<U<4>>,
    shift: DFF<U<8>>,
    sample: Signal<Local, bool>,
    top: Signal<Local, U<8>>,
}

impl UartReceiver {
    /// A receiver for bits of `divisor` cycles.
    pub fn new(divisor: u16) -> Self {
        // The middle of the first data bit, seen from the cycle after the start bit was noticed.
        let first = u64::from(divisor) + u64::from(divisor) / 2 - 1;
        UartReceiver {
            clock: Default::default(),
            rx: Default::default(),
            valid: Default::default(),
            value: Default::default(),
            broken: Default::default(),
            bit: Constant::new(U::new(u64::from(divisor) - 1)),
            first: Constant::new(U::new(first)),
            one: Constant::new(U::new(1)),
            sync1: Default::default(),
            sync2: Default::default(),
            busy: Default::default(),
            left: Default::default(),
            bits: Default::default(),
            shift: Default::default(),
            sample: Default::default(),
            top: Default::default(),
        }
    }
}

impl Logic for UartReceiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sync1, sync2, busy, left, bits, shift);
        // Inverted, so that the line rests while the registers are at their first value.
        self.sync1.d.next = !self.rx.val();
        self.sync2.d.next = self.sync1.q.val();
        self.sample.next = self.busy.q.val() && (self.left.q.val() == 0.into());
        self.top.next = 0.into();
        if !self.sync2.q.val() {
            self.top.next = 128.into();
        }
        self.left.d.next = self.left.q.val() - 1.into();
        self.valid.next = false;
        if self.sample.val() {
            self.left.d.next = self.bit.val();
            self.bits.d.next = self.bits.q.val() + 1.into();
            if self.bits.q.val() == 8.into() {
                self.busy.d.next = false;
                self.valid.next = true;
            } else {
                self.shift.d.next = (self.shift.q.val() >> self.one.val()) | self.top.val();
            }
        }
        if (!self.busy.q.val()) && self.sync2.q.val() {
            self.busy.d.next = true;
            self.left.d.next = self.first.val();
            self.bits.d.next = 0.into();
        }
        self.value.next = self.shift.q.val();
        self.broken.next = self.sync2.q.val();
    }
}

/// See the module's documentation. A byte is taken in a cycle with `valid` and `ready`.
#[derive(LogicBlock)]
pub struct UartSender {
    pub clock: Signal<In, Clock>,
    pub valid: Signal<In, bool>,
    pub value: Signal<In, U<8>>,
    pub ready: Signal<Out, bool>,
    pub tx: Signal<Out, bool>,
    bit: Constant<U<16>>,
    one: Constant<U<1>>,
    left: DFF<U<16>>,
    bits: DFF<U<4>>,
    /// Inverted: the line rests while the register is at its first value.
    shift: DFF<U<9>>,
    wide: Signal<Local, U<9>>,
}

impl UartSender {
    /// A sender for bits of `divisor` cycles.
    pub fn new(divisor: u16) -> Self {
        UartSender {
            clock: Default::default(),
            valid: Default::default(),
            value: Default::default(),
            ready: Default::default(),
            tx: Default::default(),
            bit: Constant::new(U::new(u64::from(divisor) - 1)),
            one: Constant::new(U::new(1)),
            left: Default::default(),
            bits: Default::default(),
            shift: Default::default(),
            wide: Default::default(),
        }
    }
}

impl Logic for UartSender {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, left, bits, shift);
        self.ready.next = self.bits.q.val() == 0.into();
        self.wide.next = self.value.val().to_bits();
        self.tx.next = !self.shift.q.val().get_bit(0);
        if self.bits.q.val() > 0.into() {
            self.left.d.next = self.left.q.val() - 1.into();
            if self.left.q.val() == 0.into() {
                self.left.d.next = self.bit.val();
                self.bits.d.next = self.bits.q.val() - 1.into();
                self.shift.d.next = self.shift.q.val() >> self.one.val();
            }
        } else if self.valid.val() {
            // A start bit, eight bits, and the stop bit that the empty register is.
            self.left.d.next = self.bit.val();
            self.bits.d.next = 10.into();
            self.shift.d.next = ((!self.wide.val()) << self.one.val()) | 1.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(LogicBlock)]
    struct Loop {
        clock: Signal<In, Clock>,
        valid: Signal<In, bool>,
        value: Signal<In, U<8>>,
        ready: Signal<Out, bool>,
        sender: UartSender,
        receiver: UartReceiver,
    }

    impl Logic for Loop {
        #[hdl_gen]
        fn update(&mut self) {
            self.sender.clock.next = self.clock.val();
            self.receiver.clock.next = self.clock.val();
            self.sender.valid.next = self.valid.val();
            self.sender.value.next = self.value.val();
            self.ready.next = self.sender.ready.val();
            self.receiver.rx.next = self.sender.tx.val();
        }
    }

    fn settle(uut: &mut Loop) {
        loop {
            uut.update_all();
            if !uut.has_changed() {
                return;
            }
        }
    }

    /// All bytes arrive as they were sent, back to back, at several speeds and at mismatched ones.
    #[test]
    fn bytes_arrive() {
        for (send, receive) in [(4, 4), (5, 5), (16, 16), (50, 49), (50, 51)] {
            let mut uut = Loop {
                clock: Default::default(),
                valid: Default::default(),
                value: Default::default(),
                ready: Default::default(),
                sender: UartSender::new(send),
                receiver: UartReceiver::new(receive),
            };
            uut.connect_all();
            let (mut sent, mut seen) = (0u64, Vec::new());
            for _ in 0..12 * 260 * u32::from(send) {
                uut.clock.next.clk = false;
                uut.valid.next = sent < 256;
                uut.value.next = U::new(sent);
                settle(&mut uut);
                sent += u64::from(uut.valid.val() && uut.ready.val());
                if uut.receiver.valid.val() {
                    assert!(!uut.receiver.broken.val());
                    seen.push(uut.receiver.value.val().value());
                }
                uut.clock.next.clk = true;
                settle(&mut uut);
            }
            assert_eq!(seen, (0..256).collect::<Vec<u64>>(), "{send} to {receive}");
        }
    }
}
