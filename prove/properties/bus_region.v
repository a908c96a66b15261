// A region with any one of the transfers that are on their way: its granule, and how many must end before it.
reg watched = 0;
reg [31:0] granule = 0;
reg [5:0] before = 0;
reg [5:0] there = 0;
(* anyseq *) reg watches;
wire begins = enters & watches & ~watched;

always @* begin
    assume (~enters | ~full);
    assume (~leaves | any);
    // A granule is 16 flits: there are never as many as the bits could count.
    assume (at < 33'h100000000 / (16 * `FLIT));
end

always @(posedge clock) begin
    there <= reset ? 6'd0 : there + {5'd0, enters} - {5'd0, leaves};
    if (begins) begin
        granule <= at;
        before <= there - {5'd0, leaves};
    end else if (leaves) before <= before - 6'd1;
    watched <= ~reset & (begins | watched & ~(leaves & before == 0));
end

always @* begin
    right_any: assert (any == (there > 0));
    right_full: assert (full == (there == 16) & there <= 16);
    // A transfer ends in its granule or in the next: what begins from one before to one behind could meet it.
    sees_it: assert (~watched | hits | at + 1 < granule | at > granule + 1);
    // What makes the above true in every cycle that follows.
    assert (count == there);
    assert (~watched | before < there & low <= granule & high > granule & granule < 33'h100000000 / (16 * `FLIT));
    cover (watched & before == 2 & ~hits);
end
