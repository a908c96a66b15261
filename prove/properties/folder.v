// The lane folder beside the walk as the book tells it: of a row's halves, the runs of each half; of each run, up to
// a group of values at a time.
wire [5:0] lanes = {1'b0, params[FOLD_PARAMS_LANES +: 5]};
wire [5:0] cols = params[FOLD_PARAMS_COLS +: 6];
wire [5:0] most = {2'b0, params[FOLD_PARAMS_GROUP +: 4]};
wire across = params[FOLD_PARAMS_INTERLEAVED];
always @* begin
    // What dispatch lets through.
    assume (lanes > 0 & lanes <= `MOST_LANES & cols > 0 & cols <= `MOST_COLS & most > 0 & most <= `MOST_COLS / 4);
end

reg there = 0;
reg is_across = 0;
reg two_halves = 0;
reg [5:0] values_of_run = 1;
reg [5:0] runs_of_half = 1;
reg [5:0] values_of_flit = 1;
reg second_half = 0;
reg [5:0] run = 0;
reg [5:0] value = 0;
wire [5:0] others = values_of_run - value;
wire run_over = others <= values_of_flit;
wire half_over = run_over & run == runs_of_half - 1;
wire row_over = half_over & (second_half | ~two_halves);

reg waited = 0;
reg [19:0] shown = 0;
reg [1:0] ended = 0;
always @(posedge clock) begin
    if (taken) begin
        value <= run_over ? 6'd0 : value + values_of_flit;
        if (run_over) run <= half_over ? 6'd0 : run + 6'd1;
        if (half_over) second_half <= 1;
        if (row_over) there <= 0;
    end
    if (row_valid & accept) begin
        there <= 1;
        is_across <= across;
        two_halves <= params[FOLD_PARAMS_NIBBLES];
        values_of_run <= across ? lanes : cols;
        runs_of_half <= across ? cols : lanes;
        values_of_flit <= most;
        second_half <= 0;
        run <= 0;
        value <= 0;
    end
    if (reset) there <= 0;
    waited <= valid & ~taken & ~reset;
    shown <= {place, count};
    if (taken & row_over & two_halves & run > 0 & values_of_flit > 1) ended <= ended + 2'd1;
end

always @* begin
    shows_all_flits: assert (valid == there);
    right_place: assert (~valid | place == {value, run, second_half, is_across});
    right_count: assert (~valid | count == (run_over ? others : values_of_flit));
    next_row_in_time: assert (accept == (~there | taken & row_over));
    not_withdrawn: assert (~waited | valid);
    not_changed: assert (~waited | shown == {place, count});
    // What makes the above true in every cycle that follows.
    assert (~there | value < values_of_run & run < runs_of_half & (two_halves | ~second_half));
    assert (values_of_run > 0 & values_of_run <= `MOST_COLS & runs_of_half > 0 & runs_of_half <= `MOST_COLS);
    assert (values_of_flit > 0 & values_of_flit <= `MOST_COLS / 4);
    assert (~there | left == others & length == values_of_run & runs == runs_of_half & group == values_of_flit);
    assert (~there | run_ends == run_over & last_run == (run == runs_of_half - 1));
    assert (~there | last_half == (second_half | ~two_halves) & ends == row_over);
    assert (~there | short == (values_of_run <= values_of_flit) & single == (runs_of_half == 1));
    cover (ended == 2);
end
