//! The arithmetic of commit: requantise, saturate, pack.
//!
//! ```text
//! factor ──> [ ] ──> [ ] ──┐
//! values ──────────> [ ] ──x──> [ low, high ] ──> + half ──> [ sum ] ──> >> shift ──> [ value ] ──> saturate ──> [ ] ──> pack, turn ──> bytes
//! ```
//!
//! Half of what the shift makes 1 is added before it, so that the shift rounds; if the sum has nothing but zeros
//! where the shift cuts, the product was in the middle, and the result's last bit goes: half to even. Whether a
//! value fits its type is seen before the shift, too. Which bits are below and beyond depends on the shift and
//! the type alone: masks, made once for all values. An odd shift is one more, of twice the factor: so it takes a
//! multiple of 8, then 0, 2, 4 or 6. A leaf block; one flit per cycle, the arithmetic is [`tcpu_isa::requant`],
//! bit by bit.

use rust_hdl::prelude::*;
use tcpu_isa::requant::{digits, requant};
use tcpu_isa::OutType;

use crate::types::{Flits, Values, U};
use crate::verilog::turn;

/// See the module's documentation. The bytes of a flit show five cycles after its values: values side by side, and
/// again behind them where a type does not fill the flit; all turned left, by up to three bytes.
#[derive(LogicBlock)]
pub struct Requant<const S: usize, const F: usize, const V: usize> {
    pub clock: Signal<In, Clock>,
    pub values: Signal<In, Values<32, S, V>>,
    /// In the cycle before the values: [`tcpu_isa::OutType`], factor, shift and turn.
    pub out: Signal<In, U<2>>,
    pub mult: Signal<In, U<16>>,
    pub shift: Signal<In, U<6>>,
    pub turn: Signal<In, U<2>>,
    pub bytes: Signal<Out, Flits<S, F>>,
    _stages: [Flits<S, F>; 4],
    _factor: Factor,
}

/// Type, factor, shift and turn.
type Factor = (U<2>, U<16>, U<6>, U<2>);

impl<const S: usize, const F: usize, const V: usize> Default for Requant<S, F, V> {
    fn default() -> Self {
        Requant {
            clock: Default::default(),
            values: Default::default(),
            out: Default::default(),
            mult: Default::default(),
            shift: Default::default(),
            turn: Default::default(),
            bytes: Default::default(),
            _stages: Default::default(),
            _factor: Default::default(),
        }
    }
}

impl<const S: usize, const F: usize, const V: usize> Requant<S, F, V> {
    /// The bytes that a slice's values become.
    fn pack(&self, values: &[i64; V]) -> [i8; F] {
        let (out, mult, shift, turn) = self._factor;
        let out = match out.value() {
            0 => OutType::I8,
            1 => OutType::I16,
            2 => OutType::I32,
            _ => OutType::Digits,
        };
        let size = out.bytes();
        let bytes = values.map(|x| {
            let value = requant(x as i32, mult.value() as u16, shift.value() as u8, out);
            match out {
                OutType::Digits => digits(value),
                _ => value.to_le_bytes().map(|byte| byte as i8),
            }
        });
        let mut packed: [i8; F] = std::array::from_fn(|i| bytes[i / size % V][i % size]);
        packed.rotate_right(turn.value() as usize);
        packed
    }
}

