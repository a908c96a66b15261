// The controller of an SDRAM between the machine, which does whatever it may, and a chip: what it tells it, by the rules
// of its data sheet. The pins say the same a cycle later.
wire ras_now = command[COMMAND_RAS];
wire cas_now = command[COMMAND_CAS];
wire we_now = command[COMMAND_WE];
wire [1:0] ba_now = command[COMMAND_BA +: 2];
wire [12:0] a_now = command[COMMAND_A +: 13];
wire enable_now = command[COMMAND_ENABLE];
wire is_activate = ras_now & ~cas_now & ~we_now;
wire is_precharge = ras_now & ~cas_now & we_now;
wire is_refresh = ras_now & cas_now & ~we_now;
wire is_mode = ras_now & cas_now & we_now;
wire is_read = ~ras_now & cas_now & ~we_now;
wire is_write = ~ras_now & cas_now & we_now;
wire is_any = ras_now | cas_now | we_now;
reg [37:0] told = 0;
always @(posedge clock) told <= {ras_now, cas_now, we_now, enable_now, ba_now, a_now, command[COMMAND_DM +: 2],
    command[COMMAND_DQ +: 16]};

// The chip: its open banks and their rows, before and after this cycle's command; cycles since each kind of command.
reg [3:0] opened = 0;
reg [12:0] opened_row [0:3];
reg [7:0] age = 0;
reg [3:0] refreshes = 0;
reg precharged = 0;
reg ready_to_work = 0;
reg [4:0] activated = 31;
reg [4:0] precharge = 31;
reg [4:0] refreshed = 31;
reg [4:0] mode_set = 31;
reg [4:0] read = 31;
reg [4:0] written = 31;
wire [3:0] opened_after = is_activate ? opened | 4'd1 << ba_now : ~is_precharge ? opened
    : a_now[10] ? 4'd0 : opened & ~(4'd1 << ba_now);
