//! tcpu on FPGA boards: the boards, and the host's end of the link.

pub mod board;
pub mod link;
