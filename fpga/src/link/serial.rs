//! Serial ports.

use serialport::{ClearBuffer, SerialPort};

use super::client::READ_TIMEOUT;
use super::error::LinkError;

/// Opens a serial port for a client: 8 data bits, no parity, one stop bit, no flow control.
///
/// # Errors
/// A port that is not there or cannot be had.
pub fn open(path: &str, baud: u32) -> Result<Box<dyn SerialPort>, LinkError> {
    let failed = |error| LinkError::Open {
        path: path.to_string(),
        error,
    };
    let port = serialport::new(path, baud)
        .timeout(READ_TIMEOUT)
        .open()
        .map_err(failed)?;
    port.clear(ClearBuffer::All).map_err(failed)?;
    Ok(port)
}
