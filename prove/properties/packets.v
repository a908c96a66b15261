// Packets between a nest, which is cut out, the arbiter and DM, all of which do whatever they may.
reg [`FLIT_AFTER - 1:0] granted = 0;
reg [20 * `FLIT_AFTER - 1:0] tags = 0;
reg [1:0] ungranted = 0;
reg open = 0;
wire [5:0] pack = context_packets[PACKET_PARAMS_PACK +: 6];
wire open_still = makes ? ~closes : open;

reg asks = 0;
reg [54:0] asked = 0;
reg may_change = 1;
reg [5:0] same_pack = 1;
always @* begin
    assume (~grant | request);
    // Room for a flit stays until one is asked for.
    assume (~asks | room);
    // The flits of an exec have the same number of packets, and it ends with a whole one.
    assume (pack > 0 & pack <= `FLIT & (may_change | pack == same_pack));
    assume (~context_start | ~open_still);
    assume (~reset);
end

// A flit as the book tells it: the bytes of its packets where they belong, zero elsewhere, cut by the tail.
wire [19:0] tag_of_data = tags[20 * (`DATA_AFTER - 1) +: 20];
wire [7:0] from = {2'd0, tag_of_data[PACKET_TAG_AT +: 6]};
wire [7:0] length = {2'd0, tag_of_data[PACKET_TAG_PACKET +: 6]};
wire [5:0] kept_bytes = tag_of_data[PACKET_TAG_KEEP +: 6];
reg [`SLICES * `FLIT * 8 - 1:0] told = 0;
reg [`SLICES * `FLIT * 8 - 1:0] next_told;
integer s;
integer i;
always @* begin
    next_told = told;
    for (s = 0; s < `SLICES; s = s + 1)
        for (i = 0; i < `FLIT; i = i + 1) begin
            if (i >= from & i < from + length)
                next_told[(s * `FLIT + i) * 8 +: 8] = data[(s * `FLIT + i) * 8 +: 8];
            else if (tag_of_data[PACKET_TAG_FIRST])
                next_told[(s * `FLIT + i) * 8 +: 8] = 0;
            if (tag_of_data[PACKET_TAG_CLOSES] & i >= kept_bytes)
                next_told[(s * `FLIT + i) * 8 +: 8] = 0;
        end
end

always @(posedge clock) begin
    granted <= {granted[`FLIT_AFTER - 2:0], grant};
    tags <= {tags[20 * `FLIT_AFTER - 21:0], reads_head[PACKET_WINDOW_TAG +: 20]};
    if (granted[`DATA_AFTER - 1]) told <= next_told;
    ungranted <= ungranted + {1'd0, makes} - {1'd0, grant};
    open <= open_still & ~context_start;
    may_change <= context_start;
    same_pack <= pack;
    asks <= request & ~grant;
    asked <= {request_turn, request_banks, request_at, opens};
end

always @* begin
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == {request_turn, request_banks, request_at, opens});
    packets_are_counted: assert (ahead_valid == (ungranted > 0) && ahead_ready == (ungranted < 2) && ungranted <= 2
        && reads_count == ungranted);
    opens_what_was_closed: assert (~makes | ahead_data[PACKET_REQUEST_OPENS] == ~open);
    says_the_same_twice: assert (ahead_data[PACKET_REQUEST_OPENS] == tag[PACKET_TAG_FIRST]);
    each_flit_given_once: assert (flit_valid
        == (granted[`FLIT_AFTER - 1] & tags[20 * (`FLIT_AFTER - 1) + PACKET_TAG_CLOSES]));
    right_flit: assert (flit == told);
    quiet_means_quiet: assert (~quiet | granted == 0 & ungranted == 0);
    // What makes the above true in every cycle that follows.
    assert (open == (index > 0) && (may_change | index < same_pack));
    cover (granted == {`FLIT_AFTER{1'b1}} & flit_valid & ~tags[20 * (`FLIT_AFTER - 1) + PACKET_TAG_FIRST]);
end
