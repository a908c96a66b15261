// The memory port between link, processor and memory, all of which do whatever they may.
reg [15:0] reads_owed = 0;
reg [15:0] writes_owed = 0;
// The link waits for its beat, has to give its beat.
reg link_reads = 0;
reg link_writes = 0;
reg was_reset = 0;
reg asks = 0;
reg link_asks = 0;
reg [32:0] link_asked = 0;
reg link_gives = 0;
reg [31:0] link_gave = 0;
reg cpu_gives = 0;
reg [63:0] cpu_gave = 0;
reg comes = 0;
reg accepted_then = 0;

wire accepted = req_valid & req_ready;
wire given = w_valid & w_ready;
wire got = r_valid & r_ready;

always @* begin
    // The link asks only while nothing is owed, for a beat at a time, and the processor rests meanwhile.
    assume (~link_request | quiet & ~link_reads & ~link_writes);
    assume (~link_asks | reset | link_request & link_asked == {link_write, link_at});
    assume (link_w_valid == link_writes && link_r_ready == link_reads);
    assume (~(link_request | link_reads | link_writes) | ~cpu_req_valid & ~cpu_w_valid);
    assume (~link_gives | reset | link_gave == link_w_data);
    // The processor keeps to a stream's contract.
    assume (~asks | reset | cpu_req_valid | link_request);
    assume (~cpu_gives | reset | cpu_w_valid & cpu_gave == {cpu_w_strb, cpu_w_data});
    assume (~cpu_req_valid | cpu_req_beats > 0 & cpu_req_beats <= 16);
    // In a reset it has nothing, and room.
    assume (~reset | cpu_r_ready);
    // Memory gives and takes what it was asked for, and never accepts more than this.
    assume (~r_valid | reads_owed > 0);
    assume (~comes | r_valid);
    assume (~given | writes_owed > 0);
    assume (~req_ready | reads_owed <= 2048 & writes_owed <= 2048);
    // A reset goes on until nothing is owed.
    assume (reset | ~was_reset | quiet);
end

reg offers = 0;
reg [63:0] offered = 0;
always @(posedge clock) begin
    was_reset <= reset;
    accepted_then <= accepted;
    reads_owed <= reads_owed + (accepted & ~req_write ? {11'd0, req_beats} : 16'd0) - {15'd0, got};
    writes_owed <= writes_owed + (accepted & req_write ? {11'd0, req_beats} : 16'd0) - {15'd0, given};
    link_reads <= ~reset & (link_accepted & ~link_write | link_reads & ~link_r_valid);
    link_writes <= ~reset & (link_accepted & link_write | link_writes & ~link_w_ready);
    asks <= req_valid & ~req_ready & ~reset;
    link_asks <= link_request & ~link_accepted;
    link_asked <= {link_write, link_at};
    link_gives <= link_w_valid & ~link_w_ready;
    link_gave <= link_w_data;
    cpu_gives <= cpu_w_valid & ~cpu_w_ready;
    cpu_gave <= {cpu_w_strb, cpu_w_data};
    comes <= r_valid & ~r_ready;
    offers <= w_valid & ~w_ready & ~reset;
    offered <= {w_strb, w_data};
end

always @* begin
    request_not_withdrawn: assert (~asks | reset | req_valid);
    its_request: assert (~req_valid | {req_beats, req_write, req_addr}
        == (link_request ? {5'd1, link_write, link_at} : {cpu_req_beats, cpu_req_write, cpu_req_addr}));
    accepted_once: assert (accepted == (link_accepted | cpu_req_valid & cpu_req_ready & ~reset)
        && ~(link_accepted & cpu_req_valid & cpu_req_ready));
    data_not_withdrawn: assert (~offers | reset | w_valid);
    data_not_changed: assert (~offers | reset | offered == {w_strb, w_data});
    // What is given is somebody's, or, for one who was reset, nothing.
    taken_once: assert (given == (link_w_ready | cpu_w_valid & cpu_w_ready | reset & ~link_w_valid & given)
        && ~(link_w_ready & cpu_w_ready));
    nothing_of_who_was_reset: assert (~reset | ~w_valid | link_w_valid | w_strb == 0 & ~cpu_w_ready);
    given_for_who_was_reset: assert (~reset | w_valid == (writes_owed > 0 & ~accepted_then | link_w_valid) & r_ready);
    each_beat_to_its_owner: assert (got == (link_r_valid | cpu_r_valid & cpu_r_ready | reset & r_valid)
        && ~(link_r_valid & cpu_r_valid) && (~link_r_valid | link_reads) && (~cpu_r_valid | ~link_reads));
    owed_is_counted: assert (quiet == (reads_owed == 0 & writes_owed == 0));
    // What makes the above true in every cycle that follows.
    assert (reads_owed <= 3000 && writes_owed <= 3000 && fresh == accepted_then);
    assert (reads + (fresh & ~fresh_write ? {11'd0, fresh_beats} : 16'd0) == reads_owed);
    assert (writes + (fresh & fresh_write ? {11'd0, fresh_beats} : 16'd0) == writes_owed);
    assert (~(link_reads & link_writes) && (~link_reads | reads_owed == 1) && (~link_writes | writes_owed == 1));
    assert (reset | ~link_writes | reads_owed == 0);
    cover (link_r_valid & was_reset == 0 & writes_owed == 0);
    cover (reset & given & ~link_w_valid & writes_owed == 1);
end
