// A unit's semaphores: of each producer, all signals less all takes, whatever comes at once.
reg [31:0] signals [0:5];
reg [31:0] takes [0:5];
integer i;
initial for (i = 0; i < 6; i = i + 1) begin
    signals[i] = 0;
    takes[i] = 0;
end

always @(posedge clock)
    for (i = 0; i < 6; i = i + 1) begin
        signals[i] <= reset ? 32'd0 : signals[i] + {31'd0, ups[i]};
        takes[i] <= reset ? 32'd0 : takes[i] + {31'd0, take & waits[i]};
    end

reg [7:0] due;
reg [5:0] right;
reg [5:0] enough;
always @* begin
    for (i = 0; i < 6; i = i + 1) begin
        due = signals[i] - takes[i];
        right[i] = counts[8 * i +: 8] + {7'd0, ups1[i]} - {7'd0, downs1[i]} == due & some[i] == (due != 0);
        enough[i] = ~waits[i] | due != 0;
    end
    none_lost: assert (&right);
    waits_for_all: assert (may == &enough);
    cover (may & take & waits == 6'h3f & ups == 6'h15);
end
