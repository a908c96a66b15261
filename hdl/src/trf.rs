//! The tensor register file: a flit for each lane in each row.
//!
//! ```text
//! trfload ──flit, row, lane (or all lanes)──> [ ] ──> [ rows x L x F bytes, per slice ] ──> [ row ]
//! ```
//!
//! One write and one read port; sub fills rows while main reads others. A flit is written in the cycle after the one in
//! which it is given: each lane's memories are far from the next one's, so whether it is theirs is a register. A row shows
//! in the second cycle after its address: block RAM is slow, and has a register of its own behind it. A leaf block: a
//! memory.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::types::{Flits, Operands, U};
use crate::verilog::log2;

/// Register files with fewer rows are LUT RAM.
const BLOCK_ROWS: usize = 64;

/// See the module's documentation. A row that is read in the cycle in which it is written shows anything.
#[derive(LogicBlock)]
pub struct Trf<const S: usize, const L: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, bool>,
    /// `row * L + lane`, modulo the size.
    pub write_at: Signal<In, U<28>>,
    pub write_all: Signal<In, bool>,
    pub write_data: Signal<In, Flits<S, F>>,
    /// Byte address in each lane: `row * F + byte`, modulo the size.
    pub read_at: Signal<In, U<32>>,
    pub row: Signal<Out, Operands<S, L, F>>,
    _rows: Vec<Operands<S, L, F>>,
    _read: Operands<S, L, F>,
    /// What is written in this cycle: its place, to all lanes or not, and the flit.
    _given: Option<(usize, bool, Flits<S, F>)>,
}

impl<const S: usize, const L: usize, const F: usize> Trf<S, L, F> {
    /// The register file of a build, all zero.
    pub fn new(config: &Config) -> Self {
        Trf {
            clock: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            write_all: Default::default(),
            write_data: Default::default(),
            read_at: Default::default(),
            row: Default::default(),
            _rows: vec![Operands::default(); config.trf_rows],
            _read: Operands::default(),
            _given: None,
        }
    }
}

impl<const S: usize, const L: usize, const F: usize> Logic for Trf<S, L, F> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let rows = self._rows.len();
        self.row.next = self._read;
        self._read = self._rows[self.read_at.val().value() as usize / F % rows];
        if let Some((at, all, flits)) = self._given {
            let row = &mut self._rows[at / L % rows];
            for (slice, flit) in row.0.iter_mut().zip(&flits.0) {
                for (lane, bytes) in slice.iter_mut().enumerate() {
                    if all || lane == at % L {
                        *bytes = *flit;
                    }
                }
            }
        }
        let at = self.write_at.val().value() as usize;
        let given = (at, self.write_all.val(), self.write_data.val());
        self._given = self.write.val().then_some(given);
    }

    fn connect(&mut self) {
        self.row.connect();
    }

    /// A memory per slice and lane. A slice has its own registers of what is written, and where, kept by synthesis: its
    /// memories are far from the other slices'.
    fn hdl(&self) -> Verilog {
        let rows = self._rows.len();
        let bits = log2(rows);
        let at_lane = match log2(L) {
            0 => "wire at_lane = 1'b0;".to_string(),
            bits => format!("wire [{bits}-1:0] at_lane = write_at[{bits}-1:0];"),
        };
        Verilog::Custom(format!(
            "\
{at_lane}
wire [{bits}-1:0] read_row = read_at[{read_lo} +: {bits}];
wire unused_bits = &{{1'b0, write_at, read_at}};
genvar s, l;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        reg [{bits}-1:0] write_row;
        reg [{width}-1:0] written;
        initial begin
            write_row = {bits}'d0;
            written = {width}'d0;
        end
        (* keep *) always @(posedge clock) write_row <= write_at[{write_lo} +: {bits}];
        always @(posedge clock) written <= write_data[s * {width} +: {width}];
        for (l = 0; l < {L}; l = l + 1) begin : lane
            (* ram_style = \"{style}\", no_rw_check *)
            reg [{width}-1:0] rows [0:{last}];
            reg [{width}-1:0] read, out;
            reg writes;
            integer i;
            initial begin
                writes = 1'b0;
                for (i = 0; i < {rows}; i = i + 1) rows[i] = {{{width}{{1'b0}}}};
                read = {{{width}{{1'b0}}}};
                out = {{{width}{{1'b0}}}};
            end
            (* keep *) always @(posedge clock) writes <= write & (write_all | (at_lane == l));
            always @(posedge clock) begin
                read <= rows[read_row];
                out <= read;
                if (writes) rows[write_row] <= written;
            end
            assign row[(s * {L} + l) * {width} +: {width}] = out;
        end
    end
endgenerate
",
            write_lo = log2(L),
            read_lo = log2(F),
            style = if rows < BLOCK_ROWS {
                "distributed"
            } else {
                "block"
            },
            width = F * 8,
            last = rows - 1,
        ))
    }
}
