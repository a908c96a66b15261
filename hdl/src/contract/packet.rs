//! The packet reducer: an adder tree whose depth is chosen per command.
//!
//! ```text
//! products ──> [+ F/2] ──> [+ F/4] ──reg──> [+ F/8] ──> .. ──> columns        level k adds if depth > k
//! ```
//!
//! Level k has F >> (k + 1) adders: it adds to each of so many columns the one so many further on, so that after
//! `depth` levels column c below F >> depth holds the sum of the products f = c modulo F >> depth. The columns
//! above pass; those that were added are not used. The first levels of a build with fewer columns than F always add.
//! Sums are a bit wider with each level. Combinational, but for the depth, of which each lane has its own registers
//! (kept by synthesis, too): no signal reaches more than the adders of one lane. The contraction engine puts a
//! register after level 1.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};

/// Two neighbouring levels of the tree, from cells of N to sums of M = N + 2 bits: a leaf block. The depth counts
/// with the cells of the next cycle.
#[derive(LogicBlock)]
pub struct Levels<const N: usize, const M: usize, const S: usize, const A: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub depth: Signal<In, U<3>>,
    pub cells: Signal<In, Cells<N, S, A, F>>,
    pub sums: Signal<Out, Cells<M, S, A, F>>,
    _first: usize,
    _least: usize,
    _depth: usize,
}

impl<const N: usize, const M: usize, const S: usize, const A: usize, const F: usize>
    Levels<N, M, S, A, F>
{
    /// Levels `first` and `first + 1` of a tree whose depth is `least` or more; those that a tree over F columns does
    /// not have never add.
    pub fn new(first: usize, least: usize) -> Self {
        Levels {
            clock: Default::default(),
            depth: Default::default(),
            cells: Default::default(),
            sums: Default::default(),
            _first: first,
            _least: least,
            _depth: 0,
        }
    }
}

impl<const N: usize, const M: usize, const S: usize, const A: usize, const F: usize> Logic
    for Levels<N, M, S, A, F>
{
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._depth = self.depth.val().value() as usize;
        }
        let mut sums = Cells(self.cells.val().0);
        for level in
            (self._first..self._first + 2).take_while(|&level| level < self._depth.max(self._least))
        {
            let adders = F >> (level + 1);
            for cells in sums.0.iter_mut().flatten() {
                for c in 0..adders {
                    cells[c] += cells[c + adders];
                }
            }
        }
        self.sums.next = sums;
    }

    fn connect(&mut self) {
        self.sums.connect();
    }

    fn hdl(&self) -> Verilog {
        // Levels that a command can choose to have or not.
        let chosen = |level: usize| level >= self._least && F >> (level + 1) > 0;
        let mut text = format!(
            "\
wire unused_bits = &{{1'b0, {unused}}};
genvar lane, c;
generate
    for (lane = 0; lane < {}; lane = lane + 1) begin : lanes
        wire [{F} * {M} - 1:0] level_0, level_1, level_2;
        wire unused_lane = &{{1'b0, level_0, level_1}};
        for (c = 0; c < {F}; c = c + 1) begin : extended
            wire [{N} - 1:0] cell_ = cells[(lane * {F} + c) * {N} +: {N}];
            assign level_0[c * {M} +: {M}] = {{{{{more}{{cell_[{N} - 1]}}}}, cell_}};
        end
",
            S * A,
            more = M - N,
            unused = match chosen(self._first) || chosen(self._first + 1) {
                false => "clock, depth",
                true => "depth",
            },
        );
        for step in 0..2 {
            let (level, width) = (self._first + step, N + step + 1);
            let adders = F >> (level + 1);
            if adders > 0 {
                text.push_str(&match chosen(level) {
                    false => format!("        wire adds_{step} = 1'b1;\n"),
                    true => format!(
                        "        reg adds_{step};
        initial adds_{step} = 1'b0;
        (* keep *) always @(posedge clock) adds_{step} <= depth > 3'd{level};
"
                    ),
                });
                text.push_str(&format!(
                    "        for (c = 0; c < {adders}; c = c + 1) begin : added_{step}
            wire [{width} - 1:0] sum = level_{step}[c * {M} +: {width}] +
                (level_{step}[(c + {adders}) * {M} +: {width}] & {{{width}{{adds_{step}}}}});
            assign level_{next}[c * {M} +: {M}] = {};
        end
",
                    match M - width {
                        0 => "sum".to_string(),
                        more => format!("{{{{{more}{{sum[{width} - 1]}}}}, sum}}"),
                    },
                    next = step + 1,
                ));
            }
            text.push_str(&format!(
                "        assign level_{next}[{F} * {M} - 1:{adders} * {M}] = level_{step}[{F} * {M} - 1:{adders} * {M}];\n",
                next = step + 1,
            ));
        }
        text.push_str(&format!(
            "        assign sums[lane * {F} * {M} +: {F} * {M}] = level_2;
    end
endgenerate
"
        ));
        Verilog::Custom(text)
    }
}
