// The contraction engine between its nest, fetch's stream and commit, all of which do whatever they may. The nest is
// cut out, and so is what computes: only what steers it is left.
reg [1:0] unissued = 0;
reg asks = 0;
reg [11:0] asked = 0;
reg [5:0] signals = 0;

// Rows that are on their way to the row register, and flits to where they are picked out of it: a bit per cycle since
// the step was issued, the flit taken. Rows are numbered: that of the last one issued, that of the one that was
// in the register in the cycle before.
reg [`ROW - 1:0] rows = 0;
reg [`PICK:0] flits = 0;
reg [4 * `PICK - 1:0] row_of = 0;
reg [3:0] newest = 0;
reg [3:0] in_register = 0;
wire [3:0] row_there = in_register + {3'd0, rows[`ROW - 1]};
wire finishes_row = issue & ahead_head[STEP_FINISHED];

always @* begin
    // A step says of itself twice whether it finishes a row; the buffer gives what it was given, as its own proof says.
    says_the_same_twice: assert (ahead_data[STEP_FINISHED] == ahead_data[STEP_TAG + STEP_TAG_FINISHED]);
    assume (ahead_head[STEP_FINISHED] == ahead_head[STEP_TAG + STEP_TAG_FINISHED]);
end

always @(posedge clock) begin
    unissued <= reset ? 2'd0 : unissued + {1'd0, makes} - {1'd0, issue};
    asks <= flit_valid & ~taken & ~reset;
    asked <= {flit_count, flit_start};
    signals <= issue ? ahead_head[STEP_DONE +: 6] : 6'd0;
    rows <= {rows[`ROW - 2:0], finishes_row};
    newest <= newest + {3'd0, finishes_row};
    in_register <= row_there;
    flits <= {flits[`PICK - 1:0], taken};
    row_of <= {row_of[4 * `PICK - 5:0], newest};
end

reg [3:0] on_their_way;
integer i;
always @* begin
    on_their_way = 0;
    for (i = 0; i < `ROW; i = i + 1) on_their_way = on_their_way + {3'd0, rows[i]};
end

always @* begin
    // Each step that is made is issued once, and with a flit.
    steps_are_counted: assert (ahead_valid == (unissued > 0) && ahead_ready == (unissued < 2) && unissued <= 2);
    only_with_a_flit: assert (~issued | stream_valid & ahead_valid);
    pops_with_its_step: assert (pop == (issued & ahead_head[STEP_POPS]));
    no_idling: assert (issued | ~ahead_valid | ~stream_valid | ahead_head[STEP_FINISHED] & flit_valid);
    // Each row that is issued is folded.
    rows_are_accepted: assert ((folder_row_valid & folder_accept) == finishes_row);
    flit_not_withdrawn: assert (~asks | flit_valid);
    flit_not_changed: assert (~asks | asked == {flit_count, flit_start});
    // Each flit that is taken is announced once, a cycle before its values: they come in two halves, a cycle apart.
    comes_once: assert (comes == flits[`PICK]);
    row_in_time: assert (accumulators_finished == rows[`ROW - 3]);
    // A flit's row is in the register in the cycle in which the flit is picked, lower halves first: the upper ones of
    // both are a cycle later.
    right_row: assert (~flits[`PICK - 1] | row_of[4 * `PICK - 4 +: 4] == row_there);
    signals_with_the_last: assert (ahead_data[STEP_LAST] | ahead_data[STEP_DONE +: 6] == 0);
    done_when_issued: assert (done == signals);
    quiet_means_quiet: assert (reset | ~quiet | unissued == 0 & ~flit_valid);
    // What makes the above true in every cycle that follows.
    assert (newest == in_register + on_their_way);
    cover (finishes_row & taken & flits == {1'b1, {`PICK{1'b1}}} & in_register == 2);
end
