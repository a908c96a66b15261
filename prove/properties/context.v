// The front of a unit between dispatch, semaphores and the unit, all of which do whatever they may. Its sequencer is
// cut out.
reg [15:0] undone = 0;
reg waits_on = 0;
reg [127:0] head_then = 0;
reg started = 0;
reg [127:0] started_word = 0;
wire filled = execs | loops;
wire exec = first[`HEADER_OP] == 1;
wire [3:0] levels_of_word = first[`HEADER_LEVEL];
reg [7:0] due_levels;
reg [7:0] planned = 0;
reg [5:0] said = 0;
reg known = 0;
integer i;
always @* for (i = 0; i < 8; i = i + 1) due_levels[i] = levels_of_word > i;

// That the queue fills is heard a cycle later.
reg filled_then = 0;
always @(posedge clock) filled_then <= filling;
always @* assume (~push | ~filled_then);
always @* assume (~push | ~reset);

always @(posedge clock) begin
    undone <= reset ? 16'd0 : undone + {15'd0, push} - {15'd0, loops | begun};
    waits_on <= filled & ~loops & ~begun & ~reset;
    head_then <= first;
    started <= start & ~reset;
    started_word <= first;
    if (moves) planned <= used;
    known <= ~reset;
    said <= waits;
end

always @* begin
    each_word_done_once: assert (undone == queue_count + {15'd0, filled} && ~(loops & begun));
    assert (orders_count == queue_count);
    only_words: assert (filled | ~loops & ~begun);
    word_stands_still: assert (~waits_on | filled & head_then == first);
    head_is_known: assert (~filled | execs == exec);
    loop_is_known: assert (~loops | repeats == (first[`LOOPS_COUNT] != 1));
    loops_at_once: assert (~loops | moves);
    // The unit is free, or makes its last step; in the cycle after a start the head is still the one that started.
    execs_when_they_may: assert (start == (filled & exec & ~started & may & (~valid | step & last)));
    takes_what_it_waited_for: assert (takes == (started ? said : 6'd0));
    parameters_of_the_exec: assert (~started | active == started_word);
    quiet_means_quiet: assert (~quiet | undone == 0 & ~valid);
    // The levels of the walk are planned before it starts.
    right_levels: assert (~filled | planned == due_levels);
    // What the head waits for was said a cycle before.
    needs_said_before: assert (~known | ~execs | started | waits == said);
    assert (begun == started && (~begun | execs));
    cover (started & step & last & undone == 3);
end
