// What makes the word "told" legal, as the command set tells it: a second telling of the check.
wire [127:0] told;
wire [3:0] unit = told[`HEADER_UNIT];
wire exec = told[`HEADER_OP] == 1;
wire [3:0] levels = told[`HEADER_LEVEL];
wire [127:0] unknown = ~exec ? `UNUSED_LOOP
    : unit == 0 ? `UNUSED_FETCH
    : unit == 1 ? `UNUSED_CONTRACT
    : unit == 2 ? `UNUSED_COMMIT
    : unit == 3 ? `UNUSED_TRFLOAD
    : unit == 4 ? `UNUSED_LOAD : `UNUSED_STORE;

wire [31:0] packet = told[`FETCH_PACKET];
wire [31:0] pack = told[`FETCH_PACK];
wire [31:0] tail_level = told[`FETCH_TAIL_LEVEL];
wire [31:0] tail_bytes = told[`FETCH_TAIL_BYTES];
wire fetch_good = told[`FETCH_BASE] < `DM_BYTES
    && packet > 0 && pack > 0 && packet * pack <= `FLIT
    && (tail_level == 8 ? tail_bytes == 0 : tail_level < 8 && tail_bytes > 0 && tail_bytes <= `FLIT);
wire trfload_good = fetch_good && told[`TRFLOAD_TRF] < `TRF_ROWS * `LANES;

wire [31:0] cols = told[`CONTRACT_COLS];
wire [31:0] lanes = told[`CONTRACT_LANES];
wire [31:0] group = told[`CONTRACT_GROUP];
wire contract_good = told[`CONTRACT_TRF] < `TRF_ROWS * `FLIT
    && told[`CONTRACT_SLOT] < `ACC_SLOTS
    && told[`CONTRACT_HOLD] <= levels
    && lanes > 0 && lanes <= `LANES
    && cols > 0 && (cols << told[`CONTRACT_DEPTH]) <= `FLIT
    && group > 0 && group <= `FLIT / 4
    && told[`CONTRACT_RADIX] <= 9
    && told[`CONTRACT_NIBBLES] < `INT4;

wire commit_good = told[`COMMIT_BASE] < `DM_BYTES && told[`COMMIT_SHIFT] <= `MAX_SHIFT;

wire [31:0] to = told[`DMA_DM];
wire [31:0] row = told[`DMA_BYTES];
wire dma_good = to < `SLICES * `DM_BYTES && row > 0 && to % `DM_BYTES + row <= `DM_BYTES;

wire own = told[`SYNC_WAIT] >> unit & 1 | told[`SYNC_SIGNAL] >> unit & 1;
wire exec_good = levels <= 8 && ~own && (unit == 0 ? fetch_good
    : unit == 1 ? contract_good
    : unit == 2 ? commit_good
    : unit == 3 ? trfload_good
    : unit == 4 ? dma_good : dma_good && told[`DMA_BROADCAST] == 0);
wire loop_good = levels < 8 && told[`LOOPS_COUNT] > 0
    && (told[`LOOPS_STRIDE_B] == 0 || unit != 0 && unit != 2);
wire [7:0] mistake = told[`HEADER_VERSION] != `VERSION ? 1
    : unit > 5 ? 2
    : told[`HEADER_OP] > 1 ? 3
    : (told & unknown) != 0 ? 4
    : (exec ? ~exec_good : ~loop_good) ? 5 : 0;
