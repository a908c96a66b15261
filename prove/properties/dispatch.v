// What makes a word legal, as the command set tells it: a second telling of the check.
reg [127:0] held_back = 0;
wire [3:0] unit = held_back[`HEADER_UNIT];
wire exec = held_back[`HEADER_OP] == 1;
wire [3:0] levels = held_back[`HEADER_LEVEL];
wire [127:0] unknown = ~exec ? `UNUSED_LOOP
    : unit == 0 ? `UNUSED_FETCH
    : unit == 1 ? `UNUSED_CONTRACT
    : unit == 2 ? `UNUSED_COMMIT
    : unit == 3 ? `UNUSED_TRFLOAD
    : unit == 4 ? `UNUSED_LOAD : `UNUSED_STORE;

wire [31:0] packet = held_back[`FETCH_PACKET];
wire [31:0] pack = held_back[`FETCH_PACK];
wire [31:0] tail_level = held_back[`FETCH_TAIL_LEVEL];
wire [31:0] tail_bytes = held_back[`FETCH_TAIL_BYTES];
wire fetch_good = held_back[`FETCH_BASE] < `DM_BYTES
    && packet > 0 && pack > 0 && packet * pack <= `FLIT
    && (tail_level == 8 ? tail_bytes == 0 : tail_level < 8 && tail_bytes > 0 && tail_bytes <= `FLIT);
wire trfload_good = fetch_good && held_back[`TRFLOAD_TRF] < `TRF_ROWS * `LANES;

wire [31:0] cols = held_back[`CONTRACT_COLS];
wire [31:0] lanes = held_back[`CONTRACT_LANES];
wire [31:0] group = held_back[`CONTRACT_GROUP];
wire contract_good = held_back[`CONTRACT_TRF] < `TRF_ROWS * `FLIT
    && held_back[`CONTRACT_SLOT] < `ACC_SLOTS
    && held_back[`CONTRACT_HOLD] <= levels
    && lanes > 0 && lanes <= `LANES
    && cols > 0 && (cols << held_back[`CONTRACT_DEPTH]) <= `FLIT
    && group > 0 && group <= `FLIT / 4
    && held_back[`CONTRACT_RADIX] <= 9
    && held_back[`CONTRACT_NIBBLES] < `INT4;

wire commit_good = held_back[`COMMIT_BASE] < `DM_BYTES && held_back[`COMMIT_SHIFT] <= `MAX_SHIFT;

wire [31:0] to = held_back[`DMA_DM];
wire [31:0] row = held_back[`DMA_BYTES];
wire dma_good = to < `SLICES * `DM_BYTES && row > 0 && to % `DM_BYTES + row <= `DM_BYTES;

wire own = held_back[`SYNC_WAIT] >> unit & 1 | held_back[`SYNC_SIGNAL] >> unit & 1;
wire exec_good = levels <= 8 && ~own && (unit == 0 ? fetch_good
    : unit == 1 ? contract_good
    : unit == 2 ? commit_good
    : unit == 3 ? trfload_good
    : unit == 4 ? dma_good : dma_good && held_back[`DMA_BROADCAST] == 0);
wire loop_good = levels < 8 && held_back[`LOOPS_COUNT] > 0
    && (held_back[`LOOPS_STRIDE_B] == 0 || unit != 0 && unit != 2);
wire [7:0] mistake = held_back[`HEADER_VERSION] != `VERSION ? 1
    : unit > 5 ? 2
    : held_back[`HEADER_OP] > 1 ? 3
    : (held_back & unknown) != 0 ? 4
    : (exec ? ~exec_good : ~loop_good) ? 5 : 0;

// A word that was taken is held back until its queue has room; the first that is not legal ends it all.
wire [5:0] push = {push_5, push_4, push_3, push_2, push_1, push_0};
wire [5:0] full = {full_5, full_4, full_3, full_2, full_1, full_0};
reg holds = 0;
reg broken = 0;
reg [7:0] why = 0;
reg [31:0] passed = 0;
wire goes = holds & mistake == 0 & ~(full >> unit & 1);
wire taken = cmd_valid & cmd_ready;

always @(posedge clock) begin
    holds <= ~reset & (taken | holds & mistake == 0 & ~goes);
    if (taken) held_back <= cmd;
    broken <= ~reset & (broken | holds & mistake != 0);
    why <= reset ? 8'd0 : holds & mistake != 0 ? mistake : why;
    passed <= reset ? 32'd0 : passed + {31'd0, goes};
end

always @* begin
    legal_words_only: assert (push == 0 || mistake == 0);
    to_their_unit: assert (push == (goes ? 6'd1 << unit : 6'd0));
    never_into_a_full_queue: assert ((push & full) == 0);
    whole_words: assert (word == held_back);
    none_overwritten: assert (~cmd_ready | ~holds | goes);
    no_idling: assert (cmd_ready == (~broken & (~holds | goes)));
    nothing_after_a_fault: assert (~fault | push == 0 & ~cmd_ready);
    right_fault: assert (fault == broken && fault_code == why && fault_index == passed);
    quiet_when_empty: assert (quiet == ~holds);
    assert (~broken | ~holds);
    cover (broken & why == 5 & passed == 2);
end
