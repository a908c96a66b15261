// A unit's semaphores: of each producer, all signals less all takes, whatever comes at once. What the unit's head waits
// for was said a cycle before: it stays, or is what was said of the word behind it. If the head before it started, it is
// that, too, and what that one takes, it takes in this cycle. If neither is so, nothing is said.
reg [31:0] signals [0:5];
reg [31:0] taken [0:5];
reg [5:0] due_head = 0;
reg [5:0] due_behind = 0;
reg [5:0] due_takes = 0;
reg known = 0;
integer i;
initial for (i = 0; i < 6; i = i + 1) begin
    signals[i] = 0;
    taken[i] = 0;
end
wire [5:0] now = waits[5:0];
wire [5:0] behind = waits[11:6];
wire advances = waits[12];

always @(posedge clock) begin
    known <= ~reset;
    due_head <= advances ? behind : now;
    due_behind <= behind;
    due_takes <= now;
    for (i = 0; i < 6; i = i + 1) begin
        signals[i] <= reset ? 32'd0 : signals[i] + {31'd0, ups[i]};
        taken[i] <= reset ? 32'd0 : taken[i] + {31'd0, takes[i]};
    end
end

reg [7:0] due;
reg [5:0] right;
reg [5:0] enough;
reg [5:0] still_enough;
always @* begin
    for (i = 0; i < 6; i = i + 1) begin
        due = signals[i] - taken[i];
        right[i] = counts[8 * i +: 8] == due & some[i] == (due != 0) & more[i] == (due > 1);
        enough[i] = ~now[i] | due != 0;
        still_enough[i] = ~now[i] | due > {7'd0, takes[i]};
    end
    none_lost: assert (&right);
    waits_for_all: assert (known ? now != due_head | may[0] == &enough : ~may[0]);
    behind_a_start: assert (known ? now != due_behind | takes != due_takes | may[1] == &still_enough : ~may[1]);
    cover (may == 3 & takes == 6'h21 & now == 6'h3f & ups == 6'h15);
end
