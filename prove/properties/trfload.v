// The trfload unit between a nest, which is cut out, the arbiter and DM, all of which do whatever they may.
always @* assume (~grant | request);

reg asks = 0;
reg [53:0] asked = 0;
reg due = 0;
reg [`SLICES * `FLIT * 8 - 1:0] flit = 0;
// What was granted so many cycles before: whether anything, and where its flit goes.
reg [`WRITE_AFTER - 1:0] granted = 0;
reg [35 * `WRITE_AFTER - 1:0] places = 0;
wire [34:0] place = places[35 * (`WRITE_AFTER - 1) +: 35];
always @(posedge clock) begin
    asks <= request & ~grant & ~reset;
    asked <= {request_turn, request_banks, request_at};
    due <= packets_flit_valid;
    flit <= packets_flit;
    granted <= {granted[`WRITE_AFTER - 2:0], grant};
    places <= {places[35 * (`WRITE_AFTER - 1) - 1:0], grant ? packets_done : 6'd0, packets_broadcast, packets_b};
end

always @* begin
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_turn, request_banks, request_at});
    each_flit_written_once: assert (write == due);
    nothing_unasked: assert (~write | granted[`WRITE_AFTER - 1]);
    right_place: assert (~write | {write_all, write_at} == place[28:0]);
    right_flit: assert (~write | write_data == flit);
    done_when_written: assert (done == place[34:29]);
    quiet_means_quiet: assert (reset | ~quiet | granted[`WRITE_AFTER - 2:0] == 0 & ~request & ~write);
    cover (granted == {`WRITE_AFTER{1'b1}} & write);
    cover (granted == {`WRITE_AFTER{1'b1}} & ~write);
end
