// A queue inside an engine: what its own proof assumes is kept.
always @* begin
    never_over_full: assert (reset | ~write | ~full | pop);
    never_under_empty: assert (reset | ~pop | valid);
end
