// The banks of a window are those of its bytes. One that goes on in the next row has the first byte of that row.
reg [15:0] touched;
reg [31:0] byte_at;
integer i;
wire [31:0] bytes = leaves_row ? `FLIT - at % `FLIT + 1 : 1;
always @* begin
    touched = 0;
    for (i = 0; i <= `FLIT; i = i + 1) begin
        byte_at = (at + i) % `DM_BYTES;
        if (i < bytes) touched = touched | 16'd1 << byte_at / `BANK_BYTES;
    end
    right_banks: assert (banks == touched);
    cover (touched == 16'h1 << `DM_BANKS - 1 | 16'h1);
end
