// A word that was taken is held back until its queue has room, with up to two more behind it; the first that is not
// legal over it all. Those behind it are in a skid buffer, which gives what it was given, in order: `skid`.
assign told = cmd;
wire [5:0] push = {push_5, push_4, push_3, push_2, push_1, push_0};
wire [5:0] filling = {filling_5, filling_4, filling_3, filling_2, filling_1, filling_0};
// What a queue said a cycle before counts.
reg [5:0] full = 0;
always @(posedge clock) full <= filling;
// A word, and what is to be said of it: its mistake and its unit.
reg [127:0] held_back = 0;
reg [150:0] next_word = 0;
reg [150:0] last_word = 0;
reg [11:0] of_held = 0;
reg [11:0] of_next = 0;
reg [11:0] of_last = 0;
reg holds = 0;
reg more = 0;
reg two = 0;
reg broken = 0;
reg [7:0] why = 0;
reg [31:0] passed = 0;
wire [7:0] mistake_of_it = of_held[11:4];
wire [3:0] unit_of_it = of_held[3:0];
wire goes = holds & mistake_of_it == 0 & ~(full >> unit_of_it & 1);
wire over = holds & mistake_of_it != 0;
wire passes = ~broken & (~holds | goes);
wire taken = cmd_valid & cmd_ready;

always @* assume (intake_valid == more & intake_ready == ~two & intake_head == next_word);

always @(posedge clock) begin
    more <= ~reset & ~over & (taken | two | more & ~passes);
    two <= ~reset & ~over & ~passes & (two | more & taken);
    holds <= ~reset & ~over & (passes ? more : holds);
    if (passes) {held_back, of_held} <= {next_word[127:0], of_next};
    if (passes | ~more) {next_word, of_next} <= two ? {last_word, of_last} : {intake_data, mistake, unit};
    if (~two) {last_word, of_last} <= {intake_data, mistake, unit};
    broken <= ~reset & (broken | over);
    why <= reset ? 8'd0 : over ? mistake_of_it : why;
    passed <= reset ? 32'd0 : passed + {31'd0, goes};
end

// What findings come to: a second telling of the ruling.
function [11:0] said(input [150:0] checked);
    reg [6:0] reserved;
    reg [7:0] range;
    reg [2:0] foreign;
    reg exec;
    reg [3:0] unit;
    begin
        {range, reserved, foreign, exec, unit} = checked[150:128];
        said = {foreign[0] ? 8'd1 : foreign[1] ? 8'd2 : foreign[2] ? 8'd3
            : (exec ? reserved >> unit & 1 : reserved >> 6 & 1) ? 8'd4
            : (exec ? range >> unit & 1 : unit == 0 | unit == 2 ? range >> 6 & 1 : range >> 7 & 1) ? 8'd5 : 8'd0, unit};
    end
endfunction
wire [11:0] ruled = said(intake_head);

always @* begin
    legal_words_only: assert (push == 0 || mistake_of_it == 0);
    to_their_unit: assert (push == (goes ? 6'd1 << unit_of_it : 6'd0));
    never_into_a_full_queue: assert ((push & full) == 0);
    whole_words: assert (~holds | word == held_back);
    none_overwritten: assert (~cmd_ready | ~two);
    no_idling: assert (cmd_ready == (~broken & ~two));
    nothing_after_a_fault: assert (~fault | push == 0 & ~cmd_ready);
    right_fault: assert (fault == broken && fault_code == why && (~fault | fault_index == passed));
    quiet_when_empty: assert (quiet == (~holds & ~more));
    assert (~broken | ~holds & ~more & ~left);
    assert (passed == index + {31'd0, left});
    each_word_once: assert (intake_push == taken && intake_data[127:0] == cmd);
    in_order: assert (intake_pop == (more & passes));
    right_findings: assert (said(intake_data) == {mistake, unit});
    right_ruling: assert (~more | ruling_verdict == {ruled[11:4], ruled[11:4] == 8'd0, ruled[3:0]});
    assert (stuck == (holds & ~goes));
    assert (judged == holds && (~two | more));
    assert ((~more | next_word[131:128] < 6 | next_word[134]) && (~two | last_word[131:128] < 6 | last_word[134]));
    assert ((~more | said(next_word) == of_next) && (~two | said(last_word) == of_last));
    assert (goes_to == (holds ? 6'd1 << unit_of_it : 6'd0));
    assert (~holds | verdict == {mistake_of_it, mistake_of_it == 8'd0, unit_of_it});
    cover (broken & why == 5 & passed == 2);
end
