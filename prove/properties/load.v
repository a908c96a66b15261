// The load unit between dispatch, a memory and the arbiter, all of which do whatever they may.
assign told = word;
reg [15:0] owed = 0;
reg [15:0] fresh = 0;
reg [15:0] unwritten = 0;
wire comes_in = r_valid & r_ready;

always @* begin
    assume (~push | ~filling & mistake == 0 & unit == 4);
    assume (~accepted | request);
    assume (~grant | write);
    // The memory gives the beats that it was asked for, in two cycles at the soonest.
    assume (~r_valid | owed > fresh);
end

reg granted = 0;
reg asks = 0;
reg [36:0] asked = 0;
reg writes = 0;
reg [`FLIT * 8 + 56:0] written = 0;
wire [`FLIT * 8 + 56:0] to_write = {write_data, write_all, write_turn, write_banks, write_end, write_at};
always @(posedge clock) begin
    granted <= grant;
    fresh <= accepted & ~reset ? {11'd0, request_beats} : 16'd0;
    owed <= reset ? 16'd0 : owed + (accepted ? {11'd0, request_beats} : 16'd0) - {15'd0, comes_in};
    unwritten <= reset ? 16'd0 : unwritten + {15'd0, comes_in} - {15'd0, grant};
    asks <= request & ~accepted & ~reset;
    asked <= {request_beats, request_at};
    writes <= write & ~grant & ~reset;
    written <= to_write;
end

wire [31:0] from = write_at % `DM_BYTES;
wire [5:0] write_bytes = write_end - write_at % `FLIT;
wire [31:0] last = (write_at + {22'd0, write_bytes} - 1) % `DM_BYTES;
wire [15:0] needed = 16'd1 << from / `BANK_BYTES | 16'd1 << last / `BANK_BYTES;
always @* begin
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_beats, request_at});
    right_requests: assert (~request | request_beats > 0 & request_beats <= 16 & request_at % `FLIT == 0);
    write_not_withdrawn: assert (~writes | write);
    write_not_changed: assert (~writes | written == to_write);
    right_windows: assert (~write | write_bytes > 0 & write_bytes <= `FLIT);
    all_its_banks: assert (~write | (needed & ~write_banks) == 0);
    each_beat_written_once: assert (write == (unwritten > 0) && unwritten <= 2);
    done_when_written: assert (done == 0 || granted);
    quiet_means_quiet: assert (~quiet | owed == 0 & unwritten == 0 & ~request);
    cover (owed == 2 & granted & done != 0);
end