impl<const S: usize, const F: usize, const V: usize> Logic for Requant<S, F, V> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let [first, second, third, fourth] = self._stages;
        self.bytes.next = fourth;
        let packed = Flits(self.values.val().0.map(|values| self.pack(&values)));
        self._stages = [packed, first, second, third];
        self._factor = (
            self.out.val(),
            self.mult.val(),
            self.shift.val(),
            self.turn.val(),
        );
    }

    fn connect(&mut self) {
        self.bytes.connect();
    }

    /// A slice has its own registers of all that is the same for all slices, a value its own of factor and shift, kept by
    /// synthesis: no signal reaches more than one multiplier or shifter, and none has to reach all of the part at once.
    fn hdl(&self) -> Verilog {
        // What a shift by multiples of 8 can put at a bit.
        let coarse: Vec<String> = (0..=6)
            .map(|k| {
                format!(
                    "(sum_2[(i + {0} > 49) ? 49 : i + {0}] & eights_2[{k}])",
                    8 * k
                )
            })
            .collect();
        let turn_left = turn("left", F, 2);
        Verilog::Custom(format!(
            "\
{turn_left}genvar s, v, i;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        wire [{V} * 8 - 1:0] bytes_;
        wire [{V} * 16 - 1:0] halves;
        wire [{V} * 32 - 1:0] wholes;
        wire [{F} * 8 - 1:0] flit;
        reg [1:0] out_in, out_0, out_1, out_2, out_3, out_4;
        reg [1:0] turn_in, turn_0, turn_1, turn_2, turn_3, turn_4;
        reg [16:0] mult_in;
        reg [4:0] pairs_in, pairs_0, pairs_1;
        reg [49:0] half_1, below_2, beyond_2;
        reg rounds_2;
        initial begin
            out_in = 2'd0;
            out_0 = 2'd0;
            out_1 = 2'd0;
            out_2 = 2'd0;
            out_3 = 2'd0;
            out_4 = 2'd0;
            turn_in = 2'd0;
            turn_0 = 2'd0;
            turn_1 = 2'd0;
            turn_2 = 2'd0;
            turn_3 = 2'd0;
            turn_4 = 2'd0;
            mult_in = 17'd0;
            pairs_in = 5'd0;
            pairs_0 = 5'd0;
            pairs_1 = 5'd0;
            half_1 = 50'd0;
            below_2 = 50'd0;
            beyond_2 = 50'd0;
            rounds_2 = 1'b0;
        end
        wire [5:0] sign_1 = (out_1 == 2'd0) ? 6'd7 : (out_1 == 2'd1) ? 6'd15 : 6'd31;
        (* keep *) always @(posedge clock) begin
            out_in <= out;
            out_0 <= out_in;
            out_1 <= out_0;
            out_2 <= out_1;
            out_3 <= out_2;
            out_4 <= out_3;
            turn_in <= turn;
            turn_0 <= turn_in;
            turn_1 <= turn_0;
            turn_2 <= turn_1;
            turn_3 <= turn_2;
            turn_4 <= turn_3;
            mult_in <= shift[0] ? {{mult, 1'b0}} : {{1'b0, mult}};
            pairs_in <= shift[5:1] + {{4'd0, shift[0]}};
            pairs_0 <= pairs_in;
            pairs_1 <= pairs_0;
            half_1 <= (50'd1 << {{pairs_0, 1'b0}}) >> 1;
            below_2 <= ~({{50{{1'b1}}}} << {{pairs_1, 1'b0}});
            beyond_2 <= ({{50{{1'b1}}}} << {{pairs_1, 1'b0}}) << sign_1;
            rounds_2 <= |pairs_1;
        end
        for (v = 0; v < {V}; v = v + 1) begin : one
            reg [31:0] x;
            reg [16:0] mult_0;
            reg signed [35:0] low_1;
            reg signed [31:0] high_1;
            reg [49:0] sum_2;
            reg [6:0] eights_2;
            reg [1:0] pairs_2;
            reg [31:0] value_3;
            reg negative_3, over_3, even_3;
            reg [1:0] type_3;
            reg [31:0] ended_4;
            initial begin
                x = 32'd0;
                mult_0 = 17'd0;
                low_1 = 36'd0;
                high_1 = 32'd0;
                sum_2 = 50'd0;
                eights_2 = 7'd0;
                pairs_2 = 2'd0;
                value_3 = 32'd0;
                negative_3 = 1'b0;
                over_3 = 1'b0;
                even_3 = 1'b0;
                type_3 = 2'd0;
                ended_4 = 32'd0;
            end
            wire [37:0] coarse;
            for (i = 0; i < 38; i = i + 1) begin : bit_
                assign coarse[i] = {coarse};
            end
            wire [31:0] shifted = pairs_2[1] ?
                (pairs_2[0] ? coarse[37:6] : coarse[35:4]) : (pairs_2[0] ? coarse[33:2] : coarse[31:0]);
            wire unused_bits = &{{1'b0, low_1[35:34]}};
            (* keep *) always @(posedge clock) begin
                mult_0 <= mult_in;
                eights_2 <= 7'd1 << pairs_1[4:2];
                pairs_2 <= pairs_1[1:0];
                type_3 <= out_2;
            end
            always @(posedge clock) begin
                x <= values[(s * {V} + v) * 32 +: 32];
                low_1 <= $signed({{1'b0, x[16:0]}}) * $signed({{1'b0, mult_0}});
                high_1 <= $signed(x[31:17]) * $signed({{1'b0, mult_0}});
                sum_2 <= {{high_1[31], high_1, 17'd0}} + {{16'd0, low_1[33:0]}} + half_1;
                value_3 <= shifted;
                even_3 <= rounds_2 & ~(|(sum_2 & below_2));
                negative_3 <= sum_2[49];
                over_3 <= |((sum_2 ^ {{50{{sum_2[49]}}}}) & beyond_2);
            end
            wire [31:0] value = {{value_3[31:1], value_3[0] & ~even_3}};
            // The end of the type's range: its top bit is the sign, the bits below it are the sign's opposite.
            wire [31:0] end_ = {{negative_3, {{15{{~negative_3}}}}, (type_3 == 2'd1) ? negative_3 : ~negative_3,
                {{7{{~negative_3}}}}, (type_3 == 2'd0) ? negative_3 : ~negative_3, {{7{{~negative_3}}}}}};
            // Lower digits are unsigned with 128 added; a flipped top bit takes it off. What is above the largest
            // digits, 0x7f7f7f7f, overflows with that: seen beside the sum, not behind it.
            wire [31:0] biased = {{value[31:7] + 25'h10101, value[6:0]}};
            wire beyond_digits = (&value[30:24]) &
                (value[23] | ((&value[22:16]) & (value[15] | ((&value[14:8]) & value[7]))));
            wire above = ~negative_3 & (over_3 | beyond_digits);
            wire under = negative_3 & over_3;
            wire [31:0] ended = above ? 32'h7fffffff : under ? 32'h80808080 : biased;
            wire [31:0] digits = {{ended[7:0] ^ 8'h80, ended[15:8] ^ 8'h80, ended[23:16] ^ 8'h80, ended[31:24]}};
            always @(posedge clock) ended_4 <= (type_3 == 2'd3) ? digits : over_3 ? end_ : value;
            assign bytes_[v * 8 +: 8] = ended_4[7:0];
            assign halves[v * 16 +: 16] = ended_4[15:0];
            assign wholes[v * 32 +: 32] = ended_4;
        end
        for (i = 0; i < {F}; i = i + 1) begin : packed_
            assign flit[i * 8 +: 8] =
                (out_4 == 2'd0) ? bytes_[(i % {V}) * 8 +: 8] :
                (out_4 == 2'd1) ? halves[(i % ({V} * 2)) * 8 +: 8] : wholes[i * 8 +: 8];
        end
        assign bytes[s * {F} * 8 +: {F} * 8] = turn_left(flit, turn_4);
    end
endgenerate
",
            coarse = coarse.join(" |\n                    ")
        ))
    }
}
