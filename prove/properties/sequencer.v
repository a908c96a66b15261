// A nest as the book tells it: of the levels in use, the lowest that is not at its last iteration moves, all
// below it begin again. The address is the base and, for each level, its stride as often as it has moved.
reg [1:0] set_count [0:2];
reg [31:0] set_a [0:2];
reg [27:0] set_b [0:2];
reg [1:0] count_of [0:2];
reg [31:0] stride_a_of [0:2];
reg [27:0] stride_b_of [0:2];
reg [1:0] index [0:2];
reg [31:0] from_a = 0;
reg [27:0] from_b = 0;
reg [2:0] planned_levels = 0;
reg [2:0] in_use = 0;
reg busy = 0;
integer i;
initial for (i = 0; i < 3; i = i + 1) begin
    set_count[i] = 1;
    index[i] = 0;
end

reg [31:0] due_a;
reg [27:0] due_b;
reg [7:0] due_first;
reg [7:0] due_last;
reg moves;
always @* begin
    due_a = from_a;
    due_b = from_b;
    due_first = 8'hff;
    due_last = 8'hff;
    for (i = 0; i < 3; i = i + 1)
        if (in_use[i]) begin
            due_a = due_a + (index[i][0] ? stride_a_of[i] : 32'd0) + (index[i][1] ? stride_a_of[i] << 1 : 32'd0);
            due_b = due_b + (index[i][0] ? stride_b_of[i] : 28'd0) + (index[i][1] ? stride_b_of[i] << 1 : 28'd0);
            due_first[i] = index[i] == 0;
            due_last[i] = index[i] == count_of[i] - 1;
        end
end

// Each level of the nest is set once: one to three iterations, and strides that tell, in the address, how often
// each level has moved. Then walks over the lowest of the levels, as many as may be, always planned the cycle before,
// follow each other, with pauses if `PAUSES says so.
reg [2:0] cycle = 0;
always @(posedge clock) cycle <= cycle == 3 ? 3'd3 : cycle + 3'd1;
always @* begin
    assume (~reset);
    assume (set == (cycle < 3));
    assume (cycle == 3 | level == cycle & count >= 1 & count <= 3);
    assume (repeats == (count != 1));
    assume (cycle == 3 | stride_a == 32'd1 << 2 * cycle & stride_b == -(28'd1 << 2 * cycle));
    assume (start == (cycle == 3 & (~busy | step & last)));
    assume (plan & levels < 8 & (levels & levels + 1) == 0 & base_a == 64 & base_b == 0);
    assume (`PAUSES ? ~step | valid : step == valid);
end

always @(posedge clock) begin
    if (set) begin
        set_count[level] <= count[1:0];
        set_a[level] <= stride_a;
        set_b[level] <= stride_b;
    end
    moves = step;
    for (i = 0; i < 3; i = i + 1)
        if (in_use[i] & moves) begin
            index[i] <= due_last[i] ? 2'd0 : index[i] + 2'd1;
            moves = due_last[i];
        end
    planned_levels <= levels[2:0];
    if (step & &due_last) busy <= 0;
    if (start) begin
        busy <= 1;
        from_a <= base_a;
        from_b <= base_b;
        in_use <= planned_levels;
        for (i = 0; i < 3; i = i + 1) begin
            index[i] <= 0;
            count_of[i] <= set_count[i];
            stride_a_of[i] <= set_a[i];
            stride_b_of[i] <= set_b[i];
        end
    end
    if (reset) begin
        busy <= 0;
        for (i = 0; i < 3; i = i + 1) set_count[i] <= 1;
    end
end

// Steps that were made, and walks that ended.
reg [7:0] steps = 0;
always @(posedge clock) steps <= start ? 8'd0 : steps + {7'd0, step};

always @* begin
    steps_when_busy: assert (valid == busy);
    right_a: assert (~valid | a == due_a);
    right_b: assert (~valid | b == due_b);
    right_marks: assert (~valid | at_first == due_first & at_last == due_last);
    right_end: assert (~valid | last == &due_last);
    cover (valid & last & steps == `MOST_STEPS - 1);
end
