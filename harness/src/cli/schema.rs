//! `rfc793 schema`.

use super::{
    exit::{Exit, Failure},
    output,
};
use crate::case::schema::json_schema;

pub(super) fn run() -> Result<Exit, Failure> {
    output::print(&format!("{:#}", json_schema()))?;
    Ok(Exit::Well)
}
