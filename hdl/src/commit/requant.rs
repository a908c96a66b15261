//! The arithmetic of commit: requantise, saturate, pack.
//!
//! ```text
//! factor ──> [ ] ──> [ ] ──┐
//! values ──────────> [ ] ──x──> [ low, high ] ──> + ──> [ product ] ──> >> 8s ──> [ coarse ] ──> >> 2s ──> [ value ] ─┐
//!       bytes <── [ ] <── pack, turn <── [ ended ] <── saturate, order of digits <── [ rounded ] <── + 1, for digits ──┘
//! ```
//!
//! The shift leaves the bit below the value's last one, and whether there is anything below that: so the value goes up by
//! one, half to even. In the same sum 128 is added to each of the lower digits. What is beyond a type's range is seen
//! before the shift, and whether the one more is too much beside the sum. Which bits are below and beyond depends on
//! the shift and the type alone: masks, made once for all values. An odd shift is one more, of twice the factor: so it
//! takes a multiple of 8, then 0, 2, 4 or 6. A leaf block; one flit per cycle, the arithmetic is
//! [`tcpu_isa::requant`], bit by bit.

use rust_hdl::prelude::*;
use tcpu_isa::requant::{digits, requant};
use tcpu_isa::OutType;

use crate::types::{Flits, Values, U};

