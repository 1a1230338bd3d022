//! The harness's own TCP/IP codec, on `pnet_packet`.
//!
//! On purpose not the reference's `wire`: if both sides shared one codec, one checksum bug would hide on both.
//! [`build`] can get every field wrong, [`parse`] takes anything a target may emit, [`show`] prints one line.

pub mod build;
pub mod parse;
pub mod show;
