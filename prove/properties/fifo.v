// The queue, beside another one: words in a row, the oldest lowest, that move down when one leaves.
reg [`DEPTH * `WIDTH - 1:0] row = 0;
reg [15:0] there = 0;
reg [`DEPTH * `WIDTH - 1:0] next_row;
reg waited = 0;
reg [`WIDTH - 1:0] shown = 0;
reg was_full = 0;

always @* begin
    // Who uses a queue keeps to this; of the engines' own queues it is proven, too.
    assume (reset | ~write | ~full);
    assume (reset | ~pop | valid);
end

always @* begin
    next_row = pop ? row >> `WIDTH : row;
    if (write) next_row[(there - {15'd0, pop}) * `WIDTH +: `WIDTH] = data;
end

always @(posedge clock) begin
    row <= next_row;
    there <= reset ? 16'd0 : there + {15'd0, write} - {15'd0, pop};
    waited <= valid & ~pop & ~reset;
    shown <= head;
    was_full <= (was_full | full) & ~reset;
end

integer i;
always @* begin
    never_too_many: assert (there <= `DEPTH);
    right_count: assert (count == there);
    right_full: assert (full == (there == `DEPTH));
    oldest_first: assert (~valid | head == row[`WIDTH - 1:0]);
    // A stream's contract: what waits stays, and stays the same.
    not_withdrawn: assert (~waited | valid);
    not_changed: assert (~waited | head == shown);
    // What makes the above true in every cycle that follows; the rest of it is said by the kind of queue.
    assert (~waited | shown == row[`WIDTH - 1:0]);
    // It fills and becomes empty again.
    cover (was_full & ~valid);
end
