//! The folded machine: one small engine plays the six units and the host's link, for parts without LUT RAM.
//!
//! ```text
//! button ──> restart ──┐
//!                      v
//! rx ──> receiver ──> [ engine ] ──> sender ──> tx
//!                      │  │ ^
//!            lamp <────┘  v │
//!                       [ SPRAM ]
//! ```
//!
//! What it does is what its program says; [`tcpu_micro`] has the programs and the golden model of the hardware: each
//! instruction leaves here what it leaves there.

mod control;
mod engine;
mod lane;
mod memory;
mod multiply;
mod products;
mod requant;
mod rules;
mod window;

use rust_hdl::prelude::*;
use tcpu_micro::op::Out as Port;

pub use control::Control;
pub use engine::Engine;
pub use memory::{Memory, Spram};
pub use multiply::Multiply;
pub use products::Products;
pub use requant::Requant;
pub use window::Window;

use crate::link::uart::{UartReceiver, UartSender};
use crate::top::{Lamp, Restart};
use crate::types::U;

/// The number of a port that takes A.
fn port(port: Port) -> Constant<U<5>> {
    Constant::new(U::new(port as u64))
}

/// See the module's documentation. The button lets the program begin again; all else stays.
#[derive(LogicBlock)]
pub struct Folded {
    pub clock: Signal<In, Clock>,
    /// Pressed; comes when it wants.
    pub button: Signal<In, bool>,
    pub rx: Signal<In, bool>,
    pub tx: Signal<Out, bool>,
    pub lamp: Signal<Out, bool>,
    restart: Restart,
    light: Lamp,
    receiver: UartReceiver,
    sender: UartSender,
    pub engine: Engine,
}

impl Folded {
    /// A top with a program, and what its data memory holds when power comes, connected. A bit on the line has `divisor`
    /// cycles.
    pub fn new(program: &[u16], words: &[u32], divisor: u16) -> Self {
        let mut top = Folded {
            clock: Default::default(),
            button: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            lamp: Default::default(),
            restart: Default::default(),
            light: Default::default(),
            receiver: UartReceiver::new(divisor),
            sender: UartSender::new(divisor),
            engine: Engine::new(program, words),
        };
        top.connect_all();
        top
    }
}

impl Logic for Folded {
    #[hdl_gen]
    fn update(&mut self) {
        self.restart.clock.next = self.clock.val();
        self.light.clock.next = self.clock.val();
        self.receiver.clock.next = self.clock.val();
        self.sender.clock.next = self.clock.val();
        self.engine.clock.next = self.clock.val();

        // Block RAM shows nothing in its first microseconds.
        self.restart.button.next = self.button.val();
        self.restart.settled.next = self.engine.settled.val();
        self.engine.restart.next = self.restart.reset.val();
        self.light.busy.next = self.engine.lamp.val().get_bit(0);
        self.light.fault.next = self.engine.lamp.val().get_bit(1);
        self.lamp.next = self.light.lamp.val();

        // the line
        self.receiver.rx.next = self.rx.val();
        self.engine.came.next = self.receiver.valid.val();
        self.engine.value.next = self.receiver.value.val();
        self.engine.broken.next = self.receiver.broken.val();
        self.sender.valid.next = self.engine.sends.val();
        self.sender.value.next = self.engine.sent.val();
        self.engine.line_ready.next = self.sender.ready.val();
        self.tx.next = self.sender.tx.val();
    }
}
