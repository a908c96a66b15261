// Load and store before the memory port. All units are cut out: they do whatever they may.
wire load_accepted = steps_4;
wire accepted = req_valid & req_ready;
reg load_asks = 0;
reg store_asks = 0;
// Requests of the other that were accepted while one waited.
reg [7:0] before_load = 0;
reg [7:0] before_store = 0;

always @* begin
    // Each keeps to a stream's contract, as its own proof says.
    assume (~load_asks | load_request);
    assume (~store_asks | store_request);
end

always @(posedge clock) begin
    load_asks <= load_request & ~load_accepted & ~reset;
    store_asks <= store_request & ~store_accepted & ~reset;
    before_load <= reset | ~load_request | load_accepted ? 8'd0 : before_load + {7'd0, store_accepted};
    before_store <= reset | ~store_request | store_accepted ? 8'd0 : before_store + {7'd0, load_accepted};
end

always @* begin
    request_not_withdrawn: assert (req_valid == (load_request | store_request));
    accepted_once: assert (accepted == (load_accepted | store_accepted) && ~(load_accepted & store_accepted));
    only_who_asks: assert ((~load_accepted | load_request) && (~store_accepted | store_request));
    its_request: assert (~accepted | {req_write, req_beats, req_addr} == (store_accepted
        ? {1'b1, store_request_beats, store_request_at} : {1'b0, load_request_beats, load_request_at}));
    load_waits_for_one: assert (before_load <= 1);
    store_waits_for_one: assert (before_store <= 1);
    writes_of_store: assert ({w_valid, w_strb, w_data} == {store_w_valid, store_w_strb, store_w_data});
    reads_of_load: assert (r_ready == load_r_ready);
    // What makes the above true in every cycle that follows.
    assert ((before_load == 0 || ~load_was_last) && (before_store == 0 || load_was_last));
    cover (before_load == 1 & load_accepted);
    cover (before_store == 1 & store_accepted);
end
