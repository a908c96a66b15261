//! The engine: control, its ports, and what is behind them.
//!
//! ```text
//! control ──A, port──> window ──flit──> multiply        requant        line, lamp
//!    ^                    │                │               │             │
//!    └────────────────────┴──── shown ─────┴───────────────┴─────────────┘
//! ```
//!
//! What has to do with window, multiply and requant waits until all three are idle.

use rust_hdl::prelude::*;
use tcpu_micro::op::{In as Shows, Out as Takes};

use super::control::Control;
use super::multiply::Multiply;
use super::port;
use super::requant::Requant;
use super::window::Window;
use crate::types::{ToBits, Vector, U};

/// See the module's documentation: [`tcpu_micro::engine::Engine`] in hardware.
#[derive(LogicBlock)]
pub struct Engine {
    pub clock: Signal<In, Clock>,
    /// The program begins again when it is off; nothing else changes.
    pub restart: Signal<In, bool>,
    /// The line brings a byte: not more often than every eight cycles.
    pub came: Signal<In, bool>,
    pub value: Signal<In, U<8>>,
    pub broken: Signal<In, bool>,
    /// The line takes a byte.
    pub sends: Signal<Out, bool>,
    pub sent: Signal<Out, U<8>>,
    pub line_ready: Signal<In, bool>,
    pub lamp: Signal<Out, U<2>>,
    /// On and off, each for 64 cycles; off in the first ones.
    pub settled: Signal<Out, bool>,
    /// The control's registers; an instruction ends in this cycle.
    pub a: Signal<Out, U<32>>,
    pub x: Signal<Out, U<9>>,
    pub place: Signal<Out, U<11>>,
    pub ends: Signal<Out, bool>,
    pub control: Control,
    pub window: Window,
    pub multiply: Multiply,
    pub requant: Requant,
    line_port: Constant<U<5>>,
    lamp_port: Constant<U<5>>,
    cycles_port: Constant<U<5>>,
    received_port: Constant<U<5>>,
    none: Constant<U<32>>,
    cycles: DFF<U<32>>,
    lamps: DFF<U<2>>,
    idle: Signal<Local, bool>,
    wide: [Signal<Local, U<32>>; 5],
    shown: Signal<Local, Vector<U<32>, 16>>,
}

impl Engine {
    /// An engine with a program, and what its data memory holds when power comes.
    pub fn new(program: &[u16], words: &[u32]) -> Self {
        let shows = |port: Shows| Constant::new(U::new(port as u64));
        Engine {
            clock: Default::default(),
            restart: Default::default(),
            came: Default::default(),
            value: Default::default(),
            broken: Default::default(),
            sends: Default::default(),
            sent: Default::default(),
            line_ready: Default::default(),
            lamp: Default::default(),
            settled: Default::default(),
            a: Default::default(),
            x: Default::default(),
            place: Default::default(),
            ends: Default::default(),
            control: Control::new(program, words),
            window: Default::default(),
            multiply: Default::default(),
            requant: Default::default(),
            line_port: port(Takes::Line),
            lamp_port: port(Takes::Lamp),
            cycles_port: shows(Shows::Cycles),
            received_port: shows(Shows::Line),
            none: Constant::new(U::new(0)),
            cycles: Default::default(),
            lamps: Default::default(),
            idle: Default::default(),
            wide: Default::default(),
            shown: Default::default(),
        }
    }
}

impl Logic for Engine {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cycles, lamps);
        self.control.clock.next = self.clock.val();
        self.window.clock.next = self.clock.val();
        self.multiply.clock.next = self.clock.val();
        self.requant.clock.next = self.clock.val();
        self.control.restart.next = self.restart.val();
        self.cycles.d.next = self.cycles.q.val() + 1.into();
        self.settled.next = self.cycles.q.val().get_bit(6);

        // the datapath
        self.window.take.next = self.control.take.val();
        self.window.port.next = self.control.port.val();
        self.window.a.next = self.control.a.val();
        self.window.came.next = self.came.val();
        self.window.value.next = self.value.val();
        self.window.broken.next = self.broken.val();
        self.multiply.take.next = self.control.take.val();
        self.multiply.port.next = self.control.port.val();
        self.multiply.a.next = self.control.a.val();
        self.multiply.step.next = self.window.step.val();
        self.multiply.flit.next = self.window.flit.val();
        self.requant.take.next = self.control.take.val();
        self.requant.port.next = self.control.port.val();
        self.requant.a.next = self.control.a.val();

        // who waits
        self.idle.next =
            (!self.window.busy.val()) && (!self.multiply.busy.val()) && (!self.requant.busy.val());
        self.control.ready.next = self.idle.val();
        if self.control.takes.val() {
            if self.control.port.val() == self.line_port.val() {
                self.control.ready.next = self.line_ready.val();
            }
            if self.control.port.val() == self.lamp_port.val() {
                self.control.ready.next = true;
            }
        } else if (self.control.port.val() == self.cycles_port.val())
            || (self.control.port.val() == self.received_port.val())
        {
            self.control.ready.next = true;
        }

        // what is shown
        self.wide[0].next = self.window.at.val().to_bits();
        self.wide[1].next = self.multiply.trf_at.val().to_bits();
        self.wide[2].next = self.multiply.slot.val().to_bits();
        self.wide[3].next = self.requant.up.val().to_bits();
        self.wide[4].next = self.window.received.val().to_bits();
        for i in 9..12 {
            self.shown.next = self.shown.val().replace_bit(i, self.none.val());
        }
        self.shown.next = self
            .shown
            .val()
            .replace_bit(0, self.window.flit.val().get_bits::<32>(0));
        self.shown.next = self
            .shown
            .val()
            .replace_bit(1, self.window.flit.val().get_bits::<32>(32));
        self.shown.next = self.shown.val().replace_bit(2, self.wide[0].val());
        self.shown.next = self.shown.val().replace_bit(3, self.wide[1].val());
        self.shown.next = self.shown.val().replace_bit(4, self.wide[2].val());
        self.shown.next = self.shown.val().replace_bit(5, self.requant.value.val());
        self.shown.next = self.shown.val().replace_bit(6, self.wide[3].val());
        self.shown.next = self.shown.val().replace_bit(7, self.cycles.q.val());
        self.shown.next = self.shown.val().replace_bit(8, self.wide[4].val());
        self.shown.next = self
            .shown
            .val()
            .replace_bit(12, self.multiply.low.val().get_bits::<32>(0));
        self.shown.next = self
            .shown
            .val()
            .replace_bit(13, self.multiply.low.val().get_bits::<32>(32));
        self.shown.next = self
            .shown
            .val()
            .replace_bit(14, self.multiply.high.val().get_bits::<32>(0));
        self.shown.next = self
            .shown
            .val()
            .replace_bit(15, self.multiply.high.val().get_bits::<32>(32));
        self.control.shown.next = self
            .shown
            .val()
            .get_bit(self.control.port.val().get_bits::<4>(0));

        // line and lamp
        self.sends.next =
            self.control.take.val() && (self.control.port.val() == self.line_port.val());
        self.sent.next = self.control.a.val().get_bits::<8>(0);
        if self.control.take.val() && (self.control.port.val() == self.lamp_port.val()) {
            self.lamps.d.next = self.control.a.val().get_bits::<2>(0);
        }
        self.lamp.next = self.lamps.q.val();
        self.a.next = self.control.a.val();
        self.x.next = self.control.x.val();
        self.place.next = self.control.place.val();
        self.ends.next = self.control.ends.val();
    }
}
