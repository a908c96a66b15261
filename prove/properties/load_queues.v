// The load unit behind its walk over rows, which is cut out, for all times.
reg [15:0] unwritten = 0;
reg granted = 0;
reg asks = 0;
reg [36:0] asked = 0;
reg writes = 0;
reg [`FLIT * 8 + 56:0] written = 0;
wire [`FLIT * 8 + 56:0] to_write = {write_data, write_all, write_turn, write_banks, write_end, write_at};
wire comes_in = r_valid & r_ready;

always @* begin
    assume (~accepted | request);
    assume (~grant | write);
end

reg [1:0] unasked = 0;
always @(posedge clock) begin
    granted <= grant;
    unasked <= reset ? 2'd0 : unasked + {1'd0, makes} - {1'd0, accepted};
    unwritten <= reset ? 16'd0 : unwritten + {15'd0, comes_in} - {15'd0, grant};
    asks <= request & ~accepted & ~reset;
    asked <= {request_beats, request_at};
    writes <= write & ~grant & ~reset;
    written <= to_write;
end

always @* begin
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_beats, request_at});
    requests_are_counted: assert (ahead_count == unasked && unasked <= 2);
    write_not_withdrawn: assert (~writes | write);
    write_not_changed: assert (~writes | written == to_write);
    each_beat_written_once: assert (write == (unwritten > 0) && unwritten <= 2);
    // A beat and where it goes wait side by side.
    data_with_its_window: assert (data_count == unwritten && r_ready == (unwritten < 2));
    done_when_written: assert (done == 0 || granted);
    cover (comes_in & grant & unwritten == 1 & flights_count == 2);
end
