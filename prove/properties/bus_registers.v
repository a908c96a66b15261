// The registers between the control side, the command buffer and the machine, all of which do whatever they may.
reg [95:0] parts = 0;
reg [31:0] pushed = 0;
reg lost = 0;
reg was_stopped = 1;
reg was_quiet = 0;
reg [4:0] stopped = 0;
wire [9:0] place = write_at - `COMMAND_AT;
wire word_ends = write & place == 3;
wire machine_resets = reset | write & write_at == `CONTROL_AT & data[0];

always @* assume (buffered <= `COMMANDS);

always @(posedge clock) begin
    if (write & place < 3) parts[32 * place[1:0] +: 32] <= data;
    if (machine_resets) parts <= 0;
    pushed <= stop ? 32'd0 : pushed + {31'd0, push};
    lost <= ~stop & (lost | word_ends & ~push);
    was_stopped <= stop;
    was_quiet <= quiet;
    stopped <= machine_resets ? 5'd0 : stop & stopped < `HOLD ? stopped + 5'd1 : stopped;
end

always @* begin
    // A word is pushed with its last part, whole, and only where there is room; after one that was lost, none.
    only_whole_words: assert (~push | word_ends);
    right_word: assert (~push | word == {data, parts});
    never_into_a_full_buffer: assert (~push | buffered < `COMMANDS);
    none_behind_a_hole: assert (~push | ~lost);
    none_in_a_reset: assert (~push | ~stop);
    no_idling: assert (push == (word_ends & ~lost & ~stop & buffered < `COMMANDS));
    refused_if_lost: assert (~word_ends | written == push);
    words_are_counted: assert (taken == pushed);
    // A reset lasts, and until memory is quiet.
    long_resets: assert (stop | ~was_stopped | stopped == `HOLD & was_quiet);
    // What makes the above true in every cycle that follows.
    assert (overflow == lost && parts == {part2, part1, part0});
    assert (held == stopped & (stop | stopped == `HOLD) & stopped <= `HOLD);
    cover (push & pushed == 1 & word == {32'd4, 32'd3, 32'd2, 32'd1});
    cover (lost & pushed == 1);
end
