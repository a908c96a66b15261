// The stream's queue, for all times, whatever arbiter and contract do. The packets are cut out: of them, their own
// proof says that each flit that is opened is closed before the next one, and given then, once.
reg [15:0] begun = 0;
always @* begin
    assume (~reset);
    assume (~grant | request);
    assume (~pop | stream_valid);
    assume (~packets_flit_valid | begun > 0);
    // They ask for a flit's first packet only where there is room.
    assume (~request | ~packets_opens | packets_room);
end
reg had_room = 1;
reg offers = 0;
reg [`SLICES * `FLIT * 8 - 1:0] offered = 0;
always @(posedge clock) begin
    begun <= begun + {15'd0, grant & packets_opens} - {15'd0, packets_flit_valid};
    had_room <= packets_room & ~grant;
    offers <= stream_valid & ~pop;
    offered <= stream;
end
always @* begin
    room_is_counted: assert (reserved <= 8 && begun <= 8 && reserved == begun + fifo_count);
    room_stays: assert (~had_room | packets_room);
    stream_not_withdrawn: assert (~offers | stream_valid);
    stream_not_changed: assert (~offers | offered == stream);
    cover (begun == 0 & fifo_count == 8);
end
