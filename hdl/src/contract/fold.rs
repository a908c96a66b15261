//! The lane folder: a row of accumulators leaves as flits of up to `group` values.
//!
//! ```text
//! issue ──row──> [ walk (major, minor) ] ──> place, count ──> commit
//!                                             │
//!                                             └─ ten cycles later ──> pick ──> V values
//! row register (A x F) ─────────────────────────────────────────────────^
//! ```
//!
//! Sequential: major counts lanes, minor columns. Interleaved: major counts columns, minor lanes. The walk
//! is made when the row's last step is issued, as far ahead of the row as the pipeline is long: all behind it
//! is sure to have a place and never waits. A new row is accepted when the walk is over or makes its last
//! step. With `nibbles` the lanes of the low halves come first, then those of the high ones, L lanes further on.

use rust_hdl::prelude::*;

use crate::bundle;
use crate::types::{Cells, Values, U};
use crate::verilog::log2;

bundle! {
    /// How a row is folded.
    pub struct FoldParams {
        pub lanes: U<5>,
        pub cols: U<6>,
        pub interleaved: bool,
        pub group: U<4>,
        pub nibbles: bool,
    }
}

bundle! {
    /// Where a flit's first value is in its row.
    pub struct Place {
        pub interleaved: bool,
        /// Its lanes are those of the high halves.
        pub high: bool,
        pub major: U<6>,
        pub minor: U<6>,
    }
}

/// Picks V neighbouring values: a leaf block of multiplexers and registers.
///
/// Lane l and column c of a row are in bank `(l + c) mod V`: neighbours, across lanes or across columns, are in
/// different banks, and each bank shows one of its cells. So value v of a flit that begins at `major` and `minor`
/// comes out of bank `(major + minor + v) mod V`, and stays there: whoever writes it turns the flit anyway.
/// Banks that have no value of the flit show some cell. The upper halves of a row come a cycle after the lower ones, and
/// are picked a cycle later.
#[derive(LogicBlock)]
pub struct Pick<const S: usize, const A: usize, const F: usize, const V: usize> {
    pub clock: Signal<In, Clock>,
    /// In the cycle before the lower halves of its row.
    pub place: Signal<In, Place>,
    pub row: Signal<In, Cells<32, S, A, F>>,
    /// By bank, in the cycle after the row's upper halves.
    pub values: Signal<Out, Values<32, S, V>>,
    /// The flits whose lower, and whose upper halves are in the row.
    _places: [Place; 2],
    /// The lower halves of the second one's values.
    _lower: [[u16; V]; S],
    _lanes: usize,
    _columns: usize,
}

impl<const S: usize, const A: usize, const F: usize, const V: usize> Pick<S, A, F, V> {
    /// For rows that have `lanes` lanes in each half, and of these the first `columns` columns.
    pub fn new(lanes: usize, columns: usize) -> Self {
        Pick {
            clock: Default::default(),
            place: Default::default(),
            row: Default::default(),
            values: Default::default(),
            _places: Default::default(),
            _lower: [[0; V]; S],
            _lanes: lanes,
            _columns: columns,
        }
    }

    /// Lane and column of the cell that a bank shows.
    fn cell(&self, place: &Place, bank: usize) -> (usize, usize) {
        let (major, minor) = (place.major.value() as usize, place.minor.value() as usize);
        let along = minor + (bank + V - (major + minor) % V) % V;
        let (lane, column) = match place.interleaved {
            true => (along % self._lanes, major),
            false => (major % self._lanes, along),
        };
        let of_bank = (bank + V - lane % V) % V;
        // A build without int4 has no high half.
        let half = usize::from(place.high && A > self._lanes) * self._lanes;
        (half + lane, column % self._columns / V * V + of_bank)
    }
}

