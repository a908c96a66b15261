//! The counters: what the units did, for whoever wants to know where the cycles went.
//!
//! ```text
//! events ──> +1 each ──> 24 counters ──┐
//! command, write ──> cycle counter ────┴──> [ select ] ──> value
//! ```
//!
//! [`tcpu_isa::counters`] names them. All are zero after reset and in the cycle after `clear`.

use rust_hdl::prelude::*;
use tcpu_isa::counters::{number, COUNTERS};

use crate::types::U;

/// See the module's documentation: a leaf block.
#[derive(LogicBlock, Default)]
pub struct Counters {
    pub clock: Signal<In, Clock>,
    pub clear: Signal<In, bool>,
    /// A bit per counter.
    pub events: Signal<In, U<24>>,
    /// A command word is accepted, a write beat is accepted.
    pub command: Signal<In, bool>,
    pub write: Signal<In, bool>,
    pub select: Signal<In, U<5>>,
    /// The selected counter. Combinational.
    pub value: Signal<Out, U<32>>,
    _counts: [u32; COUNTERS.len()],
    _now: u32,
}

impl Logic for Counters {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let events = self.events.val().value();
            for (number, count) in self._counts[..number::CYCLES].iter_mut().enumerate() {
                *count = count.wrapping_add((events >> number & 1) as u32);
            }
            if self._now > 0 || self.command.val() {
                self._now = self._now.wrapping_add(1);
            }
            if self.write.val() {
                self._counts[number::CYCLES] = self._now;
            }
            if self.clear.val() {
                (self._counts, self._now) = Default::default();
            }
        }
        let count = self._counts.get(self.select.val().value() as usize);
        self.value.next = U::new(u64::from(count.copied().unwrap_or(0)));
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let mut text = "\
reg [31:0] now;
initial now = 32'd0;
wire [31:0] now_next = ((|now) | command) ? now + 32'd1 : now;
always @(posedge clock) now <= clear ? 32'd0 : now_next;
reg [31:0] selected;
assign value = selected;
"
        .to_string();
        for i in 0..COUNTERS.len() {
            let next = match i {
                number::CYCLES => format!("if (write) count_{i} <= now_next"),
                _ => format!("if (events[{i}]) count_{i} <= count_{i} + 32'd1"),
            };
            text.push_str(&format!(
                "\
reg [31:0] count_{i};
initial count_{i} = 32'd0;
always @(posedge clock) begin
    {next};
    if (clear) count_{i} <= 32'd0;
end
"
            ));
        }
        text.push_str("always @* begin\n    case (select)\n");
        for i in 0..COUNTERS.len() {
            text.push_str(&format!("        5'd{i}: selected = count_{i};\n"));
        }
        text.push_str("        default: selected = 32'd0;\n    endcase\nend\n");
        Verilog::Custom(text)
    }
}