wire [3:0] refreshes_after = refreshes + {3'd0, is_refresh & ~ready_to_work};
wire precharged_after = precharged | is_precharge;
wire ready_after = ready_to_work | is_mode;

always @(posedge clock) begin
    opened <= opened_after;
    if (is_activate) opened_row[ba_now] <= a_now;
    if (age < 255) age <= age + 8'd1;
    refreshes <= refreshes_after;
    precharged <= precharged_after;
    ready_to_work <= ready_after;
    activated <= is_activate ? 5'd1 : activated == 31 ? 5'd31 : activated + 5'd1;
    precharge <= is_precharge ? 5'd1 : precharge == 31 ? 5'd31 : precharge + 5'd1;
    refreshed <= is_refresh ? 5'd1 : refreshed == 31 ? 5'd31 : refreshed + 5'd1;
    mode_set <= is_mode ? 5'd1 : mode_set == 31 ? 5'd31 : mode_set + 5'd1;
    read <= is_read ? 5'd1 : read == 31 ? 5'd31 : read + 5'd1;
    written <= is_write ? 5'd1 : written == 31 ? 5'd31 : written + 5'd1;
end

// The half-words of the request that is served: where it began, how many there are, how many have moved.
reg [31:0] from = 0;
reg [5:0] due_halves = 0;
reg [5:0] moved = 0;
reg is_write_request = 0;
reg moved_one = 0;
reg [31:0] expected = 0;
reg expected_write = 0;
always @* begin
    assume (~req_valid | req_beats > 0 & req_beats <= 16);
    // The queue of requests gives what it was given.
    assume (~requests_valid | requests_head[TRANSFER_BEATS +: 5] > 0 & requests_head[TRANSFER_BEATS +: 5] <= 16);
end
always @(posedge clock) begin
    if (requests_pop) begin
        from <= requests_head[TRANSFER_AT +: 32] / 2;
        due_halves <= 2 * requests_head[TRANSFER_BEATS +: 5];
        moved <= 0;
        is_write_request <= requests_head[TRANSFER_WRITE];
    end else moved <= moved + {5'd0, moves};
    moved_one <= moves;
    expected <= from + moved;
    expected_write <= is_write_request;
end

// A refresh is due and waits; half-words that were asked for and have not come; beats that were begun.
reg [4:0] overdue = 0;
reg [4:0] coming = 0;
reg [4:0] begun = 0;
wire [7:0] wait_for = pause > ras ? (pause > wr ? pause : wr) : ras > wr ? ras : wr;
reg offers = 0;
reg [31:0] offered = 0;
reg [4:0] on_their_way;
integer i;
always @* begin
    on_their_way = 0;
    for (i = 0; i <= `CAS + 3; i = i + 1) on_their_way = on_their_way + {4'd0, flights[i]};
end
always @(posedge clock) begin
    overdue <= pending & booted ? overdue + 5'd1 : 5'd0;
    coming <= coming + {4'd0, moves & ~write} - {4'd0, arrived};
    begun <= begun + {4'd0, begins & ~write} - {4'd0, beats_write};
    offers <= r_valid & ~r_ready;
    offered <= r_data;
end

// Rows as they are after this cycle's command.
reg [3:0] rows_agree;
always @*
    for (i = 0; i < 4; i = i + 1)
        rows_agree[i] = ~open[i] | rows[13 * i +: 13] == (is_activate & ba_now == i ? a_now : opened_row[i]);

always @* begin
    // The start: nothing for a while, all banks closed, eight refreshes, the mode.
    starts_late: assert (~is_any | age >= `STARTUP);
    starts_in_order: assert (~is_mode | precharged & refreshes == 8 & ~ready_to_work & refreshed >= `RFC
        & precharge >= `RP & a_now == `CAS << 4 & ba_now == 0);
    works_after_its_start: assert (ready_to_work & mode_set > 2 | ~(is_activate | is_read | is_write));
    said: assert ({~ras_n, ~cas_n, ~we_n, dq_enable, ba, a, dm, dq_out} == told);
    // Times.
    activates: assert (~is_activate | ~opened[ba_now] & precharge >= `RP & refreshed >= `RFC & mode_set > 2);
    precharges: assert (~is_precharge | activated >= `RAS & written >= `WR & refreshed >= `RFC);
    all_closed_for_refresh: assert (~is_refresh | opened == 0 & precharge >= `RP & refreshed >= `RFC);
    columns: assert (~(is_read | is_write) | opened[ba_now] & activated >= `RCD & ~a_now[10]);
    nobody_drives_against: assert (enable_now == is_write && (~is_write | read > `CAS + 1));
    refreshes_in_time: assert (due < `REFRESH && overdue <= `RFC + `RP);
    // Each half-word is read and written in its place.
    one_command_each: assert (moved_one == (is_read | is_write));
    right_kind: assert (~moved_one | is_write == expected_write);
    right_place: assert (~moved_one | {opened_row[ba_now], ba_now, a_now[`COLUMNS - 1:0]} == expected[`COLUMNS + 14:0]);
    as_many_as_asked: assert (~moves | moved < due_halves);
    only_after_all: assert (~requests_pop | moved + {5'd0, moves} == due_halves);
    write_beats_taken: assert (beat_leaves == (moves & write & moved[0]));
    write_beats_there: assert (~beat_leaves | data_valid);
    write_beats_kept: assert (inlet_write == (w_valid & w_ready) && inlet_write == inlet_strobes_write
        && (~w_valid | w_ready == ~inlet_full));
    write_beats_go_on: assert (hands_on == (inlet_valid & ~data_full));
    // What was read waits, and has room.
    data_not_withdrawn: assert (~offers | r_valid);
    data_not_changed: assert (~offers | offered == r_data);
    room_is_counted: assert (reserved <= 8 && reserved == beats_count + begun + popped + freed);
    // What makes the above true in every cycle that follows.
    assert (data_count == strobes_count);
    assert (inlet_valid == inlet_strobes_valid && inlet_full == inlet_strobes_full && inlet_count == inlet_strobes_count);
    assert (within_ == (half > 0) && resumes == (pause == 0 & age > 0) && turned == (turn == 0 & age > 0));
    assert (opened_after == open && &rows_agree);
    assert (pause + (is_activate ? 0 : activated) >= `RCD - 1 && ras + (is_activate ? 0 : activated) >= `RAS - 1);
    assert (pause + (is_precharge ? 0 : precharge) >= `RP - 1 && pause + (is_refresh ? 0 : refreshed) >= `RFC - 1);
    assert (wr + (is_write ? 0 : written) >= `WR - 1 && turn + (is_read ? 0 : read) >= `CAS + 1);
    assert (pause + (is_mode ? 0 : mode_set) >= 3);
    assert (boot <= 11 && ready_after == (boot == 11) && precharged_after == (boot >= 2));
    assert (boot == 11 || open == 0 && refreshes_after == (boot < 2 ? 0 : boot - 2));
    assert (booted == (boot == 11));
    assert (boot > 0 || age < 2 & pause == 0);
    assert (boot != 1 || age + pause >= `STARTUP);
    assert (boot < 2 || age >= `STARTUP);
    assert (ras < `RAS && wr < `WR && (boot < 11 ? ras == 0 & wr == 0 : pause < `RFC));
    assert (~booted || ~pending || overdue + wait_for + (open != 0 ? `RP : 0) < `RFC + `RP);
    assert (busy ? moved < due_halves & half == moved % 2 & left == due_halves / 2 - moved / 2
        & at == from + moved & write == is_write_request & due_halves % 2 == 0 : moved == due_halves);
    assert (~looked | busy & bank_open == open[bank] & row_open == (open[bank] & rows[13 * bank +: 13] == row));
    assert (~next_looked | requests_valid & next_bank_open == open[next_bank]
        & next_row_open == (open[next_bank] & rows[13 * next_bank +: 13] == next_row));
    assert (~goes | resumes & looked & booted & refreshed > 1);
    assert (~busy | half_ends == half && beat_ends == (left == 1));
    assert (coming == on_their_way && back < 2 && back_ends == back);
    assert (2 * begun == coming + back + (busy & ~write & half > 0 ? 1 : 0));
    cover (r_valid & r_ready & moved == 3 & refreshes == 8);
    cover (is_write & activated == `RCD);
    cover (is_precharge & ~a_now[10] & read == 1);
end
