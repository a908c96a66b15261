//! Operand select: which TRF bytes meet the stream flit.
//!
//! ```text
//! TRF row (L x F bytes) ──┬─ as it is ────────────────────────────┐
//!                         └─ splat: byte (at + skew * lane) mod F ─┴──> w (L x F bytes)
//! ```
//!
//! A leaf block: one multiplexer per byte.

use rust_hdl::prelude::*;

use crate::types::{Operands, U};
use crate::verilog::log2;

/// See the module's documentation. Combinational.
#[derive(LogicBlock, Default)]
pub struct OperandSelect<const S: usize, const L: usize, const F: usize> {
    pub row: Signal<In, Operands<S, L, F>>,
    pub splat: Signal<In, bool>,
    pub skew: Signal<In, bool>,
    pub at: Signal<In, U<5>>,
    pub w: Signal<Out, Operands<S, L, F>>,
}

impl<const S: usize, const L: usize, const F: usize> Logic for OperandSelect<S, L, F> {
    fn update(&mut self) {
        self.w.next = self.row.val();
        if self.splat.val() {
            for slice in &mut self.w.next.0 {
                for (lane, bytes) in slice.iter_mut().enumerate() {
                    let skew = if self.skew.val() { lane } else { 0 };
                    *bytes = [bytes[(self.at.val().value() as usize + skew) % F]; F];
                }
            }
        }
    }

    fn connect(&mut self) {
        self.w.connect();
    }

    fn hdl(&self) -> Verilog {
        let bits = log2(F);
        let mut text = "wire unused_bits = &{1'b0, at};\n".to_string();
        for l in 0..L {
            text.push_str(&format!(
                "wire [{bits}-1:0] from_{l} = at[{bits}-1:0] + (skew ? {bits}'d{} : {bits}'d0);\n",
                l % F
            ));
        }
        for s in 0..S {
            for l in 0..L {
                let (at, flit) = ((s * L + l) * F * 8, F * 8);
                text.push_str(&format!(
                    "\
wire [{flit}-1:0] bytes_{s}_{l} = row[{at} +: {flit}];
assign w[{at} +: {flit}] = splat ? {{{F}{{bytes_{s}_{l}[{{from_{l}, 3'd0}} +: 8]}}}} : bytes_{s}_{l};
"
                ));
            }
        }
        Verilog::Custom(text)
    }
}
