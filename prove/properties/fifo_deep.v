// The oldest word is what block RAM shows, the others are in it; a word is in sight two cycles after it was written.
reg hidden = 0;
always @(posedge clock) hidden <= there != 0 & ~valid & ~reset;
always @* begin
    right_some: assert (some == (there != 0));
    in_sight: assert (~hidden | valid);
    assert (~valid | there != 0);
    assert (behind == (unread != 0) && all == (there == `DEPTH));
    assert (there == unread + {15'd0, valid});
    assert (first < `DEPTH && free == (first + unread) % `DEPTH);
    for (i = 0; i < `DEPTH; i = i + 1)
        assert (i >= unread || words[(first + i) % `DEPTH] == row[(i + valid) * `WIDTH +: `WIDTH]);
end
