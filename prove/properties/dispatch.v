// A word that was taken is held back until its queue has room, with up to two more behind it; the first that is not
// legal over it all. Those behind it are in a skid buffer, which gives what it was given, in order: `skid`.
reg [127:0] held_back = 0;
assign told = held_back;
wire [5:0] push = {push_5, push_4, push_3, push_2, push_1, push_0};
wire [5:0] filling = {filling_5, filling_4, filling_3, filling_2, filling_1, filling_0};
// What a queue said a cycle before counts.
reg [5:0] full = 0;
always @(posedge clock) full <= filling;
reg holds = 0;
reg more = 0;
reg two = 0;
reg broken = 0;
reg [7:0] why = 0;
reg [31:0] passed = 0;
wire goes = holds & mistake == 0 & ~(full >> unit & 1);
wire over = holds & mistake != 0;
wire passes = ~broken & (~holds | goes);
wire taken = cmd_valid & cmd_ready;

always @(posedge clock) begin
    more <= ~reset & ~over & (taken | two | more & ~passes);
    two <= ~reset & ~over & ~passes & (two | more & taken);
    holds <= ~reset & ~over & (passes ? more : holds);
    if (passes) held_back <= intake_head;
    broken <= ~reset & (broken | over);
    why <= reset ? 8'd0 : over ? mistake : why;
    passed <= reset ? 32'd0 : passed + {31'd0, goes};
end

always @* begin
    legal_words_only: assert (push == 0 || mistake == 0);
    to_their_unit: assert (push == (goes ? 6'd1 << unit : 6'd0));
    never_into_a_full_queue: assert ((push & full) == 0);
    whole_words: assert (word == held_back);
    none_overwritten: assert (~cmd_ready | ~two);
    no_idling: assert (cmd_ready == (~broken & ~two));
    nothing_after_a_fault: assert (~fault | push == 0 & ~cmd_ready);
    right_fault: assert (fault == broken && fault_code == why && fault_index == passed);
    quiet_when_empty: assert (quiet == (~holds & ~more));
    assert (~broken | ~holds & ~more);
    assert (~holds | blocked == ((goes_to & full) != 0));
    each_word_once: assert (intake_push == taken);
    in_order: assert (intake_pop == (more & passes));
    assert (intake_valid == more && intake_ready == ~two && judged == holds && (~two | more));
    assert (goes_to == (holds ? 6'd1 << unit : 6'd0));
    assert (~holds | verdict == {mistake, mistake == 8'd0, unit});
    cover (broken & why == 5 & passed == 2);
end
