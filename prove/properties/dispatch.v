// A word that was taken is held back until its queue has room, with one more behind it; the first that is not
// legal over it all.
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
wire over = holds & mistake != 0;
wire passes = ~broken & (~holds | goes);
wire taken = cmd_valid & cmd_ready;

always @(posedge clock) begin
    more <= ~reset & ~over & (taken | more & ~passes);
    if (taken) behind <= cmd;
    holds <= ~reset & ~over & (passes ? more : holds);
    if (passes) held_back <= behind;
    broken <= ~reset & (broken | over);
    why <= reset ? 8'd0 : over ? mistake : why;
    passed <= reset ? 32'd0 : passed + {31'd0, goes};
end

always @* begin
    legal_words_only: assert (push == 0 || mistake == 0);
    to_their_unit: assert (push == (goes ? 6'd1 << unit : 6'd0));
    never_into_a_full_queue: assert ((push & full) == 0);
    whole_words: assert (word == held_back);
    none_overwritten: assert (~cmd_ready | ~more | passes);
    no_idling: assert (cmd_ready == (~broken & (passes | ~more)));
    nothing_after_a_fault: assert (~fault | push == 0 & ~cmd_ready);
    right_fault: assert (fault == broken && fault_code == why && fault_index == passed);
    quiet_when_empty: assert (quiet == (~holds & ~more));
    assert (~broken | ~holds & ~more);
    assert (held == more && judged == holds && (~more | held_word == behind));
    assert (~holds | verdict == {mistake, mistake == 8'd0, mistake == 0 ? unit : 4'd0});
    cover (broken & why == 5 & passed == 2);
end
