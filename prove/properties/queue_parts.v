// A queue in two parts: the other part does what the first one does.
always @* begin
    parts_agree: assert (part_1.waiting == waiting && part_1.first == first && part_1.free == free
        && part_1.second == second && part_1.some == some && part_1.all == all);
end