impl<const S: usize, const A: usize, const F: usize, const V: usize> Logic for Pick<S, A, F, V> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let row = self.row.val();
        for bank in 0..V {
            let [lower, upper] = [0, 1].map(|half| self.cell(&self._places[half], bank));
            for (s, cells) in row.0.iter().enumerate() {
                let [low, high] = [lower, upper].map(|(lane, column)| cells[lane][column]);
                let below = std::mem::replace(&mut self._lower[s][bank], low as u16);
                self.values.next.0[s][bank] = i64::from((high & !0xffff) | i32::from(below));
            }
        }
        self._places = [self.place.val(), self._places[0]];
    }

    fn connect(&mut self) {
        self.values.connect();
    }

    /// Each bank has its own registers that say which of its cells it takes, a bit each. What is kept is not shared
    /// with other slices' by synthesis.
    fn hdl(&self) -> Verilog {
        let (lanes, columns) = (self._lanes, self._columns);
        let (lane_bits, bank_bits) = (log2(lanes), log2(V));
        let cells = A * columns / V;
        let mut text = "\
wire interleaved = place[0];
wire high = place[1];
wire [5:0] major = place[7:2];
wire [5:0] minor = place[13:8];
wire [5:0] start = major + minor;
wire unused_bits = &{1'b0, high, start, row};
"
        .to_string();
        for bank in 0..V {
            let off = match bank_bits {
                0 => "6'd0".to_string(),
                _ => format!(
                    "{{{}'d0, {bank_bits}'d{bank} - start[{}:0]}}",
                    6 - bank_bits,
                    bank_bits - 1
                ),
            };
            // Which cell: its half, its lane, its group of columns, where there are several.
            let mut cell: Vec<String> = (A > lanes)
                .then(|| "high".to_string())
                .into_iter()
                .collect();
            if lanes > 1 {
                cell.push(format!("lane_{bank}[{}:0]", lane_bits - 1));
            }
            if columns > V {
                cell.push(format!("column_{bank}[{}:{bank_bits}]", log2(columns) - 1));
            }
            let (top, cell) = match cell.is_empty() {
                true => (0, "1'b0".to_string()),
                false => (log2(cells) - 1, format!("{{{}}}", cell.join(", "))),
            };
            text.push_str(&format!(
                "\
wire [5:0] along_{bank} = minor + {off};
wire [5:0] lane_{bank} = interleaved ? along_{bank} : major;
wire [5:0] column_{bank} = interleaved ? major : along_{bank};
wire [{top}:0] cell_{bank} = {cell};
wire unused_{bank} = &{{1'b0, lane_{bank}, column_{bank}}};
",
            ));
            for s in 0..S {
                let name = format!("take_{s}_{bank}");
                let terms = |take: &str, half: usize| {
                    let terms: Vec<String> = (0..cells)
                        .map(|cell| {
                            let (lane, group) = (cell * V / columns, cell % (columns / V));
                            let column = group * V + (bank + V - lane % lanes % V) % V;
                            let from = ((s * A + lane) * F + column) * 32 + half * 16;
                            format!("({{16{{{take}[{cell}]}}}} & row[{from} +: 16])")
                        })
                        .collect();
                    terms.join(" |\n        ")
                };
                text.push_str(&format!(
                    "\
reg [{top}:0] {name}, late_{name};
reg [15:0] lower_{s}_{bank}, below_{s}_{bank}, upper_{s}_{bank};
initial begin
    {name} = {cells}'d1;
    late_{name} = {cells}'d1;
    lower_{s}_{bank} = 16'd0;
    below_{s}_{bank} = 16'd0;
    upper_{s}_{bank} = 16'd0;
end
(* keep *) always @(posedge clock) begin
    {name} <= {cells}'d1 << cell_{bank};
    late_{name} <= {name};
end
always @(posedge clock) begin
    lower_{s}_{bank} <= {lower};
    below_{s}_{bank} <= lower_{s}_{bank};
    upper_{s}_{bank} <= {upper};
end
assign values[{to} +: 32] = {{upper_{s}_{bank}, below_{s}_{bank}}};
",
                    lower = terms(&name, 0),
                    upper = terms(&format!("late_{name}"), 1),
                    top = cells - 1,
                    to = (s * V + bank) * 32,
                ));
            }
        }
        Verilog::Custom(text)
    }
}

/// See the module's documentation: the walk.
#[derive(LogicBlock, Default)]
pub struct LaneFolder {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub row_valid: Signal<In, bool>,
    pub params: Signal<In, FoldParams>,
    /// The row is taken in this cycle, if it is valid.
    pub accept: Signal<Out, bool>,
    /// A flit is to be taken: its place, and how many values it has.
    pub valid: Signal<Out, bool>,
    pub place: Signal<Out, Place>,
    pub count: Signal<Out, U<6>>,
    /// The next flit is taken as soon as there is one.
    pub willing: Signal<In, bool>,
    busy: DFF<bool>,
    at: DFF<Place>,
    /// Values of a run, those left of this one, and runs of a half.
    length: DFF<U<6>>,
    left: DFF<U<6>>,
    runs: DFF<U<6>>,
    group: DFF<U<6>>,
    /// The flit is its run's last, the run its half's, the half the row's; all of it.
    run_ends: DFF<bool>,
    last_run: DFF<bool>,
    last_half: DFF<bool>,
    ends: DFF<bool>,
    /// A run is one flit, a half is one run.
    short: DFF<bool>,
    single: DFF<bool>,
    taken: Signal<Local, bool>,
    short_row: Signal<Local, bool>,
    single_row: Signal<Local, bool>,
    next_run_ends: Signal<Local, bool>,
    next_last_run: Signal<Local, bool>,
    next_last_half: Signal<Local, bool>,
    accepts: Signal<Local, bool>,
    new_length: Signal<Local, U<6>>,
    new_runs: Signal<Local, U<6>>,
    new_group: Signal<Local, U<6>>,
}

impl Logic for LaneFolder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, busy, at, length, left, runs, group, run_ends, last_run, last_half, ends,
            short, single
        );
        self.taken.next = self.busy.q.val() && self.willing.val();
        self.accepts.next = (!self.busy.q.val()) || (self.ends.q.val() && self.willing.val());
        self.accept.next = self.accepts.val();
        self.valid.next = self.busy.q.val();
        self.place.next = self.at.q.val();
        self.count.next = self.group.q.val();
        if self.run_ends.q.val() {
            self.count.next = self.left.q.val();
        }

        // the next flit
        self.next_run_ends.next = self.run_ends.q.val();
        self.next_last_run.next = self.last_run.q.val();
        self.next_last_half.next = self.last_half.q.val();
        if self.taken.val() {
            self.at.d.next.minor = self.at.q.val().minor + self.group.q.val();
            self.left.d.next = self.left.q.val() - self.group.q.val();
            self.next_run_ends.next =
                self.left.q.val() <= (self.group.q.val() + self.group.q.val());
            if self.run_ends.q.val() {
                self.at.d.next.minor = 0.into();
                self.at.d.next.major = self.at.q.val().major + 1.into();
                self.left.d.next = self.length.q.val();
                self.next_run_ends.next = self.short.q.val();
                self.next_last_run.next = (self.at.q.val().major + 2.into()) == self.runs.q.val();
                if self.last_run.q.val() {
                    self.at.d.next.major = 0.into();
                    self.at.d.next.high = true;
                    self.next_last_run.next = self.single.q.val();
                    self.next_last_half.next = true;
                }
            }
            if self.ends.q.val() {
                self.busy.d.next = false;
            }
        }

        // the next row
        self.new_length.next = self.params.val().cols;
        self.new_runs.next = self.params.val().lanes.get_bits::<6>(0);
        if self.params.val().interleaved {
            self.new_length.next = self.params.val().lanes.get_bits::<6>(0);
            self.new_runs.next = self.params.val().cols;
        }
        self.new_group.next = self.params.val().group.get_bits::<6>(0);
        self.short_row.next = self.new_length.val() <= self.new_group.val();
        self.single_row.next = self.new_runs.val() == 1.into();
        if self.accepts.val() {
            self.busy.d.next = self.row_valid.val();
            self.at.d.next.interleaved = self.params.val().interleaved;
            self.at.d.next.high = false;
            self.at.d.next.major = 0.into();
            self.at.d.next.minor = 0.into();
            self.length.d.next = self.new_length.val();
            self.left.d.next = self.new_length.val();
            self.runs.d.next = self.new_runs.val();
            self.group.d.next = self.new_group.val();
            self.short.d.next = self.short_row.val();
            self.single.d.next = self.single_row.val();
            self.next_run_ends.next = self.short_row.val();
            self.next_last_run.next = self.single_row.val();
            self.next_last_half.next = !self.params.val().nibbles;
        }
        self.run_ends.d.next = self.next_run_ends.val();
        self.last_run.d.next = self.next_last_run.val();
        self.last_half.d.next = self.next_last_half.val();
        self.ends.d.next =
            self.next_run_ends.val() && self.next_last_run.val() && self.next_last_half.val();
        if self.reset.val() {
            self.busy.d.next = false;
        }
    }
}
