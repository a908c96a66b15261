//! The counters: what the units did, for whoever wants to know where the cycles went.
//!
//! ```text
//! events ──> [ +1 each: 24 small counters ] ──turn──> [ part ] ──> + ──> [ sums ] ──> select ──> value
//! command, write ──> [ cycle counter ] ─────────────────────────────────────────────────^
//! ```
//!
//! [`tcpu_isa::counters`] names them. Long counters are words of a small memory with one adder: each event has a
//! counter that is just long enough until its turn comes to be added and to begin anew. So a sum has an event
//! [`LAG`] cycles later at most. So long after `clear` (or reset), too, all sums are those since then.

use rust_hdl::prelude::*;
use tcpu_isa::counters::{number, LAG};

use crate::types::U;

/// Counters that count events.
const EVENTS: usize = number::CYCLES;

// A turn, and the two cycles of its sum.
const _: () = assert!(LAG == EVENTS + 2);

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
    _small: [u32; EVENTS],
    _turn: usize,
    /// What is added to which sum, and how many sums are older than the last `clear`.
    _part: u32,
    _place: usize,
    _stale: usize,
    _sums: [u32; EVENTS],
    _cycles: u32,
    _now: u32,
}

impl Counters {
    fn clocked(&mut self) {
        let sum = &mut self._sums[self._place];
        *sum = match self._stale {
            0 => sum.wrapping_add(self._part),
            _ => self._part,
        };
        self._stale = self._stale.saturating_sub(1);
        (self._part, self._place) = (self._small[self._turn], self._turn);
        self._small[self._turn] = 0;
        self._turn = (self._turn + 1) % EVENTS;
        let events = self.events.val().value();
        for (number, count) in self._small.iter_mut().enumerate() {
            *count += (events >> number & 1) as u32;
        }
        if self._now > 0 || self.command.val() {
            self._now = self._now.wrapping_add(1);
        }
        if self.write.val() {
            self._cycles = self._now;
        }
        if self.clear.val() {
            (self._small, self._part, self._stale) = ([0; EVENTS], 0, EVENTS);
            (self._cycles, self._now) = (0, 0);
        }
    }
}

impl Logic for Counters {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.clocked();
        }
        let value = match self.select.val().value() as usize {
            number::CYCLES => self._cycles,
            other => self._sums.get(other).copied().unwrap_or(0),
        };
        self.value.next = U::new(u64::from(value));
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let small: Vec<String> = (0..EVENTS)
            .rev()
            .map(|i| format!("counter[{i}].count"))
            .collect();
        Verilog::Custom(format!(
            "\
reg [31:0] now, cycles;
reg [4:0] turn, part, place, stale;
(* ram_style = \"distributed\" *)
reg [31:0] sums [0:31];
integer n;
initial begin
    now = 32'd0;
    cycles = 32'd0;
    turn = 5'd0;
    part = 5'd0;
    place = 5'd0;
    stale = 5'd0;
    for (n = 0; n < 32; n = n + 1) sums[n] = 32'd0;
end
genvar i;
generate
    for (i = 0; i < {EVENTS}; i = i + 1) begin : counter
        reg [4:0] count;
        initial count = 5'd0;
        always @(posedge clock)
            count <= clear ? 5'd0 : ((turn == i) ? 5'd0 : count) + {{4'd0, events[i]}};
    end
endgenerate
wire [{EVENTS} * 5 - 1:0] counts = {{{small}}};
wire [31:0] now_next = ((|now) | command) ? now + 32'd1 : now;
wire [31:0] sum = (|stale) ? 32'd0 : sums[place];
always @(posedge clock) begin
    sums[place] <= sum + {{27'd0, part}};
    turn <= (turn == 5'd{last}) ? 5'd0 : turn + 5'd1;
    place <= turn;
    part <= clear ? 5'd0 : counts[turn * 5 +: 5];
    stale <= clear ? 5'd{EVENTS} : (|stale) ? stale - 5'd1 : 5'd0;
    now <= clear ? 32'd0 : now_next;
    if (write) cycles <= now_next;
    if (clear) cycles <= 32'd0;
end
assign value = (select == 5'd{EVENTS}) ? cycles : sums[select];
",
            small = small.join(", "),
            last = EVENTS - 1,
        ))
    }
}
