//! The control: a program of 16-bit instructions, an accumulator, an index register, a data memory.
//!
//! ```text
//!            ┌───────────────< next place <──────────────────────┐
//! [ program ] ──instruction──> rules                             │
//!      │ number, + X                                             │
//!      v                                                         │
//! [ data memory ] ──word──> adder, logic, turner ──> A, X ──> jumps, calls
//! ```
//!
//! An instruction takes two cycles: in the first, the data memory is read, in the second, everything else happens,
//! and the next instruction is read. Where it waits for a port, the second one is repeated.

use rust_hdl::prelude::*;
use tcpu_micro::op::DEPTH;

use super::memory::Memory;
use super::rules::{Orders, Rules, ACCUMULATOR, ADDRESS, AND, LOGIC, OR, PASS, SHOWN, TURNED};
use crate::types::{ToBits, Vector, U};

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Control {
    pub clock: Signal<In, Clock>,
    /// The program begins again when it is off; nothing else changes.
    pub restart: Signal<In, bool>,
    /// An instruction's second cycle: it needs a port. It wants to take A; the port is ready; it does take A.
    pub port: Signal<Out, U<5>>,
    pub takes: Signal<Out, bool>,
    pub ready: Signal<In, bool>,
    pub take: Signal<Out, bool>,
    /// What the port shows.
    pub shown: Signal<In, U<32>>,
    /// The registers; an instruction ends in this cycle.
    pub a: Signal<Out, U<32>>,
    pub x: Signal<Out, U<9>>,
    pub place: Signal<Out, U<11>>,
    pub ends: Signal<Out, bool>,
    program: Memory<11, 16>,
    pub words: Memory<9, 32>,
    rules: Rules,
    one: Constant<U<1>>,
    one_bits: Constant<U<32>>,
    negative: Constant<U<32>>,
    turn: [Constant<U<5>>; 5],
    back: [Constant<U<5>>; 5],
    logic: Constant<U<2>>,
    turned_kind: Constant<U<2>>,
    shown_kind: Constant<U<2>>,
    pass: Constant<U<2>>,
    and: Constant<U<2>>,
    or: Constant<U<2>>,
    from_address: Constant<U<2>>,
    from_a: Constant<U<2>>,
    /// 0: nothing was read yet; then, an instruction's first and second cycle.
    phase: DFF<U<2>>,
    accumulator: DFF<U<32>>,
    index: DFF<U<9>>,
    at: DFF<U<11>>,
    calls: DFF<Vector<U<11>, DEPTH>>,
    order: Signal<Local, Orders>,
    number: Signal<Local, U<11>>,
    offset: Signal<Local, U<9>>,
    address: Signal<Local, U<9>>,
    wide: Signal<Local, U<32>>,
    operand: Signal<Local, U<32>>,
    right: Signal<Local, U<32>>,
    left: Signal<Local, U<32>>,
    left_carry: Signal<Local, U<33>>,
    right_carry: Signal<Local, U<33>>,
    carry: Signal<Local, U<33>>,
    sum: Signal<Local, U<33>>,
    turns: Signal<Local, U<5>>,
    turned: Signal<Local, U<32>>,
    made: Signal<Local, U<32>>,
    wide_x: Signal<Local, U<32>>,
    executes: Signal<Local, bool>,
    does: Signal<Local, bool>,
    behind: Signal<Local, U<11>>,
    jumps: Signal<Local, bool>,
    next: Signal<Local, U<11>>,
    pushed: Signal<Local, Vector<U<11>, DEPTH>>,
    popped: Signal<Local, Vector<U<11>, DEPTH>>,
}

