// The skid buffer beside a row of two words, the oldest lowest.
reg [2 * `WIDTH - 1:0] row = 0;
reg [1:0] there = 0;
reg [2 * `WIDTH - 1:0] next_row;
reg waited = 0;
reg [`WIDTH - 1:0] shown = 0;
wire enters = push & ready;

always @* assume (reset | ~pop | valid);

always @* begin
    next_row = pop ? row >> `WIDTH : row;
    if (enters) next_row[(there - {1'd0, pop}) * `WIDTH +: `WIDTH] = data;
end

always @(posedge clock) begin
    row <= next_row;
    there <= reset ? 2'd0 : there + {1'd0, enters} - {1'd0, pop};
    waited <= valid & ~pop & ~reset;
    shown <= head;
end

always @* begin
    right_flags: assert (valid == (there != 0) && ready == (there < 2) && there <= 2);
    oldest_first: assert (~valid | head == row[`WIDTH - 1:0]);
    not_withdrawn: assert (~waited | valid);
    not_changed: assert (~waited | head == shown);
    // What makes the above true in every cycle that follows.
    assert (there < 2 || spare == row[`WIDTH +: `WIDTH]);
    assert (~waited | shown == row[`WIDTH - 1:0]);
    cover (~ready & pop & push);
end
