// Block RAM between the machine, which does whatever it may, and the RAM itself, which is cut out.
reg [7:0] inside = 0;
// The request that is served: its beats, and those of them that have moved.
reg [4:0] due = 0;
reg [4:0] moved = 0;
reg is_write = 0;
reg [31:0] from = 0;
wire taken = requests_pop;
wire moves = writes | reads;

always @* begin
    assume (~req_valid | req_beats > 0 & req_beats <= 16);
    // The queue of requests gives what it was given.
    assume (~requests_valid | requests_head[TRANSFER_BEATS +: 5] > 0 & requests_head[TRANSFER_BEATS +: 5] <= 16);
end

reg offers = 0;
reg [`FLIT * 8 - 1:0] offered = 0;
always @(posedge clock) begin
    inside <= inside + {7'd0, reads} - {7'd0, r_valid & r_ready};
    if (taken) begin
        due <= requests_head[TRANSFER_BEATS +: 5];
        from <= requests_head[TRANSFER_AT +: 32];
        is_write <= requests_head[TRANSFER_WRITE];
        moved <= 0;
    end else moved <= moved + {4'd0, moves};
    offers <= r_valid & ~r_ready;
    offered <= r_data;
end

always @* begin
    data_not_withdrawn: assert (~offers | r_valid);
    data_not_changed: assert (~offers | offered == r_data);
    // Each beat of a request moves once, in order; a read beat is given once.
    as_many_as_asked: assert (~moves | moved < due);
    right_beat: assert (~moves | at == from + moved * `FLIT);
    right_kind: assert ((~writes | is_write) && (~reads | ~is_write));
    only_after_all: assert (~taken | moved + {4'd0, moves} == due);
    each_write_taken: assert (writes == (w_valid & w_ready));
    each_read_given_once: assert (inside == reserved);
    room_is_counted: assert (reserved <= 4 && reserved == beats_count + came);
    // What makes the above true in every cycle that follows.
    assert (busy ? moved < due & left == due - moved & write == is_write & at == from + moved * `FLIT : moved == due);
    cover (reserved == 4 & due == 2 & moved == 1);
    cover (writes & moved == 1 & inside > 0);
end
