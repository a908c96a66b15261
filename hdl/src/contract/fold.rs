//! The lane folder: a row of accumulators leaves as flits of up to `group` values.
//!
//! ```text
//! row (A x F) ──> [ row register ] ──> pick (major, minor) ──> V values, count ──> commit
//! ```
//!
//! Sequential: major counts lanes, minor columns. Interleaved: major counts columns, minor lanes. A new
//! row is accepted when the folder is idle or its last flit leaves. With `nibbles` the lanes of the low halves
//! come first, then those of the high ones, L lanes further on.

use rust_hdl::prelude::*;

use crate::decode::ContractParams;
use crate::types::{Cells, Values, U};
use crate::verilog::log2;

/// Picks V neighbouring values: a leaf block of multiplexers. Positions beyond the row are zero.
#[derive(LogicBlock)]
pub struct Pick<const S: usize, const A: usize, const F: usize, const V: usize> {
    pub row: Signal<In, Cells<32, S, A, F>>,
    pub interleaved: Signal<In, bool>,
    /// Take the lanes of the high halves.
    pub high: Signal<In, bool>,
    pub major: Signal<In, U<6>>,
    pub minor: Signal<In, U<6>>,
    pub values: Signal<Out, Values<32, S, V>>,
    _lanes: usize,
}

impl<const S: usize, const A: usize, const F: usize, const V: usize> Pick<S, A, F, V> {
    fn new(lanes: usize) -> Self {
        Pick {
            row: Default::default(),
            interleaved: Default::default(),
            high: Default::default(),
            major: Default::default(),
            minor: Default::default(),
            values: Default::default(),
            _lanes: lanes,
        }
    }
}

impl<const S: usize, const A: usize, const F: usize, const V: usize> Logic for Pick<S, A, F, V> {
    fn update(&mut self) {
        let (major, minor) = (
            self.major.val().value() as usize,
            self.minor.val().value() as usize,
        );
        let row = self.row.val();
        // A build without int4 has no high half.
        let high = self.high.val() && A > self._lanes;
        let first = if high { self._lanes } else { 0 };
        self.values.next = Values(std::array::from_fn(|s| {
            std::array::from_fn(|v| {
                let (lane, col) = match self.interleaved.val() {
                    true => (minor + v, major),
                    false => (major, minor + v),
                };
                let lanes = &row.0[s][first..][..self._lanes];
                let cell = lanes.get(lane).and_then(|cells| cells.get(col));
                cell.map_or(0, |&cell| i64::from(cell))
            })
        }));
    }

    fn connect(&mut self) {
        self.values.connect();
    }

