//! The packet reducer: an adder tree whose depth is chosen per command.
//!
//! ```text
//! products ──> [+ F/2] ──reg──> [+ F/4] ──reg──> [+ F/8] ──reg──> .. ──> columns        level k adds if depth > k
//! ```
//!
//! Level k has F >> (k + 1) adders: it adds to each of so many columns the one so many further on, so that after
//! `depth` levels column c below F >> depth holds the sum of the products f = c modulo F >> depth. The columns
//! above pass; those that were added are not used. The first levels of a build with fewer columns than F always add.
//! Sums are a bit wider with each level. Combinational, but for the depth, of which each slice and then each lane has its
//! own registers (kept by synthesis, too): no signal reaches more than the adders of one lane. The contraction engine puts
//! registers between the levels.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};

/// A level of the tree, from cells of N to sums of M = N + 1 bits: a leaf block. The depth counts with the cells of the
/// cycle after the next: it goes to each slice first, then to each lane.
#[derive(LogicBlock)]
pub struct Level<const N: usize, const M: usize, const S: usize, const A: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub depth: Signal<In, U<3>>,
    pub cells: Signal<In, Cells<N, S, A, F>>,
    pub sums: Signal<Out, Cells<M, S, A, F>>,
    _level: usize,
    _least: usize,
    /// The depth that counts, and the next one.
    _depth: [usize; 2],
}

impl<const N: usize, const M: usize, const S: usize, const A: usize, const F: usize>
    Level<N, M, S, A, F>
{
    /// A level of a tree whose depth is `least` or more; one that a tree over F columns does not have never adds.
    pub fn new(level: usize, least: usize) -> Self {
        Level {
            clock: Default::default(),
            depth: Default::default(),
            cells: Default::default(),
            sums: Default::default(),
            _level: level,
            _least: least,
            _depth: [0; 2],
        }
    }
}

impl<const N: usize, const M: usize, const S: usize, const A: usize, const F: usize> Logic
    for Level<N, M, S, A, F>
{
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._depth = [self._depth[1], self.depth.val().value() as usize];
        }
        let mut sums = Cells(self.cells.val().0);
        if self._level < self._depth[0].max(self._least) {
            let adders = F >> (self._level + 1);
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
        let level = self._level;
        let adders = F >> (level + 1);
        // A command can choose to have the level or not.
        let chosen = level >= self._least && adders > 0;
        let register = |name: &str, next: &str| match chosen {
            false => String::new(),
            true => format!(
                "\
reg {name};
initial {name} = 1'b0;
(* keep *) always @(posedge clock) {name} <= {next};
"
            ),
        };
        let soon = register("soon", &format!("depth > 3'd{level}"));
        let adds = register("adds", "soon");
        let mut other = format!("wide[(c + {adders}) * {M} +: {M}]");
        if chosen {
            other = format!("({other} & {{{M}{{adds}}}})");
        }
        Verilog::Custom(format!(
            "\
wire unused_bits = &{{1'b0, clock, depth}};
genvar s, l, c;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
{soon}        for (l = 0; l < {A}; l = l + 1) begin : lane
            localparam FIRST = (s * {A} + l) * {F};
{adds}            wire [{F} * {M} - 1:0] wide;
            for (c = 0; c < {F}; c = c + 1) begin : column
                wire [{N} - 1:0] cell_ = cells[(FIRST + c) * {N} +: {N}];
                assign wide[c * {M} +: {M}] = {{{{{more}{{cell_[{N} - 1]}}}}, cell_}};
                if (c < {adders}) begin : added
                    assign sums[(FIRST + c) * {M} +: {M}] = wide[c * {M} +: {M}] + {other};
                end else begin : passed
                    assign sums[(FIRST + c) * {M} +: {M}] = wide[c * {M} +: {M}];
                end
            end
        end
    end
endgenerate
",
            more = M - N,
        ))
    }
}
