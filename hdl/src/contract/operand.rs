//! Operand select: which TRF bytes meet the stream flit.
//!
//! ```text
//! TRF row (L x F bytes) ──┬─ as it is ────────────────────────────┐
//!                         └─ splat: byte (at + skew * lane) mod F ─┴──> w (L x F bytes)
//! ```
//!
//! In a build with fewer columns than F, each C bytes of the flit meet a byte of their own: the next ones follow.
//! Each lane has its own registers of what is said to all (kept by synthesis, too): no signal reaches more than the
//! bytes of one lane. Which word of the row a byte is in, or that it is the column's own, is a bit each before it is used: so
//! nothing but the byte's place in its word is decoded in the cycle. A leaf block: one multiplexer per byte.

use rust_hdl::prelude::*;

use crate::types::{Operands, U};
use crate::verilog::log2;

/// Bytes of a row among which one is chosen, before one of so many of these is.
const WORD: usize = 4;

/// See the module's documentation. The flags count with the row of the second cycle after them; `w` is of this cycle's
/// row.
#[derive(LogicBlock)]
pub struct OperandSelect<const S: usize, const L: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub splat: Signal<In, bool>,
    pub skew: Signal<In, bool>,
    pub at: Signal<In, U<5>>,
    pub row: Signal<In, Operands<S, L, F>>,
    pub w: Signal<Out, Operands<S, L, F>>,
    _columns: usize,
    /// The flags of this cycle's row, and of the next one's.
    _now: Flags,
    _next: Flags,
}

/// What is said about the row.
#[derive(Default)]
struct Flags {
    splat: bool,
    skew: bool,
    at: usize,
}

impl<const S: usize, const L: usize, const F: usize> OperandSelect<S, L, F> {
    /// For lanes that have so many columns.
    pub fn new(columns: usize) -> Self {
        OperandSelect {
            clock: Default::default(),
            splat: Default::default(),
            skew: Default::default(),
            at: Default::default(),
            row: Default::default(),
            w: Default::default(),
            _columns: columns,
            _now: Flags::default(),
            _next: Flags::default(),
        }
    }
}

impl<const S: usize, const L: usize, const F: usize> Logic for OperandSelect<S, L, F> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let new = Flags {
                splat: self.splat.val(),
                skew: self.skew.val(),
                at: self.at.val().value() as usize,
            };
            self._now = std::mem::replace(&mut self._next, new);
        }
        self.w.next = self.row.val();
        if self._now.splat {
            for slice in &mut self.w.next.0 {
                for (lane, bytes) in slice.iter_mut().enumerate() {
                    let skew = if self._now.skew { lane } else { 0 };
                    let first = self._now.at + skew;
                    *bytes = std::array::from_fn(|f| bytes[(first + f / self._columns) % F]);
                }
            }
        }
    }

    fn connect(&mut self) {
        self.w.connect();
    }

    fn hdl(&self) -> Verilog {
        let (bits, columns) = (log2(F), self._columns);
        let (in_word, words) = (log2(WORD), F / WORD);
        let mut text = "wire unused_bits = &{1'b0, at};\n".to_string();
        for (s, l) in (0..S).flat_map(|s| (0..L).map(move |l| (s, l))) {
            text.push_str(&format!(
                "\
reg [{bits}-1:0] from_{s}_{l};
reg splat_{s}_{l};
initial begin
    from_{s}_{l} = {bits}'d0;
    splat_{s}_{l} = 1'b0;
end
(* keep *) always @(posedge clock) begin
    from_{s}_{l} <= at[{bits}-1:0] + (skew ? {bits}'d{} : {bits}'d0);
    splat_{s}_{l} <= splat;
end
",
                l % F
            ));
        }
        for s in 0..S {
            for l in 0..L {
                let (lane, flit) = ((s * L + l) * F * 8, F * 8);
                text.push_str(&format!(
                    "\
reg own_{s}_{l};
initial own_{s}_{l} = 1'b1;
(* keep *) always @(posedge clock) own_{s}_{l} <= ~splat_{s}_{l};
wire [{flit}-1:0] bytes_{s}_{l} = row[{lane} +: {flit}];
"
                ));
                for k in 0..words {
                    let (bits, from) = (WORD * 8, lane + k * WORD * 8);
                    text.push_str(&format!(
                        "wire [{bits}-1:0] bytes_{s}_{l}_{k} = row[{from} +: {bits}];\n"
                    ));
                }
                for part in 0..F / columns {
                    let (name, wide) = (format!("{s}_{l}_{part}"), columns * 8);
                    let splat: Vec<String> = (0..words)
                        .map(|k| {
                            let byte = format!("bytes_{s}_{l}_{k}[{{byte_{name}, 3'd0}} +: 8]");
                            format!("({{{wide}{{word_{name}[{k}]}}}} & {{{columns}{{{byte}}}}})")
                        })
                        .collect();
                    let which = match words {
                        1 => String::new(),
                        _ => format!(" << from_{name}[{bits}-1:{in_word}]"),
                    };
                    text.push_str(&format!(
                        "\
wire [{bits}-1:0] from_{name} = from_{s}_{l} + {bits}'d{part};
reg [{in_word}-1:0] byte_{name};
reg [{words}-1:0] word_{name};
initial begin
    byte_{name} = {in_word}'d0;
    word_{name} = {words}'d0;
end
(* keep *) always @(posedge clock) begin
    byte_{name} <= from_{name}[{in_word}-1:0];
    word_{name} <= {{{words}{{splat_{s}_{l}}}}} & ({words}'d1{which});
end
assign w[{at} +: {wide}] = ({{{wide}{{own_{s}_{l}}}}} & bytes_{s}_{l}[{from} +: {wide}]) |
    {splat};
",
                        splat = splat.join(" |\n    "),
                        at = lane + part * wide,
                        from = part * wide,
                    ));
                }
            }
        }
        Verilog::Custom(text)
    }
}
