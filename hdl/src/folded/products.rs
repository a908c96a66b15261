//! Two signed products of bytes, with registers before and behind: a leaf block.
//!
//! ```text
//! x (2 bytes) ──> [ ] ──┐
//! w (2 bytes) ──> [ ] ──x──> [ products (2 x 16 bits) ]
//! ```
//!
//! On an iCE40, both are one multiplier block; its tools are told by the macro `ICE40`, as they would take one block
//! for each product.

use rust_hdl::prelude::*;

use crate::types::U;

/// See the module's documentation. The products show in the second cycle after their bytes.
#[derive(LogicBlock, Default)]
pub struct Products {
    pub clock: Signal<In, Clock>,
    pub x: Signal<In, U<16>>,
    pub w: Signal<In, U<16>>,
    pub products: Signal<Out, U<32>>,
    _x: U<16>,
    _w: U<16>,
}

/// The product of byte `i` of each.
fn product(x: U<16>, w: U<16>, i: usize) -> u64 {
    let byte = |word: U<16>| i64::from(word.get_bits::<8>(8 * i).value() as i8);
    (byte(x) * byte(w)) as u64 & 0xffff
}

impl Logic for Products {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let [low, high] = [0, 1].map(|i| product(self._x, self._w, i));
            self.products.next = U::new(high << 16 | low);
            (self._x, self._w) = (self.x.val(), self.w.val());
        }
    }

    fn connect(&mut self) {
        self.products.connect();
    }

    fn hdl(&self) -> Verilog {
        let text = "\
`ifdef ICE40
SB_MAC16 #(
    .A_REG(1'b1), .B_REG(1'b1), .C_REG(1'b0), .D_REG(1'b0),
    .TOP_8x8_MULT_REG(1'b1), .BOT_8x8_MULT_REG(1'b1),
    .PIPELINE_16x16_MULT_REG1(1'b0), .PIPELINE_16x16_MULT_REG2(1'b0),
    .TOPOUTPUT_SELECT(2'b10), .BOTOUTPUT_SELECT(2'b10),
    .MODE_8x8(1'b1), .A_SIGNED(1'b1), .B_SIGNED(1'b1)
) mac (
    .CLK(clock), .CE(1'b1), .A(x), .B(w), .C(16'd0), .D(16'd0),
    .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0),
    .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
    .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
    .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
    .O(products)
);
`else
reg signed [7:0] x_low, x_high, w_low, w_high;
reg signed [15:0] low, high;
initial begin
    x_low = 8'd0;
    x_high = 8'd0;
    w_low = 8'd0;
    w_high = 8'd0;
    low = 16'd0;
    high = 16'd0;
end
always @(posedge clock) begin
    {x_high, x_low} <= x;
    {w_high, w_low} <= w;
    low <= x_low * w_low;
    high <= x_high * w_high;
end
assign products = {high, low};
`endif
";
        Verilog::Custom(text.to_string())
    }
}
