// The banks of a window are those of its bytes.
reg [15:0] touched;
reg [31:0] byte_at;
integer i;
// The limit is what a flit has more than the window.
wire [31:0] bytes = `FLIT - limit;
always @* begin
    assume (limit < `FLIT);
    touched = 0;
    for (i = 0; i < `FLIT; i = i + 1) begin
        byte_at = (at + i) % `DM_BYTES;
        if (i < bytes) touched = touched | 16'd1 << byte_at / `BANK_BYTES;
    end
    right_banks: assert (banks == touched);
    cover (touched == 16'h1 << `DM_BANKS - 1 | 16'h1);
end
