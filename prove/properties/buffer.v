// A skid buffer inside an engine: what its own proof assumes is kept, and nothing is pushed in vain.
always @* begin
    never_under_empty: assert (reset | ~pop | valid);
    never_in_vain: assert (reset | ~push | ready);
end
