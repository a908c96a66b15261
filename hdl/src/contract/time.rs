//! The time reducer: accumulator slots with their adders, and the register of finished rows.
//!
//! ```text
//! at, flags ──> [ of each lane ]           (registers: a cycle before the columns)
//!                      v
//!                 [ slots ] ──> x 0, 1 or 256 ──> + ──┬──> slots, same place
//! columns ────────────────────────────────────────^   └──finished──> [ row ]
//! ```
//!
//! Read, add and write of one slot happen in one cycle, so consecutive hits on a slot just work. The row stays
//! until the next one is finished. A lanes are those of one half of the weights, or of both; the second half's
//! slots are written only with `both`. A leaf block: LUT RAM. A lane has its own registers of what is said to
//! all (kept by synthesis, too): no signal reaches more than F accumulators.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};
use crate::verilog::log2;

/// See the module's documentation. The flags count with the columns of the next cycle.
#[derive(LogicBlock)]
pub struct Accumulators<const S: usize, const A: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
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
    _slots: Vec<Cells<32, S, A, F>>,
    _lanes: usize,
    _now: Flags,
}

/// What is said about the columns.
#[derive(Default)]
struct Flags {
    at: usize,
    write: bool,
    both: bool,
    restart: bool,
    scale: bool,
    finished: bool,
}

impl<const S: usize, const A: usize, const F: usize> Accumulators<S, A, F> {
    /// Accumulators with `slots` slots, all zero, whose first half has `lanes` lanes.
    pub fn new(slots: usize, lanes: usize) -> Self {
        Accumulators {
            clock: Default::default(),
            at: Default::default(),
            write: Default::default(),
            both: Default::default(),
            restart: Default::default(),
            scale: Default::default(),
            finished: Default::default(),
            columns: Default::default(),
            row: Default::default(),
            _slots: vec![Cells::default(); slots],
            _lanes: lanes,
            _now: Flags::default(),
        }
    }

    /// Adds the columns to a slot's sums.
    fn sum(&self) -> Cells<32, S, A, F> {
        let old = self._slots[self._now.at].0.iter().flatten().flatten();
        let mut sum = Cells(self.columns.val().0);
        for (new, old) in sum.0.iter_mut().flatten().flatten().zip(old) {
            *new = new.wrapping_add(match (self._now.restart, self._now.scale) {
                (true, _) => 0,
                (false, true) => old << 8,
                (false, false) => *old,
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
                for (kept, new) in self._slots[self._now.at].0.iter_mut().zip(&sum.0) {
                    kept[..lanes].copy_from_slice(&new[..lanes]);
                }
            }
        }
        self._now = Flags {
            at: self.at.val().value() as usize % self._slots.len(),
            write: self.write.val(),
            both: self.both.val(),
            restart: self.restart.val(),
            scale: self.scale.val(),
            finished: self.finished.val(),
        };
    }

    fn connect(&mut self) {
        self.row.connect();
    }

    fn hdl(&self) -> Verilog {
        let (slots, lanes) = (self._slots.len(), self._lanes);
        let bits = log2(slots).max(1);
        let slot = match log2(slots) {
            0 => "1'b0".to_string(),
            bits => format!("at[{}:0]", bits - 1),
        };
        let width = F * 32;
        Verilog::Custom(format!(
            "\
wire unused_bits = &{{1'b0, at, both}};
genvar s, a, f;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        for (a = 0; a < {A}; a = a + 1) begin : lane
            reg [{slot_top}:0] slot;
            reg written, restarts, scales, finishes;
            (* ram_style = \"distributed\" *)
            reg [{top}:0] slots [0:{last}];
            reg [{top}:0] finished_row;
            integer i;
            initial begin
                for (i = 0; i < {slots}; i = i + 1) slots[i] = {{{width}{{1'b0}}}};
                finished_row = {{{width}{{1'b0}}}};
                slot = {bits}'d0;
                written = 1'b0;
                restarts = 1'b0;
                scales = 1'b0;
                finishes = 1'b0;
            end
            wire [{top}:0] old = slots[slot];
            wire [{top}:0] sum;
            for (f = 0; f < {F}; f = f + 1) begin : column
                wire [20:0] new_ = columns[((s * {A} + a) * {F} + f) * 21 +: 21];
                wire [31:0] from = restarts ? 32'd0 : scales ? {{old[f * 32 +: 24], 8'd0}} : old[f * 32 +: 32];
                assign sum[f * 32 +: 32] = from + {{{{11{{new_[20]}}}}, new_}};
            end
            (* keep *) always @(posedge clock) begin
                slot <= {slot};
                written <= write & (both | (a < {lanes}));
                restarts <= restart;
                scales <= scale;
                finishes <= finished;
            end
            always @(posedge clock) begin
                if (written) slots[slot] <= sum;
                if (finishes) finished_row <= sum;
            end
            assign row[(s * {A} + a) * {width} +: {width}] = finished_row;
        end
    end
endgenerate
",
            slot_top = bits - 1,
            top = width - 1,
            last = slots - 1,
        ))
    }
}
