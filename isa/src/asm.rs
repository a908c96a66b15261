//! The text form of commands and programs.
