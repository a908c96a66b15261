//! The multipliers, with the registers that an FPGA's multiplier block has inside.
//!
//! ```text
//! x (F bytes) ──────────────────> [x] ─┐
//!                                      x ──> [product] ──┬─ bits 0 to 11 (nibbles) or 15 ──> low lane
//! w (L x F bytes) ─┬─ as it is ─> [w] ─┘                 └─ bits 12 and up, + bit 11 ──────> high lane
//!                  └─ nibbles: high << 12 + low
//! ```
//!
//! One multiplier per byte of each lane. A pair of int4 weights goes into one operand of 18 bits: the two
//! products do not overlap (each fits 12 bits, for |x| <= 128 and |w| <= 8), and what a negative low product
//! has borrowed from the high one is its top bit. A leaf block: the pieces are bit fields.
//!
//! Where a part has too few multipliers, some are made of look-up tables, between the same registers:
//!
//! ```text
//! x & w0, x & w1 ──> [+] ──> [+] ──> [+] ──> [product]        a tree over the weight's bits; the last one,
//! x & w2, x & w3 ──> [+] ───^         ^                       the sign, is subtracted
//!             .. ──────────> [+] ─────┘
//! ```
//!
//! An ECP5's carry cells do the and-ing, too (`synth/src/carry.rs`): 72 tables for each. Its stream byte, which eight rows
//! want at once, is in a register of its own.

use rust_hdl::prelude::*;

use crate::types::{Cells, Flits, Operands};

/// See the module's documentation. A is L, or 2 L where a multiplier can make two products; the low lanes come
/// first. Without `nibbles` the high lanes mean nothing.
#[derive(LogicBlock)]
pub struct Multipliers<const S: usize, const L: usize, const F: usize, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub x: Signal<In, Flits<S, F>>,
    pub w: Signal<In, Operands<S, L, F>>,
    pub nibbles: Signal<In, bool>,
    /// In the second cycle after the operands.
    pub products: Signal<Out, Cells<16, S, A, F>>,
    _x: Flits<S, F>,
    _w: Cells<18, S, L, F>,
    _nibbles: bool,
    _logic: usize,
}

impl<const S: usize, const L: usize, const F: usize, const A: usize> Multipliers<S, L, F, A> {
    /// Multipliers of which, in each slice, `logic` are made of look-up tables: those of the first columns. None can
    /// be if a multiplier makes two products.
    pub fn new(logic: usize) -> Self {
        Multipliers {
            clock: Default::default(),
            x: Default::default(),
            w: Default::default(),
            nibbles: Default::default(),
            products: Default::default(),
            _x: Default::default(),
            _w: Default::default(),
            _nibbles: false,
            _logic: logic,
        }
    }
}

/// The multiplier's operand for a TRF byte.
fn operand(byte: i8, nibbles: bool) -> i32 {
    match nibbles {
        true => (i32::from(byte >> 4) << 12) + i32::from(byte << 4 >> 4),
        false => i32::from(byte),
    }
}

/// The low and the high product in a multiplier's result.
fn split(product: i32, nibbles: bool) -> [i32; 2] {
    let low = match nibbles {
        true => product << 20 >> 20,
        false => product,
    };
    [low, (product >> 12) + (product >> 11 & 1)]
}

/// Verilog of a multiplier of look-up tables: `exact` of `x_near` and `w_taken`, all signed.
fn tree() -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str("                    ");
        text.push_str(&words);
        text.push('\n');
    };
    for i in 0..8 {
        line(format!(
            "wire [7:0] row_{i} = x_near & {{8{{w_taken[{i}]}}}};"
        ));
    }
    for i in 0..4 {
        let (low, high) = (2 * i, 2 * i + 1);
        let sign = if high == 7 { '-' } else { '+' };
        line(format!("wire [9:0] pair_{i} = {{{{2{{row_{low}[7]}}}}, row_{low}}} {sign} {{row_{high}[7], row_{high}, 1'b0}};"));
    }
    for i in 0..2 {
        let (low, high) = (2 * i, 2 * i + 1);
        line(format!("wire [11:0] quad_{i} = {{{{2{{pair_{low}[9]}}}}, pair_{low}}} + {{pair_{high}, 2'd0}};"));
    }
    line("wire [15:0] exact = {{4{quad_0[11]}}, quad_0} + {quad_1, 4'd0};".to_string());
    text
}

