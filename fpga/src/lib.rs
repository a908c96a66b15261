//! tcpu on FPGA boards: the boards, their clocks, the way into them, and the host's end of the link.

pub mod bitstream;
pub mod board;
pub mod flash;
pub mod link;
pub mod pll;
pub mod pll40;
