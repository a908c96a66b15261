//! A small memory that answers in the same cycle.
//!
//! ```text
//! write, write_at, data ──clock──> [ words of LUT RAM ] ──> value        read_at: same cycle
//! ```
//!
//! A leaf block. What is written in a cycle is read from the next one on.

use rust_hdl::prelude::*;

use crate::types::U;

/// See the module's documentation. N address bits.
#[derive(LogicBlock)]
pub struct Lookup<T: Synth, const N: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, bool>,
    pub write_at: Signal<In, U<N>>,
    pub data: Signal<In, T>,
    pub read_at: Signal<In, U<N>>,
    pub value: Signal<Out, T>,
    _words: Vec<T>,
}

impl<T: Synth, const N: usize> Default for Lookup<T, N> {
    fn default() -> Self {
        Lookup {
            clock: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            data: Default::default(),
            read_at: Default::default(),
            value: Default::default(),
            _words: vec![T::default(); 1 << N],
        }
    }
}

impl<T: Synth, const N: usize> Logic for Lookup<T, N> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.write.val() {
            self._words[self.write_at.val().value() as usize] = self.data.val();
        }
        self.value.next = self._words[self.read_at.val().value() as usize];
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let (words, width) = (self._words.len(), T::BITS);
        Verilog::Custom(format!(
            "\
(* ram_style = \"distributed\" *)
reg [{top}:0] words [0:{last}];
integer i;
initial for (i = 0; i < {words}; i = i + 1) words[i] = {{{width}{{1'b0}}}};
assign value = words[read_at];
always @(posedge clock) if (write) words[write_at] <= data;
",
            top = width - 1,
            last = words - 1,
        ))
    }
}