impl<const S: usize, const L: usize, const F: usize, const A: usize> Logic
    for Multipliers<S, L, F, A>
{
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        for s in 0..S {
            for a in 0..A {
                let (half, l) = (a / L, a % L);
                for f in 0..F {
                    let product = i32::from(self._x.0[s][f]) * self._w.0[s][l][f];
                    self.products.next.0[s][a][f] = split(product, self._nibbles)[half];
                }
            }
        }
        let nibbles = self.nibbles.val();
        self._x = self.x.val();
        self._w = Cells(
            self.w
                .val()
                .0
                .map(|lanes| lanes.map(|bytes| bytes.map(|byte| operand(byte, nibbles)))),
        );
        self._nibbles = nibbles;
    }

    fn connect(&mut self) {
        self.products.connect();
    }

    fn hdl(&self) -> Verilog {
        let pairs = A > L;
        // Bits of a multiplier's second operand and of its product.
        let (wide, product) = if pairs { (18, 26) } else { (8, 16) };
        let (modes, high, operand) = match pairs {
            true => (
                "\
reg pairs_taken, pairs_made;
initial begin
    pairs_taken = 1'b0;
    pairs_made = 1'b0;
end
always @(posedge clock) begin
    pairs_taken <= nibbles;
    pairs_made <= pairs_taken;
end
",
                "\
                wire [5:0] high = {{2{weight[7]}}, weight[7:4]} - {5'd0, weight[3]};
",
                "nibbles ? {high, {8{weight[3]}}, weight[3:0]} : {{10{weight[7]}}, weight}",
            ),
            false => ("wire unused_bits = &{1'b0, nibbles};\n", "", "weight"),
        };
        let results = match pairs {
            true => format!(
                "\
                assign products[((s * {A} + l) * {F} + f) * 16 +: 16] =
                    {{pairs_made ? {{4{{product[11]}}}} : product[15:12], product[11:0]}};
                assign products[((s * {A} + {L} + l) * {F} + f) * 16 +: 16] =
                    {{{{2{{product[25]}}}}, product[25:12]}} + {{15'd0, product[11]}};
"
            ),
            false => format!(
                "                assign products[((s * {A} + l) * {F} + f) * 16 +: 16] = product;\n"
            ),
        };
        let multiplied = match self._logic {
            0 => "always @(posedge clock) product <= x_taken * w_taken;".to_string(),
            logic => format!(
                "if (f * {L} + l < {logic}) begin : tables
                    wire unused_x = &{{1'b0, x_taken}};
                    reg signed [7:0] x_near;
                    initial x_near = 8'd0;
                    (* keep *) always @(posedge clock) x_near <= x[(s * {F} + f) * 8 +: 8];
{tree}                    always @(posedge clock) product <= exact;
                end else begin : block
                    always @(posedge clock) product <= x_taken * w_taken;
                end",
                tree = tree(),
            ),
        };
        Verilog::Custom(format!(
            "\
{modes}genvar s, f, l;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        for (f = 0; f < {F}; f = f + 1) begin : column
            reg signed [7:0] x_taken;
            initial x_taken = 8'd0;
            always @(posedge clock) x_taken <= x[(s * {F} + f) * 8 +: 8];
            for (l = 0; l < {L}; l = l + 1) begin : lane
                wire [7:0] weight = w[((s * {L} + l) * {F} + f) * 8 +: 8];
{high}                reg signed [{w_top}:0] w_taken;
                reg signed [{p_top}:0] product;
                initial begin
                    w_taken = {wide}'d0;
                    product = {product}'d0;
                end
                always @(posedge clock) w_taken <= {operand};
                {multiplied}
{results}            end
        end
    end
endgenerate
",
            w_top = wide - 1,
            p_top = product - 1,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tcpu_isa::int4;

    /// Both products of every byte and every pair of weights are exact.
    #[test]
    fn products_do_not_disturb_each_other() {
        for x in i8::MIN..=i8::MAX {
            for byte in i8::MIN..=i8::MAX {
                let [low, high] = int4::halves(byte);
                let x = i32::from(x);
                let pair = [x * i32::from(low), x * i32::from(high)];
                assert_eq!(split(x * operand(byte, true), true), pair);
                assert_eq!(
                    split(x * operand(byte, false), false)[0],
                    x * i32::from(byte)
                );
            }
        }
    }
}
