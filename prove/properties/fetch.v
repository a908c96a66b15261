// The fetch unit between dispatch, the arbiter and contract, all of which do whatever they may.
assign told = word;
always @* begin
    // It is held until the pipeline is empty; here, it was before.
    assume (~reset);
    assume (~push | ~filling & mistake == 0 & unit == 0);
    assume (~grant | request);
    assume (~pop | stream_valid);
end

reg asks = 0;
reg [47:0] asked = 0;
reg offers = 0;
reg [`SLICES * `FLIT * 8 - 1:0] offered = 0;
reg [7:0] popped = 0;
always @(posedge clock) begin
    asks <= request & ~grant & ~reset;
    asked <= {request_banks, request_at};
    offers <= stream_valid & ~pop & ~reset;
    offered <= stream;
    popped <= reset ? 8'd0 : popped + {7'd0, pop};
end

always @* begin
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_banks, request_at});
    stream_not_withdrawn: assert (~offers | stream_valid);
    stream_not_changed: assert (~offers | offered == stream);
    cover (popped == 2 & pop);
end
