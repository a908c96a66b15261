//! The time reducer: accumulator slots with their adders, and the register of finished rows.
//!
//! ```text
//! at, flags ──> [ of each lane ]           (registers: a cycle before the columns)
//!                      v
//!              [ slots, zero ] ──> x 1 or 256 ──> + ──┬──> slots, same place
//! columns ────────────────────────────────────────^   └──finished──> [ row ]
//! ```
//!
//! Read, add and write of one slot happen in one cycle, so consecutive hits on a slot just work. The row stays
//! until the next one is finished. A slot that restarts is read from one more place, which holds 0: so the four
//! inputs of a carry cell are all that a bit of the adder needs. While it is cleared, for four cycles or more with
//! columns that are 0, 256 times what it holds is written there again and again, and is 0 in the end.
//! A lanes are those of one half of the weights, or of both; the second half's slots are written only with `both`.
//! A build may have fewer columns than F: the others are not added up, and are 0 in the row. A leaf block: LUT RAM.
//! Every two columns of a lane have their own registers of what is said to all (kept by synthesis, too): no signal
//! reaches more than two accumulators.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};
use crate::verilog::log2;

/// Columns that share the registers of what is said to all.
const GROUP: usize = 2;

/// See the module's documentation. The flags count with the columns of the next cycle.
#[derive(LogicBlock)]
pub struct Accumulators<const S: usize, const A: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    /// Clears the place that holds 0, a cycle later. The slots stay as they are.
    pub clear: Signal<In, bool>,
    /// Slot number, modulo the slots.
    pub at: Signal<In, U<6>>,
    pub write: Signal<In, bool>,
    /// The second half of the lanes is written too.
    pub both: Signal<In, bool>,
    /// The slot counts as 0; it counts 256 times.
    pub restart: Signal<In, bool>,
    pub scale: Signal<In, bool>,
    /// The sum is a finished row.
    pub finished: Signal<In, bool>,
    pub columns: Signal<In, Cells<21, S, A, F>>,
    pub row: Signal<Out, Cells<32, S, A, F>>,
    /// The slots, and the place that holds 0.
    _slots: Vec<Cells<32, S, A, F>>,
    _lanes: usize,
    _columns: usize,
    _now: Flags,
    _clears: bool,
}

/// What is said about the columns.
#[derive(Default)]
struct Flags {
    from: usize,
    to: usize,
    write: bool,
    both: bool,
    scale: bool,
    finished: bool,
}

impl<const S: usize, const A: usize, const F: usize> Accumulators<S, A, F> {
    /// Accumulators with `slots` slots, all zero, whose first half has `lanes` lanes, of `count` columns each.
    pub fn new(slots: usize, lanes: usize, count: usize) -> Self {
        Accumulators {
            clock: Default::default(),
            clear: Default::default(),
            at: Default::default(),
            write: Default::default(),
            both: Default::default(),
            restart: Default::default(),
            scale: Default::default(),
            finished: Default::default(),
            columns: Default::default(),
            row: Default::default(),
            _slots: vec![Cells::default(); slots + 1],
            _lanes: lanes,
            _columns: count,
            _now: Flags::default(),
            _clears: false,
        }
    }

    /// Adds the columns to a slot's sums.
    fn sum(&self) -> Cells<32, S, A, F> {
        let old = self._slots[self._now.from].0.iter().flatten().flatten();
        let mut sum = Cells(self.columns.val().0);
        for lane in sum.0.iter_mut().flatten() {
            lane[self._columns..].fill(0);
        }
        for (new, old) in sum.0.iter_mut().flatten().flatten().zip(old) {
            *new = new.wrapping_add(match self._now.scale {
                true => old << 8,
                false => *old,
            });
        }
        sum
    }
}

impl<const S: usize, const A: usize, const F: usize> Logic for Accumulators<S, A, F> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        if self._now.write || self._now.finished {
            let sum = self.sum();
            if self._now.finished {
                self.row.next = sum;
            }
            if self._now.write {
                let lanes = if self._now.both { A } else { self._lanes };
                for (kept, new) in self._slots[self._now.to].0.iter_mut().zip(&sum.0) {
                    kept[..lanes].copy_from_slice(&new[..lanes]);
                }
            }
        }
        let zero = self._slots.len() - 1;
        let clear = std::mem::replace(&mut self._clears, self.clear.val());
        let at = self.at.val().value() as usize % zero;
        self._now = Flags {
            from: if self.restart.val() || clear {
                zero
            } else {
                at
            },
            to: if clear { zero } else { at },
            write: self.write.val() || clear,
            both: self.both.val() || clear,
            scale: self.scale.val() || clear,
            finished: self.finished.val(),
        };
    }

    fn connect(&mut self) {
        self.row.connect();
    }

    fn hdl(&self) -> Verilog {
        let (slots, lanes, count) = (self._slots.len() - 1, self._lanes, self._columns);
        let bits = log2(slots);
        // And-gates, not a multiplexer with a constant: synthesis would make a reset of that, and those come from far.
        let slot = |zero: &str| match bits {
            0 => zero.to_string(),
            _ => format!("{{{zero}, at[{}:0] & {{{bits}{{~({zero})}}}}}}", bits - 1),
        };
        let (from, to) = (slot("restart | clears"), slot("clears"));
        let zero = format!("{}'d{slots}", bits + 1);
        let group = count.min(GROUP);
        let width = group * 32;
        let rest = (F - count) * 32;
        Verilog::Custom(format!(
            "\
wire unused_bits = &{{1'b0, at, both{unused}}};
genvar s, a, g, f;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        for (a = 0; a < {A}; a = a + 1) begin : lane
            for (g = 0; g < {count}; g = g + {group}) begin : columns_
                reg [{bits}:0] from, to;
                reg written, scales, finishes, clears;
                (* ram_style = \"distributed\" *)
                reg [{top}:0] slots [0:{slots}];
                reg [{top}:0] finished_row;
                integer i;
                initial begin
                    for (i = 0; i <= {slots}; i = i + 1) slots[i] = {{{width}{{1'b0}}}};
                    finished_row = {{{width}{{1'b0}}}};
                    from = {zero};
                    to = {zero};
                    written = 1'b0;
                    scales = 1'b0;
                    finishes = 1'b0;
                    clears = 1'b0;
                end
                wire [{top}:0] old = slots[from];
                wire [{top}:0] sum;
                for (f = 0; f < {group}; f = f + 1) begin : column
                    wire [20:0] new_ = columns[((s * {A} + a) * {F} + g + f) * 21 +: 21];
                    wire [31:0] kept = scales ? {{old[f * 32 +: 24], 8'd0}} : old[f * 32 +: 32];
                    assign sum[f * 32 +: 32] = kept + {{{{11{{new_[20]}}}}, new_}};
                end
                (* keep *) always @(posedge clock) begin
                    clears <= clear;
                    from <= {from};
                    to <= {to};
                    written <= clears | (write & (both | (a < {lanes})));
                    scales <= clears | scale;
                    finishes <= finished;
                end
                always @(posedge clock) begin
                    if (written) slots[to] <= sum;
                    if (finishes) finished_row <= sum;
                end
                assign row[((s * {A} + a) * {F} + g) * 32 +: {width}] = finished_row;
            end
{zeros}        end
    end
endgenerate
",
            top = width - 1,
            unused = if rest > 0 { ", columns" } else { "" },
            zeros = match rest {
                0 => String::new(),
                _ => format!(
                    "            assign row[((s * {A} + a) * {F} + {count}) * 32 +: {rest}] = {rest}'d0;\n"
                ),
            },
        ))
    }
}
