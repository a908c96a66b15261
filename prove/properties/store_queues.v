// The store unit behind its walk over rows, which is cut out, for all times, whatever arbiter and memory do.
reg [4:0] inside = 0;
// A beat, and a request, left in the cycle before: that there is room for another is known a cycle later.
reg left = 0;
reg took = 0;
reg gave = 0;
reg waits_to_read = 0;
reg [49:0] wanted = 0;
reg asks = 0;
reg [36:0] asked = 0;
reg offers = 0;
reg [`FLIT * 8 + 31:0] offered = 0;

always @* begin
    assume (~accepted | request);
    assume (~grant | read);
end

always @(posedge clock) begin
    inside <= reset ? 5'd0 : inside + {4'd0, grant} - {4'd0, w_valid & w_ready};
    gave <= w_valid & w_ready;
    left <= w_valid & w_ready & ~reset;
    took <= accepted & ~reset;
    waits_to_read <= read & ~grant & ~reset;
    wanted <= {read_turn, read_banks, read_at};
    asks <= request & ~accepted & ~reset;
    asked <= {request_beats, request_at};
    offers <= w_valid & ~w_ready & ~reset;
    offered <= {w_strb, w_data};
end

always @* begin
    read_not_withdrawn: assert (~waits_to_read | read);
    read_not_changed: assert (~waits_to_read | wanted == {read_turn, read_banks, read_at});
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_beats, request_at});
    data_not_withdrawn: assert (~offers | w_valid);
    data_not_changed: assert (~offers | offered == {w_strb, w_data});
    each_read_given_once: assert (reset | inside == reserved);
    room_is_counted: assert (reserved <= 16 && reserved == beats_count + moving[0] + moving[1] + moving[2] + moving[3] + moving[4] + moving[5]);
    full_is_known: assert (stalls == (reserved + left == 16 | claimed + took == 8));
    requests_are_counted: assert (requests_count <= 8 && claimed == requests_count + opened1 && claimed <= 8);
    window_with_its_read: assert (reads_count == {15'd0, ahead_valid} + {15'd0, ~ahead_ready});
    data_and_strobes_together: assert (strobes_count == beats_count);
    done_when_given: assert (done == 0 || gave);
    cover (reserved == 8 & claimed == 8 & left);
end
