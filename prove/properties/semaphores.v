// All pairs of a producer and a consumer, each on its own. No pair of a unit with itself.
wire [35:0] all_done = {done_5, done_4, done_3, done_2, done_1, done_0};
wire [77:0] all_waits = {waits_5, waits_4, waits_3, waits_2, waits_1, waits_0};
wire [35:0] all_takes = {takes_5, takes_4, takes_3, takes_2, takes_1, takes_0};
wire [5:0] all_may = {may_5[0], may_4[0], may_3[0], may_2[0], may_1[0], may_0[0]};
wire [5:0] all_behind = {may_5[1], may_4[1], may_3[1], may_2[1], may_1[1], may_0[1]};
reg [7:0] counts [0:35];
reg [5:0] heads [0:5];
reg [5:0] behinds [0:5];
reg [5:0] nows [0:5];
reg known = 0;
integer p;
integer c;
initial for (p = 0; p < 36; p = p + 1) counts[p] = 0;

always @(posedge clock) begin
    known <= ~reset;
    for (c = 0; c < 6; c = c + 1) begin
        heads[c] <= all_waits[13 * c + 12] ? all_waits[13 * c + 6 +: 6] : all_waits[13 * c +: 6];
        behinds[c] <= all_waits[13 * c + 6 +: 6];
        nows[c] <= all_waits[13 * c +: 6];
        for (p = 0; p < 6; p = p + 1)
            counts[6 * p + c] <= reset ? 8'd0
                : counts[6 * p + c] + {7'd0, all_done[6 * p + c]} - {7'd0, all_takes[6 * c + p]};
    end
end

// What a unit's head waits for was said a cycle before, or nothing is said of it; and the same behind a start, which
// takes in this cycle.
reg [5:0] enough;
reg [5:0] still_enough;
reg [5:0] right;
always @* begin
    enough = {6{known}};
    still_enough = {6{known}};
    for (c = 0; c < 6; c = c + 1)
        for (p = 0; p < 6; p = p + 1)
            if (p != c & all_waits[13 * c + p]) begin
                if (counts[6 * p + c] == 0) enough[c] = 0;
                if (counts[6 * p + c] <= {7'd0, all_takes[6 * c + p]}) still_enough[c] = 0;
            end
    for (c = 0; c < 6; c = c + 1)
        right[c] = known
            ? (all_waits[13 * c +: 6] != heads[c] | all_may[c] == enough[c])
                & (all_waits[13 * c +: 6] != behinds[c] | all_takes[6 * c +: 6] != nows[c]
                    | all_behind[c] == still_enough[c])
            : ~all_may[c] & ~all_behind[c];
    pairs_apart: assert (&right);
    cover (may_3 == 3 & takes_3 == 6'h37 & waits_3[5:0] == 6'h37 & waits_3[5:0] == heads[3]);
end
