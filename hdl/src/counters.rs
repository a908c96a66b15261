//! The counters: what the units did, for whoever wants to know where the cycles went.
//!
//! ```text
//! events ──> [ ] ──> [ +1 each: 24 small counters ] ──turn──> [ part ] ──> [ ] ──> + ──> [ sums ] ──select──> [ ] ─ [ ] ──> value
//!                                                                          ^               │                         ^
//!                                                                          └──── [ ] ─ [ ] <┘                        │
//! command, write ──> [ ] ──> [ cycle counter ] ─────────────────────────────────────────────────────────────> [ ] ───┘
//! ```
//!
//! [`tcpu_isa::counters`] names them. What happens is often known late in its cycle: it is counted in the next. Long
//! counters are words of a block RAM with one adder: each event has a counter that is just long enough until its
//! turn comes to be added and to begin anew. So a sum has an event [`LAG`] cycles later at most. So long after `clear`
//! (or reset), too, all sums are those since then.
//!
//! Block RAM is slow, and has a register of its own behind it: nothing is between the two.
//!
//! A sum is never read while it is written: a turn is long, and what is read stays in the one cycle of it that would do
//! so.

use rust_hdl::prelude::*;
use tcpu_isa::counters::{number, LAG, READ_CYCLES};

use crate::types::U;

/// Counters that count events.
const EVENTS: usize = number::CYCLES;

// What comes is registered; a turn, the three cycles of its sum, and the two that read it.
const _: () = assert!(LAG == EVENTS + 6);
// What is read may stay for a cycle.
const _: () = assert!(READ_CYCLES == 3);

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
    /// The counter that was selected [`READ_CYCLES`] cycles ago, and since.
    pub value: Signal<Out, U<32>>,
    _happened: Happened,
    _small: [u32; EVENTS],
    _turn: usize,
    /// What is added to which sum: read, and about to be written.
    _read: Part,
    _written: Part,
    /// How many sums are older than the last `clear`.
    _stale: usize,
    _sums: [u32; EVENTS],
    _cycles: u32,
    _now: u32,
    /// The sum that was read for `value`, and whether the cycles are meant instead.
    _sum: u32,
    _time: bool,
    _value: u32,
}

/// A small counter on its way to its sum.
#[derive(Clone, Copy, Default)]
struct Part {
    place: usize,
    count: u32,
    /// The sum before, and whether it begins anew.
    sum: u32,
    anew: bool,
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
        let Part {
            place,
            count,
            sum,
            anew,
        } = self._written;
        let writes = anew || count > 0;
        let select = self.select.val().value() as usize;
        self._value = match self._time {
            true => self._cycles,
            false => self._sum,
        };
        self._time = select == number::CYCLES;
        if !(writes && place == select) {
            self._sum = self._sums.get(select).copied().unwrap_or(0);
        }
        self._written = Part {
            anew: self._stale > 0,
            ..self._read
        };
        self._stale = self._stale.saturating_sub(1);
        self._read = Part {
            place: self._turn,
            count: self._small[self._turn],
            sum: self._sums[self._turn],
            anew: false,
        };
        if writes {
            self._sums[place] = match anew {
                true => count,
                false => sum.wrapping_add(count),
            };
        }
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
            (self._small, self._read.count, self._stale) = ([0; EVENTS], 0, EVENTS);
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
        self.value.next = U::new(u64::from(self._value));
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
reg [31:0] now, cycles, last_cycles;
reg [4:0] turn, place, part, write_at, adds, stale;
reg anew, is_time, was_time;
(* ram_style = \"block\", no_rw_check *)
reg [31:0] sums [0:31];
reg [31:0] out, old, found, shown;
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
    write_at = 5'd0;
    adds = 5'd0;
    stale = 5'd0;
    anew = 1'b0;
    is_time = 1'b0;
    was_time = 1'b0;
    last_cycles = 32'd0;
    out = 32'd0;
    old = 32'd0;
    found = 32'd0;
    shown = 32'd0;
    for (n = 0; n < 32; n = n + 1) sums[n] = 32'd0;
end
genvar i;
generate
    for (i = 0; i < {EVENTS}; i = i + 1) begin : counter
        reg [4:0] count;
        initial count = 5'd0;
        wire [4:0] base = (turn == i) ? 5'd0 : count;
        // A carry chain is dearer than five bits' ands.
        wire [4:0] flips = {{&base[3:0], &base[2:0], &base[1:0], base[0], 1'b1}};
        always @(posedge clock)
            count <= cleared ? 5'd0 : base ^ (flips & {{5{{happened[i]}}}});
    end
endgenerate
wire [{EVENTS} * 5 - 1:0] counts = {{{small}}};
wire [31:0] now_next = ((|now) | commanded) ? now + 32'd1 : now;
wire writes = anew | (|adds);
always @(posedge clock) begin
    happened <= events;
    commanded <= command;
    written <= write;
    cleared <= clear;
    turn <= (turn == 5'd{last}) ? 5'd0 : turn + 5'd1;
    place <= turn;
    part <= cleared ? 5'd0 : counts[turn * 5 +: 5];
    out <= sums[turn];
    stale <= cleared ? 5'd{EVENTS} : (|stale) ? stale - 5'd1 : 5'd0;
    write_at <= place;
    adds <= part;
    old <= out;
    anew <= |stale;
    if (writes) sums[write_at] <= (old & {{32{{~anew}}}}) + {{27'd0, adds}};
    if (!(writes & (write_at == select))) found <= sums[select];
    is_time <= select == 5'd{EVENTS};
    was_time <= is_time;
    last_cycles <= cycles;
    shown <= found;
    now <= cleared ? 32'd0 : now_next;
    if (written) cycles <= now_next;
    if (cleared) cycles <= 32'd0;
end
assign value = was_time ? last_cycles : shown;
",
            small = small.join(", "),
            last = EVENTS - 1,
        ))
    }
}
