//! The `rfc793` program.
fn main() {}
