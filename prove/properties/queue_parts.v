// A queue in two parts: the other part does what the first one does.
always @* begin
    parts_agree: assert (waiting_1 == waiting && first_1 == first && free_1 == free
        && some_1 == some && all_1 == all);
end
