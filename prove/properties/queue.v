// A queue inside an engine: what its own proof assumes is kept.
always @* begin
    never_over_full: assert (reset | ~write | ~full);
    never_under_empty: assert (reset | ~pop | valid);
    // What makes a head stand still in every cycle that follows.
    assert (valid == (waiting != 0) && full == (waiting == depth));
    assert (waiting <= depth && free == (first + waiting) % $size(words));
end
