//! The reference TCP/IP stack of rfc793.
#![forbid(unsafe_code)]
