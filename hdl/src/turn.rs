//! A flit turned left by up to three bytes.
//!
//! ```text
//! data ──> turn ──> turned
//!  bytes ───^
//! ```
//!
//! Where a flit waits on its way into DM, half of its turn is made before and half behind: so neither has the whole of it
//! in a cycle. Combinational; a leaf block.

use rust_hdl::prelude::*;

use crate::types::{Flits, U};
use crate::verilog::turn;

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct Turn<const F: usize> {
    pub data: Signal<In, Flits<1, F>>,
    pub bytes: Signal<In, U<2>>,
    pub turned: Signal<Out, Flits<1, F>>,
}

impl<const F: usize> Logic for Turn<F> {
    fn update(&mut self) {
        let mut data = self.data.val();
        data.0[0].rotate_right(self.bytes.val().value() as usize);
        self.turned.next = data;
    }

    fn connect(&mut self) {
        self.turned.connect();
    }

    fn hdl(&self) -> Verilog {
        let turn_left = turn("left", F, 2);
        Verilog::Custom(format!(
            "{turn_left}assign turned = turn_left(data, bytes);\n"
        ))
    }
}
