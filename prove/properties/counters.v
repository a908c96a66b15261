// Any one of the counters, beside a count of its events, both a cycle after they happened.
(* anyconst *) reg [4:0] watched;
reg [31:0] events_of_it = 0;
// For how many cycles nothing has happened.
reg [4:0] still = 0;
reg begun = 0;
reg [23:0] events_before = 0;
reg clear_before = 0;
// Its sum was written in the cycle before, and the one before that.
reg wrote = 0;
reg wrote_before = 0;
wire happens = happened[watched];
wire [4:0] count_of_it = counts[5 * watched +: 5];

always @* assume (watched < 24 & select == watched);

always @(posedge clock) begin
    begun <= 1;
    events_before <= events;
    clear_before <= clear;
    events_of_it <= cleared ? 32'd0 : events_of_it + {31'd0, happens};
    still <= cleared | happens ? 5'd0 : still == 31 ? 5'd31 : still + 5'd1;
    wrote <= writes & write_at == watched;
    wrote_before <= wrote;
end

// In how many cycles its sum is added to; how many have gone by since its small counter began anew.
wire [5:0] until = watched >= place ? watched - place : watched + 6'd24 - place;
wire [5:0] since = turn > watched ? turn - watched - 6'd1 : turn + 6'd23 - watched;
wire reads = place == watched;
wire lands = write_at == watched;
// What is about to be written when all is cleared counts no more.
wire just_cleared = stale == 24;
wire [31:0] sum_of_it = sums[watched];
wire [31:0] added = stale > until | lands & anew ? 32'd0 : sum_of_it;
wire [31:0] on_its_way = (reads ? {27'd0, part} : 32'd0) + (lands & !just_cleared ? {27'd0, adds} : 32'd0);

always @* begin
    all_arrive: assert (happened == events_before & cleared == clear_before);
    none_lost: assert (added + on_its_way + {27'd0, count_of_it} == events_of_it);
    in_time: assert (still < `LAG - 2 | value == events_of_it);
    // A block RAM does not say what is read where it is written.
    never_both: assert (!writes | write_at != turn);
    // What makes the above true in every cycle that follows.
    assert (turn < 24 & (begun ? place == (turn == 0 ? 23 : turn - 1) : turn == 0 & place == 0 & write_at == 0));
    assert (write_at < 24 & (!begun | write_at == (place == 0 ? 23 : place - 1) | place == 0 & write_at == 0));
    assert (stale == 0 | stale + still <= 24);
    assert (count_of_it <= since + 1 & (still <= since | count_of_it == 0));
    assert (!reads | still < 25 | part == 0);
    assert (!lands | still < 26 | adds == 0);
    assert (!anew | still < 25);
    assert ((!wrote | still < 27) & (!wrote_before | still < 28));
    assert (!reads | out == sum_of_it);
    assert (!lands | anew | old == sum_of_it);
    assert (wrote | found == sum_of_it);
    assert (wrote | wrote_before | shown == sum_of_it);
    assert (!is_time & !was_time);
    assert (begun | stale == 0 & part == 0 & adds == 0 & !anew & count_of_it == 0);
    cover (events_of_it == 2 & still == `LAG - 1);
end