    fn hdl(&self) -> Verilog {
        let (lanes, bits) = (self._lanes, log2(F));
        let mut text = String::new();
        if A == lanes {
            text.push_str("wire unused_bits = &{1'b0, high};\n");
        }
        for v in 0..V {
            text.push_str(&format!(
                "\
wire [6:0] across_{v} = {{1'b0, minor}} + 7'd{v};
wire [6:0] lane_{v} = interleaved ? across_{v} : {{1'b0, major}};
wire [6:0] column_{v} = interleaved ? {{1'b0, major}} : across_{v};
wire inside_{v} = (lane_{v} < 7'd{lanes}) & (column_{v} < 7'd{F});
"
            ));
            // The cell's place in its slice's row, in bits: half, lane, column.
            let half = if A > lanes { "high, " } else { "" };
            let lane = match log2(lanes) {
                0 => String::new(),
                bits => format!("lane_{v}[{bits}-1:0], "),
            };
            let place = format!("{{{half}{lane}column_{v}[{bits}-1:0], 5'd0}}");
            for s in 0..S {
                let cells = A * F * 32;
                text.push_str(&format!(
                    "\
wire [{cells}-1:0] cells_{s}_{v} = row[{from} +: {cells}];
assign values[{to} +: 32] = inside_{v} ? cells_{s}_{v}[{place} +: 32] : 32'd0;
",
                    from = s * cells,
                    to = (s * V + v) * 32,
                ));
            }
        }
        Verilog::Custom(text)
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct LaneFolder<const S: usize, const A: usize, const F: usize, const V: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub row_valid: Signal<In, bool>,
    pub row: Signal<In, Cells<32, S, A, F>>,
    pub params: Signal<In, ContractParams>,
    /// The row is taken in this cycle, if it is valid.
    pub accept: Signal<Out, bool>,
    pub valid: Signal<Out, bool>,
    pub values: Signal<Out, Values<32, S, V>>,
    pub count: Signal<Out, U<6>>,
    pub taken: Signal<In, bool>,
    pick: Pick<S, A, F, V>,
    busy: DFF<bool>,
    held: DFF<Cells<32, S, A, F>>,
    held_params: DFF<ContractParams>,
    major: DFF<U<6>>,
    minor: DFF<U<6>>,
    high: DFF<bool>,
    length: Signal<Local, U<6>>,
    runs: Signal<Local, U<6>>,
    left: Signal<Local, U<6>>,
    group: Signal<Local, U<6>>,
    run_ends: Signal<Local, bool>,
    half_ends: Signal<Local, bool>,
    ends: Signal<Local, bool>,
    accepts: Signal<Local, bool>,
}

impl<const S: usize, const A: usize, const F: usize, const V: usize> LaneFolder<S, A, F, V> {
    /// A folder whose rows have `lanes` lanes in each half.
    pub fn new(lanes: usize) -> Self {
        LaneFolder {
            clock: Default::default(),
            reset: Default::default(),
            row_valid: Default::default(),
            row: Default::default(),
            params: Default::default(),
            accept: Default::default(),
            valid: Default::default(),
            values: Default::default(),
            count: Default::default(),
            taken: Default::default(),
            pick: Pick::new(lanes),
            busy: Default::default(),
            held: Default::default(),
            held_params: Default::default(),
            major: Default::default(),
            minor: Default::default(),
            high: Default::default(),
            length: Default::default(),
            runs: Default::default(),
            left: Default::default(),
            group: Default::default(),
            run_ends: Default::default(),
            half_ends: Default::default(),
            ends: Default::default(),
            accepts: Default::default(),
        }
    }
}

impl<const S: usize, const A: usize, const F: usize, const V: usize> Logic
    for LaneFolder<S, A, F, V>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, busy, held, held_params, major, minor, high);
        self.length.next = self.held_params.q.val().cols;
        self.runs.next = self.held_params.q.val().lanes.get_bits::<6>(0);
        if self.held_params.q.val().interleaved {
            self.length.next = self.held_params.q.val().lanes.get_bits::<6>(0);
            self.runs.next = self.held_params.q.val().cols;
        }
        self.group.next = self.held_params.q.val().group.get_bits::<6>(0);
        self.left.next = self.length.val() - self.minor.q.val();
        self.run_ends.next = self.left.val() <= self.group.val();
        self.half_ends.next =
            self.run_ends.val() && ((self.major.q.val() + 1.into()) == self.runs.val());
        self.ends.next =
            self.half_ends.val() && (self.high.q.val() || (!self.held_params.q.val().nibbles));
        self.count.next = self.group.val();
        if self.run_ends.val() {
            self.count.next = self.left.val();
        }
        self.accepts.next = (!self.busy.q.val()) || (self.ends.val() && self.taken.val());
        self.accept.next = self.accepts.val();
        if self.taken.val() {
            self.minor.d.next = self.minor.q.val() + self.group.val();
            if self.run_ends.val() {
                self.minor.d.next = 0.into();
                self.major.d.next = self.major.q.val() + 1.into();
            }
            if self.half_ends.val() {
                self.major.d.next = 0.into();
                self.high.d.next = true;
            }
            if self.ends.val() {
                self.busy.d.next = false;
            }
        }
        if self.row_valid.val() && self.accepts.val() {
            self.busy.d.next = true;
            self.held.d.next = self.row.val();
            self.held_params.d.next = self.params.val();
            self.major.d.next = 0.into();
            self.minor.d.next = 0.into();
            self.high.d.next = false;
        }
        if self.reset.val() {
            self.busy.d.next = false;
        }
        self.pick.row.next = self.held.q.val();
        self.pick.interleaved.next = self.held_params.q.val().interleaved;
        self.pick.major.next = self.major.q.val();
        self.pick.minor.next = self.minor.q.val();
        self.pick.high.next = self.high.q.val();
        self.values.next = self.pick.values.val();
        self.valid.next = self.busy.q.val();
    }
}
