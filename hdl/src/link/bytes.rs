//! Parts of a flit: leaf blocks of wires.
//!
//! ```text
//! flit ──> byte 0 ──> value           value ──> byte F - 1 of a flit of zeros
//! flit ──> two neighbouring bytes ──> value
//! ```

use rust_hdl::prelude::*;

use crate::types::{Flits, U};
use crate::verilog::log2;

/// The first byte of a flit.
#[derive(LogicBlock, Default)]
pub struct FirstByte<const F: usize> {
    pub flit: Signal<In, Flits<1, F>>,
    pub value: Signal<Out, U<8>>,
}

impl<const F: usize> Logic for FirstByte<F> {
    fn update(&mut self) {
        self.value.next = U::new(self.flit.val().0[0][0] as u64);
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let text = "assign value = flit[7:0];\nwire unused_bits = &{1'b0, flit};\n";
        Verilog::Custom(text.to_string())
    }
}

/// Two neighbouring bytes of a flit, the first one lowest.
#[derive(LogicBlock, Default)]
pub struct Half<const F: usize> {
    pub flit: Signal<In, Flits<1, F>>,
    /// Which, below F / 2.
    pub number: Signal<In, U<5>>,
    pub value: Signal<Out, U<16>>,
}

impl<const F: usize> Logic for Half<F> {
    fn update(&mut self) {
        let first = 2 * self.number.val().value() as usize % F;
        let byte = |i: usize| u64::from(self.flit.val().0[0][i] as u8);
        self.value.next = U::new(byte(first) | byte(first + 1) << 8);
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let top = log2(F) - 2;
        Verilog::Custom(format!(
            "assign value = flit[{{number[{top}:0], 4'd0}} +: 16];\nwire unused_bits = &{{1'b0, flit, number}};\n"
        ))
    }
}

/// A flit whose last byte is given; the others are zero.
#[derive(LogicBlock, Default)]
pub struct LastByte<const F: usize> {
    pub value: Signal<In, U<8>>,
    pub flit: Signal<Out, Flits<1, F>>,
}

impl<const F: usize> Logic for LastByte<F> {
    fn update(&mut self) {
        let mut flit = [0; F];
        flit[F - 1] = self.value.val().value() as i8;
        self.flit.next = Flits([flit]);
    }

    fn connect(&mut self) {
        self.flit.connect();
    }

    fn hdl(&self) -> Verilog {
        let zeros = 8 * (F - 1);
        Verilog::Custom(format!("assign flit = {{value, {zeros}'d0}};\n"))
    }
}
