// All pairs of a producer and a consumer, each on its own. No pair of a unit with itself.
wire [35:0] all_done = {done_5, done_4, done_3, done_2, done_1, done_0};
wire [35:0] all_waits = {waits_5, waits_4, waits_3, waits_2, waits_1, waits_0};
wire [35:0] all_takes = {takes_5, takes_4, takes_3, takes_2, takes_1, takes_0};
wire [5:0] all_may = {may_5, may_4, may_3, may_2, may_1, may_0};
reg [7:0] counts [0:35];
reg [35:0] said = 0;
reg known = 0;
integer p;
integer c;
initial for (p = 0; p < 36; p = p + 1) counts[p] = 0;

always @(posedge clock) begin
    known <= ~reset;
    said <= all_waits;
    for (c = 0; c < 6; c = c + 1)
        for (p = 0; p < 6; p = p + 1)
            counts[6 * p + c] <= reset ? 8'd0
                : counts[6 * p + c] + {7'd0, all_done[6 * p + c]} - {7'd0, all_takes[6 * c + p]};
end

// What a unit's head waits for was said a cycle before.
reg [5:0] enough;
always @* begin
    enough = {6{known}};
    for (c = 0; c < 6; c = c + 1)
        for (p = 0; p < 6; p = p + 1)
            if (p != c & said[6 * c + p] & counts[6 * p + c] == 0) enough[c] = 0;
    pairs_apart: assert (all_may == enough);
    cover (may_3 & takes_3 == 6'h37 & said[23:18] == 6'h37);
end
