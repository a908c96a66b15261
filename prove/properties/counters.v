// Any one of the counters, beside a count of its events, both a cycle after they happened.
(* anyconst *) reg [4:0] watched;
reg [31:0] events_of_it = 0;
// For how many cycles nothing has happened.
reg [4:0] still = 0;
reg begun = 0;
reg [23:0] events_before = 0;
reg clear_before = 0;
wire happens = happened[watched];
wire [4:0] count_of_it = counts[5 * watched +: 5];

always @* assume (watched < 24 & select == watched);

always @(posedge clock) begin
    begun <= 1;
    events_before <= events;
    clear_before <= clear;
    events_of_it <= cleared ? 32'd0 : events_of_it + {31'd0, happens};
    still <= cleared | happens ? 5'd0 : still == 31 ? 5'd31 : still + 5'd1;
end

// In how many cycles its sum is added to; how many have gone by since its small counter began anew.
wire [5:0] until = watched >= place ? watched - place : watched + 6'd24 - place;
wire [5:0] since = turn > watched ? turn - watched - 6'd1 : turn + 6'd23 - watched;
wire [31:0] added = stale > until ? 32'd0 : sums[watched];
wire [31:0] on_its_way = place == watched ? {27'd0, part} : 32'd0;

always @* begin
    all_arrive: assert (happened == events_before & cleared == clear_before);
    none_lost: assert (added + on_its_way + {27'd0, count_of_it} == events_of_it);
    in_time: assert (still < `LAG - 1 | value == events_of_it);
    // What makes the above true in every cycle that follows.
    assert (turn < 24 & (begun ? place == (turn == 0 ? 23 : turn - 1) : turn == 0 & place == 0));
    assert (stale == 0 | stale + still <= 24);
    assert (count_of_it <= since + 1 & (still <= since | count_of_it == 0));
    assert (place != watched | still < 25 | part == 0);
    assert (begun | stale == 0 & part == 0 & count_of_it == 0);
    cover (events_of_it == 2 & still == `LAG - 1);
end
