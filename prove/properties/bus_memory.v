// The memory side between the machine and a bus, both of which do whatever they may. What is on its way is counted
// here: the regions are cut out, and do what their own proof says.
reg [15:0] reads_out = 0;
reg [15:0] writes_out = 0;
reg [15:0] unanswered = 0;
reg [4:0] beats_given = 0;
reg was_stopped = 0;
reg was_quiet = 1;

always @* begin
    assume (reads_any == (reads_out > 0) & reads_full == (reads_out == 16));
    assume (writes_any == (writes_out > 0) & writes_full == (writes_out == 16));
    assume (~req_valid | req_beats > 0 & req_beats <= 16 & req_addr % `FLIT == 0);
    // A bus answers what it was asked; a write not before its last beat was given.
    assume (~rvalid | reads_out > 0);
    assume (~bvalid | unanswered > 0);
    // A reset of the machine goes on until nothing is on its way; one of the bus was before.
    assume (stop | ~was_stopped | was_quiet);
    assume (~reset);
    // The queue of lengths gives what it was given.
    assume (~lengths_valid | lengths_head > 0 & lengths_head <= 16);
end

reg asks = 0;
reg [41:0] asked = 0;
reg offers = 0;
reg [36:0] offered = 0;
always @(posedge clock) begin
    was_stopped <= stop;
    was_quiet <= quiet;
    reads_out <= reads_out + {15'd0, reads_enters} - {15'd0, rvalid & rready & rlast};
    writes_out <= writes_out + {15'd0, writes_enters} - {15'd0, bvalid};
    unanswered <= unanswered + {15'd0, lengths_pop} - {15'd0, bvalid};
    beats_given <= lengths_pop ? 5'd0 : beats_given + {4'd0, gives};
    asks <= awvalid & ~awready | arvalid & ~arready;
    asked <= {awvalid, arvalid, len, address};
    offers <= wvalid & ~wready;
    offered <= {wlast, wstrb, wdata};
end

wire [31:0] first_byte = bursts_data[BURST_AT +: 32];
wire [7:0] more = bursts_data[BURST_MORE +: 8];
wire says_its_length = {3'd0, part} == more + 8'd1;
always @* begin
    address_not_withdrawn: assert (~asks | asked[41:40] == {awvalid, arvalid});
    address_not_changed: assert (~asks | asked[39:0] == {len, address});
    one_at_a_time: assert (~awvalid | ~arvalid);
    data_not_withdrawn: assert (~offers | wvalid);
    data_not_changed: assert (~offers | offered == {wlast, wstrb, wdata});
    // No burst leaves its page; all are of whole flits, and count up.
    legal_bursts: assert (~goes | more < 16 & first_byte % `FLIT == 0
        & (first_byte & 4095) + (more + 1) * `FLIT <= 4096);
    whole_flits: assert (burst == 1 && 1 << size == `FLIT);
    // A burst of writes has as many beats as it says, the last one marked.
    length_is_kept: assert (~lengths_write | goes & bursts_data[BURST_WRITE] & says_its_length);
    last_is_marked: assert (~gives | beside_data[BESIDE_LAST] == (beats_given + 1 == lengths_head));
    no_beat_without_burst: assert (~gives | lengths_valid);
    beats_and_strobes_together: assert (beats_count == beside_count);
    no_strobes_of_who_was_reset: assert (~stop | ~gives | beside_data[BESIDE_STRB +: 32] == 0);
    each_beat_taken: assert (~(w_valid & w_ready) | gives);
    each_beat_handed_on: assert ((rvalid & rready) == (r_valid & r_ready | stop & rvalid));
    // A read waits for the writes that it could meet, a write for such reads.
    reads_wait: assert (~reads_enters | ~writes_hits);
    writes_wait: assert (~writes_enters | ~reads_hits);
    never_too_many: assert (reads_out <= 16 && writes_out <= 16 && unanswered <= 16);
    writes_are_counted: assert (writes_out == lengths_count + unanswered);
    quiet_means_quiet: assert (~quiet | reads_out == 0 & writes_out == 0 & ~busy);
    // What makes the above true in every cycle that follows.
    assert (~busy | left > 0 & left <= 16 & at % `FLIT == 0);
    assert (given == beats_given && beats_given < 16 && (lengths_valid ? beats_given < lengths_head : beats_given == 0));
    cover (offers & wlast & writes_out == 2 & reads_out == 1);
    cover (rvalid & rlast & reads_out == 1 & was_quiet == 0);
end
