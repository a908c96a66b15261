// Each unit's inbox is told what concerns its unit, and nothing else; what it makes of that, its own proof says.
wire [35:0] all_done = {done_5, done_4, done_3, done_2, done_1, done_0};
wire [35:0] all_waits = {waits_5, waits_4, waits_3, waits_2, waits_1, waits_0};
wire [35:0] told_ups = {inboxes_5_ups, inboxes_4_ups, inboxes_3_ups, inboxes_2_ups, inboxes_1_ups, inboxes_0_ups};
wire [35:0] told_waits = {inboxes_5_waits, inboxes_4_waits, inboxes_3_waits, inboxes_2_waits, inboxes_1_waits,
    inboxes_0_waits};
wire [35:0] all_takes = {takes_5, takes_4, takes_3, takes_2, takes_1, takes_0};
wire [35:0] told_takes = {inboxes_5_takes, inboxes_4_takes, inboxes_3_takes, inboxes_2_takes, inboxes_1_takes,
    inboxes_0_takes};
wire [5:0] all_may = {may_5, may_4, may_3, may_2, may_1, may_0};
wire [5:0] told_may = {inboxes_5_may, inboxes_4_may, inboxes_3_may, inboxes_2_may, inboxes_1_may, inboxes_0_may};
reg [35:0] due_ups;
reg [35:0] due_takes;
reg [35:0] due_waits;
integer p;
integer c;
always @* begin
    for (c = 0; c < 6; c = c + 1)
        for (p = 0; p < 6; p = p + 1) begin
            due_ups[6 * c + p] = p != c & all_done[6 * p + c];
            due_takes[6 * c + p] = p != c & all_takes[6 * c + p];
            due_waits[6 * c + p] = p != c & all_waits[6 * c + p];
        end
    right_signals: assert (told_ups == due_ups);
    right_takes: assert (told_takes == due_takes);
    right_waits: assert (told_waits == due_waits);
    right_answers: assert (all_may == told_may);
    cover (told_ups[5:0] == 6'h3e & told_may == 6'h2a);
end
