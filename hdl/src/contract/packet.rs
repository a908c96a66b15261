//! The packet reducer: an adder tree whose depth is chosen per command.
//!
//! ```text
//! products ──> [+ F/2] ──> [+ F/4] ──reg──> [+ F/8] ──> .. ──> columns        level k adds if depth > k
//! ```
//!
//! Level k adds to each column the one F >> (k + 1) further on, so that after `depth` levels column c
//! below F >> depth holds the sum of the products f = c modulo F >> depth. Columns above are not used.
//! Combinational; the contraction engine puts a register after level 1.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};

/// Two neighbouring levels of the tree: `FIRST` and `FIRST + 1`.
#[derive(LogicBlock)]
pub struct Levels<const S: usize, const A: usize, const F: usize> {
    pub depth: Signal<In, U<3>>,
    pub cells: Signal<In, Cells<21, S, A, F>>,
    pub sums: Signal<Out, Cells<21, S, A, F>>,
    first: Constant<U<3>>,
    second: Constant<U<3>>,
    first_distance: Constant<U<6>>,
    second_distance: Constant<U<6>>,
    partial: Signal<Local, Cells<21, S, A, F>>,
    total: Signal<Local, Cells<21, S, A, F>>,
}

impl<const S: usize, const A: usize, const F: usize> Levels<S, A, F> {
    /// Levels `first` and `first + 1`; those that a tree over F columns does not have never add.
    pub fn new(first: usize) -> Self {
        // No depth is above 7.
        let level = |level: usize| {
            U::new(if F >> (level + 1) > 0 {
                level as u64
            } else {
                7
            })
        };
        Levels {
            depth: Default::default(),
            cells: Default::default(),
            sums: Default::default(),
            first: Constant::new(level(first)),
            second: Constant::new(level(first + 1)),
            first_distance: Constant::new(U::new((F >> (first + 1)) as u64)),
            second_distance: Constant::new(U::new((F >> (first + 2)) as u64)),
            partial: Default::default(),
            total: Default::default(),
        }
    }
}

impl<const S: usize, const A: usize, const F: usize> Logic for Levels<S, A, F> {
    #[hdl_gen]
    fn update(&mut self) {
        self.partial.next = self.cells.val();
        if self.depth.val() > self.first.val() {
            self.partial.next = self.cells.val() + (self.cells.val() >> self.first_distance.val());
        }
        self.total.next = self.partial.val();
        if self.depth.val() > self.second.val() {
            self.total.next =
                self.partial.val() + (self.partial.val() >> self.second_distance.val());
        }
        self.sums.next = self.total.val();
    }
}
