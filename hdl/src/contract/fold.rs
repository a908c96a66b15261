//! The lane folder: a row of accumulators leaves as flits of up to `group` values.
//!
//! ```text
//! row (L x F) ──> [ row register ] ──> pick (major, minor) ──> V values, count ──> commit
//! ```
//!
//! Sequential: major counts lanes, minor columns. Interleaved: major counts columns, minor lanes. A new
//! row is accepted when the folder is idle or its last flit leaves.

use rust_hdl::prelude::*;

use crate::decode::ContractParams;
use crate::types::{Cells, Values, U};

/// Picks V neighbouring values: a leaf block of multiplexers. Positions beyond the row are zero.
#[derive(LogicBlock, Default)]
pub struct Pick<const S: usize, const L: usize, const F: usize, const V: usize> {
    pub row: Signal<In, Cells<32, S, L, F>>,
    pub interleaved: Signal<In, bool>,
    pub major: Signal<In, U<6>>,
    pub minor: Signal<In, U<6>>,
    pub values: Signal<Out, Values<32, S, V>>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize> Logic for Pick<S, L, F, V> {
    fn update(&mut self) {
        let (major, minor) = (
            self.major.val().value() as usize,
            self.minor.val().value() as usize,
        );
        let row = self.row.val();
        self.values.next = Values(std::array::from_fn(|s| {
            std::array::from_fn(|v| {
                let (lane, col) = match self.interleaved.val() {
                    true => (minor + v, major),
                    false => (major, minor + v),
                };
                let cell = row.0[s].get(lane).and_then(|cells| cells.get(col));
                cell.map_or(0, |&cell| i64::from(cell))
            })
        }));
    }

    fn connect(&mut self) {
        self.values.connect();
    }
}

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct LaneFolder<const S: usize, const L: usize, const F: usize, const V: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub row_valid: Signal<In, bool>,
    pub row: Signal<In, Cells<32, S, L, F>>,
    pub params: Signal<In, ContractParams>,
    /// The row is taken in this cycle, if it is valid.
    pub accept: Signal<Out, bool>,
    pub valid: Signal<Out, bool>,
    pub values: Signal<Out, Values<32, S, V>>,
    pub count: Signal<Out, U<6>>,
    pub taken: Signal<In, bool>,
    pick: Pick<S, L, F, V>,
    busy: DFF<bool>,
    held: DFF<Cells<32, S, L, F>>,
    held_params: DFF<ContractParams>,
    major: DFF<U<6>>,
    minor: DFF<U<6>>,
    length: Signal<Local, U<6>>,
    runs: Signal<Local, U<6>>,
    left: Signal<Local, U<6>>,
    group: Signal<Local, U<6>>,
    run_ends: Signal<Local, bool>,
    ends: Signal<Local, bool>,
    accepts: Signal<Local, bool>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize> Logic
    for LaneFolder<S, L, F, V>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, busy, held, held_params, major, minor);
        self.length.next = self.held_params.q.val().cols;
        self.runs.next = self.held_params.q.val().lanes.get_bits::<6>(0);
        if self.held_params.q.val().interleaved {
            self.length.next = self.held_params.q.val().lanes.get_bits::<6>(0);
            self.runs.next = self.held_params.q.val().cols;
        }
        self.group.next = self.held_params.q.val().group.get_bits::<6>(0);
        self.left.next = self.length.val() - self.minor.q.val();
        self.run_ends.next = self.left.val() <= self.group.val();
        self.ends.next =
            self.run_ends.val() && ((self.major.q.val() + 1.into()) == self.runs.val());
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
        }
        if self.reset.val() {
            self.busy.d.next = false;
        }
        self.pick.row.next = self.held.q.val();
        self.pick.interleaved.next = self.held_params.q.val().interleaved;
        self.pick.major.next = self.major.q.val();
        self.pick.minor.next = self.minor.q.val();
        self.values.next = self.pick.values.val();
        self.valid.next = self.busy.q.val();
    }
}
