// A unit's semaphores: of each producer, all signals less all takes, whatever comes at once. What the unit's head waits
// for was said a cycle before: it stays, or it is what was said of the word behind it.
reg [31:0] signals [0:5];
reg [31:0] takes [0:5];
reg [5:0] due_head = 0;
reg known = 0;
integer i;
initial for (i = 0; i < 6; i = i + 1) begin
    signals[i] = 0;
    takes[i] = 0;
end
wire [5:0] now = waits[5:0];
wire [5:0] behind = waits[11:6];
wire advances = waits[12];

always @(posedge clock) begin
    known <= ~reset;
    due_head <= (take | advances) ? behind : now;
    for (i = 0; i < 6; i = i + 1) begin
        signals[i] <= reset ? 32'd0 : signals[i] + {31'd0, ups[i]};
        takes[i] <= reset ? 32'd0 : takes[i] + {31'd0, take & now[i]};
    end
end

always @* assume (~known | now == due_head);

reg [7:0] due;
reg [5:0] right;
reg [5:0] enough;
always @* begin
    for (i = 0; i < 6; i = i + 1) begin
        due = signals[i] - takes[i];
        right[i] = counts[8 * i +: 8] + {7'd0, ups1[i]} - {7'd0, downs1[i]} == due & some[i] == (due != 0);
        enough[i] = ~now[i] | due != 0;
    end
    none_lost: assert (&right);
    waits_for_all: assert (may == (known & &enough));
    cover (may & take & now == 6'h3f & ups == 6'h15);
end
