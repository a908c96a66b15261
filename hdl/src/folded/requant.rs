//! Requantisation, a bit per cycle.
//!
//! ```text
//! factor, a bit ──> x ──┐
//!                       v
//!        ┌──> [ high ][ low ] ──> guard, sticky
//!        └─ + x, >> 1 ─┘   └──> saturate ──> value, up
//! ```
//!
//! Sixteen cycles multiply, lowest bit first; then as many as the shift says move the product down; one saturates. What
//! falls out last is the guard, all before it the sticky bit.

use rust_hdl::prelude::*;
use tcpu_micro::op::Out as Port;

use super::port;
use crate::types::{ToBits, U};

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Requant {
    pub clock: Signal<In, Clock>,
    /// A port takes A. Those that this block has, only while it is not busy.
    pub take: Signal<In, bool>,
    pub port: Signal<In, U<5>>,
    pub a: Signal<In, U<32>>,
    /// Rounded down, and: it has to go up.
    pub value: Signal<Out, U<32>>,
    pub up: Signal<Out, bool>,
    pub busy: Signal<Out, bool>,
    factor_port: Constant<U<5>>,
    value_port: Constant<U<5>>,
    shift_port: Constant<U<5>>,
    one: Constant<U<1>>,
    top: Constant<U<4>>,
    half: Constant<U<5>>,
    least: Constant<U<32>>,
    most: Constant<U<32>>,
    /// Goes around.
    factor: DFF<U<16>>,
    x: DFF<U<32>>,
    high: DFF<U<32>>,
    low: DFF<U<16>>,
    shift: DFF<U<6>>,
    count: DFF<U<6>>,
    multiplies: DFF<bool>,
    shifts: DFF<bool>,
    guard: DFF<bool>,
    sticky: DFF<bool>,
    upper: DFF<bool>,
    wide: Signal<Local, U<33>>,
    addend: Signal<Local, U<33>>,
    sum: Signal<Local, U<33>>,
    moved: Signal<Local, U<33>>,
    turned: Signal<Local, U<16>>,
    lower: Signal<Local, U<32>>,
    floor: Signal<Local, U<32>>,
    over: Signal<Local, bool>,
}

impl Default for Requant {
    fn default() -> Self {
        Requant {
            clock: Default::default(),
            take: Default::default(),
            port: Default::default(),
            a: Default::default(),
            value: Default::default(),
            up: Default::default(),
            busy: Default::default(),
            factor_port: port(Port::Factor),
            value_port: port(Port::Value),
            shift_port: port(Port::Shift),
            one: Constant::new(U::new(1)),
            top: Constant::new(U::new(15)),
            half: Constant::new(U::new(16)),
            least: Constant::new(U::new(1 << 31)),
            most: Constant::new(U::new((1 << 31) - 1)),
            factor: Default::default(),
            x: Default::default(),
            high: Default::default(),
            low: Default::default(),
            shift: Default::default(),
            count: Default::default(),
            multiplies: Default::default(),
            shifts: Default::default(),
            guard: Default::default(),
            sticky: Default::default(),
            upper: Default::default(),
            wide: Default::default(),
            addend: Default::default(),
            sum: Default::default(),
            moved: Default::default(),
            turned: Default::default(),
            lower: Default::default(),
            floor: Default::default(),
            over: Default::default(),
        }
    }
}

impl Logic for Requant {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, factor, x, high, low, shift, count, multiplies, shifts, guard, sticky,
            upper
        );
        self.wide.next = self.high.q.val().to_bits();
        self.wide.next = self
            .wide
            .val()
            .replace_bit(32, self.high.q.val().get_bit(31));
        self.addend.next = self.x.q.val().to_bits();
        self.addend.next = self
            .addend
            .val()
            .replace_bit(32, self.x.q.val().get_bit(31));
        self.sum.next = self.wide.val() + self.addend.val();
        self.moved.next = self.wide.val();
        if self.multiplies.q.val() && self.factor.q.val().get_bit(0) {
            self.moved.next = self.sum.val();
        }
        self.turned.next =
            (self.factor.q.val() >> self.one.val()) | (self.factor.q.val() << self.top.val());
        self.lower.next = self.low.q.val().to_bits();
        self.floor.next = self.lower.val() | (self.high.q.val() << self.half.val());
        self.over.next = self.high.q.val().get_bits::<17>(15).any()
            && (!self.high.q.val().get_bits::<17>(15).all());

        if self.multiplies.q.val() || (self.shifts.q.val() && self.count.q.val().any()) {
            self.high.d.next = self.moved.val().get_bits::<32>(1);
            self.low.d.next =
                (self.low.q.val() >> self.one.val()).replace_bit(15, self.moved.val().get_bit(0));
            self.count.d.next = self.count.q.val() - 1.into();
        }
        if self.multiplies.q.val() {
            self.factor.d.next = self.turned.val();
            if self.count.q.val() == 1.into() {
                self.multiplies.d.next = false;
                self.shifts.d.next = true;
                self.count.d.next = self.shift.q.val();
            }
        }
        if self.shifts.q.val() {
            self.guard.d.next = self.low.q.val().get_bit(0);
            self.sticky.d.next = self.sticky.q.val() || self.guard.q.val();
            if !self.count.q.val().any() {
                self.shifts.d.next = false;
                self.x.d.next = self.floor.val();
                self.upper.d.next = self.guard.q.val()
                    && (self.sticky.q.val() || self.low.q.val().get_bit(0))
                    && (!self.over.val());
                if self.over.val() {
                    self.x.d.next = self.most.val();
                    if self.high.q.val().get_bit(31) {
                        self.x.d.next = self.least.val();
                    }
                }
            }
        }

        if self.take.val() {
            if self.port.val() == self.factor_port.val() {
                self.factor.d.next = self.a.val().get_bits::<16>(0);
            }
            if self.port.val() == self.value_port.val() {
                self.x.d.next = self.a.val();
            }
            if self.port.val() == self.shift_port.val() {
                self.shift.d.next = self.a.val().get_bits::<6>(0);
                self.count.d.next = 16.into();
                self.multiplies.d.next = true;
                self.high.d.next = 0.into();
                self.guard.d.next = false;
                self.sticky.d.next = false;
            }
        }
        self.value.next = self.x.q.val();
        self.up.next = self.upper.q.val();
        self.busy.next = self.multiplies.q.val() || self.shifts.q.val();
    }
}
