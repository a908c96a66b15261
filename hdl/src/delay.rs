//! A delay line: what goes in comes out so many cycles later.
//!
//! ```text
//! from ──> [ ] ──> [ ] ── .. ──> to
//! ```
//!
//! A leaf block: registers without enables and without a reset.

use rust_hdl::prelude::*;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Delay<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub from: Signal<In, T>,
    pub to: Signal<Out, T>,
    /// What is on its way, the newest first.
    _held: Vec<T>,
}

impl<T: Synth> Delay<T> {
    /// A line of `cycles` registers, at least one, all zero.
    pub fn new(cycles: usize) -> Self {
        Delay {
            clock: Default::default(),
            from: Default::default(),
            to: Default::default(),
            _held: vec![T::default(); cycles - 1],
        }
    }
}

impl<T: Synth> Logic for Delay<T> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let mut value = self.from.val();
        for held in &mut self._held {
            value = std::mem::replace(held, value);
        }
        self.to.next = value;
    }

    fn connect(&mut self) {
        self.to.connect();
    }

    fn hdl(&self) -> Verilog {
        let width = T::BITS;
        let all = width * (self._held.len() + 1);
        let next = match self._held.len() {
            0 => "from".to_string(),
            held => format!("{{line[{}:0], from}}", held * width - 1),
        };
        Verilog::Custom(format!(
            "\
reg [{}:0] line;
initial line = {all}'d0;
always @(posedge clock) line <= {next};
assign to = line[{} +: {width}];
",
            all - 1,
            all - width,
        ))
    }
}
