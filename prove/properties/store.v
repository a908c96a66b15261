// The store unit between dispatch, the arbiter and a memory, all of which do whatever they may.
assign told = word;
reg [15:0] given = 0;
reg [15:0] announced = 0;
wire gives = w_valid & w_ready;

always @* begin
    assume (~push | ~filling & mistake == 0 & unit == 5);
    assume (~accepted | request);
    assume (~grant | read);
end

reg gave = 0;
reg asks = 0;
reg [36:0] asked = 0;
reg offers = 0;
reg [`FLIT * 8 + 31:0] offered = 0;
reg [7:0] inside = 0;
always @(posedge clock) begin
    announced <= reset ? 16'd0 : announced + (accepted ? {11'd0, request_beats} : 16'd0);
    gave <= gives;
    given <= reset ? 16'd0 : given + {15'd0, gives};
    inside <= reset ? 8'd0 : inside + {7'd0, grant} - {7'd0, gives};
    asks <= request & ~accepted & ~reset;
    asked <= {request_beats, request_at};
    offers <= w_valid & ~w_ready & ~reset;
    offered <= {w_strb, w_data};
end

// The strobes are a run of ones, for bytes that a beat has.
wire [31:0] lowest = w_strb & (~w_strb + 1);
wire [31:0] run = w_strb + lowest;
always @* begin
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_beats, request_at});
    right_requests: assert (~request | request_beats > 0 & request_beats <= 16 & request_at % `FLIT == 0);
    data_not_withdrawn: assert (~offers | w_valid);
    data_not_changed: assert (~offers | offered == {w_strb, w_data});
    right_strobes: assert (~w_valid | w_strb > 0 & (w_strb >> `FLIT) == 0 & (run & w_strb) == 0);
    each_read_given_once: assert (inside <= 16 && (~w_valid | inside > 0));
    asked_before_given: assert (~w_valid | request | announced > given);
    done_when_given: assert (done == 0 || gave);
    quiet_means_quiet: assert (~quiet | inside == 0 & ~request & ~read & announced == given);
    cover (gave & done != 0 & given == 1);
end
