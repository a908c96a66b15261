// The ECP5's cells that Yosys' library names without saying what they do, as far as its netlists and the registers
// that move into them (absorb.rs) use them. What is used beyond that finds no module, and ends the elaboration.

// A multiplier of 18 by 18 bits, each operand signed or not, with registers before and behind it.
module MULT18X18D (
    input
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0, B17, B16, B15, B14,
        B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0, C17, C16, C15, C14, C13, C12, C11, C10, C9,
        C8, C7, C6, C5, C4, C3, C2, C1, C0, SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, RST0,
    output
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16,
        P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
    parameter REG_INPUTA_CLK = "NONE";
    parameter REG_INPUTB_CLK = "NONE";
    parameter REG_PIPELINE_CLK = "NONE";
    parameter REG_OUTPUT_CLK = "NONE";

    wire [17:0] a = {
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
    };
    wire [17:0] b = {
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
    };
    reg [17:0] a_1, b_1;
    reg [35:0] product_1;
    initial begin
        a_1 = 18'd0;
        b_1 = 18'd0;
        product_1 = 36'd0;
    end
    wire [17:0] x = (REG_INPUTA_CLK == "NONE") ? a : a_1;
    wire [17:0] y = (REG_INPUTB_CLK == "NONE") ? b : b_1;
    wire signed [36:0] wide_x = {{19{SIGNEDA & x[17]}}, x};
    wire signed [36:0] wide_y = {{19{SIGNEDB & y[17]}}, y};
    wire signed [36:0] product = wide_x * wide_y;
    always @(posedge CLK0) begin
        if (RST0) begin
            a_1 <= 18'd0;
            b_1 <= 18'd0;
            product_1 <= 36'd0;
        end else if (CE0) begin
            a_1 <= a;
            b_1 <= b;
            product_1 <= product[35:0];
        end
    end
    assign {
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16,
        P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
    } = (REG_OUTPUT_CLK == "NONE") ? product[35:0] : product_1;
    generate
        if (REG_PIPELINE_CLK != "NONE" || (REG_INPUTA_CLK != "NONE" && REG_INPUTA_CLK != "CLK0")
            || (REG_INPUTB_CLK != "NONE" && REG_INPUTB_CLK != "CLK0")
            || (REG_OUTPUT_CLK != "NONE" && REG_OUTPUT_CLK != "CLK0")) begin : refused
            MULT18X18D_with_other_registers none ();
        end
    endgenerate
endmodule

// A block RAM of 2048 bytes of 9 bits with two ports, each 1, 2, 4, 9, 18 or 36 bits wide. Ports of less than 9 bits
// do not reach a byte's ninth. A port of 36 bits uses the data pins of both: A only writes then, and B only reads.
// Where a port reads a byte that the other one writes at the same edge, nobody knows what it gets: here some of its
// bits are turned.
module DP16KD (
    input
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2,
        DIA1, DIA0, ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
        CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    input
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2,
        DIB1, DIB0, ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
        CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output
        DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
        DOA1, DOA0, DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
        DOB3, DOB2, DOB1, DOB0
);
    parameter DATA_WIDTH_A = 18;
    parameter REGMODE_A = "NOREG";
    parameter WRITEMODE_A = "NORMAL";
    parameter CSDECODE_A = "0b000";
    parameter CLKAMUX = "CLKA";
    parameter DATA_WIDTH_B = 18;
    parameter REGMODE_B = "NOREG";
    parameter WRITEMODE_B = "NORMAL";
    parameter CSDECODE_B = "0b000";
    parameter CLKBMUX = "CLKB";
    parameter RESETMODE = "SYNC";
    parameter ASYNC_RESET_RELEASE = "SYNC";
    parameter GSR = "ENABLED";
    parameter [319:0] INITVAL_00 = 320'd0;
    parameter [319:0] INITVAL_01 = 320'd0;
    parameter [319:0] INITVAL_02 = 320'd0;
    parameter [319:0] INITVAL_03 = 320'd0;
    parameter [319:0] INITVAL_04 = 320'd0;
    parameter [319:0] INITVAL_05 = 320'd0;
    parameter [319:0] INITVAL_06 = 320'd0;
    parameter [319:0] INITVAL_07 = 320'd0;
    parameter [319:0] INITVAL_08 = 320'd0;
    parameter [319:0] INITVAL_09 = 320'd0;
    parameter [319:0] INITVAL_0A = 320'd0;
    parameter [319:0] INITVAL_0B = 320'd0;
    parameter [319:0] INITVAL_0C = 320'd0;
    parameter [319:0] INITVAL_0D = 320'd0;
    parameter [319:0] INITVAL_0E = 320'd0;
    parameter [319:0] INITVAL_0F = 320'd0;
    parameter [319:0] INITVAL_10 = 320'd0;
    parameter [319:0] INITVAL_11 = 320'd0;
    parameter [319:0] INITVAL_12 = 320'd0;
    parameter [319:0] INITVAL_13 = 320'd0;
    parameter [319:0] INITVAL_14 = 320'd0;
    parameter [319:0] INITVAL_15 = 320'd0;
    parameter [319:0] INITVAL_16 = 320'd0;
    parameter [319:0] INITVAL_17 = 320'd0;
    parameter [319:0] INITVAL_18 = 320'd0;
    parameter [319:0] INITVAL_19 = 320'd0;
    parameter [319:0] INITVAL_1A = 320'd0;
    parameter [319:0] INITVAL_1B = 320'd0;
    parameter [319:0] INITVAL_1C = 320'd0;
    parameter [319:0] INITVAL_1D = 320'd0;
    parameter [319:0] INITVAL_1E = 320'd0;
    parameter [319:0] INITVAL_1F = 320'd0;
    parameter [319:0] INITVAL_20 = 320'd0;
    parameter [319:0] INITVAL_21 = 320'd0;
    parameter [319:0] INITVAL_22 = 320'd0;
    parameter [319:0] INITVAL_23 = 320'd0;
    parameter [319:0] INITVAL_24 = 320'd0;
    parameter [319:0] INITVAL_25 = 320'd0;
    parameter [319:0] INITVAL_26 = 320'd0;
    parameter [319:0] INITVAL_27 = 320'd0;
    parameter [319:0] INITVAL_28 = 320'd0;
    parameter [319:0] INITVAL_29 = 320'd0;
    parameter [319:0] INITVAL_2A = 320'd0;
    parameter [319:0] INITVAL_2B = 320'd0;
    parameter [319:0] INITVAL_2C = 320'd0;
    parameter [319:0] INITVAL_2D = 320'd0;
    parameter [319:0] INITVAL_2E = 320'd0;
    parameter [319:0] INITVAL_2F = 320'd0;
    parameter [319:0] INITVAL_30 = 320'd0;
    parameter [319:0] INITVAL_31 = 320'd0;
    parameter [319:0] INITVAL_32 = 320'd0;
    parameter [319:0] INITVAL_33 = 320'd0;
    parameter [319:0] INITVAL_34 = 320'd0;
    parameter [319:0] INITVAL_35 = 320'd0;
    parameter [319:0] INITVAL_36 = 320'd0;
    parameter [319:0] INITVAL_37 = 320'd0;
    parameter [319:0] INITVAL_38 = 320'd0;
    parameter [319:0] INITVAL_39 = 320'd0;
    parameter [319:0] INITVAL_3A = 320'd0;
    parameter [319:0] INITVAL_3B = 320'd0;
    parameter [319:0] INITVAL_3C = 320'd0;
    parameter [319:0] INITVAL_3D = 320'd0;
    parameter [319:0] INITVAL_3E = 320'd0;
    parameter [319:0] INITVAL_3F = 320'd0;
    localparam [64*320-1:0] INIT = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
    };

    // Each parameter has 16 words of two bytes, of 20 bits each.
    reg [8:0] bytes [0:2047];
    integer n;
    initial for (n = 0; n < 2048; n = n + 1) begin
        bytes[n] = INIT[n / 32 * 320 + n / 2 % 16 * 20 + n % 2 * 9 +: 9];
    end

    // The first byte of a word, how many bits into it the word begins, and the bits of a byte that it has.
    function [10:0] first(input integer width, input [13:0] at);
        case (width)
            36: first = {at[13:5], 2'd0};
            18: first = {at[13:4], 1'd0};
            default: first = at[13:3];
        endcase
    endfunction
    function [2:0] shift(input integer width, input [13:0] at);
        case (width)
            1: shift = at[2:0];
            2: shift = {at[2:1], 1'd0};
            4: shift = {at[2], 2'd0};
            default: shift = 3'd0;
        endcase
    endfunction
    function [8:0] bits(input integer width);
        bits = (width < 9) ? (9'd1 << width) - 9'd1 : 9'h1ff;
    endfunction
    // The bytes of a word that are written: the lowest address bits of wide words say which.
    function [3:0] lanes(input integer width, input [13:0] at);
        case (width)
            36: lanes = at[3:0];
            18: lanes = {2'd0, at[1:0]};
            default: lanes = 4'd1;
        endcase
    endfunction
    localparam DIRTY = 9'b010110101;

    wire [17:0] data_in_a = {
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2,
        DIA1, DIA0
    };
    wire [17:0] data_in_b = {
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2,
        DIB1, DIB0
    };
    wire [13:0] at_a = {
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
    };
    wire [35:0] data_a = {data_in_b, data_in_a} << shift(DATA_WIDTH_A, at_a);
    wire [10:0] first_a = first(DATA_WIDTH_A, at_a);
    wire [8:0] mask_a = bits(DATA_WIDTH_A) << shift(DATA_WIDTH_A, at_a);
    wire on_a = CEA & ~CSA2 & ~CSA1 & ~CSA0;
    wire [3:0] write_a = (on_a & WEA) ? lanes(DATA_WIDTH_A, at_a) : 4'd0;
    wire clock_a = (CLKAMUX == "INV") ? ~CLKA : CLKA;
    reg [35:0] found_a, out_a, out_a_1;
    initial begin
        out_a = 36'd0;
        out_a_1 = 36'd0;
    end
    wire [13:0] at_b = {
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
    };
    wire [35:0] data_b = {18'd0, data_in_b} << shift(DATA_WIDTH_B, at_b);
    wire [10:0] first_b = first(DATA_WIDTH_B, at_b);
    wire [8:0] mask_b = bits(DATA_WIDTH_B) << shift(DATA_WIDTH_B, at_b);
    wire on_b = CEB & ~CSB2 & ~CSB1 & ~CSB0;
    wire [3:0] write_b = (on_b & WEB) ? lanes(DATA_WIDTH_B, at_b) : 4'd0;
    wire clock_b = (CLKBMUX == "INV") ? ~CLKB : CLKB;
    reg [35:0] found_b, out_b, out_b_1;
    initial begin
        out_b = 36'd0;
        out_b_1 = 36'd0;
    end
    integer i_a, j_a;
    always @* begin
        for (i_a = 0; i_a < 4; i_a = i_a + 1) begin
            found_a[9 * i_a +: 9] = bytes[first_a + i_a];
            if (WRITEMODE_A == "WRITETHROUGH" && write_a[i_a]) begin
                found_a[9 * i_a +: 9] = (bytes[first_a + i_a] & ~mask_a) | (data_a[9 * i_a +: 9] & mask_a);
            end
            for (j_a = 0; j_a < 4; j_a = j_a + 1) begin
                if (write_b[j_a] && first_b + j_a == first_a + i_a) begin
                    found_a[9 * i_a +: 9] = found_a[9 * i_a +: 9] ^ (DIRTY & mask_b);
                end
            end
        end
    end
    always @(posedge clock_a) begin
        for (i_a = 0; i_a < 4; i_a = i_a + 1) begin
            if (write_a[i_a]) begin
                bytes[first_a + i_a] <= (bytes[first_a + i_a] & ~mask_a) | (data_a[9 * i_a +: 9] & mask_a);
            end
        end
    end
    wire reset_a = (RESETMODE == "ASYNC") & RSTA;
    always @(posedge clock_a or posedge reset_a) begin
        if (reset_a | RSTA) begin
            out_a <= 36'd0;
            out_a_1 <= 36'd0;
        end else begin
            if (on_a && (!WEA || WRITEMODE_A != "NORMAL")) out_a <= found_a >> shift(DATA_WIDTH_A, at_a);
            if (OCEA) out_a_1 <= out_a;
        end
    end
    wire [35:0] shown_a = (REGMODE_A == "NOREG") ? out_a : out_a_1;
    integer i_b, j_b;
    always @* begin
        for (i_b = 0; i_b < 4; i_b = i_b + 1) begin
            found_b[9 * i_b +: 9] = bytes[first_b + i_b];
            if (WRITEMODE_B == "WRITETHROUGH" && write_b[i_b]) begin
                found_b[9 * i_b +: 9] = (bytes[first_b + i_b] & ~mask_b) | (data_b[9 * i_b +: 9] & mask_b);
            end
            for (j_b = 0; j_b < 4; j_b = j_b + 1) begin
                if (write_a[j_b] && first_a + j_b == first_b + i_b) begin
                    found_b[9 * i_b +: 9] = found_b[9 * i_b +: 9] ^ (DIRTY & mask_a);
                end
            end
        end
    end
    always @(posedge clock_b) begin
        for (i_b = 0; i_b < 4; i_b = i_b + 1) begin
            if (write_b[i_b]) begin
                bytes[first_b + i_b] <= (bytes[first_b + i_b] & ~mask_b) | (data_b[9 * i_b +: 9] & mask_b);
            end
        end
    end
    wire reset_b = (RESETMODE == "ASYNC") & RSTB;
    always @(posedge clock_b or posedge reset_b) begin
        if (reset_b | RSTB) begin
            out_b <= 36'd0;
            out_b_1 <= 36'd0;
        end else begin
            if (on_b && (!WEB || WRITEMODE_B != "NORMAL")) out_b <= found_b >> shift(DATA_WIDTH_B, at_b);
            if (OCEB) out_b_1 <= out_b;
        end
    end
    wire [35:0] shown_b = (REGMODE_B == "NOREG") ? out_b : out_b_1;
    assign {
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
        DOB1, DOB0, DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
        DOA3, DOA2, DOA1, DOA0
    } = (DATA_WIDTH_B == 36) ? shown_b : {shown_b[17:0], shown_a[17:0]};
    generate
        if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000") begin : refused
            DP16KD_with_another_select none ();
        end
    endgenerate
endmodule
