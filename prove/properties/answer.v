// What answers requests, between server, line and memory port, all of which do whatever they may.
reg due = 0;
reg asks_on = 0;
reg [31:0] asked_at = 0;
reg [1:0] kind_before = 0;
always @* begin
    // The server says what is answered until that has been done, and starts nothing before.
    assume (quiet | kind == kind_before);
    assume (~start | quiet);
    assume (~r_valid | due);
    assume (~accepted | request);
    assume (~ready | valid);
end

always @(posedge clock) begin
    due <= ~reset & (request & accepted | due & ~r_valid);
    asks_on <= request & ~accepted & ~reset;
    asked_at <= request_at;
    kind_before <= kind;
end

always @* begin
    request_not_withdrawn: assert (~asks_on | request);
    request_not_changed: assert (~asks_on | asked_at == request_at);
    a_beat_at_a_time: assert (~request | ~due);
    waits_for_its_beat: assert (r_ready == due);
    only_with_memory: assert (~(request | due) | kind == `OF_MEMORY & ~quiet);
    // What makes the above true in every cycle that follows.
    assert (some_bytes == (bytes > 0) && some_left == (left > 0));
    assert (~(request | due | comes | counted) | bytes == 0 & left > 0 & ~in_head);
    assert (~comes | ~request & ~due & ~counted & kind == `OF_MEMORY & ~quiet);
    assert (~counted | ~request & ~due & ~comes & kind == `OF_MEMORY & ~quiet);
    assert (~loads | (bytes == 0 ? left > 0 : kind == `OF_MEMORY & ~in_head));
    cover (due & r_valid & left == 1 & in_beat);
end
