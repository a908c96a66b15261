//! The checksum of a frame, there and back.

use rust_hdl::prelude::*;
use tcpu_isa::link;

use crate::types::U;

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
