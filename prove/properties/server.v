// The server between frames, memory port, command buffer and machine, all of which do whatever they may. Whether a
// request is carried out is judged elsewhere, and cut out here.
(* anyseq *) reg works;
reg worked = 0;
reg ran = 0;
reg pushed = 0;
wire of_memory = judge_kind == `OF_MEMORY;
wire [15:0] data = left - `CRC_BYTES;
always @* begin
    // The machine works only after a word was pushed, or words begin to run; memory owes only what was asked for.
    assume (~works | worked | pushed | running & ~ran);
    assume (~works | busy);
    // What is judged: memory is for those who find the machine at rest; one thing is done at most; lengths are right.
    assume (~deciding | ~(judge_writes | of_memory) | ~works);
    assume (judge_writes + judge_pushes + judge_resets + judge_starts + of_memory <= 1);
    assume (~deciding | ~judge_writes | left > `CRC_BYTES & data % `FLIT == 0);
    assume (~deciding | ~judge_pushes | left > `CRC_BYTES & data % 16 == 0);
end

// The bytes that were gathered last, the newest at the top; how many since the last word or beat.
reg [127:0] gathered = 0;
reg [4:0] many = 0;
reg [31:0] words_pushed = 0;
reg refused = 0;
reg answered_it = 0;
reg asks = 0;
reg [31:0] asked = 0;
reg gives = 0;
reg [31:0] gave = 0;
reg was_accepted = 0;
wire [3:0] places = heading + reading + judging + deciding + gathering + asking + giving + pushing + resetting + skipping + answering;
always @(posedge clock) begin
    worked <= works;
    ran <= running;
    pushed <= push;
    if (gathering) begin
        gathered <= {byte_, gathered[127:8]};
        many <= many + 5'd1;
    end
    if (deciding | pushing | giving & w_ready) many <= 0;
    words_pushed <= reset | restart ? 32'd0 : words_pushed + {31'd0, push};
    // A word of the frame was refused.
    refused <= ~frame_pop & (refused | pushing & full);
    answered_it <= ~frame_pop & (answered_it | answer);
    asks <= request & ~accepted & ~restart;
    asked <= request_at;
    gives <= w_valid & ~w_ready & ~restart;
    gave <= w_data;
    was_accepted <= ~restart & (request & accepted | was_accepted & ~(w_valid & w_ready));
end

always @* begin
    only_at_rest: assert (~(request | w_valid | (answer | answering) & kind == `OF_MEMORY) | ~works);
    request_not_withdrawn: assert (~asks | request);
    request_not_changed: assert (~asks | asked == request_at);
    data_not_withdrawn: assert (~gives | w_valid);
    data_not_changed: assert (~gives | gave == w_data);
    data_when_accepted: assert (w_valid == was_accepted);
    whole_beats: assert (~w_valid | w_data == gathered[127:128 - 8 * `FLIT]);
    whole_words: assert (~push | word == gathered & many == 16);
    room: assert (~push | ~full);
    // A program with a hole does not run on: behind a word that was refused, the frame has no others.
    none_behind_a_hole: assert (~push | ~refused);
    words_are_counted: assert (taken == words_pushed);
    answered_once: assert (~answer | ~answered_it & left == 0);
    one_place: assert (places <= 1);
    no_byte_too_many: assert (~byte_pop | left > 0);
    // What makes the above true in every cycle that follows.
    assert (~(gathering & for_memory | asking | giving) | ~works);
    assert (~(skipping & good | answering) | answer_kind != `OF_MEMORY | ~works);
    assert (~(gathering | asking | giving | pushing) | ~answered_it & answer_kind != `OF_MEMORY);
    assert (~(heading | reading | judging | deciding | resetting | skipping) | ~answered_it);
    assert (~resetting | answer_kind != `OF_MEMORY);
    assert (~refused | skipping | answering | places == 0);
    assert (good | skipping | places == 0);
    assert (some_left == (left > 0) && (~pops | places == 0));
    assert (~(pushed | running & ~ran) | answer_kind != `OF_MEMORY & good & (~(gathering | asking | giving) | ~for_memory));
    assert (~heading | bytes >= `HEAD_BYTES + `CRC_BYTES & left <= bytes & bytes - left < `HEAD_BYTES);
    assert (~gathering | many == got & many < (for_memory ? `FLIT : 16)
        & left > `CRC_BYTES & (data + many) % (for_memory ? `FLIT : 16) == 0);
    assert (~(asking | giving) | for_memory & many == `FLIT & data % `FLIT == 0 & left >= `CRC_BYTES);
    assert (~pushing | ~for_memory & many == 16 & data % 16 == 0 & left >= `CRC_BYTES);
    assert ({word_hi, word_lo} == gathered && beat == gathered[127:128 - 8 * `FLIT]);
    cover (push);
    cover (w_valid & w_ready & left > `CRC_BYTES);
end