/// See the module's documentation. The bytes of a flit show eight cycles after its values: values side by side, and
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
    _stages: [Flits<S, F>; 7],
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
        let packed = Flits(self.values.val().0.map(|values| self.pack(&values)));
        self._stages.rotate_right(1);
        self.bytes.next = std::mem::replace(&mut self._stages[0], packed);
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

    /// A slice has its own registers of all that is the same for all slices, a value its own of factor, shift and type,
    /// kept by synthesis: no signal reaches more than one multiplier or shifter, and none has to reach all of the part at
    /// once.
    fn hdl(&self) -> Verilog {
        // What a shift by multiples of 8 can put at a bit; the lowest is the one below the value.
        let coarse: Vec<String> = (0..=6)
            .map(|k| {
                let from = format!("((i + {0} > 50) ? 50 : i + {0})", 8 * k);
                format!("(shifts_2[{from}] & eights_2[{k}])")
            })
            .collect();
        Verilog::Custom(format!(
            "\
genvar s, v, i;
generate
    for (s = 0; s < {S}; s = s + 1) begin : slice
        wire [{V} * 8 - 1:0] bytes_;
        wire [{V} * 16 - 1:0] halves;
        wire [{V} * 32 - 1:0] wholes;
        wire [{F} * 8 - 1:0] flit;
        wire [{V} * 2 - 1:0] types, turns;
        reg [1:0] out_in, out_0, out_1, out_2, out_3, out_4, out_5;
        reg [1:0] turn_in, turn_0, turn_1, turn_2, turn_3, turn_4, turn_5;
        reg [16:0] mult_in;
        reg [4:0] pairs_in, pairs_0, pairs_1;
        reg [49:0] below_2, beyond_2;
        initial begin
            {{out_in, out_0, out_1, out_2, out_3, out_4, out_5}} = 14'd0;
            {{turn_in, turn_0, turn_1, turn_2, turn_3, turn_4, turn_5}} = 14'd0;
            mult_in = 17'd0;
            {{pairs_in, pairs_0, pairs_1}} = 15'd0;
            below_2 = 50'd0;
            beyond_2 = 50'd0;
        end
        wire [5:0] sign_1 = (out_1 == 2'd0) ? 6'd7 : (out_1 == 2'd1) ? 6'd15 : 6'd31;
        (* keep *) always @(posedge clock) begin
            {{out_in, out_0, out_1, out_2, out_3, out_4, out_5}} <=
                {{out, out_in, out_0, out_1, out_2, out_3, out_4}};
            {{turn_in, turn_0, turn_1, turn_2, turn_3, turn_4, turn_5}} <=
                {{turn, turn_in, turn_0, turn_1, turn_2, turn_3, turn_4}};
            mult_in <= shift[0] ? {{mult, 1'b0}} : {{1'b0, mult}};
            pairs_in <= shift[5:1] + {{4'd0, shift[0]}};
            {{pairs_0, pairs_1}} <= {{pairs_in, pairs_0}};
            below_2 <= (~({{50{{1'b1}}}} << {{pairs_1, 1'b0}})) >> 1;
            beyond_2 <= ({{50{{1'b1}}}} << {{pairs_1, 1'b0}}) << sign_1;
        end
        for (v = 0; v < {V}; v = v + 1) begin : one
            reg [31:0] x;
            reg [16:0] mult_0;
            reg signed [35:0] low_1;
            reg signed [31:0] high_1;
            reg [49:0] product_2;
            reg [6:0] eights_2;
            reg [1:0] pairs_2, pairs_3;
            reg [38:0] coarse_3;
            reg [6:0] below_3, beyond_3;
            reg negative_3;
            reg [31:0] value_4;
            reg half_4, below_4, beyond_4, negative_4;
            reg [1:0] type_4, type_5, type_6;
            reg [31:0] rounded_5;
            reg beyond_5, negative_5;
            reg [31:0] ended_6;
            reg [1:0] turn_6;
            initial begin
                x = 32'd0;
                mult_0 = 17'd0;
                low_1 = 36'd0;
                high_1 = 32'd0;
                product_2 = 50'd0;
                eights_2 = 7'd0;
                pairs_2 = 2'd0;
                pairs_3 = 2'd0;
                coarse_3 = 39'd0;
                below_3 = 7'd0;
                beyond_3 = 7'd0;
                negative_3 = 1'b0;
                value_4 = 32'd0;
                half_4 = 1'b0;
                below_4 = 1'b0;
                beyond_4 = 1'b0;
                negative_4 = 1'b0;
                {{type_4, type_5, type_6}} = 6'd0;
                rounded_5 = 32'd0;
                beyond_5 = 1'b0;
                negative_5 = 1'b0;
                ended_6 = 32'd0;
                turn_6 = 2'd0;
            end
            wire [50:0] shifts_2 = {{product_2, 1'b0}};
            wire [38:0] coarse;
            for (i = 0; i < 39; i = i + 1) begin : bit_
                assign coarse[i] = {coarse};
            end
            // Whether there is a bit below, and beyond, in every eight bits of the product; in all of it a cycle later.
            wire [55:0] below_bits = {{6'd0, product_2 & below_2}};
            wire [55:0] beyond_bits = {{6'd0, (product_2 ^ {{50{{product_2[49]}}}}) & beyond_2}};
            wire [6:0] below, beyond;
            for (i = 0; i < 7; i = i + 1) begin : eighth
                assign below[i] = |below_bits[i * 8 +: 8];
                assign beyond[i] = |beyond_bits[i * 8 +: 8];
            end
            wire [32:0] shifted = pairs_3[1] ?
                (pairs_3[0] ? coarse_3[38:6] : coarse_3[36:4]) : (pairs_3[0] ? coarse_3[34:2] : coarse_3[32:0]);
            wire up = half_4 & (value_4[0] | below_4);
            wire is_digits_4 = &type_4;
            // The type's largest value cannot go up; neither can the largest digits, 0x7f7f7f7f, above which all
            // overflow.
            wire largest = (&value_4[6:0]) & ((type_4 == 2'd0) | ((&value_4[14:7]) & ((type_4 == 2'd1) | (&value_4[30:15]))));
            wire beyond_digits = (&value_4[30:24]) & (value_4[23] | ((&value_4[22:16]) &
                (value_4[15] | ((&value_4[14:8]) & (value_4[7] | ((&value_4[6:0]) & up))))));
            // Lower digits are unsigned with 128 added; a flipped top bit takes it off.
            wire [31:0] bias = {{8'd0, is_digits_4, 7'd0, is_digits_4, 7'd0, is_digits_4, 7'd0}};
            // The lowest bit of the chain makes the carry that goes into it.
            wire [32:0] rounded = {{value_4, 1'b1}} + {{bias, up}};
            // The end of the type's range: its top bit is the sign, the bits below it are the sign's opposite. Of
            // digits, every one has a top bit, and those of the lower ones are flipped.
            wire is_digits_5 = &type_5;
            wire [31:0] end_ = {{negative_5, {{7{{~negative_5}}}}, is_digits_5 | ~negative_5, {{7{{~negative_5}}}},
                is_digits_5 | ((type_5 == 2'd1) ? negative_5 : ~negative_5), {{7{{~negative_5}}}},
                is_digits_5 | ((type_5 == 2'd0) ? negative_5 : ~negative_5), {{7{{~negative_5}}}}}};
            wire [31:0] ended = beyond_5 ? end_ : rounded_5;
            wire [31:0] digits = {{ended[7:0] ^ 8'h80, ended[15:8] ^ 8'h80, ended[23:16] ^ 8'h80, ended[31:24]}};
            wire unused_bits = &{{1'b0, low_1[35:34], rounded[0]}};
            (* keep *) always @(posedge clock) begin
                mult_0 <= mult_in;
                eights_2 <= 7'd1 << pairs_1[4:2];
                pairs_2 <= pairs_1[1:0];
                pairs_3 <= pairs_2;
                type_4 <= out_3;
                type_5 <= out_4;
                type_6 <= out_5;
                turn_6 <= turn_5;
            end
            always @(posedge clock) begin
                x <= values[(s * {V} + v) * 32 +: 32];
                low_1 <= $signed({{1'b0, x[16:0]}}) * $signed({{1'b0, mult_0}});
                high_1 <= $signed(x[31:17]) * $signed({{1'b0, mult_0}});
                product_2 <= {{{{high_1[31], high_1}} + {{16'd0, low_1[33:17]}}, low_1[16:0]}};
                coarse_3 <= coarse;
                below_3 <= below;
                beyond_3 <= beyond;
                negative_3 <= product_2[49];
                {{value_4, half_4}} <= shifted;
                below_4 <= |below_3;
                beyond_4 <= |beyond_3;
                negative_4 <= negative_3;
                rounded_5 <= rounded[32:1];
                beyond_5 <= beyond_4 | (~negative_4 & (is_digits_4 ? beyond_digits : (largest & up)));
                negative_5 <= negative_4;
                ended_6 <= is_digits_5 ? digits : ended;
            end
            assign bytes_[v * 8 +: 8] = ended_6[7:0];
            assign halves[v * 16 +: 16] = ended_6[15:0];
            assign wholes[v * 32 +: 32] = ended_6;
            assign types[v * 2 +: 2] = type_6;
            assign turns[v * 2 +: 2] = turn_6;
        end
        wire [{F} * 8 - 1:0] turned;
        for (i = 0; i < {F}; i = i + 1) begin : byte_
            wire [1:0] type_ = types[i / 4 * 2 +: 2];
            wire [1:0] by = turns[i / 4 * 2 +: 2];
            assign turned[i * 8 +: 8] = by[1] ?
                (by[0] ? flit[((i + {F} - 3) % {F}) * 8 +: 8] : flit[((i + {F} - 2) % {F}) * 8 +: 8]) :
                (by[0] ? flit[((i + {F} - 1) % {F}) * 8 +: 8] : flit[i * 8 +: 8]);
            assign flit[i * 8 +: 8] =
                (type_ == 2'd0) ? bytes_[(i % {V}) * 8 +: 8] :
                (type_ == 2'd1) ? halves[(i % ({V} * 2)) * 8 +: 8] : wholes[i * 8 +: 8];
        end
        reg [{F} * 8 - 1:0] bytes_7;
        initial bytes_7 = {{{F} * 8{{1'b0}}}};
        always @(posedge clock) bytes_7 <= turned;
        assign bytes[s * {F} * 8 +: {F} * 8] = bytes_7;
    end
endgenerate
",
            coarse = coarse.join(" |\n                    ")
        ))
    }
}
