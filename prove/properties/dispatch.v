// A word that was taken is held back until its queue has room, with one more behind it; the first that is not
// legal ends it all.
reg [127:0] held_back = 0;
reg [127:0] behind = 0;
assign told = held_back;
wire [5:0] push = {push_5, push_4, push_3, push_2, push_1, push_0};
wire [5:0] full = {full_5, full_4, full_3, full_2, full_1, full_0};
reg holds = 0;
reg more = 0;
reg broken = 0;
reg [7:0] why = 0;
reg [31:0] passed = 0;
wire goes = holds & mistake == 0 & ~(full >> unit & 1);
wire ends = holds & mistake != 0;
wire moves = ~holds | goes;
wire taken = cmd_valid & cmd_ready;

always @(posedge clock) begin
    more <= ~reset & ~ends & (taken | more & ~moves);
    if (taken) behind <= cmd;
    holds <= ~reset & ~ends & (moves ? more : holds);
    if (moves) held_back <= behind;
    broken <= ~reset & (broken | ends);
    why <= reset ? 8'd0 : ends ? mistake : why;
    passed <= reset ? 32'd0 : passed + {31'd0, goes};
end

always @* begin
    legal_words_only: assert (push == 0 || mistake == 0);
    to_their_unit: assert (push == (goes ? 6'd1 << unit : 6'd0));
    never_into_a_full_queue: assert ((push & full) == 0);
    whole_words: assert (word == held_back);
    none_overwritten: assert (~cmd_ready | ~more | moves);
    no_idling: assert (cmd_ready == (~broken & (moves | ~more)));
    nothing_after_a_fault: assert (~fault | push == 0 & ~cmd_ready);
    right_fault: assert (fault == broken && fault_code == why && fault_index == passed);
    quiet_when_empty: assert (quiet == (~holds & ~more));
    assert (~broken | ~holds & ~more);
    cover (broken & why == 5 & passed == 2);
end
