//! The counters: what the units did, for whoever wants to know where the cycles went.
//!
//! ```text
//! events ──> [ ] ──> [ +1 each: 24 small counters ] ──turn──> [ part ] ──> + ──> [ sums ] ──> select ──> value
//! command, write ──> [ ] ──> [ cycle counter ] ────────────────────────────────────────────────^
//! ```
//!
//! [`tcpu_isa::counters`] names them. What happens is often known late in its cycle: it is counted in the next. Long
//! counters are words of a small memory with one adder: each event has a counter that is just long enough until its
//! turn comes to be added and to begin anew. So a sum has an event [`LAG`] cycles later at most. So long after `clear`
//! (or reset), too, all sums are those since then.

use rust_hdl::prelude::*;
use tcpu_isa::counters::{number, LAG};

use crate::types::U;

/// Counters that count events.
const EVENTS: usize = number::CYCLES;

// What comes is registered; a turn, and the two cycles of its sum.
const _: () = assert!(LAG == EVENTS + 3);

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
    _happened: Happened,
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

/// What happened in the last cycle.
#[derive(Default)]
struct Happened {
    events: u64,
    command: bool,
    write: bool,
    clear: bool,
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
        let Happened {
            events,
            command,
            write,
            clear,
        } = self._happened;
        for (number, count) in self._small.iter_mut().enumerate() {
            *count += (events >> number & 1) as u32;
        }
        if self._now > 0 || command {
            self._now = self._now.wrapping_add(1);
        }
        if write {
            self._cycles = self._now;
        }
        if clear {
            (self._small, self._part, self._stale) = ([0; EVENTS], 0, EVENTS);
            (self._cycles, self._now) = (0, 0);
        }
        self._happened = Happened {
            events: self.events.val().value(),
            command: self.command.val(),
            write: self.write.val(),
            clear: self.clear.val(),
        };
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
reg [{EVENTS} - 1:0] happened;
reg commanded, written, cleared;
reg [31:0] now, cycles;
reg [4:0] turn, part, place, stale;
(* ram_style = \"distributed\" *)
reg [31:0] sums [0:31];
integer n;
initial begin
    happened = {EVENTS}'d0;
    commanded = 1'b0;
    written = 1'b0;
    cleared = 1'b0;
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
            count <= cleared ? 5'd0 : ((turn == i) ? 5'd0 : count) + {{4'd0, happened[i]}};
    end
endgenerate
wire [{EVENTS} * 5 - 1:0] counts = {{{small}}};
wire [31:0] now_next = ((|now) | commanded) ? now + 32'd1 : now;
wire [31:0] sum = (|stale) ? 32'd0 : sums[place];
always @(posedge clock) begin
    happened <= events;
    commanded <= command;
    written <= write;
    cleared <= clear;
    sums[place] <= sum + {{27'd0, part}};
    turn <= (turn == 5'd{last}) ? 5'd0 : turn + 5'd1;
    place <= turn;
    part <= cleared ? 5'd0 : counts[turn * 5 +: 5];
    stale <= cleared ? 5'd{EVENTS} : (|stale) ? stale - 5'd1 : 5'd0;
    now <= cleared ? 32'd0 : now_next;
    if (written) cycles <= now_next;
    if (cleared) cycles <= 32'd0;
end
assign value = (select == 5'd{EVENTS}) ? cycles : sums[select];
",
            small = small.join(", "),
            last = EVENTS - 1,
        ))
    }
}
