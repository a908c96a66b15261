//! The time reducer: accumulator slots with their adders, and the register of finished rows.
//!
//! ```text
//! at, flags ──> [ of each lane ]           (registers: a cycle before the columns)
//!                      v
//!              [ slots, zero ] ──> x 1 or 256 ──> + ──┬──> slots, same place      bits 0 to 15
//! columns ────────────────────────────────────────^   └──finished──> [ row ]
//!                      v                  v       v
//!                     [ ]         [ bits 8 to 15, carry, columns' upper bits ]
//!                      v                          v
//!              [ slots, zero ] ──> x 1 or 256 ──> + ──┬──> slots, same place      bits 16 to 31, a cycle later
//!                                                     └──finished──> [ row ]
//! ```
//!
//! Read, add and write of one half of a slot happen in one cycle, so consecutive hits on a slot just work; a carry chain
//! between two LUT RAMs is 16 bits long. The row stays until the next one is finished, its upper halves a cycle longer. A
//! slot that restarts is read from one more place, which holds 0: so the four
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
    /// The upper 16 bits of its values come a cycle later than the lower ones.
    pub row: Signal<Out, Cells<32, S, A, F>>,
    /// The slots, and the place that holds 0.
    _slots: Vec<Cells<32, S, A, F>>,
    /// The finished row whose upper halves are still to come.
    _late: Option<Cells<32, S, A, F>>,
    _lanes: usize,
    _columns: usize,
    _now: Flags,
    _clears: bool,
}

/// The half of a sum that is added up a cycle later.
const UPPER: i32 = !0xffff;

/// Replaces those bits of a row's values.
fn splice<const S: usize, const A: usize, const F: usize>(
    row: &mut Cells<32, S, A, F>,
    by: &Cells<32, S, A, F>,
    bits: i32,
) {
    let by = by.0.iter().flatten().flatten();
    for (value, by) in row.0.iter_mut().flatten().flatten().zip(by) {
        *value = (*value & !bits) | (by & bits);
    }
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
            _late: None,
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
        let mut row = self.row.val();
        if let Some(late) = self._late.take() {
            splice(&mut row, &late, UPPER);
        }
        if self._now.write || self._now.finished {
            let sum = self.sum();
            if self._now.finished {
                splice(&mut row, &sum, !UPPER);
                self._late = Some(sum);
            }
            if self._now.write {
                let lanes = if self._now.both { A } else { self._lanes };
                for (kept, new) in self._slots[self._now.to].0.iter_mut().zip(&sum.0) {
                    kept[..lanes].copy_from_slice(&new[..lanes]);
                }
            }
        }
        self.row.next = row;
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
        let width = group * 16;
        let rest = (F - count) * 32;
        Verilog::Custom(format!(
            "\
wire unused_bits = &{{1'b0, at, both{unused}}};
genvar s, a, g, f;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        for (a = 0; a < {A}; a = a + 1) begin : lane
            for (g = 0; g < {count}; g = g + {group}) begin : columns_
                reg [{bits}:0] from, to, late_from, late_to;
                reg written, scales, finishes, clears, late_written, late_scales, late_finishes;
                (* ram_style = \"distributed\" *)
                reg [{top}:0] slots [0:{slots}];
                (* ram_style = \"distributed\" *)
                reg [{top}:0] late_slots [0:{slots}];
                reg [{top}:0] finished_row, late_row;
                reg [{group} * 14 - 1:0] handed_on;
                integer i;
                initial begin
                    for (i = 0; i <= {slots}; i = i + 1) begin
                        slots[i] = {{{width}{{1'b0}}}};
                        late_slots[i] = {{{width}{{1'b0}}}};
                    end
                    finished_row = {{{width}{{1'b0}}}};
                    late_row = {{{width}{{1'b0}}}};
                    handed_on = {{{group} * 14{{1'b0}}}};
                    from = {zero};
                    to = {zero};
                    late_from = {zero};
                    late_to = {zero};
                    written = 1'b0;
                    scales = 1'b0;
                    finishes = 1'b0;
                    clears = 1'b0;
                    late_written = 1'b0;
                    late_scales = 1'b0;
                    late_finishes = 1'b0;
                end
                wire [{top}:0] old = slots[from];
                wire [{top}:0] late_old = late_slots[late_from];
                wire [{top}:0] sum, late_sum;
                wire [{group} * 14 - 1:0] hands_on;
                for (f = 0; f < {group}; f = f + 1) begin : column
                    wire [20:0] new_ = columns[((s * {A} + a) * {F} + g + f) * 21 +: 21];
                    wire [15:0] kept = scales ? {{old[f * 16 +: 8], 8'd0}} : old[f * 16 +: 16];
                    wire carry;
                    assign {{carry, sum[f * 16 +: 16]}} = {{1'b0, kept}} + {{1'b0, new_[15:0]}};
                    assign hands_on[f * 14 +: 14] = {{carry, new_[20:16], old[f * 16 + 8 +: 8]}};
                    wire carried = handed_on[f * 14 + 13];
                    wire [4:0] late_new = handed_on[f * 14 + 8 +: 5];
                    wire [15:0] late_kept =
                        late_scales ? {{late_old[f * 16 +: 8], handed_on[f * 14 +: 8]}} : late_old[f * 16 +: 16];
                    // The lowest bit of the chain makes the carry that goes into it.
                    wire below;
                    assign {{late_sum[f * 16 +: 16], below}} =
                        {{late_kept, 1'b1}} + {{{{11{{late_new[4]}}}}, late_new, carried}};
                    wire unused_column = &{{1'b0, below}};
                    assign row[((s * {A} + a) * {F} + g + f) * 32 +: 32] =
                        {{late_row[f * 16 +: 16], finished_row[f * 16 +: 16]}};
                end
                (* keep *) always @(posedge clock) begin
                    clears <= clear;
                    from <= {from};
                    to <= {to};
                    written <= clears | (write & (both | (a < {lanes})));
                    scales <= clears | scale;
                    finishes <= finished;
                    late_from <= from;
                    late_to <= to;
                    late_written <= written;
                    late_scales <= scales;
                    late_finishes <= finishes;
                end
                always @(posedge clock) begin
                    handed_on <= hands_on;
                    if (written) slots[to] <= sum;
                    if (finishes) finished_row <= sum;
                    if (late_written) late_slots[late_to] <= late_sum;
                    if (late_finishes) late_row <= late_sum;
                end
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