impl Control {
    /// A control with a program, and what the data memory holds when power comes.
    pub fn new(program: &[u16], words: &[u32]) -> Self {
        let kind = |kind| Constant::new(U::new(kind));
        Control {
            clock: Default::default(),
            restart: Default::default(),
            port: Default::default(),
            takes: Default::default(),
            ready: Default::default(),
            take: Default::default(),
            shown: Default::default(),
            a: Default::default(),
            x: Default::default(),
            place: Default::default(),
            ends: Default::default(),
            program: Memory::new(program.iter().map(|word| u64::from(*word))),
            words: Memory::new(words.iter().map(|word| u64::from(*word))),
            rules: Default::default(),
            one: Constant::new(U::new(1)),
            one_bits: Constant::new(U::new(u64::MAX)),
            negative: Constant::new(U::new(u64::MAX << 11)),
            turn: std::array::from_fn(|i| Constant::new(U::new(1 << i))),
            back: std::array::from_fn(|i| Constant::new(U::new(32 - (1 << i)))),
            logic: kind(LOGIC),
            turned_kind: kind(TURNED),
            shown_kind: kind(SHOWN),
            pass: kind(PASS),
            and: kind(AND),
            or: kind(OR),
            from_address: kind(ADDRESS),
            from_a: kind(ACCUMULATOR),
            phase: Default::default(),
            accumulator: Default::default(),
            index: Default::default(),
            at: Default::default(),
            calls: Default::default(),
            order: Default::default(),
            number: Default::default(),
            offset: Default::default(),
            address: Default::default(),
            wide: Default::default(),
            operand: Default::default(),
            right: Default::default(),
            left: Default::default(),
            left_carry: Default::default(),
            right_carry: Default::default(),
            carry: Default::default(),
            sum: Default::default(),
            turns: Default::default(),
            turned: Default::default(),
            made: Default::default(),
            wide_x: Default::default(),
            executes: Default::default(),
            does: Default::default(),
            behind: Default::default(),
            jumps: Default::default(),
            next: Default::default(),
            pushed: Default::default(),
            popped: Default::default(),
        }
    }
}

