// The store unit's queues, for all times, whatever dispatch, arbiter and memory do.
always @* begin
    assume (~push | ~full);
    assume (~accepted | request);
    assume (~grant | read);
    room_is_counted: assert (reserved <= 8 && reserved == beats_count + valid1 + valid2 + valid3);
    data_and_strobes_together: assert (strobes_count == beats_count);
    cover (reserved == 8);
end
