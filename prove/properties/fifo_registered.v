// The head is a register, and the word behind it is known.
always @* assert (second == (first + 1) % $size(words));