impl Logic for Control {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, accumulator, index, at, calls);
        self.program.clock.next = self.clock.val();
        self.words.clock.next = self.clock.val();
        self.rules.op.next = self.program.value.val().get_bits::<5>(11);
        self.order.next = self.rules.orders.val();
        self.number.next = self.program.value.val().get_bits::<11>(0);

        // the address, in both cycles
        self.offset.next = 0.into();
        if self.order.val().counted || (self.order.val().indexed && self.number.val().get_bit(10)) {
            self.offset.next = self.index.q.val();
        }
        self.address.next = self.number.val().get_bits::<9>(0) + self.offset.val();
        self.words.read.next = true;
        self.words.read_at.next = self.address.val();

        // the operand
        self.wide.next = self.number.val().to_bits();
        if self.order.val().sign && self.number.val().get_bit(10) {
            self.wide.next = self.wide.val() | self.negative.val();
        }
        self.operand.next = self.words.value.val();
        if self.order.val().number {
            self.operand.next = self.wide.val();
        }

        // the adder, its carry in a bit of its own below the others
        self.left.next = self.accumulator.q.val();
        if self.order.val().zeros {
            self.left.next = 0.into();
        }
        if self.order.val().ones {
            self.left.next = self.one_bits.val();
        }
        self.right.next = self.operand.val();
        if self.order.val().inverted {
            self.right.next = !self.operand.val();
        }
        self.left_carry.next = self.left.val().to_bits();
        self.right_carry.next = self.right.val().to_bits();
        self.carry.next = self.order.val().carry.to_bits();
        self.sum.next = ((self.left_carry.val() << self.one.val()) | 1.into())
            + ((self.right_carry.val() << self.one.val()) | self.carry.val());

        // the turner
        self.turns.next = self.operand.val().get_bits::<5>(0);
        if self.order.val().still {
            self.turns.next = 0.into();
        }
        self.turned.next = self.accumulator.q.val();
        for i in 0..5 {
            if self.turns.val().get_bit(i) {
                self.turned.next = (self.turned.val() >> self.turn[i].val())
                    | (self.turned.val() << self.back[i].val());
            }
        }

        // what is made
        self.wide_x.next = self.index.q.val().to_bits();
        self.made.next = self.sum.val().get_bits::<32>(1);
        if self.order.val().result == self.logic.val() {
            self.made.next = self.accumulator.q.val() ^ self.right.val();
            if self.order.val().logic == self.pass.val() {
                self.made.next = self.right.val();
            }
            if self.order.val().logic == self.and.val() {
                self.made.next = self.accumulator.q.val() & self.right.val();
            }
            if self.order.val().logic == self.or.val() {
                self.made.next = self.accumulator.q.val() | self.right.val();
            }
        }
        if self.order.val().result == self.turned_kind.val() {
            self.made.next = self.turned.val();
        }
        if self.order.val().result == self.shown_kind.val() {
            self.made.next = self.shown.val();
            if self.order.val().shows_x {
                self.made.next = self.wide_x.val();
            }
        }

        // does it go on?
        self.executes.next = (self.phase.q.val() == 2.into()) && (!self.restart.val());
        self.does.next = self.executes.val()
            && (((!self.order.val().shows) && (!self.order.val().takes)) || self.ready.val());
        self.words.write.next = self.does.val() && self.order.val().to_word;
        self.words.write_at.next = self.address.val();
        self.words.data.next = self.made.val();
        self.program.write.next = false;
        self.program.write_at.next = 0.into();
        self.program.data.next = 0.into();

        // where to
        self.behind.next = self.at.q.val() + 1.into();
        self.jumps.next = self.order.val().jumps;
        if self.order.val().if_zero {
            self.jumps.next = (self.accumulator.q.val() == 0.into()) != self.order.val().if_not;
        }
        if self.order.val().if_negative {
            self.jumps.next = self.accumulator.q.val().get_bit(31) != self.order.val().if_not;
        }
        self.next.next = self.behind.val();
        if self.jumps.val() {
            self.next.next = self.number.val();
        }
        if self.order.val().returns {
            self.next.next = self.calls.q.val().get_bit(0);
        }
        if !self.executes.val() {
            self.next.next = self.at.q.val();
        }
        self.pushed.next = self.calls.q.val().replace_bit(0, self.behind.val());
        self.popped.next = self
            .calls
            .q
            .val()
            .replace_bit(5, self.calls.q.val().get_bit(0));
        for i in 0..5 {
            self.pushed.next = self
                .pushed
                .val()
                .replace_bit(i + 1, self.calls.q.val().get_bit(i));
            self.popped.next = self
                .popped
                .val()
                .replace_bit(i, self.calls.q.val().get_bit(i + 1));
        }
        self.program.read.next = self.does.val() || (self.phase.q.val() == 0.into());
        self.program.read_at.next = self.next.val();

        // registers
        if self.does.val() {
            self.at.d.next = self.next.val();
            if self.order.val().to_a {
                self.accumulator.d.next = self.made.val();
            }
            if self.order.val().to_x {
                self.index.d.next = self.words.value.val().get_bits::<9>(0);
                if self.order.val().x_from == self.from_address.val() {
                    self.index.d.next = self.address.val();
                }
                if self.order.val().x_from == self.from_a.val() {
                    self.index.d.next = self.accumulator.q.val().get_bits::<9>(0);
                }
            }
            if self.order.val().calls {
                self.calls.d.next = self.pushed.val();
            }
            if self.order.val().returns {
                self.calls.d.next = self.popped.val();
            }
        }
        if self.phase.q.val() == 0.into() {
            self.phase.d.next = 1.into();
        }
        if self.phase.q.val() == 1.into() {
            self.phase.d.next = 2.into();
        }
        if self.does.val() {
            self.phase.d.next = 1.into();
        }
        if self.restart.val() {
            self.phase.d.next = 0.into();
            self.at.d.next = 0.into();
        }
        self.port.next = self.number.val().get_bits::<5>(0);
        self.takes.next = self.order.val().takes;
        self.take.next = self.does.val() && self.order.val().takes;
        self.a.next = self.accumulator.q.val();
        self.x.next = self.index.q.val();
        self.place.next = self.at.q.val();
        self.ends.next = self.does.val();
    }
}
