// All words are in LUT RAM, the oldest in sight.
always @* begin
    in_sight: assert (valid == (there != 0));
    assert (free == (first + there) % $size(words));
    for (i = 0; i < `DEPTH; i = i + 1)
        assert (i >= there || words[(first + i) % $size(words)] == row[i * `WIDTH +: `WIDTH]);
end
