// A unit's semaphores: of each producer, all signals less all takes, whatever comes at once. What the unit's head waits
// for was said a cycle before; what the exec before it took is taken by then.
reg [31:0] signals [0:5];
reg [31:0] taken [0:5];
reg [5:0] said = 0;
reg known = 0;
integer i;
initial for (i = 0; i < 6; i = i + 1) begin
    signals[i] = 0;
    taken[i] = 0;
end

always @(posedge clock) begin
    known <= ~reset;
    said <= waits;
    for (i = 0; i < 6; i = i + 1) begin
        signals[i] <= reset ? 32'd0 : signals[i] + {31'd0, ups[i]};
        taken[i] <= reset ? 32'd0 : taken[i] + {31'd0, takes[i]};
    end
end

reg [7:0] due;
reg [5:0] right;
reg [5:0] enough;
always @* begin
    for (i = 0; i < 6; i = i + 1) begin
        due = signals[i] - taken[i];
        right[i] = counts[8 * i +: 8] == due & some[i] == (due != 0);
        enough[i] = ~said[i] | due != 0;
    end
    none_lost: assert (&right);
    waits_for_all: assert (may == (known & &enough));
    cover (may & takes == 6'h21 & said == 6'h3f & ups == 6'h15);
end
