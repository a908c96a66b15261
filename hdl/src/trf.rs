//! The tensor register file: a flit for each lane in each row.
//!
//! ```text
//! trfload ──flit──> row, lane (or all lanes) ──> [ rows x L x F bytes, per slice ] ──> row, next cycle
//! ```
//!
//! One write and one read port; sub fills rows while main reads others. A leaf block: a memory.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::types::{Flits, Operands, U};

/// See the module's documentation. The read data holds while `read` is low.
#[derive(LogicBlock)]
pub struct Trf<const S: usize, const L: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, bool>,
    /// `row * L + lane`, modulo the size.
    pub write_at: Signal<In, U<28>>,
    pub write_all: Signal<In, bool>,
    pub write_data: Signal<In, Flits<S, F>>,
    pub read: Signal<In, bool>,
    /// Byte address in each lane: `row * F + byte`, modulo the size.
    pub read_at: Signal<In, U<32>>,
    pub row: Signal<Out, Operands<S, L, F>>,
    _rows: Vec<Operands<S, L, F>>,
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
            read: Default::default(),
            read_at: Default::default(),
            row: Default::default(),
            _rows: vec![Operands::default(); config.trf_rows],
        }
    }
}

impl<const S: usize, const L: usize, const F: usize> Logic for Trf<S, L, F> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let rows = self._rows.len();
        if self.read.val() {
            self.row.next = self._rows[self.read_at.val().value() as usize / F % rows];
        }
        if self.write.val() {
            let at = self.write_at.val().value() as usize;
            let row = &mut self._rows[at / L % rows];
            for (slice, flit) in row.0.iter_mut().zip(&self.write_data.val().0) {
                for (lane, bytes) in slice.iter_mut().enumerate() {
                    if self.write_all.val() || lane == at % L {
                        *bytes = *flit;
                    }
                }
            }
        }
    }

    fn connect(&mut self) {
        self.row.connect();
    }
}
