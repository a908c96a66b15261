// Rows beside their closed form: two that wait, the older one lowest, and how many steps were made of it. A step is
// `STRIDE beats at most.
reg [31:0] ext_of [0:1];
reg [27:0] dm_of [0:1];
reg [15:0] bytes_of [0:1];
reg [110:0] measured [0:1];
reg [1:0] there = 0;
reg [15:0] made = 0;
wire enters = push & ready;
wire leaves = step & ends;
wire [1:0] behind_all = there - {1'd0, leaves};

// What was loaded.
reg [15:0] loaded = 1;
reg some_loaded = 0;
always @(posedge clock)
    if (loads) begin
        loaded <= bytes;
        some_loaded <= 1;
    end

always @* begin
    assume (~loads | bytes > 0);
    assume (~push | some_loaded);
    assume (~step | valid);
    // The skid buffer gives what it was given.
    assume (there == 0 || rows_head == measured[0]);
end

// The row whose steps are made: its first byte's place in its beat, its beats, its steps.
wire [31:0] byte_in_beat = ext_of[0] % `FLIT;
wire [31:0] beats_of_row = (byte_in_beat + bytes_of[0] + `FLIT - 1) / `FLIT;
wire [31:0] steps_of_row = (beats_of_row + `STRIDE - 1) / `STRIDE;
wire [31:0] before = made == 0 ? 0 : made * `STRIDE * `FLIT - byte_in_beat;
wire [31:0] beats_left = beats_of_row - made * `STRIDE;
wire over = made + 1 == steps_of_row;
wire [31:0] bytes_of_step = (over ? bytes_of[0] : (made + 1) * `STRIDE * `FLIT - byte_in_beat) - before;
wire [31:0] beats_of_step = beats_left < `STRIDE ? beats_left : `STRIDE;
wire [31:0] beats_of_request = beats_left < 16 ? beats_left : 16;

always @(posedge clock) begin
    if (leaves) begin
        ext_of[0] <= ext_of[1];
        dm_of[0] <= dm_of[1];
        bytes_of[0] <= bytes_of[1];
        measured[0] <= measured[1];
    end
    if (enters) begin
        ext_of[behind_all] <= ext;
        dm_of[behind_all] <= dm;
        bytes_of[behind_all] <= loaded;
        measured[behind_all] <= rows_data;
    end
    there <= reset ? 2'd0 : there + {1'd0, enters} - {1'd0, leaves};
    made <= reset | leaves ? 16'd0 : made + {15'd0, step};
end

function right_span;
    input [22:0] span;
    input [31:0] beats_but_one;
    right_span = span[SPAN_BEHIND +: 16] == beats_but_one / `STRIDE
        & span[SPAN_SHORT] == (beats_but_one / `STRIDE == 0)
        & span[SPAN_ONE_BEHIND] == (beats_but_one / `STRIDE == 1)
        & span[SPAN_REST +: 5] == beats_but_one % 16 + 1;
endfunction

// What was measured of a row.
reg [1:0] right;
integer i;
reg [31:0] in_beat;
reg [31:0] beats_but_one;
always @*
    for (i = 0; i < 2; i = i + 1) begin
        in_beat = ext_of[i] % `FLIT;
        beats_but_one = (in_beat + bytes_of[i] - 1) / `FLIT;
        right[i] = bytes_of[i] > 0
            & measured[i][ROW_EXT +: 32] == ext_of[i] & measured[i][ROW_DM +: 28] == dm_of[i]
            & measured[i][ROW_LANE +: 6] == in_beat
            & measured[i][ROW_END +: 6] == (in_beat + bytes_of[i] - 1) % `FLIT + 1
            & measured[i][ROW_BEHIND +: 16] == beats_but_one / `STRIDE
            & measured[i][ROW_SHORT] == (beats_but_one / `STRIDE == 0)
            & measured[i][ROW_ONE_BEHIND] == (beats_but_one / `STRIDE == 1)
            & measured[i][ROW_REST +: 5] == beats_but_one % 16 + 1
            & measured[i][ROW_TURN +: 6] == (dm_of[i] - in_beat) % `FLIT
            & measured[i][ROW_TURNED] == (dm_of[i] % `FLIT != in_beat)
            & measured[i][ROW_LEAVES_ROW] == (dm_of[i] % `FLIT > in_beat);
    end

always @* begin
    rows_are_counted: assert (valid == (there > 0) && ready == (there < 2) && there <= 2);
    // A step goes on where the one before ended, and the last one ends where the row does.
    right_place: assert (~valid | at == (dm_of[0] + before) % (1 << 28) & lane == (made == 0 ? byte_in_beat : 0));
    right_beat: assert (~valid | ext_beat == ext_of[0] - byte_in_beat + made * `STRIDE * `FLIT);
    right_bytes: assert (~valid | (beats_of_step - 1) * `FLIT + end_ - lane == bytes_of_step);
    right_turn: assert (~valid | turn == (at - lane) % `FLIT);
    right_row: assert (~valid | leaves_row == (at % `FLIT + `FLIT - lane > `FLIT));
    within_a_beat: assert (~valid | (beats_of_step > 1 | lane < end_) & end_ <= `FLIT);
    right_end: assert (~valid | ends == over);
    right_requests: assert (~valid | opens == (`STRIDE == 16 || made % 16 == 0));
    right_beats: assert (~valid | ~opens | beats == beats_of_request);
    // What makes the above true in every cycle that follows.
    assert (loaded > 0 & (~some_loaded | below == (loaded - 1) % `FLIT));
    assert (~some_loaded | right_span(early, (loaded - 16'd1) / `FLIT));
    assert (~some_loaded | right_span(late, (loaded + `FLIT - 32'd1) / `FLIT));
    assert (there < 1 || right[0]);
    assert (there < 2 || right[1]);
    assert (valid ? made < steps_of_row : made == 0);
    assert (inside_ == (made > 0) && (~inside_ | left == steps_of_row - made & one_left == over));
    assert (~inside_ | next_at == (dm_of[0] + before) % (1 << 28));
    assert (~inside_ | next_ext == ext_of[0] - byte_in_beat + made * `STRIDE * `FLIT);
    assert (`STRIDE == 16 || beat == made % 16);
    cover (leaves & made == 1 & there == 2);
    cover (leaves & made == 17 / `STRIDE);
end
