// The control side between a bus and the registers, both of which do whatever they may.
reg [1:0] addresses = 0;
reg [1:0] words = 0;
reg [1:0] questions = 0;
reg answers_write = 0;
reg [1:0] answered = 0;
reg answers_read = 0;
reg [33:0] gave = 0;
// What was taken last, and what has to be answered to it.
reg [9:0] taken_at = 0;
reg [35:0] taken_word = 0;
reg [9:0] asked_at = 0;
reg [1:0] due = 0;
reg [33:0] due_value = 0;
wire legal = wstrb == 15 | wstrb == 0;

always @(posedge clock) begin
    addresses <= reset ? 2'd0 : addresses + {1'd0, awvalid & awready} - {1'd0, bvalid & bready};
    words <= reset ? 2'd0 : words + {1'd0, wvalid & wready} - {1'd0, bvalid & bready};
    questions <= reset ? 2'd0 : questions + {1'd0, arvalid & arready} - {1'd0, rvalid & rready};
    answers_write <= bvalid & ~bready & ~reset;
    answered <= bresp;
    answers_read <= rvalid & ~rready & ~reset;
    gave <= {rresp, rdata};
    if (awvalid & awready) taken_at <= awaddr[11:2];
    if (wvalid & wready) taken_word <= {wstrb, wdata};
    if (arvalid & arready) asked_at <= araddr[11:2];
    if (does) due <= taken_word[35:32] == 15 ? (written ? 2'd0 : 2'd2) : taken_word[35:32] == 0 ? 2'd0 : 2'd2;
    if (~rvalid) due_value <= {there ? 2'd0 : 2'd2, value};
end

always @* begin
    write_answer_not_withdrawn: assert (~answers_write | bvalid);
    write_answer_not_changed: assert (~answers_write | answered == bresp);
    read_answer_not_withdrawn: assert (~answers_read | rvalid);
    read_answer_not_changed: assert (~answers_read | gave == {rresp, rdata});
    // Each write and each read is answered once, a write when its address and its data have been taken.
    answers_what_was_asked: assert ((~bvalid | addresses > 0 & words > 0) && (~rvalid | questions > 0));
    addresses_are_counted: assert (addresses == {1'd0, have_at} + {1'd0, bvalid} && addresses <= 2);
    words_are_counted: assert (words == {1'd0, have_data} + {1'd0, bvalid} && words <= 2);
    questions_are_counted: assert (questions == {1'd0, reads} + {1'd0, rvalid} && questions <= 1);
    // A write is done whole or not at all, in the cycle before its answer.
    whole_writes: assert (write == (does & taken_word[35:32] == 15));
    right_write: assert (~write | {write_at, data} == {taken_at, taken_word[31:0]});
    right_answer: assert (~bvalid | bresp == due);
    right_question: assert (~reads | read_at == asked_at);
    right_value: assert (~rvalid | {rresp, rdata} == due_value);
    // What makes the above true in every cycle that follows.
    assert ((~have_at | at == taken_at) && (~have_data | {strobes, word} == taken_word));
    cover (answers_write & addresses == 2 & words == 2);
    cover (answers_read & rresp == 2);
end
