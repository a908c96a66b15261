// The commit unit between its nest, contract and the arbiter, all of which do whatever they may. The nest is cut out,
// and so is the arithmetic: what the values are is nobody's business here.
reg [15:0] due = 0;
reg [15:0] unwritten = 0;
reg was_reset = 0;

// Flits whose values are on their way through the stages.
reg [15:0] inside;
integer i;
always @* begin
    inside = 0;
    for (i = 0; i < $bits(valid); i = i + 1) inside = inside + {15'd0, valid[i]};
end

always @* begin
    // Values come once for each flit that was taken, whenever they want, but for the next two cycles.
    assume (~comes | due > {15'd0, entered} + {15'd0, placing});
    assume (~grant | request);
    // A reset goes on until nothing is on its way.
    assume (reset | ~was_reset | due == 0 & inside == 0);
end

reg asks = 0;
reg [`SLICES * `FLIT * 8 + 59:0] asked = 0;
wire [`SLICES * `FLIT * 8 + 59:0] window = {request_data, request_turn, request_banks, request_end, request_at};
reg granted = 0;
always @(posedge clock) begin
    was_reset <= reset;
    due <= due + {15'd0, enter} - {15'd0, comes};
    unwritten <= reset ? 16'd0 : unwritten + {15'd0, enter} - {15'd0, grant};
    asks <= request & ~grant & ~reset;
    asked <= window;
    granted <= grant;
end

always @* begin
    takes_what_is_there: assert (~enter | flit_valid);
    each_flit_written_once: assert (reset | ~request | unwritten > 0);
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == window);
    done_when_written: assert (done == 0 || granted);
    quiet_means_quiet: assert (reset | ~quiet | unwritten == 0 & ~request);
    // A place waits for each flit that was taken: its values are still to come, inside, or in the queue.
    places_are_counted: assert (reset | unwritten == many & many <= 24 & many == places_count + entered + placing
        & places_count == targets_count & many == due + inside + windows_count);
    // A place that was granted in the cycle before counts still.
    a_flit_is_taken_if_it_can: assert (reset | willing == (ahead_valid & {11'd0, many} + {15'd0, granted} < 24));
    factors_are_counted: assert (reset | factors_count == due);
    turns_are_counted: assert (reset | turns_count + entered + placing == due);
    cover (due == 0 & inside == 0 & windows_count == 3 & grant);
end
