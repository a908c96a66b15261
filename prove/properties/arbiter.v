// The arbiters of data memory. 0 to 2 read (fetch, trfload, store), 3 and 4 write (commit, load).
wire [4:0] wants = {wants_4, wants_3, wants_2, wants_1, wants_0};
wire [4:0] grant = {grant_4, grant_3, grant_2, grant_1, grant_0};
wire [79:0] banks = {banks_4, banks_3, banks_2, banks_1, banks_0};
integer i;

// A request stays as it is until it is granted.
reg [4:0] asked = 0;
always @(posedge clock) asked <= wants & ~grant;
always @* assume ((asked & ~wants) == 0);

// The banks that each is granted.
reg [79:0] used;
always @* for (i = 0; i < 5; i = i + 1) used[16 * i +: 16] = grant[i] ? banks[16 * i +: 16] : 16'd0;
wire [15:0] used_0 = used[15:0];
wire [15:0] used_1 = used[31:16];
wire [15:0] used_2 = used[47:32];
wire [15:0] used_3 = used[63:48];
wire [15:0] used_4 = used[79:64];
wire [15:0] read = used_0 | used_1 | used_2;
wire [15:0] written = used_3 | used_4;

// Who wants banks, gets none, and could have had them.
reg [4:0] idling;
always @*
    for (i = 0; i < 5; i = i + 1)
        idling[i] = wants[i] & ~grant[i] & ~|(banks[16 * i +: 16] & (i < 3 ? read : written));

// For how long each has been waiting.
reg [19:0] waited = 0;
always @(posedge clock)
    for (i = 0; i < 5; i = i + 1)
        waited[4 * i +: 4] <= wants[i] & ~grant[i] ? waited[4 * i +: 4] + 4'd1 : 4'd0;
wire [3:0] fetch_waited = waited[3:0];
wire [3:0] trfload_waited = waited[7:4];
wire [3:0] store_waited = waited[11:8];
wire [3:0] commit_waited = waited[15:12];
wire [3:0] load_waited = waited[19:16];

always @* begin
    only_who_wants: assert ((grant & ~wants) == 0);
    // A bank is read by one and written by one.
    reads_apart: assert ((used_0 & used_1) == 0 && (used_0 & used_2) == 0 && (used_1 & used_2) == 0);
    writes_apart: assert ((used_3 & used_4) == 0);
    nobody_idles: assert (idling == 0 | trfload_waited >= 7 | store_waited >= 7 | load_waited >= 7);
    // Fetch and commit go first, unless another has waited for 7 cycles.
    fetch_first: assert (~wants_0 | grant_0 | trfload_waited >= 7 | store_waited >= 7);
    commit_first: assert (~wants_3 | grant_3 | load_waited >= 7);
    // Nobody waits for longer than this.
    fetch_waits: assert (fetch_waited <= 2);
    trfload_waits: assert (trfload_waited <= 8);
    urgent_is_known: assert (trfload_age_urgent == (trfload_waited >= 7) && store_age_urgent == (store_waited >= 7) && load_age_urgent == (load_waited >= 7));
    store_waits: assert (store_waited <= 7);
    commit_waits: assert (commit_waited <= 1);
    load_waits: assert (load_waited <= 7);
    cover (trfload_waited == 7 & store_waited == 7);
    cover (load_waited == 7);
end
