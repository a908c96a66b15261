// The trfload unit behind its packets, which are cut out: what is assumed of them is what their own proof says.
always @* begin
    assume (~packets_flit_valid | granted[`WRITE_AFTER - 1]);
    assume (~packets_quiet | granted == 0 & ~request);
end

reg written = 0;
// What was granted so many cycles before: whether anything, and where its flit goes.
reg [`WRITE_AFTER - 1:0] granted = 0;
reg [35 * `WRITE_AFTER - 1:0] places = 0;
wire [28:0] place = places[35 * (`WRITE_AFTER - 1) +: 29];
wire [5:0] signals = places[35 * (`DONE_AFTER - 1) + 29 +: 6];
always @(posedge clock) begin
    written <= write;
    granted <= {granted[`WRITE_AFTER - 2:0], grant};
    places <= {places[35 * (`WRITE_AFTER - 1) - 1:0], grant ? packets_done : 6'd0, packets_broadcast, packets_b};
end

always @* begin
    each_flit_given_once: assert (write == packets_flit_valid);
    nothing_unasked: assert (~write | granted[`WRITE_AFTER - 1]);
    right_place: assert (~write | {write_all, write_at} == place);
    right_flit: assert (~write | write_data == packets_flit);
    done_before_written: assert (done == signals);
    quiet_means_quiet: assert (~quiet | granted == 0 & ~request & ~write & ~written);
    cover (granted == {`WRITE_AFTER{1'b1}} & write);
    cover (granted == {`WRITE_AFTER{1'b1}} & ~write);
end
